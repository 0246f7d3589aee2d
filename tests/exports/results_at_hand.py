"""What the tests of the exports share: results by hand, and one that holds every kind of odd text."""

from __future__ import annotations

from pathlib import Path

import msgspec
from example_results import CONTIGS, compound_cis, hostile, panel

from kinescape.panel import hgvs
from kinescape.records import Call, Gate, NotAssessed, SampleResult, Variant
from kinescape.report.result import write_result

FORMULA = "=cmd|'/C calc'!A0"
ODD = {
    "formula": FORMULA,
    "plus": "+1+1",
    "minus": "-2+3+cmd|' /C calc'!A0",
    "at": "@SUM(1+1)",
    "tab": "\t=1+1",
    "full width": "\uff1d1+1",
    "lines": "first\nsecond\r\nthird",
    "quotes": "\"quoted\" and 'single'",
    "unicode": "Łódź 漢字 😀 \u202e \u0378",
    "markup": "#show: it => panic() ${x} \\ *bold* @ref <label> $a^2$",
    "jinja": "{{ 7 * 7 }}{% if %}",
    "xml": ']]></w:t><w:fldSimple w:instr="DDEAUTO c:\\\\x"/>&amp;',
}


def odd() -> SampleResult:
    """A result whose name, notes and annotations hold text that must do nothing."""
    made = hostile()
    call = made.calls[0]
    strong = [
        msgspec.structs.replace(each, annotations=dict(ODD), inspected=FORMULA, known=FORMULA)
        if each.evidence == "strong"
        else each
        for each in made.calls
    ]
    assert call in made.calls
    return msgspec.structs.replace(
        made,
        sample=msgspec.structs.replace(
            made.sample,
            sample="<script>alert(1)</script>",
            patient="../../etc/passwd",
            extra=dict(ODD),
            date="2023-05-11",
        ),
        calls=tuple(strong),
        gate=Gate(status="limited", reasons=tuple(ODD.values())),
        not_assessed=tuple(NotAssessed(what=FORMULA, reason=text) for text in ODD.values()),
    )


def variant_call(variant: Variant) -> Call:
    """A strong call of any variant, with the panel's names."""
    strong = next(call for call in compound_cis().calls if call.evidence == "strong")
    return msgspec.structs.replace(strong, variant=variant, consequence=hgvs.describe(panel(), variant), known="")


def with_calls(result: SampleResult, *calls: Call) -> SampleResult:
    return msgspec.structs.replace(result, calls=calls, phases=())


def run_folder(folder: Path, *results: SampleResult) -> Path:
    """A run's folder with these results under plain names."""
    for number, result in enumerate(results):
        write_result(folder / "samples" / f"s{number}" / "result.json", result)
    return folder


__all__ = ["CONTIGS", "FORMULA", "ODD", "odd", "run_folder", "variant_call", "with_calls"]
