"""What a slice holds of one variant, and the INFO keys of a source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from kinescape.records import Variant

Info = Mapping[str, str]
"""INFO key -> value as text; an absent key says nothing."""


class Field(NamedTuple):
    """An INFO key of a slice, as its header declares it."""

    key: str
    kind: Literal["Integer", "Float", "String"]
    description: str


@dataclass(frozen=True)
class Entry:
    """One variant of a source: trimmed, left-aligned, named as the panel names chromosomes."""

    variant: Variant
    info: Info
    id: str = ""
