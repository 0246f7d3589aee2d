"""What leaves the program: one module per format, each from ``result.json`` alone."""
