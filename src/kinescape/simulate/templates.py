"""The sequences that molecules have: an amplicon's reference with some of the sample's changes in it.

Bases are two-bit codes A=0, C=1, G=2, T=3. The complement of a code is ``3 - code``; a substitution is ``code ^ x``
with x in 1..3, where x = 2 is the transition. Both facts hold on either strand, so errors need no strand of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.errors import InputError
from kinescape.simulate.changes import Change

Codes = NDArray[np.uint8]

NOT_A_BASE = 255
_CODE_OF = np.full(256, NOT_A_BASE, np.uint8)
for _code, _letters in enumerate(("Aa", "Cc", "Gg", "Tt")):
    for _letter in _letters:
        _CODE_OF[ord(_letter)] = _code


def encode(sequence: str) -> Codes:
    """Two-bit codes of a sequence, :data:`NOT_A_BASE` where it is not A, C, G or T."""
    return _CODE_OF[np.frombuffer(sequence.encode("latin-1", "replace"), np.uint8)]


@dataclass(frozen=True)
class Template:
    """One sequence, plus strand. ``place[i]`` is where base i of the reference lies in it, -1 where it was deleted."""

    codes: Codes
    place: NDArray[np.int32]


class TemplateBank:
    """All templates of a sample, each made once, numbered in the order of their making.

    Fragments from elsewhere (off-target) are added as sequences without a place map.
    """

    def __init__(self, changes: tuple[Change, ...]) -> None:
        self._changes = changes
        self._numbers: dict[tuple[str, tuple[int, ...]], int] = {}
        self._templates: list[Template] = []
        self.carried: list[tuple[int, ...]] = []
        """Numbers of the changes in each template."""

    def number(self, amplicon: str, reference: str, start: int, changes: tuple[int, ...]) -> int:
        """Number of the template of an amplicon (0-based ``start``) with these changes, sorted by position."""
        key = (amplicon, changes)
        if key not in self._numbers:
            self._numbers[key] = len(self._templates)
            self._templates.append(_with_changes(reference, start, [self._changes[index] for index in changes]))
            self.carried.append(changes)
            if np.any(self._templates[-1].codes == NOT_A_BASE):
                raise InputError(f"amplicon {amplicon} has a base that is not A, C, G or T")
        return self._numbers[key]

    def add_fragments(self, fragments: list[Codes]) -> NDArray[np.int32]:
        """Add sequences of other places; returns their numbers."""
        first = len(self._templates)
        nowhere = np.zeros(0, np.int32)
        self._templates.extend(Template(codes, nowhere) for codes in fragments)
        self.carried.extend(() for _ in fragments)
        return np.arange(first, len(self._templates), dtype=np.int32)

    def flat(self) -> FlatTemplates:
        """All sequences in one array, as the kernel reads them."""
        lengths = np.array([each.codes.size for each in self._templates], np.int64)
        places = np.array([each.place.size for each in self._templates], np.int64)
        return FlatTemplates(
            codes=np.concatenate([each.codes for each in self._templates] or [np.zeros(0, np.uint8)]),
            start=np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64) if lengths.size else lengths,
            length=lengths,
            place=np.concatenate([each.place for each in self._templates] or [np.zeros(0, np.int32)]),
            place_start=np.concatenate([[0], np.cumsum(places)[:-1]]).astype(np.int64) if places.size else places,
        )


@dataclass(frozen=True)
class FlatTemplates:
    """Template k is ``codes[start[k] : start[k] + length[k]]``; its place map starts at ``place_start[k]``."""

    codes: Codes
    start: NDArray[np.int64]
    length: NDArray[np.int64]
    place: NDArray[np.int32]
    place_start: NDArray[np.int64]


def _with_changes(reference: str, start: int, changes: list[Change]) -> Template:
    parts: list[str] = []
    place = np.full(len(reference), -1, np.int32)
    at, made = 0, 0
    for change in [*changes, None]:
        stop = len(reference) if change is None else change.start - start
        parts.append(reference[at:stop])
        place[at:stop] = np.arange(made, made + stop - at)
        made += stop - at
        if change is None:
            break
        parts.append(change.alt)
        # A substituted base keeps its place, so that an error there still has a base to fall on.
        replaced = min(change.end - change.start, len(change.alt))
        at = change.end - start
        place[stop : stop + replaced] = np.arange(made, made + replaced)
        made += len(change.alt)
    return Template(encode("".join(parts)), place)
