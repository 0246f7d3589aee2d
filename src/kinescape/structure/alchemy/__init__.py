"""Free energies by alchemical windows: the intermediate states, the estimate, and when not to believe it."""
