"""The fast screen: what mutations do to the energy between a drug and its pocket."""
