"""Internal coordinates, rotamers, superposition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from peptide_builder import backbone, peptide

from kinescape.structure.geometry import dihedral, place_atom, rmsd, superposition
from kinescape.structure.residues import LETTERS, NAMES
from kinescape.structure.rotamers import CHI_ATOMS, ROTAMERS, angle_differences, nearest_rotamer, rotamers_of
from kinescape.structure.sidechain import bonds_within, chis_of, side_chain_atoms, with_chis, with_side_chain

ANGLE = st.floats(-179.0, 179.0)


@given(ANGLE, st.floats(60.0, 150.0), st.floats(0.9, 2.0))
def test_an_atom_placed_has_the_coordinates_it_was_given(torsion: float, angle: float, length: float) -> None:
    a, b, c = np.array([0.0, 1.0, 0.3]), np.array([0.2, -0.4, 0.0]), np.array([1.5, -0.5, 0.1])
    d = place_atom(a, b, c, length, angle, torsion)
    assert np.linalg.norm(d - c) == pytest.approx(length)
    cosine = (b - c) @ (d - c) / np.linalg.norm(b - c) / length
    assert np.degrees(np.arccos(cosine)) == pytest.approx(angle, abs=1e-6)
    assert dihedral(a, b, c, d) == pytest.approx(torsion, abs=1e-6)


@given(st.sampled_from(sorted(set(CHI_ATOMS) - {"PRO"})), st.lists(ANGLE, min_size=4, max_size=4))
def test_side_chains_turn_to_any_angles_and_keep_their_bonds(name: str, angles: list[float]) -> None:
    residue = backbone("A" + LETTERS[name] + "A", 1, -62.0, -42.0)[1]
    chis = tuple(angles[: len(CHI_ATOMS[name])])
    turned = with_chis(residue, chis)
    assert chis_of(turned) == pytest.approx(chis, abs=1e-6)
    for one, others in enumerate(bonds_within(residue)):
        for other in others:
            before = np.linalg.norm(residue.positions[one] - residue.positions[other])
            assert np.linalg.norm(turned.positions[one] - turned.positions[other]) == pytest.approx(before)


@given(st.lists(st.floats(-3, 3), min_size=3, max_size=3), st.integers(0, 2**31))
def test_superposition_undoes_any_motion(shift: list[float], seed: int) -> None:
    random = np.random.default_rng(seed)
    points = random.normal(size=(7, 3))
    rotation, _ = np.linalg.qr(random.normal(size=(3, 3)))
    rotation *= np.sign(np.linalg.det(rotation))
    moved = points @ rotation + np.array(shift)
    back, offset = superposition(moved, points)
    assert rmsd(moved @ back + offset, points) < 1e-9
    assert np.linalg.det(back) == pytest.approx(1.0)


def test_every_new_residue_is_an_l_amino_acid() -> None:
    for letter, name in NAMES.items():
        residue = backbone("A" + letter + "A", 1, -62.0, -42.0)[1]
        assert set(side_chain_atoms(name)) <= set(residue.atoms)
        if name == "GLY":
            continue
        n, ca, c, cb = (residue.at(atom) for atom in ("N", "CA", "C", "CB"))
        # CORN rule: seen from H, CO-R-N run clockwise; the improper angle of CB has this sign for L.
        assert dihedral(c, n, ca, cb) == pytest.approx(-122.0, abs=10.0)


def test_a_kept_cb_stays_where_it_was_seen() -> None:
    leucine = peptide().residue(1196)
    methionine = with_side_chain(leucine, "MET")
    assert np.allclose(methionine.at("CB"), leucine.at("CB"))
    assert np.allclose(methionine.at("CA"), leucine.at("CA"))
    assert "CD1" not in methionine.atoms
    assert with_side_chain(leucine, "GLY").atoms == ("N", "CA", "C", "O")


def test_rotamers_have_the_angles_of_their_amino_acids() -> None:
    # Numbers of rotamers as in Lovell 2000, Table I.
    counts = {"ARG": 34, "LYS": 27, "MET": 13, "GLU": 8, "GLN": 9, "ASP": 5, "ASN": 7, "ILE": 7, "LEU": 5, "HIS": 8,
              "TRP": 7, "TYR": 4, "PHE": 4, "THR": 3, "VAL": 3, "SER": 3, "CYS": 3, "PRO": 2}  # fmt: skip
    assert {name: len(each) for name, each in ROTAMERS.items()} == counts
    for name, rotamers in ROTAMERS.items():
        assert all(len(each.chis) == len(CHI_ATOMS[name]) for each in rotamers)
    assert rotamers_of("ALA")[0].chis == ()
    assert nearest_rotamer("MET", (-63.3, 165.7, -77.4)) == "mtm"
    assert angle_differences("PHE", (-65.0, 95.0), (-65.0, -85.0)) == [0.0, 0.0], "half a turn of a ring"
    assert angle_differences("LEU", (179.0, 0.0), (-179.0, 0.0)) == [2.0, 0.0]
