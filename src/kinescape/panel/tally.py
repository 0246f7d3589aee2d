"""What was compared while a panel was read: a count for every kind of check, in the order of the first."""

from __future__ import annotations

EXON_BASES = "coding exons equal their windows, base by base"
SPLICE_SITES = "splice sites of exons inside windows are AG (acceptor) and GT or GC (donor)"
TRANSLATIONS = "coding sequences translate to their proteins"
EXON_TABLES = "exons tile their coding sequence without gap or overlap"
PRIMERS = "primers equal the windows"
AMPLICONS = "amplicons lie inside one window and hold coding bases of their exon"
FEATURE_SEQUENCES = "features equal the protein where they state a sequence"
FEATURE_LIMITS = "features lie inside their protein"
KNOWN_RESIDUES = "known changes agree with the reference residue"
KNOWN_BASES = "known variants agree in base, codon, c. name and residue"
FUSIONS = "fusions have the stated length and junction"
CHECKSUMS = "files have the checksum that the manifest states"


class Tally(dict[str, int]):
    """Counts by kind of check. A check that fails raises instead, so every count is of checks that passed."""

    def add(self, what: str, count: int = 1) -> None:
        """Count checks that passed."""
        self[what] = self.get(what, 0) + count
