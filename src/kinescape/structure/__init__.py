"""Molecular models: mutants on real structures and what they do to the drug. Needs the extra ``kinescape[structure]``."""
