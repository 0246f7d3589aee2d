"""The compiled kernel that writes FASTQ records.

Each read has a random stream of its own (SplitMix64: Steele, Lea & Flood 2014, OOPSLA), so the text depends on the seed
and the pair's number only, never on how the work is cut up. Per base one 64-bit number is used: 8 bits choose the
quality, 32 bits decide whether the base is wrong or N, 16 bits which wrong base it is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kinescape.compiled import kernel
from kinescape.simulate.qualities import QUALITY_OF_N

NAME = b"@SIM:1:SIMULATED:1:1101:10000:10000"
"""Instrument, run, flow cell, lane, tile, x, y. Five digits of x and of y count the pairs; nothing else is told."""

DIGITS_AT = NAME.index(b"10000")
"""Where x begins in NAME; y begins six characters later."""

COORDINATES = 90_000
"""Values of x and of y, from 10000."""

TAILS = (b" 1:N:0:1\n", b" 2:N:0:1\n")
"""What ends the name lines of mates 1 and 2."""

NEWLINE, PLUS, COLON, ZERO, LETTER_N, PHRED_ZERO = 10, 43, 58, 48, 78, 33
"""Bytes of the format."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_ONE, _TWO, _THREE = np.uint64(1), np.uint64(2), np.uint64(3)
_8, _16, _27, _30, _31, _40 = (np.uint64(shift) for shift in (8, 16, 27, 30, 31, 40))
_LOW_8, _LOW_16, _LOW_32 = np.uint64(0xFF), np.uint64(0xFFFF), np.uint64(0xFFFFFFFF)
_LETTERS = np.frombuffer(b"ACGT", np.uint8)


class Pairs(NamedTuple):
    """Read pairs; the errors of pair p are ``error_start[p] : error_start[p + 1]``."""

    template: NDArray[np.int32]
    flipped: NDArray[np.bool_]
    tags: NDArray[np.uint8]
    error_start: NDArray[np.int64]
    error_position: NDArray[np.int32]
    error_change: NDArray[np.uint8]


class Sequences(NamedTuple):
    """Templates: number k is ``codes[start[k] : start[k] + length[k]]``, plus strand."""

    codes: NDArray[np.uint8]
    start: NDArray[np.int64]
    length: NDArray[np.int64]


class Mate(NamedTuple):
    """How mate ``number`` (0 or 1) is read.

    ``table[class, cycle, byte]`` are qualities (a power of two of classes), ``tag_table`` those with which a tag for
    the name was read (the same for both mates); ``limits[q]`` is the error probability times 2^32; at or above
    ``n_limit`` a base is N.
    """

    number: int
    name: NDArray[np.uint8]
    tail: NDArray[np.uint8]
    adapter: NDArray[np.uint8]
    after: int
    tags_in_read: bool
    table: NDArray[np.uint8]
    tag_table: NDArray[np.uint8]
    limits: NDArray[np.uint64]
    n_limit: np.uint64
    seed: np.uint64


