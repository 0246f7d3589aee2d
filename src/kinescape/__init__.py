"""kinescape: kinase-inhibitor resistance from plasma DNA. Research use only."""

__version__ = "0.1.0"
