"""One event over two residues, as the changes of single residues that evidence is filed under."""

from __future__ import annotations

import pytest

from kinescape.panel.protein_change import single_changes


@pytest.mark.parametrize(
    ("protein", "expected"),
    [
        ("E1161_L1162delinsDM", ("E1161D", "L1162M")),
        ("R1209_E1210delinsS*", ("R1209S", "E1210*")),
        ("G1202R", ("G1202R",)),
        ("D1203_L1204delinsE", ("D1203_L1204delinsE",)),
        ("L1196_G1202delinsMR", ("L1196_G1202delinsMR",)),
        ("T1151dup", ("T1151dup",)),
        ("", ("",)),
    ],
)
def test_two_for_two_neighbours_are_two_substitutions(protein: str, expected: tuple[str, ...]) -> None:
    assert single_changes(protein) == expected
