"""Whose sample it is: do a patient's samples agree in what the patient was born with, and is a sample a mixture.

Entry: :func:`kinescape.identity.check.check_run`. Nothing here changes a sample's result.
"""
