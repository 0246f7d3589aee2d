"""Quality profiles: how good the machine says its bases are, and how often they are wrong.

A profile is a table of qualities; a base takes one entry of its row at random and is wrong with probability 10^(-q/10).
The expected error of a profile is therefore the plain mean over the table: nothing about it is fitted.

The shapes are chosen by this project, not learned from a data set: for ``miseq`` whole-number qualities 3 to 38 that
decline along the read, mate 2 more than mate 1, with good and bad reads (2x150: 94% of bases >= Q30, mean error
0.0014); for ``binned`` the same machine's qualities in four bins as current instruments show them (2 for N, 12, 23,
37).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.simulate.spec import Sequencing
from kinescape.simulate.templates import encode

QUANTILES = 256
"""Entries of a row: one random byte chooses."""

TOP, LOWEST, QUALITY_OF_N = 38, 3, 2
READ_CLASSES = (0.4, 0.5, 0.6, 0.75, 0.9, 1.1, 1.5, 2.25)
"""Good to bad reads, equally frequent: factors on the deficit below TOP (mean 1)."""

START_DEFICIT, START_CYCLES = 1.5, 3.0
"""The first few cycles are read a little worse."""

PROFILE_LENGTH = 150
"""Cycles over which the decline below was chosen; longer reads go on declining."""


@dataclass(frozen=True)
class Decline:
    """Mean deficit below TOP at fraction x of PROFILE_LENGTH: ``base + rise * x ** power``."""

    base: float
    rise: float
    power: float


MATES = (Decline(1.6, 2.2, 2.0), Decline(1.8, 3.2, 1.6))

BINS = ((18, 12), (30, 23), (TOP + 1, 37))
"""(below this quality, shown as)."""

ADAPTERS = (
    "AGATCGGAAGAGCACACGTCTGAACTCCAGTCACATCACGATCTCGTATGCCGTCTTCTGCTTG",
    "AGATCGGAAGAGCGTCGTGTAGGGAAAGAGTGTAGATCTCGGTGGTCGCCGTATCATT",
)
"""What mate 1 and mate 2 read behind a short insert: Illumina TruSeq adapters, index 1 (ATCACG)."""

AFTER_ADAPTER = {"miseq": "A", "binned": "G"}
"""What is called where the molecule has ended: four-colour machines drift to A, two-colour ones see no light, a G."""


@dataclass(frozen=True)
class Profile:
    """``table[mate, class, cycle, byte]`` is a quality; ``wrong[q]`` the probability that such a base is wrong."""

    table: NDArray[np.uint8]
    wrong: NDArray[np.float64]
    adapters: tuple[NDArray[np.uint8], NDArray[np.uint8]]
    after: int

    def error_by_cycle(self) -> NDArray[np.float64]:
        """Expected share of wrong bases, shape (2 mates, cycles)."""
        expected: NDArray[np.float64] = self.wrong[self.table].mean(axis=(1, 3))
        return expected


@functools.lru_cache(maxsize=8)
def make_profile(sequencing: Sequencing) -> Profile:
    """The tables of a machine (kept: a cohort's samples share them)."""
    table = np.stack([_full_scale(decline, sequencing.read_length) for decline in MATES])
    if sequencing.profile == "binned":
        edges = np.array([edge for edge, _ in BINS])
        table = np.array([shown for _, shown in BINS], np.uint8)[np.searchsorted(edges, table, side="right")]
    return Profile(
        table=np.ascontiguousarray(table),
        wrong=10.0 ** (-np.arange(64) / 10.0),
        adapters=(encode(ADAPTERS[0]), encode(ADAPTERS[1])),
        after=int(encode(AFTER_ADAPTER[sequencing.profile])[0]),
    )


def _full_scale(decline: Decline, cycles: int) -> NDArray[np.uint8]:
    """Qualities of one mate, shape (classes, cycles, QUANTILES); deficits are exponential, most bases near the top."""
    cycle = np.arange(cycles)
    mean = decline.base + decline.rise * (cycle / (PROFILE_LENGTH - 1)) ** decline.power
    mean = mean + START_DEFICIT * np.exp(-cycle / START_CYCLES)
    quantile = (np.arange(QUANTILES) + 0.5) / QUANTILES
    deficit = np.array(READ_CLASSES)[:, None, None] * mean[None, :, None] * -np.log1p(-quantile)[None, None, :]
    return np.clip(np.floor(TOP - deficit), LOWEST, TOP).astype(np.uint8)
