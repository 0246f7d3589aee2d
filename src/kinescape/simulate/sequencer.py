"""From read pairs to the text of their FASTQ records, some thousand pairs at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.simulate.pcr import Errors
from kinescape.simulate.qualities import Profile
from kinescape.simulate.render import NAME, TAILS, Mate, Pairs, Sequences, render
from kinescape.simulate.templates import FlatTemplates

PAIRS_AT_ONCE = 8192
"""Pairs rendered into one pair of buffers (about 6 MB)."""


@dataclass(frozen=True)
class PairPool:
    """Read pairs in the order of the file.

    ``flipped``: mate 1 reads the minus strand (F2R1 instead of F1R2). ``tags``: UMI codes, shape (pairs, length), with
    length 0 where there are no UMIs. ``errors``: amplification errors, positions on the template's plus strand.
    """

    template: NDArray[np.int32]
    flipped: NDArray[np.bool_]
    tags: NDArray[np.uint8]
    errors: Errors


@dataclass(frozen=True)
class Machine:
    """How reads are made: profile, share of N, whether tags stand in the read (else in the name)."""

    profile: Profile
    n_rate: float
    tags_in_read: bool
    seed: int

    def mate(self, number: int) -> Mate:
        """What the kernel needs for mate 0 or 1."""
        return Mate(
            number=number,
            name=np.frombuffer(NAME, np.uint8),
            tail=np.frombuffer(TAILS[number], np.uint8),
            adapter=self.profile.adapters[number],
            after=self.profile.after,
            tags_in_read=self.tags_in_read,
            table=self.profile.table[number],
            tag_table=self.profile.table[0],
            limits=np.round(self.profile.wrong * 2.0**32).astype(np.uint64),
            n_limit=np.uint64(2**32 - round(self.n_rate * 2**32)),
            seed=np.uint64(self.seed),
        )


def sequence(pool: PairPool, templates: FlatTemplates, machine: Machine) -> Iterator[tuple[bytes, bytes]]:
    """FASTQ text of mates 1 and 2; every record of a file has the same length."""
    total, cycles, tag_length = pool.template.size, machine.profile.table.shape[2], pool.tags.shape[1]
    name_length = len(NAME) + (tag_length + 1 if tag_length and not machine.tags_in_read else 0)
    record = name_length + len(TAILS[0]) + 2 * cycles + len("\n+\n\n")
    out = np.empty((min(PAIRS_AT_ONCE, max(total, 1)), record), np.uint8)
    errors = pool.errors
    pairs = Pairs(
        template=pool.template,
        flipped=pool.flipped,
        tags=pool.tags,
        error_start=np.searchsorted(errors.pair, np.arange(total + 1)).astype(np.int64),
        error_position=errors.position,
        error_change=errors.change,
    )
    sequences = Sequences(templates.codes, templates.start, templates.length)
    mates = (machine.mate(0), machine.mate(1))
    for first in range(0, total, PAIRS_AT_ONCE):
        count = min(PAIRS_AT_ONCE, total - first)
        texts = []
        for mate in mates:
            render(out, first, count, pairs, sequences, mate)
            texts.append(out[:count].tobytes())
        yield texts[0], texts[1]
