"""Many mutants and drugs as one plan: what is asked for, what is there already, and what came of it."""
