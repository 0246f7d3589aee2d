"""From templates to the text of FASTQ records: one compiled kernel writes both mates of every pair.

Each pair has a random stream of its own (SplitMix64: Steele, Lea & Flood 2014, OOPSLA), so the text depends on the seed
and the pair's number only, never on how the work is cut up. Per base one 64-bit number is used: 8 bits choose the
quality, 32 bits decide whether the base is wrong or N, 16 bits which wrong base it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.compiled import kernel
from kinescape.simulate.pcr import Errors
from kinescape.simulate.qualities import QUALITY_OF_N, Profile
from kinescape.simulate.templates import FlatTemplates

NAME = b"@SIM:1:SIMULATED:1:1101:10000:10000"
"""Instrument, run, flow cell, lane, tile, x, y. Five digits of x and of y count the pairs; nothing else is told."""

DIGITS_AT = 25
"""Where x begins in NAME; y begins six characters later."""

COORDINATES = 90_000
"""Values of x and of y, from 10000."""

TAILS = (b" 1:N:0:1\n", b" 2:N:0:1\n")
PAIRS_AT_ONCE = 8192
"""Pairs rendered into one pair of buffers (about 6 MB)."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_ONE, _THREE = np.uint64(1), np.uint64(3)
_LETTERS = np.frombuffer(b"ACGT", np.uint8)
_PHRED_ZERO = 33


@dataclass(frozen=True)
class PairPool:
    """Read pairs in the order of the file.

    ``flipped``: mate 1 reads the minus strand (F2R1 instead of F1R2). ``tags``: UMI codes, shape (pairs, length), length
    0 without UMIs. ``errors``: amplification errors, positions on the template's plus strand.
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


def sequence(pool: PairPool, templates: FlatTemplates, machine: Machine) -> Iterator[tuple[memoryview, memoryview]]:
    """FASTQ text of mates 1 and 2, some thousand pairs at a time (the buffers are used again)."""
    pairs = pool.template.size
    profile = machine.profile
    cycles = profile.table.shape[2]
    tag_length = pool.tags.shape[1]
    name_length = len(NAME) + (tag_length + 1 if tag_length and not machine.tags_in_read else 0)
    record = name_length + len(TAILS[0]) + 2 * cycles + 4
    buffers = [np.empty((min(PAIRS_AT_ONCE, max(pairs, 1)), record), np.uint8) for _ in range(2)]
    error_start = np.searchsorted(pool.errors.pair, np.arange(pairs + 1)).astype(np.int64)
    limits = np.round(profile.wrong * 2.0**32).astype(np.uint64)
    n_limit = np.uint64(2**32 - round(machine.n_rate * 2**32))
    for first in range(0, pairs, PAIRS_AT_ONCE):
        count = min(PAIRS_AT_ONCE, pairs - first)
        for mate in range(2):
            _render(
                buffers[mate], first, count, mate,
                pool.template, pool.flipped, pool.tags, machine.tags_in_read,
                error_start, pool.errors.position, pool.errors.change,
                templates.codes, templates.start, templates.length,
                profile.adapters[mate], profile.after,
                profile.table[mate], limits, n_limit,
                np.frombuffer(NAME, np.uint8), np.frombuffer(TAILS[mate], np.uint8), np.uint64(machine.seed),
            )  # fmt: skip
        yield memoryview(buffers[0][:count].reshape(-1)), memoryview(buffers[1][:count].reshape(-1))


@kernel
def _mixed(state: np.uint64) -> np.uint64:
    z = (state ^ (state >> np.uint64(30))) * _MIX_1
    z = (z ^ (z >> np.uint64(27))) * _MIX_2
    return z ^ (z >> np.uint64(31))


@kernel
def _write_name(out: NDArray[np.uint8], pair: int, name: NDArray[np.uint8]) -> int:
    for i in range(name.size):
        out[i] = name[i]
    for field, number in enumerate((pair % COORDINATES + 10_000, (pair // COORDINATES) % COORDINATES + 10_000)):
        for digit in range(5):
            out[DIGITS_AT + 6 * field + 4 - digit] = 48 + number % 10
            number = number // 10
    return name.size


@kernel
def _fill(
    bases: NDArray[np.uint8],
    codes: NDArray[np.uint8],
    reverse: bool,
    tag: NDArray[np.uint8],
    tag_first: bool,
    adapter: NDArray[np.uint8],
    after: int,
) -> int:
    """The true bases of one read: fragment (with its tag before or behind it), adapter, filler. Returns the offset of
    the template's first base in the read."""
    cycles, length = bases.size, codes.size
    offset = tag.size if tag_first else 0
    for i in range(min(offset, cycles)):
        bases[i] = tag[i]
    for i in range(offset, min(offset + length, cycles)):
        k = i - offset
        bases[i] = 3 - codes[length - 1 - k] if reverse else codes[k]
    at = offset + length
    if not tag_first:
        for i in range(at, min(at + tag.size, cycles)):
            bases[i] = 3 - tag[tag.size - 1 - (i - at)]
        at += tag.size
    for i in range(at, cycles):
        bases[i] = adapter[i - at] if i - at < adapter.size else after
    return offset


