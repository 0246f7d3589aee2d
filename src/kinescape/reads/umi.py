"""Unique molecular identifiers: found at the end of the read name or in the first bases of the mates.

A UMI is kept as a number, two bits per base (A 0, C 1, G 2, T 3), the first base in the highest bits. UMIs with an N,
and UMIs read with a base quality below a limit, name no molecule: their pairs are counted and left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kinescape.compiled import kernel
from kinescape.errors import InputError
from kinescape.reads.fastq import QUALITY_OFFSET, Block
from kinescape.reads.read_structure import ReadStructure, parse_read_structures
from kinescape.records import UmiParameters

MAX_BASES = 31
"""Bases of both UMIs of a pair together: two bits each in 64."""
MIN_QUALITY = 20
"""Least base quality within a UMI: at 20 one base in a hundred is wrong, and a wrong UMI looks like a molecule."""
_FINE, _NO_UMI, _LOW_QUALITY, _NOT_A_UMI = 0, 1, 2, 3


@dataclass(frozen=True)
class UmiSource:
    """Where UMIs stand: ``structures`` of mates 1 and 2, or None for the last field of the read name."""

    structures: tuple[ReadStructure, ReadStructure] | None = None
    min_quality: int = MIN_QUALITY

    @property
    def prefixes(self) -> tuple[int, int]:
        """Bases before the template in mates 1 and 2."""
        return (0, 0) if self.structures is None else (self.structures[0].prefix, self.structures[1].prefix)


@dataclass(frozen=True)
class Umis:
    """The UMIs of all pairs.

    Attributes
    ----------
    codes
        int64[pairs, 2]: the UMI of mate 1 (or the only one, or the first of the name), and that of mate 2.
    lengths
        Bases of either; 0 where the library has none there.
    usable
        bool[pairs].
    without, low_quality
        Pairs whose UMI holds an N or is cut off by the end of the read; pairs with a base of low quality in it.
    """

    codes: NDArray[np.int64]
    lengths: tuple[int, int]
    usable: NDArray[np.bool_]
    without: int
    low_quality: int

    @property
    def bases(self) -> int:
        return sum(self.lengths)

    @property
    def two(self) -> bool:
        """Whether both ends of the molecule have a UMI."""
        return min(self.lengths) > 0


def umi_source(parameters: UmiParameters | None) -> UmiSource | None:
    """Where the parameters of a run say that UMIs stand.

    Raises
    ------
    InputError
        A read structure cannot be followed.
    """
    if parameters is None:
        return None
    if parameters.source == "header":
        return UmiSource(None, parameters.min_umi_quality)
    structures = parse_read_structures(f"{parameters.read_structure_1} {parameters.read_structure_2}")
    return UmiSource(structures, parameters.min_umi_quality)


class UmiReader:
    """Takes the UMIs out of blocks of records, one block pair after the other."""

    def __init__(self, source: UmiSource, path: Path) -> None:
        self._source = source
        self._path = path
        self._codes: list[NDArray[np.int64]] = []
        self._states: list[NDArray[np.int8]] = []
        self._lengths: tuple[int, int] | None = None
        structures = source.structures
        if structures is not None:
            self._lengths = (structures[0].umi_length, structures[1].umi_length)
            _refuse_long(self._lengths, path)

    def take(self, first: Block, second: Block) -> tuple[Block, Block]:
        """Note the UMIs of two blocks with the same records; returns the blocks without UMI and skipped bases."""
        codes = np.zeros((len(first), 2), np.int64)
        states = np.zeros(len(first), np.int8)
        structures = self._source.structures
        if structures is None:
            self._from_names(first, codes, states)
            kept = (first, second)
        else:
            for mate, (block, structure) in enumerate(zip((first, second), structures, strict=True)):
                spans = np.array(structure.umi, np.int64).reshape(-1, 2)
                _codes_of_reads(block.buffer, block.sequence_start, block.quality_start, block.length, spans,
                                QUALITY_OFFSET + self._source.min_quality, codes[:, mate], states)  # fmt: skip
            kept = (_without_prefix(first, structures[0].prefix), _without_prefix(second, structures[1].prefix))
        self._codes.append(codes)
        self._states.append(states)
        return kept

    def umis(self) -> Umis:
        """The UMIs of all blocks taken."""
        states = np.concatenate(self._states)
        return Umis(
            np.concatenate(self._codes),
            self._lengths or (0, 0),
            states == _FINE,
            int((states == _NO_UMI).sum()),
            int((states == _LOW_QUALITY).sum()),
        )

    def _from_names(self, block: Block, codes: NDArray[np.int64], states: NDArray[np.int8]) -> None:
        lengths = np.zeros((len(block), 2), np.int64)
        _codes_of_names(block.buffer, block.name_start, block.name_length, codes, lengths, states)
        strange = states == _NOT_A_UMI
        if strange.any():
            raise self._fault(
                block, int(np.argmax(strange)), "read name does not end in a UMI",
                "a last field such as ':ACGTACGT', ':ACGT+TTGA' or ':ACGT-TTGA'",
            )  # fmt: skip
        if self._lengths is None:
            self._lengths = (int(lengths[0, 0]), int(lengths[0, 1]))
            _refuse_long(self._lengths, self._path)
        other = (lengths != np.array(self._lengths)).any(axis=1)
        if other.any():
            wanted = "+".join(str(length) for length in self._lengths if length)
            raise self._fault(block, int(np.argmax(other)), "UMIs differ in length", f"{wanted} bases, as before")

    def _fault(self, block: Block, record: int, what: str, expected: str) -> InputError:
        line = 4 * (block.first_record + record) + 1
        return InputError(what, file=self._path, line=line, found=block.name(record), expected=expected)


def _refuse_long(lengths: tuple[int, int], path: Path) -> None:
    if sum(lengths) > MAX_BASES:
        raise InputError("UMI is too long", file=path, found=f"{sum(lengths)} bases", expected=f"at most {MAX_BASES}")


def _without_prefix(block: Block, prefix: int) -> Block:
    """The records without their first bases; a read that ends within them keeps its last base."""
    if prefix == 0:
        return block
    cut = np.minimum(prefix, block.length - 1)
    return replace(
        block,
        sequence_start=block.sequence_start + cut,
        quality_start=block.quality_start + cut,
        length=block.length - cut,
    )


@kernel
def _code(letter: int) -> int:
    """Two bits of an ASCII base, -1 for N, -2 for anything else."""
    upper = letter & 0xDF
    if upper == 65:
        return 0
    if upper == 67:
        return 1
    if upper == 71:
        return 2
    if upper == 84:
        return 3
    return -1 if upper == 78 else -2


@kernel
def _codes_of_names(
    buffer: NDArray[np.uint8],
    starts: NDArray[np.int64],
    name_lengths: NDArray[np.int64],
    codes: NDArray[np.int64],
    lengths: NDArray[np.int64],
    states: NDArray[np.int8],
) -> None:
    for record in range(starts.shape[0]):
        end = starts[record] + name_lengths[record]
        at = end
        while at > starts[record] and buffer[at - 1] != 58:  # ':'
            at -= 1
        if at == starts[record] or at == end:
            states[record] = 3
            continue
        for part in range(2):
            stop = at
            while stop < end and buffer[stop] != 43 and buffer[stop] != 45:  # '+', '-'
                stop += 1
            # Illumina writes 'r' before a UMI that it gives as the reverse complement.
            turned = at < stop and buffer[at] == 114
            if turned:
                at += 1
            for index in range(stop - at):
                value = _code(buffer[stop - 1 - index] if turned else buffer[at + index])
                if value == -2:
                    states[record] = 3
                elif value == -1:
                    states[record] = max(states[record], 1)
                else:
                    codes[record, part] = codes[record, part] << 2 | (3 - value if turned else value)
            lengths[record, part] = stop - at
            if stop == at:
                states[record] = 3
            at = stop + 1
            if stop == end:
                break
            if part == 1 or at >= end:
                states[record] = 3


@kernel
def _codes_of_reads(
    buffer: NDArray[np.uint8],
    sequence_starts: NDArray[np.int64],
    quality_starts: NDArray[np.int64],
    read_lengths: NDArray[np.int64],
    spans: NDArray[np.int64],
    lowest: int,
    codes: NDArray[np.int64],
    states: NDArray[np.int8],
) -> None:
    for record in range(sequence_starts.shape[0]):
        for span in range(spans.shape[0]):
            begin, end = spans[span, 0], spans[span, 0] + spans[span, 1]
            if read_lengths[record] < end:
                states[record] = 1
                continue
            for index in range(begin, end):
                value = _code(buffer[sequence_starts[record] + index])
                if value < 0:
                    states[record] = 1
                elif buffer[quality_starts[record] + index] < lowest and states[record] == 0:
                    states[record] = 2
                codes[record] = codes[record] << 2 | max(value, 0)
