"""Columns -> calls: error model, Poisson-binomial tail, strand bias, indels, filters."""
