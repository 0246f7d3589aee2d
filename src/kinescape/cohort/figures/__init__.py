"""Pictures of a cohort: one module per picture, matplotlib's object interface, files that are the same every time."""
