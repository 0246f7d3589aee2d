"""Every picture of the product as a file: SVG, PDF or PNG, at a width that a journal asks for.

Entry: :func:`kinescape.figure.make.make_figure`.
"""
