"""What the readers of all sources share: the file, the panel, and what has to be said of the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from kinescape.annotate.vcf_input import VcfContent
from kinescape.panel.model import Panel


@dataclass
class Reading:
    """One input file while it is read."""

    path: Path
    panel: Panel
    notes: list[str] = field(default_factory=list)
    header: tuple[str, ...] = ()
    covered: set[str] = field(default_factory=set)
    """Chromosomes of the panel that the file speaks of."""
    genes: set[str] | None = None
    """Genes that the file speaks of, where it is a table of genes; None: it is not."""
    _skipped: Counter[str] = field(default_factory=Counter)

    def took(self, content: VcfContent) -> None:
        """Note what a VCF said of itself."""
        self.header = content.header
        self.covered |= content.chromosomes
        self.notes += content.notes

    def skip(self, what: str) -> None:
        """Count something that was left out."""
        self._skipped[what] += 1

    def all_notes(self) -> Iterable[str]:
        """Notes, then what was left out."""
        return [*self.notes, *(f"left out: {count} {what}" for what, count in sorted(self._skipped.items()))]
