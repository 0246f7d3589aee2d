"""A published study, done again: every part run, every claim beside its number."""
