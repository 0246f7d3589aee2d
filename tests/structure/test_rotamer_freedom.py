"""What a drug takes from the rotamers of a changed side chain: signs, limits, the shortcut and the whole sum."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytestmark = pytest.mark.structure
for needed in ("openmm", "rdkit", "pdbfixer", "propka"):
    pytest.importorskip(needed, reason="needs the extra kinescape[structure]")

from synthetic_complex import complex_text  # noqa: E402

from kinescape.structure.mutations import parse_mutations  # noqa: E402
from kinescape.structure.pocket import cut_pocket  # noqa: E402
from kinescape.structure.read import read_model  # noqa: E402
from kinescape.structure.screen import freedom as module  # noqa: E402
from kinescape.structure.screen.compare import _grafted, compare  # noqa: E402
from kinescape.structure.screen.energies import PosedComplex  # noqa: E402
from kinescape.structure.screen.freedom import KT, STAGES, freedom, reaching  # noqa: E402
from kinescape.structure.screen.prepare import Prepared, prepare  # noqa: E402
from kinescape.structure.screen.replicates import carried  # noqa: E402
from kinescape.structure.screen.rotamers import ranked_rotamers, side_atoms  # noqa: E402


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    path = tmp_path_factory.mktemp("complex") / "complex.pdb"
    path.write_text(complex_text())
    return prepare(read_model(path), "LOR")


@pytest.fixture(scope="module")
def relaxed(prepared: Prepared) -> tuple[PosedComplex, np.ndarray]:
    """The complex at its minimum: leucine 3 lies under the drug, serine 4 beside it."""
    complex_ = PosedComplex(cut_pocket(prepared.model, prepared.ligand, (3,)), prepared.ligand)
    return complex_, complex_.relaxed(complex_.positions)


def test_more_rotamers_never_cost(relaxed: tuple[PosedComplex, np.ndarray]) -> None:
    complex_, positions = relaxed
    for part, place in (("complex", positions), ("receptor", positions[: complex_.atoms])):
        found = freedom(complex_, place, part, (3,))
        # At best every rotamer that is relaxed is as good as the one that is there, or they are better still.
        assert found <= 0.0
        side = side_atoms(complex_, (3,))
        starts = [place, *ranked_rotamers(complex_, place, (3,), 20)]
        energies = [complex_.side_minimum(complex_.settled(start, side, part), side, part)[0] for start in starts]
        lowest = min(energies) - complex_.side_minimum(place, side, part)[0]
        assert lowest - KT * np.log(STAGES[-1][1] + 1) - 0.05 <= found <= lowest + 0.05


def test_the_best_few_stand_for_all(relaxed: tuple[PosedComplex, np.ndarray], monkeypatch: pytest.MonkeyPatch) -> None:
    complex_, positions = relaxed
    few = freedom(complex_, positions, "complex", (3,))
    monkeypatch.setattr(module, "STAGES", ((100, 100),))
    assert freedom(complex_, positions, "complex", (3,)) == pytest.approx(few, abs=0.05)


def test_a_drug_far_away_takes_nothing(relaxed: tuple[PosedComplex, np.ndarray], prepared: Prepared) -> None:
    complex_, positions = relaxed
    assert reaching(complex_, positions, (3,)) == (3,)
    drug = np.arange(len(positions)) >= complex_.atoms
    away = np.where(drug[:, None], positions + 300.0, positions)
    assert reaching(complex_, away, (3,)) == ()
    assert freedom(complex_, away, "complex", ()) == 0.0
    # Had it been counted all the same, the drug would not be felt.
    far = PosedComplex(complex_.pocket, replace(prepared.ligand, positions=prepared.ligand.positions + 300.0))
    bound = freedom(far, away, "complex", (3,))
    free = freedom(far, away[: complex_.atoms], "receptor", (3,))
    assert bound == pytest.approx(free, abs=0.05)


def test_a_side_chain_without_rotamers_has_no_freedom(prepared: Prepared) -> None:
    pocket = cut_pocket(prepared.model, prepared.ligand, (3,))
    for name in ("L3A", "L3G"):
        complex_ = PosedComplex(_grafted(pocket, prepared.model, parse_mutations(name), 1), prepared.ligand)
        assert freedom(complex_, complex_.positions, "complex", (3,)) == pytest.approx(0.0, abs=1e-6)


def test_it_counts_in_the_binding_energy_and_nowhere_else(prepared: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    row = compare(prepared.model, prepared.ligand, parse_mutations("L3A"), replicates=2)
    monkeypatch.setattr("kinescape.structure.screen.replicates.freedom", lambda *_: 0.0)
    without = compare(prepared.model, prepared.ligand, parse_mutations("L3A"), replicates=2)
    assert row.confinement.mean != 0.0
    assert without.confinement.mean == 0.0
    assert row.binding.mean == pytest.approx(without.binding.mean + row.confinement.mean)
    assert row.interaction == without.interaction


def test_what_one_form_did_is_carried_to_the_other(prepared: Prepared) -> None:
    pocket = cut_pocket(prepared.model, prepared.ligand, (3,))
    wild = PosedComplex(pocket, prepared.ligand)
    other = PosedComplex(_grafted(pocket, prepared.model, parse_mutations("L3A"), 1), prepared.ligand)
    start = other.positions[: other.atoms]
    shift = np.tile([1.0, -2.0, 0.5], (wild.atoms, 1))
    assert np.allclose(carried(wild, shift, other, start), start + shift[0])
    # Atoms by their names; those that only the other form has go with their CA.
    alpha = wild.labels.index(("3", "CA"))
    lone = np.zeros_like(shift)
    lone[alpha] = shift[0]
    moved = np.linalg.norm(carried(wild, lone, other, start) - start, axis=1) > 0
    theirs = {name for number, name in wild.labels if number == "3"}
    assert {other.labels[index] for index in np.flatnonzero(moved)} == {
        label
        for label in other.labels[: other.atoms]
        if label[0] == "3" and (label[1] == "CA" or label[1] not in theirs)
    }
