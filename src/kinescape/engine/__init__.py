"""Many samples: side by side on one machine, each result whole or not there."""
