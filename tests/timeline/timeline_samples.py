"""Small results on records alone: one change, its fraction and what the sample could see."""

from __future__ import annotations

import msgspec
from example_results import Sketch, info, result_of

from kinescape.call.interval import allele_fraction_interval
from kinescape.records import Call, SampleResult


def sample(name: str, found: dict[str, float], *, weak: tuple[str, ...] = (), ng: float | None = 30.0,
           fragments: int = 6000, patient: str = "P", **more: object) -> SampleResult:  # fmt: skip
    """A result with these ALK changes; intervals as the program makes them (3.3 pg per genome)."""
    about = {key: str(value) for key, value in more.items() if key in ("date", "therapy", "timepoint")}
    sketch_more = {key: value for key, value in more.items() if key in ("shallow", "missing")}
    sketch = Sketch(
        info(name, patient=patient, cfdna_ng=ng, **about),
        {change: (vaf, "weak" if change in weak else "strong") for change, vaf in found.items()},
        filtered=False,
        drugs=False,
        **sketch_more,  # type: ignore[arg-type]
    )
    result = result_of(sketch)
    molecules = int(ng / 0.0033) if ng else None
    return msgspec.structs.replace(result, calls=tuple(_measured(call, fragments, molecules) for call in result.calls))


def _measured(call: Call, fragments: int, molecules: int | None) -> Call:
    low, high = allele_fraction_interval(call.vaf, fragments, molecules)
    return msgspec.structs.replace(
        call, vaf_low=low, vaf_high=high, fragments=fragments, alt_fragments=round(fragments * call.vaf)
    )