@kernel
def render(out: NDArray[np.uint8], first: int, count: int, pairs: Pairs, sequences: Sequences, mate: Mate) -> None:
    """Write the records of pairs ``first`` to ``first + count`` into the rows of ``out``."""
    cycles = mate.table.shape[1]
    bases = np.empty(cycles, np.uint8)
    no_tag = np.empty(0, np.uint8)
    classes = np.uint64(mate.table.shape[0] - 1)
    for row in range(count):
        pair = first + row
        text = out[row]
        state = _stream(mate.seed, np.uint64(2 * pair + mate.number) + _TWO)
        at = _write_name(text, pair, mate.name)
        tag = pairs.tags[pair]
        if tag.size > 0 and not mate.tags_in_read:
            # Both mates carry the tag as it was read once, so its errors come from a stream of the pair.
            tag_state = _stream(mate.seed ^ _MIX_1, np.uint64(pair) + _ONE)
            text[at] = COLON
            at += 1
            for i in range(tag.size):
                tag_state += _GOLDEN
                z = _mixed(tag_state)
                quality = mate.tag_table[np.int64(tag_state & classes), i, np.int64(z & _LOW_8)]
                text[at] = _LETTERS[_read_as(tag[i], z, mate.limits[quality])]
                at += 1
        for i in range(mate.tail.size):
            text[at + i] = mate.tail[i]
        at += mate.tail.size
        _fill(bases, pair, pairs, sequences, mate, tag if mate.tags_in_read else no_tag)
        quality_at = at + cycles + 3
        text[at + cycles], text[at + cycles + 1], text[at + cycles + 2] = NEWLINE, PLUS, NEWLINE
        of_class = mate.table[np.int64(state & classes)]
        for i in range(cycles):
            state += _GOLDEN
            z = _mixed(state)
            quality = of_class[i, np.int64(z & _LOW_8)]
            if ((z >> _8) & _LOW_32) >= mate.n_limit:
                text[at + i] = LETTER_N
                quality = QUALITY_OF_N
            else:
                text[at + i] = _LETTERS[_read_as(bases[i], z, mate.limits[quality])]
            text[quality_at + i] = PHRED_ZERO + quality
        text[quality_at + cycles] = NEWLINE


@kernel
def _mixed(state: np.uint64) -> np.uint64:
    z = (state ^ (state >> _30)) * _MIX_1
    z = (z ^ (z >> _27)) * _MIX_2
    return z ^ (z >> _31)


@kernel
def _stream(seed: np.uint64, number: np.uint64) -> np.uint64:
    """Where the stream of a read begins."""
    return _mixed(_mixed(seed + _GOLDEN) ^ (number * _GOLDEN))


@kernel
def _read_as(code: np.uint8, z: np.uint64, limit: np.uint64) -> np.uint8:
    """The base as it is called: another one, each of the three alike, where the random number is below the limit."""
    if ((z >> _8) & _LOW_32) < limit:
        return code ^ np.uint8(_ONE + ((((z >> _40) & _LOW_16) * _THREE) >> _16))
    return code


@kernel
def _write_name(text: NDArray[np.uint8], pair: int, name: NDArray[np.uint8]) -> int:
    """The pair's number as x and y of the name; returns the length written."""
    for i in range(name.size):
        text[i] = name[i]
    x, y = pair % COORDINATES + 10_000, (pair // COORDINATES) % COORDINATES + 10_000
    for digit in range(4, -1, -1):
        text[DIGITS_AT + digit] = ZERO + x % 10
        text[DIGITS_AT + 6 + digit] = ZERO + y % 10
        x, y = x // 10, y // 10
    return name.size


@kernel
def _fill(
    bases: NDArray[np.uint8], pair: int, pairs: Pairs, sequences: Sequences, mate: Mate, tag: NDArray[np.uint8]
) -> None:
    """The true bases of one read: the fragment, with its tag before it (mate 1) or behind it (mate 2), the adapter
    where the fragment ends, and what is called behind that; then the errors of amplification."""
    cycles = bases.size
    which = pairs.template[pair]
    begin, length = sequences.start[which], sequences.length[which]
    reverse = pairs.flipped[pair] != (mate.number == 1)
    offset = tag.size if mate.number == 0 else 0
    for i in range(min(offset, cycles)):
        bases[i] = tag[i]
    for i in range(offset, min(offset + length, cycles)):
        k = i - offset
        bases[i] = 3 - sequences.codes[begin + length - 1 - k] if reverse else sequences.codes[begin + k]
    at = offset + length
    if mate.number == 1:
        for i in range(at, min(at + tag.size, cycles)):
            bases[i] = 3 - tag[tag.size - 1 - (i - at)]
        at += tag.size
    for i in range(at, cycles):
        bases[i] = mate.adapter[i - at] if i - at < mate.adapter.size else mate.after
    for e in range(pairs.error_start[pair], pairs.error_start[pair + 1]):
        k = length - 1 - pairs.error_position[e] if reverse else pairs.error_position[e]
        if offset + k < cycles:
            bases[offset + k] ^= pairs.error_change[e]
