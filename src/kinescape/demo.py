"""The demonstration: a simulated relapse cohort, run end to end, and what was found set against what was put in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kinescape.engine.plan import Outcome
from kinescape.records import Call, SampleResult
from kinescape.simulate.truth import TrueVariant, Truth

RECOVERED_FROM = 0.01
"""Stated allele fraction from which every variant must come back with strong evidence."""


@dataclass(frozen=True)
class Comparison:
    """One variant of one sample: put in, found, or both."""

    sample: str
    name: str
    put_in: float | None
    """Allele fraction over the molecules drawn; None for a call that nobody put in."""
    found: float | None
    evidence: str
    """strong, weak, filtered, or empty where no call was made."""
    assessable: bool
    """False where the amplicon was left out, so that nothing could be found."""

    @property
    def as_expected(self) -> bool:
        """Put in and strong, or left out for a stated reason; nothing strong that was not put in."""
        if self.put_in is None:
            return self.evidence != "strong"
        return self.evidence == "strong" or not self.assessable or self.put_in < RECOVERED_FROM


def compare(truths: Sequence[Truth], outcomes: Sequence[Outcome]) -> tuple[Comparison, ...]:
    """Set every call of strong or weak evidence against the truth of its sample, and the other way round."""
    results = {outcome.sample: result for outcome in outcomes if (result := outcome.result) is not None}
    rows: list[Comparison] = []
    for truth in truths:
        result = results.get(truth.sample)
        calls = {call.variant: call for call in result.calls} if result else {}
        rows += [_true_row(truth.sample, true, calls.pop(true.variant, None), result) for true in truth.variants]
        rows += [
            Comparison(truth.sample, _named(call), None, call.vaf, call.evidence, True)
            for call in calls.values()
            if call.evidence != "filtered"
        ]
    return tuple(rows)


def _true_row(sample: str, true: TrueVariant, call: Call | None, result: SampleResult | None) -> Comparison:
    assessable = true.pairs > 0 and result is not None
    name = _named(call) if call else ", ".join(true.texts)
    return Comparison(
        sample, name, true.drawn_vaf, call.vaf if call else None, call.evidence if call else "", assessable
    )


def _named(call: Call) -> str:
    if call.consequence is None:
        return call.variant.name
    return f"{call.consequence.gene} {call.consequence.protein or call.consequence.hgvs_c}"


def reads_folder(out: Path) -> Path:
    """Where the demonstration keeps its simulated reads."""
    return out / "simulated"
