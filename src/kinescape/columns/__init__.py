"""Alignments -> per-position histograms of bases and qualities."""
