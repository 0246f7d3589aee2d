"""Distinct mates through the true aligners, once each and single-end, and back in chromosome coordinates."""
