"""What trajectories show, with errors, and two arms beside one another."""
