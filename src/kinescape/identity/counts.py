"""The bases that every sample of a run shows at every position of the panel, in one array."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kinescape.errors import InputError
from kinescape.records import Call, SampleResult

BASES = "ACGT"
NEEDED = ("chrom", "pos", "ref", "amplicon", "molecules", "background", *BASES)

Site = tuple[str, int]
"""(chromosome, 1-based position)"""


@dataclass(frozen=True)
class SampleCounts:
    """One sample: who it is said to be, and its bases."""

    name: str
    patient: str
    """Empty where the sheet does not say."""
    sites: tuple[Site, ...]
    reference: tuple[str, ...]
    genes: tuple[str, ...]
    counts: NDArray[np.int64]
    """[sites, 4]: reads with A, C, G, T."""
    background: NDArray[np.float64]
    """[sites]: expected share of one wrong base."""
    molecules: float | None
    """Input molecules, where they are known."""
    known: frozenset[Site]
    """Positions of known resistance changes: what is found there is the tumour's, and says nothing of whose it is."""
    calls: tuple[Call, ...] = ()


def sample_counts(result: SampleResult, positions: Path) -> SampleCounts:
    """Read a sample's ``positions.tsv.gz``.

    Raises
    ------
    InputError
        The file is not there, cannot be unpacked, or a line of it cannot be read.
    """
    try:
        with gzip.open(positions, "rt", encoding="utf-8") as handle:
            lines = handle.read().splitlines()
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as problem:
        raise InputError(f"cannot be read ({problem})", file=positions, expected="a sample's positions") from None
    header = lines[0].split("\t") if lines else []
    absent = [name for name in NEEDED if name not in header]
    if absent:
        raise InputError(f"column '{absent[0]}' is missing", file=positions, line=1, expected=", ".join(NEEDED))
    rows = [line.split("\t") for line in lines[1:]]
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise InputError("wrong number of cells", file=positions, line=number, found=len(row), expected=len(header))
    place = {name: header.index(name) for name in NEEDED}
    gene_of = {amplicon.name: amplicon.gene for amplicon in result.amplicons}
    try:
        sites = tuple((row[place["chrom"]], int(row[place["pos"]])) for row in rows)
        counts = np.array([[int(row[place[base]]) for base in BASES] for row in rows], np.int64).reshape(-1, 4)
        background = np.array([_number(row[place["background"]]) for row in rows])
        molecules = [_number(row[place["molecules"]]) for row in rows]
    except ValueError as problem:
        raise InputError(f"holds a cell that is no number ({problem})", file=positions) from None
    known = frozenset((v.chrom, v.pos) for k in result.known_positions for v in k.variants)
    stated = [value for value in molecules if np.isfinite(value)]
    return SampleCounts(
        name=result.sample.sample,
        patient=result.sample.patient,
        sites=sites,
        reference=tuple(row[place["ref"]] for row in rows),
        genes=tuple(gene_of.get(row[place["amplicon"]], row[place["amplicon"]]) for row in rows),
        counts=counts,
        background=background,
        molecules=max(1.0, float(np.median(stated))) if stated else None,
        known=known,
        calls=tuple(call for call in result.calls if call.evidence != "filtered"),
    )


def _number(text: str) -> float:
    return float("nan") if text == "." else float(text)


@dataclass(frozen=True)
class RunCounts:
    """All samples over all sites that any of them has; a sample without a site has no reads there."""

    samples: tuple[SampleCounts, ...]
    sites: tuple[Site, ...]
    reference: NDArray[np.int64]
    """[sites]: place of the reference base in ``BASES``; -1 where it is none of them."""
    genes: tuple[str, ...]
    counts: NDArray[np.int64]
    """[samples, sites, 4]"""
    background: NDArray[np.float64]
    """[samples, sites]"""
    known: NDArray[np.bool_]
    """[sites]: a known resistance change lies there, for any of the samples."""

    def depth(self) -> NDArray[np.int64]:
        """[samples, sites]: reads with any base."""
        return np.asarray(self.counts.sum(axis=2), np.int64)

    def shares(self) -> NDArray[np.float64]:
        """[samples, sites, 4]: share of each base; 0 where there is no read."""
        return self.counts / np.maximum(1, self.depth())[:, :, None]


def run_counts(samples: Sequence[SampleCounts]) -> RunCounts:
    """Join the samples of a run."""
    sites = sorted({site for sample in samples for site in sample.sites})
    place = {site: number for number, site in enumerate(sites)}
    counts = np.zeros((len(samples), len(sites), 4), np.int64)
    background = np.full((len(samples), len(sites)), np.nan)
    reference = np.full(len(sites), -1, np.int64)
    genes = [""] * len(sites)
    for row, sample in enumerate(samples):
        columns = np.array([place[site] for site in sample.sites], np.int64)
        counts[row, columns] = sample.counts
        background[row, columns] = sample.background
        for column, base, gene in zip(columns.tolist(), sample.reference, sample.genes, strict=True):
            reference[column] = BASES.find(base)
            genes[column] = gene
    known = {site for sample in samples for site in sample.known}
    return RunCounts(
        tuple(samples),
        tuple(sites),
        reference,
        tuple(genes),
        counts,
        background,
        np.array([site in known for site in sites], np.bool_),
    )
