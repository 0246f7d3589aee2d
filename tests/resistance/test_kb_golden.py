"""The state of every drug for 57 mutation patterns, kept in a file that a person reads when it changes.

Write it anew with ``KINESCAPE_WRITE_GOLDEN=1 pytest tests/resistance/test_kb_golden.py`` and read the difference.
"""

from __future__ import annotations

import os
import re
from itertools import combinations
from pathlib import Path

import pytest
from resistance_samples import ALK_POSITIONS, KB, PANEL, ROS1_POSITIONS, call_of, phase_of, positions

from kinescape.records import Call, DrugState, PhaseVerdict, PositionState
from kinescape.resistance.changes import residue_number
from kinescape.resistance.states import drug_states
from kinescape.tables import Row, read_table

DATA = Path(__file__).parent.parent / "data" / "knowledge"
GOLDEN = DATA / "golden_states.tsv"
PATTERNS = read_table(DATA / "patterns.tsv", required=("pattern", "fusion", "calls", "phases", "positions"))
HEADER = ("pattern", "gene", "drug", "state", "variants", "assessed", "deciding_and_other_rows", "summary")
FORBIDDEN = re.compile(r"negative|wild.?type|\bWT\b|recommend|should|prefer|treat with|switch", re.I)


def calls_of(row: Row) -> list[Call]:
    calls = []
    for text in row.text("calls", "").split():
        change, vaf, kind = (text + "::").split(":")[:3]
        calls.append(
            call_of(
                change,
                float(vaf) / 100,
                gene="ROS1" if residue_number(change) >= 1900 else "ALK",
                evidence=kind if kind in {"weak", "filtered"} else "strong",  # type: ignore[arg-type]
                kind="synonymous" if kind == "synonymous" else "missense",
            )
        )
    return calls


def phases_of(row: Row, calls: list[Call]) -> list[PhaseVerdict]:
    words = row.text("phases", "").split()
    named = dict(word.split("=") for word in words if "=" in word)
    phases = []
    for a, b in combinations(calls, 2) if words else ():
        assert a.consequence is not None
        assert b.consequence is not None
        verdict = named.get(f"{a.consequence.protein}+{b.consequence.protein}", words[0])
        phases.append(phase_of(a, b, verdict, "no fragment spans both" if verdict == "undeterminable" else ""))
    return phases


def overrides_of(row: Row) -> dict[str, PositionState]:
    text = row.text("positions", "")
    if not text:
        return {}
    state, _, which = text.partition("=")
    # ALK exon 23 codes for the residues 1173 to 1215.
    exon_23 = [change for change in ALK_POSITIONS if 1173 <= residue_number(change) <= 1215]
    chosen = exon_23 if which == "exon23" else [*ALK_POSITIONS, *ROS1_POSITIONS]
    return dict.fromkeys(chosen, state)  # type: ignore[arg-type]


def states_of(row: Row) -> tuple[DrugState, ...]:
    calls = calls_of(row)
    known = positions(calls, overrides_of(row))
    return drug_states(KB, PANEL, calls, known, phases_of(row, calls), row.text("fusion", ""))


def lines_of(row: Row) -> list[str]:
    return [
        "\t".join(
            (
                row.text("pattern"),
                state.gene,
                state.drug,
                state.state,
                "+".join(state.variants),
                f"{state.assessed_positions}/{state.known_positions}",
                ",".join(evidence.row for evidence in state.evidence),
                state.summary,
            )
        )
        for state in states_of(row)
    ]


def test_golden_file_is_up_to_date_with_the_patterns() -> None:
    if os.environ.get("KINESCAPE_WRITE_GOLDEN"):
        lines = ["\t".join(HEADER), *(line for row in PATTERNS for line in lines_of(row))]
        GOLDEN.write_text("\n".join(lines) + "\n")
    kept = {row.text("pattern") for row in read_table(GOLDEN, required=HEADER)}
    assert kept == {row.text("pattern") for row in PATTERNS}
    assert len(kept) >= 40


@pytest.mark.parametrize("row", PATTERNS, ids=lambda row: row.text("pattern"))
def test_states_of_a_pattern(row: Row) -> None:
    kept = [line for line in GOLDEN.read_text().splitlines() if line.startswith(row.text("pattern") + "\t")]
    assert lines_of(row) == kept


@pytest.mark.parametrize("row", PATTERNS, ids=lambda row: row.text("pattern"))
def test_what_every_state_must_keep(row: Row) -> None:
    for state in states_of(row):
        text = " ".join((state.summary, *state.cautions))
        assert FORBIDDEN.search(text) is None, text
        assert state.assessed_positions <= state.known_positions
        ids = {evidence.row for evidence in state.evidence}
        # Every row that a sentence names is among the rows of the state, weak calls' rows aside.
        assert set(re.findall(r"\b[EA]\d{4}[a-z]?\b", state.summary)) <= ids
        if state.state == "none_found":
            assert f"none found among {state.assessed_positions} of {state.known_positions} assessed positions" in text
            assert state.assessed_positions > 0
            assert "limit of detection" in state.summary
        if state.state in {"resistance", "reduced_activity"}:
            assert state.variants
            assert ids
        if state.known_positions > state.assessed_positions > 0:
            assert "not assessed" in text
        assert any("MET amplification" in caution for caution in state.cautions)
