"""What the parts of a reproduction found: the numbers that claims are set against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kinescape.assay.blocks import Difference
from kinescape.assay.growth import VariantGrowth
from kinescape.assay.screen import Screen
from kinescape.call.background_summary import BackgroundSummary
from kinescape.records import Call, PhaseVerdict, SampleResult
from kinescape.reproduce.chain import ChainResult
from kinescape.reproduce.plasma import PutIn
from kinescape.reproduce.scale import Scale
from kinescape.rules import Rules


@dataclass(frozen=True)
class Found:
    """Everything that was run."""

    scale: Scale
    truth: Sequence[PutIn]
    """Empty where real reads were run."""
    background: BackgroundSummary | None
    results: Mapping[str, SampleResult]
    """By sample; controls included."""
    cohort: Any
    """``summary.json`` of the clinical course."""
    screen: Screen
    published: Mapping[tuple[str, str], str]
    """Table 2 as printed, by (variant, drug)."""
    rules: Rules
    growth: Sequence[VariantGrowth]
    basal: Mapping[str, Difference]
    blots: Screen
    chain: Sequence[ChainResult]
    models: Mapping[str, Any] = field(default_factory=dict)
    """By claim: what a molecular model gave; empty where no structures were at hand."""
    why_no_models: str = ""

    @property
    def plasma(self) -> list[SampleResult]:
        """Results of patients' samples."""
        return [result for result in self.results.values() if result.sample.role != "control"]

    @property
    def controls(self) -> list[SampleResult]:
        """Results of healthy controls."""
        return [result for result in self.results.values() if result.sample.role == "control"]


def strong(result: SampleResult) -> list[Call]:
    """Calls with strong evidence that change the protein."""
    return [
        call
        for call in result.calls
        if call.evidence == "strong" and call.consequence is not None and call.consequence.protein
    ]


def protein(call: Call) -> str:
    """One-letter change, as ``G1202R``."""
    return call.consequence.protein if call.consequence else ""


def phase_between(result: SampleResult, first: str, second: str) -> PhaseVerdict | None:
    """The verdict on two changes by their one-letter names, None where one of them was not called."""
    names = {protein(call): call.variant.name for call in strong(result)}
    wanted = {names.get(first), names.get(second)}
    return next((phase for phase in result.phases if {phase.variant_a, phase.variant_b} == wanted), None)
