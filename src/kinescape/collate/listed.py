"""Which samples a run's sheet has, by the run's own ``provenance.json``."""

from __future__ import annotations

from pathlib import Path

import msgspec

PROVENANCE = "provenance.json"


class _Sample(msgspec.Struct):
    sample: str


class _Provenance(msgspec.Struct):
    """What counts here of a run's ``provenance.json``."""

    samples: list[_Sample]


def listed_samples(run: Path) -> frozenset[str] | None:
    """Samples of the sheet of the last run in a folder, failed ones included; None where the folder does not say.

    Results of samples that were taken from the sheet stay in the folder. They are results all the same, and whoever
    counts them must be able to tell.
    """
    try:
        content = (run / PROVENANCE).read_bytes()
        return frozenset(each.sample for each in msgspec.json.decode(content, type=_Provenance).samples)
    except (OSError, msgspec.MsgspecError, ValueError, RecursionError):
        return None
