"""``kinescape demo``: what was put in at 1% or more comes back strong, nothing in the healthy controls."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kinescape.cli.main import main
from kinescape.report.result import read_result

pytestmark = [pytest.mark.aligners, pytest.mark.slow]

PUT_IN = {
    "P1": {"L1196M", "G1202R"},
    "P2": {"L1198R"},
    "P4_relapse": {"F1174L", "E1154K"},
    "P4_beyond": {"F1174L"},
    "P6": {"C1235R", "C1237Y"},
    "P10": {"D1232N"},
    "P11": {"T1211I"},
    "P14_second": {"L1196P"},
}
"""Villa et al. 2024, text and Table 2; the allele fractions are the recipe's."""


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


def test_demonstration(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "-o", str(out), "--quiet"]) == 0
    printed = capsys.readouterr().out
    assert "SIMULATED" in printed
    assert "11 of 11 as expected; 3 of 3 healthy controls without a call" in printed
    assert printed.rstrip().endswith("index.html")
    results = {path.parent.name: read_result(path) for path in out.glob("samples/*/result.json")}
    assert len(results) == 18
    for sample, result in results.items():
        strong = {call.consequence.protein for call in result.calls if call.evidence == "strong" and call.consequence}
        assert strong == PUT_IN.get(sample, set()), sample
        assert result.simulated
        assert result.gate.status == ("limited" if sample == "ROS1_B" else "pass")
        assert min(each.minimum_depth for each in result.amplicons if each.state != "not_covered") >= 5000
    phases = {
        (sample, frozenset((pair.variant_a, pair.variant_b))): pair.verdict
        for sample, result in results.items()
        for pair in result.phases
    }
    assert phases["P1", frozenset(("chr2:29220747:C>T", "chr2:29220765:G>T"))] == "cis"
    assert phases["P6", frozenset(("chr2:29214017:C>T", "chr2:29214024:A>G"))] == "trans"
    verdicts = [verdict for (sample, _), verdict in phases.items() if sample == "P4_relapse"]
    assert verdicts == ["undeterminable"], "E1154K and F1174L lie 1,570 bp apart"
    for page in out.glob("samples/*/report.html"):
        assert "SIMULATED" in page.read_text(encoding="utf-8")


def test_missing_amplicon_of_the_demonstration_is_said(out: Path) -> None:
    result = read_result(out / "samples" / "ROS1_B" / "result.json")
    states = {known.protein: known.state for known in result.known_positions if known.gene == "ROS1"}
    assert states["L2155S"] == "not_covered"
    assert states["G2032R"] == "not_detected"
    text = re.sub(r"<[^>]+>", " ", (out / "samples" / "ROS1_B" / "report.html").read_text(encoding="utf-8"))
    assert re.search(r"exon 41", text)
    assert not re.search(r"wild[- ]type", text, re.IGNORECASE)
