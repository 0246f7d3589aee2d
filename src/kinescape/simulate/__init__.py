"""Read pairs whose truth is known, for the demonstration, tests and limits of detection; always labelled simulated."""
