"""What public databases say of a variant: local, dated, tabix-indexed slices; absent ones are not consulted."""
