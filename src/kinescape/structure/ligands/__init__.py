"""Small molecules of a model: packaged or given parameters, and the whole molecule from what the crystal shows."""