@kernel
def _render(
    out, first, count, mate,
    template, flipped, tags, tags_in_read,
    error_start, error_position, error_change,
    codes, start, length,
    adapter, after,
    table, limits, n_limit,
    name, tail, seed,
):  # type: ignore[no-untyped-def]  # fmt: skip
    """Write ``count`` records of one mate, from pair ``first`` on, into the rows of ``out``."""
    cycles = table.shape[1]
    bases = np.empty(cycles, np.uint8)
    no_tag = np.empty(0, np.uint8)
    for row in range(count):
        pair = first + row
        text = out[row]
        state = _mixed(seed ^ (np.uint64(2 * pair + mate + 1) * _GOLDEN))
        at = _write_name(text, pair, name)
        tag = tags[pair]
        if tag.size > 0 and not tags_in_read:
            text[at] = 58  # a colon
            # Both mates carry the tag as it was read once, so its errors come from a stream of the pair.
            tag_state = _mixed(seed ^ (np.uint64(2 * pair) * _GOLDEN) ^ _MIX_1)
            tag_class = table[np.int64(tag_state & np.uint64(table.shape[0] - 1))]
            for i in range(tag.size):
                tag_state += _GOLDEN
                z = _mixed(tag_state)
                code = tag[i]
                if ((z >> np.uint64(8)) & np.uint64(0xFFFFFFFF)) < limits[tag_class[i, np.int64(z & np.uint64(255))]]:
                    code = code ^ np.uint8(_ONE + ((z >> np.uint64(40)) & np.uint64(0xFFFF)) * _THREE >> np.uint64(16))
                text[at + 1 + i] = _LETTERS[code]
            at += 1 + tag.size
        for i in range(tail.size):
            text[at + i] = tail[i]
        at += tail.size
        which = template[pair]
        begin, size = start[which], length[which]
        reverse = flipped[pair] != (mate == 1)
        offset = _fill(
            bases, codes[begin : begin + size], reverse, tag if tags_in_read else no_tag, mate == 0, adapter, after
        )
        for e in range(error_start[pair], error_start[pair + 1]):
            k = size - 1 - error_position[e] if reverse else error_position[e]
            if offset + k < cycles:
                bases[offset + k] ^= error_change[e]
        quality_at = at + cycles + 3
        text[at + cycles], text[at + cycles + 1], text[at + cycles + 2] = 10, 43, 10
        of_class = table[np.int64(state & np.uint64(table.shape[0] - 1))]
        for i in range(cycles):
            state += _GOLDEN
            z = _mixed(state)
            quality = of_class[i, np.int64(z & np.uint64(255))]
            chance = (z >> np.uint64(8)) & np.uint64(0xFFFFFFFF)
            code = bases[i]
            if chance < limits[quality]:
                code = code ^ np.uint8(_ONE + ((z >> np.uint64(40)) & np.uint64(0xFFFF)) * _THREE >> np.uint64(16))
            if chance >= n_limit:
                text[at + i] = 78  # N
                quality = QUALITY_OF_N
            else:
                text[at + i] = _LETTERS[code]
            text[quality_at + i] = _PHRED_ZERO + quality
        text[quality_at + cycles] = 10
