"""The bench: dose-response, growth and blots, from plates to resistance classes."""
