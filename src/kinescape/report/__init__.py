"""What people and other programs read: ``result.json``, the VCF, the table of positions and the HTML pages.

Everything is made from one :class:`kinescape.records.SampleResult`; the reads are never needed again.
"""
