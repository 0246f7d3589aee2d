"""Two aligners, one verdict: strong evidence where both pass, weak where one does, and why."""
