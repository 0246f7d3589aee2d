"""Statistics of small cohorts: arrays in, numbers out. Nothing here knows of patients or files."""
