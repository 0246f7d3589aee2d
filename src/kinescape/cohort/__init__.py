"""Patients, lines of therapy, samples and results of a cohort: counts, survival, pictures, exchange formats."""
