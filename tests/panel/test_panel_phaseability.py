"""Which known positions one molecule can hold, against the distances of the paper's variants."""

from __future__ import annotations

from panel_samples import DATA

from kinescape.panel.model import Panel
from kinescape.panel.phaseability import phaseable_pairs, position_groups
from kinescape.tables import read_table


def test_pairs_of_the_paper(panel: Panel) -> None:
    spans = {(pair.a.residue, pair.b.residue): pair for pair in phaseable_pairs(panel, 176) if pair.a.gene == "ALK"}
    rows = read_table(DATA / "alk_pair_distances.tsv", required=("a", "b", "distance_bp"))
    assert len(rows) == 45
    for row in rows:
        a, b = row.text("a")[:-1], row.text("b")[:-1]
        if a == b:
            continue
        pair = spans[a, b]
        assert (pair.span == "one amplicon") == (row.text("spannable_by_176bp_fragment") == "yes")
        # The group reaches over all known bases of the residue: at most two bases more at either end.
        assert 0 <= pair.distance_bp - row.integer("distance_bp") <= 4


def test_what_is_off_the_panel_cannot_be_phased(panel: Panel) -> None:
    spans = {(pair.a.residue, pair.b.residue): pair.span for pair in phaseable_pairs(panel)}
    assert spans["G2032", "L2086"] == "not on panel"
    assert spans["S1986", "G2032"] == "too far"
    assert spans["G2032", "D2033"] == "one amplicon"
    assert spans["E1154", "F1174"] == "too far"


def test_a_long_fragment_still_needs_an_amplicon(panel: Panel) -> None:
    spans = {(pair.a.residue, pair.b.residue): pair.span for pair in phaseable_pairs(panel, 5000)}
    assert spans["E1154", "F1174"] == "two amplicons"
    assert spans["L1196", "G1202"] == "one amplicon"


def test_groups_gather_the_changes_of_a_residue(panel: Panel) -> None:
    groups = {(group.gene, group.residue): group for group in position_groups(panel)}
    assert set(groups["ALK", "L1196"].changes) == {"L1196M", "L1196P", "L1196Q"}
    assert set(groups["ALK", "T1151"].changes) == {"T1151K", "T1151M", "T1151dup"}
    assert sum(len(group.changes) for group in groups.values()) == len(panel.known)
