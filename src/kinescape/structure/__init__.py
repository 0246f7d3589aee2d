"""Molecular models: mutants on real structures, and the drug in them. Needs the extra ``kinescape[structure]``."""
