"""What people said of the calls after looking at the reads: kept beside the result, never inside it."""
