"""Knowledge base, resistance classes, and the state of every drug for a sample."""
