"""The command line: one module per verb group. It parses and prints, and computes nothing."""
