"""What every export has to say beside its content: whose use it is for, and whether its data are real."""

from __future__ import annotations

from collections.abc import Iterable

from kinescape.records import SampleResult

RESEARCH_USE = "Research use only. Not for diagnostic procedures. No drug is recommended."
SIMULATED = "SIMULATED DATA, not from a patient."


def statement(results: Iterable[SampleResult]) -> str:
    """The sentence of an export that holds ``results``."""
    return f"{SIMULATED} {RESEARCH_USE}" if any(result.simulated for result in results) else RESEARCH_USE


def produced_by(result: SampleResult) -> str:
    """``kinescape 0.1.0``: the version that made the result, not the one that exports it."""
    return f"kinescape {result.kinescape_version}"
