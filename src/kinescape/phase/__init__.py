"""Do two variants lie on the same molecules? Cis, trans, mixed, or undeterminable with the reason."""
