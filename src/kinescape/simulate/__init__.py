"""Read pairs whose truth is known: for the demonstration, the tests and limits of detection. Always labelled simulated."""
