"""The horizontal axis of the pictures: where a position of the genome lies.

With a gene model it is the protein, so that exons follow each other without introns; without one it is the amplicons,
each at its true length, in the order of the chromosome.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from kinescape.records import AmpliconCoverage, ExonSpan, GeneModel, KnownPosition, SampleResult
from kinescape.report.wording import residue_number

KINASE = "kinase domain"
MARGIN = 4
"""Residues drawn beyond the first and last of interest."""
BETWEEN = 12.0
"""Gap between two amplicons, in bases, where there is no gene model."""


@dataclass(frozen=True)
class Band:
    """A stretch of the axis with a name: an exon or an amplicon."""

    left: float
    right: float
    name: str


class Axis(Protocol):
    """Chromosome -> picture."""

    @property
    def left(self) -> float: ...

    @property
    def right(self) -> float: ...

    @property
    def words(self) -> str:
        """What the axis shows, for its caption."""
        ...

    def place(self, chrom: str, position: int) -> float | None:
        """x of a 1-based position; None where the picture does not show it."""
        ...

    def residue(self, number: int) -> float | None:
        """x of a residue; None where the picture does not show it."""
        ...

    @property
    def bands(self) -> tuple[Band, ...]: ...

    @property
    def ticks(self) -> tuple[tuple[float, str], ...]: ...


@dataclass(frozen=True)
class ProteinAxis:
    """Residues ``first`` to ``last`` of a gene between ``left`` and ``right``."""

    model: GeneModel
    first: int
    last: int
    left: float
    right: float
    words: str

    def place(self, chrom: str, position: int) -> float | None:
        number = residue_at(self.model, chrom, position)
        return None if number is None else self._x(number)

    def residue(self, number: int) -> float | None:
        return self._x(number)

    def _x(self, number: float) -> float | None:
        """Each residue has a cell of one unit; its number is the middle of the cell."""
        if not self.first - 0.5 <= number <= self.last + 0.5:
            return None
        return self.left + (number - self.first + 0.5) * self.unit

    @property
    def unit(self) -> float:
        """Width of one residue."""
        return (self.right - self.left) / (self.last - self.first + 1)

    @property
    def bands(self) -> tuple[Band, ...]:
        bands = []
        for exon in self.model.exons:
            low, high = residue_of_base(exon.c_first) - 1 / 6, residue_of_base(exon.c_last) + 1 / 6
            low, high = max(low, self.first - 0.5), min(high, self.last + 0.5)
            if low < high:
                left, right = (self.left + (edge - self.first + 0.5) * self.unit for edge in (low, high))
                bands.append(Band(left, right, f"exon {exon.number}"))
        return tuple(bands)

    @property
    def ticks(self) -> tuple[tuple[float, str], ...]:
        step = next((s for s in (10, 20, 50, 100, 200) if (self.last - self.first) / s <= 16), 500)
        numbers = range(-(-self.first // step) * step, self.last + 1, step)
        return tuple((self.left + (n - self.first + 0.5) * self.unit, str(n)) for n in numbers)


@dataclass(frozen=True)
class AmpliconAxis:
    """The inserts of one gene's amplicons side by side, in the order of the chromosome."""

    amplicons: tuple[AmpliconCoverage, ...]
    left: float
    right: float
    words: str

    def place(self, chrom: str, position: int) -> float | None:
        for amplicon, band in zip(self.amplicons, self.bands, strict=True):
            if amplicon.chrom == chrom and amplicon.start <= position <= amplicon.end:
                return band.left + (position - amplicon.start + 0.5) * self._unit
        return None

    def residue(self, number: int) -> float | None:
        return None

    @property
    def _unit(self) -> float:
        bases = sum(a.end - a.start + 1 for a in self.amplicons) + BETWEEN * (len(self.amplicons) - 1)
        return (self.right - self.left) / bases

    @property
    def bands(self) -> tuple[Band, ...]:
        bands, x = [], self.left
        for amplicon in self.amplicons:
            width = (amplicon.end - amplicon.start + 1) * self._unit
            bands.append(Band(x, x + width, amplicon.name))
            x += width + BETWEEN * self._unit
        return tuple(bands)

    @property
    def ticks(self) -> tuple[tuple[float, str], ...]:
        return tuple(
            ((band.left + band.right) / 2, f"{amplicon.start:,}–{amplicon.end:,}")
            for amplicon, band in zip(self.amplicons, self.bands, strict=True)
        )


def axis_for(result: SampleResult, gene: str, left: float, right: float) -> Axis | None:
    """The axis of one gene's pictures; None where the result holds neither a model nor an amplicon of it."""
    model = next((m for m in result.genes if m.gene == gene), None)
    amplicons = tuple(sorted((a for a in result.amplicons if a.gene == gene), key=lambda a: (a.chrom, a.start)))
    if model is not None:
        first, last = _shown_residues(result, model)
        return ProteinAxis(model, first, last, left, right, f"residues of {gene} ({model.transcript})")
    if amplicons:
        return AmpliconAxis(amplicons, left, right, f"amplicons of {gene}, in the order of {amplicons[0].chrom}")
    return None


def genes_of(result: SampleResult) -> list[str]:
    """Genes in the order of the models, then of the amplicons."""
    return list(dict.fromkeys([*(m.gene for m in result.genes), *(a.gene for a in result.amplicons)]))


def _shown_residues(result: SampleResult, model: GeneModel) -> tuple[int, int]:
    """The kinase domain, widened where amplicons or findings reach beyond it."""
    numbers = [n for f in model.features if KINASE in f.name for n in (f.first_aa, f.last_aa)]
    for amplicon in result.amplicons:
        if amplicon.gene == model.gene:
            ends = (
                residue_at(model, amplicon.chrom, p) for p in coding_within(model.exons, amplicon.start, amplicon.end)
            )
            numbers += [round(n) for n in ends if n is not None]
    for call in result.calls:
        found = residue_at(model, call.variant.chrom, call.variant.pos)
        if found is not None and call.evidence != "filtered":
            numbers.append(round(found))
    if not numbers:
        return 1, model.protein_length
    return max(1, min(numbers) - MARGIN), min(model.protein_length, max(numbers) + MARGIN)


def coding_within(exons: Sequence[ExonSpan], start: int, end: int) -> list[int]:
    """First and last coding position of every exon that ``[start, end]`` (1-based) touches."""
    positions = []
    for exon in exons:
        low, high = max(start, exon.start), min(end, exon.end)
        if low <= high:
            positions += [low, high]
    return positions


def residue_at(model: GeneModel, chrom: str, position: int) -> float | None:
    """Residue of a 1-based position: whole at the middle base of a codon, a third less or more at the others."""
    if chrom != model.chrom:
        return None
    for exon in model.exons:
        if exon.start <= position <= exon.end:
            offset = position - exon.start if model.strand > 0 else exon.end - position
            return residue_of_base(exon.c_first + offset)
    return None


def residue_of_base(c_number: int) -> float:
    """Coding base (1-based) -> residue; the middle base of codon n is exactly n."""
    return (c_number + 1) / 3


def place_of_known(axis: Axis, known: KnownPosition) -> float | None:
    """x of a known change: by its residue, else by its first variant."""
    number = residue_number(known.protein)
    x = axis.residue(number) if number is not None else None
    if x is None:
        places = (axis.place(v.chrom, v.pos) for v in known.variants)
        return next((place for place in places if place is not None), None)
    return x
