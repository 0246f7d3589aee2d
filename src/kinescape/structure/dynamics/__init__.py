"""Molecular dynamics of a kinase with its ligand: replicas that can be killed and go on."""
