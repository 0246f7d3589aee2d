"""How small an allele fraction a sample could have shown at each position."""
