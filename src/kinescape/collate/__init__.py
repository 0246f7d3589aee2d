"""Many results as one database: asked with SQL long after the runs."""
