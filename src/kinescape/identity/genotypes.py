"""What each sample's person was born with, at the positions where the people of a run differ.

A fraction near 50% or 100% is read as a germline genotype. Positions of known resistance changes are left out: there a
fraction near 50% may well be the tumour's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.identity.counts import BASES, RunCounts

FEWEST_READS = 100
"""Reads from which a genotype is read off; half of them differ from all of them by more than any chance."""
HOMOZYGOUS, HETEROZYGOUS = 0.1, (0.3, 0.7)
"""A share up to 0.1 (from 0.9) is none (all) of the alleles, 0.3 to 0.7 is one of two. What lies between is not read:
a tumour that lost one copy, or a clonal change of it, may stand there. Chosen by this project."""
UNREAD = -1


@dataclass(frozen=True)
class Genotypes:
    """Genotypes at the sites where at least one sample of the run carries another base."""

    sites: NDArray[np.int64]
    """Places in the run's sites."""
    alternative: NDArray[np.int64]
    """[sites]: place of the other base in ``BASES``."""
    genes: tuple[str, ...]
    """Gene of each site: sites of one gene are inherited together, and are no independent evidence."""
    called: NDArray[np.int8]
    """[samples, sites]: copies of the other base, 0, 1 or 2; -1 where they cannot be read."""
    frequency: NDArray[np.float64]
    """[sites]: frequency of the other base, from the people of the run: (copies + 1) / (2 people + 2)."""
    names: tuple[str, ...]
    """``chr2:29220765:G>T``"""


def genotypes(run: RunCounts) -> Genotypes:
    """Read the genotypes of a run."""
    shares = run.shares()
    enough = run.depth() >= FEWEST_READS
    others = np.where(enough[:, :, None], shares, 0.0)
    rows = np.flatnonzero(run.reference >= 0)
    others[:, rows, run.reference[rows]] = 0.0
    highest = others.max(axis=0, initial=0.0)
    sites = np.flatnonzero((highest.max(axis=1) >= HETEROZYGOUS[0]) & (run.reference >= 0) & ~run.known)
    alternative = highest[sites].argmax(axis=1).astype(np.int64)
    at = np.arange(len(sites))
    alt = run.counts[:, sites][:, at, alternative]
    both = alt + run.counts[:, sites][:, at, run.reference[sites]]
    share = alt / np.maximum(1, both)
    called = np.full(share.shape, UNREAD, np.int8)
    called[share <= HOMOZYGOUS] = 0
    called[(share >= HETEROZYGOUS[0]) & (share <= HETEROZYGOUS[1])] = 1
    called[share >= 1 - HOMOZYGOUS] = 2
    called[both < FEWEST_READS] = UNREAD
    # A site is told from by what a person carries; one that is 0 or unread everywhere tells nothing.
    kept = (called > 0).any(axis=0)
    sites, alternative, called = sites[kept], alternative[kept], called[:, kept]
    names = tuple(
        f"{run.sites[site][0]}:{run.sites[site][1]}:{BASES[run.reference[site]]}>{BASES[other]}"
        for site, other in zip(sites.tolist(), alternative.tolist(), strict=True)
    )
    return Genotypes(
        sites, alternative, tuple(run.genes[site] for site in sites.tolist()), called, _frequency(run, called), names
    )


def _frequency(run: RunCounts, called: NDArray[np.int8]) -> NDArray[np.float64]:
    """Each person counts once, with the mean of the samples that can be read. Without a patient, a sample is one."""
    members: dict[str, list[int]] = {}
    for number, sample in enumerate(run.samples):
        members.setdefault(f"patient {sample.patient}" if sample.patient else f"sample {number}", []).append(number)
    copies, people = np.zeros(called.shape[1]), np.zeros(called.shape[1])
    for rows in members.values():
        mine = called[rows].astype(np.float64)
        read = (mine >= 0).sum(axis=0)
        copies += np.where(mine >= 0, mine, 0.0).sum(axis=0) / np.maximum(1, read)
        people += read > 0
    return np.asarray((copies + 1) / (2 * people + 2))
