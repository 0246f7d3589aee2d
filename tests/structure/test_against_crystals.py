"""A modelled mutant against the crystal of the same mutant: L1196M on 2XP2 against 2YFX."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from shared_structures import structure_file

from kinescape.structure.alternatives import write_models
from kinescape.structure.geometry import rmsd, superposition
from kinescape.structure.model import Model
from kinescape.structure.mutate import mutate
from kinescape.structure.read import read_model
from kinescape.structure.rotamers import angle_differences
from kinescape.structure.sidechain import chis_of

POCKET = 10.0


def difference(model: Model, crystal: Model) -> tuple[float, list[float]]:
    """RMSD (A) of residue 1196's side chain after superposing CA within 10 A of it, and differences of its angles."""
    site = model.residue(1196)
    near = [
        each.number
        for each in model.protein
        if np.linalg.norm(each.at("CA") - site.at("CA")) < POCKET
        and (place := crystal.index_of(each.number)) is not None
        and crystal.residues[place].has("CA")
    ]
    assert len(near) > 15
    moving = np.array([crystal.residue(number).at("CA") for number in near])
    fixed = np.array([model.residue(number).at("CA") for number in near])
    rotation, shift = superposition(moving, fixed)
    seen = crystal.residue(1196)
    atoms = ("CB", "CG", "SD", "CE")
    theirs = np.array([seen.at(atom) for atom in atoms]) @ rotation + shift
    ours = np.array([site.at(atom) for atom in atoms])
    return rmsd(ours, theirs), angle_differences("MET", chis_of(site), chis_of(seen))


@pytest.mark.slow
def test_l1196m_on_2xp2_as_2yfx_has_it(tmp_path: Path) -> None:
    """The crystal's rotamer is among those that the energy does not tell apart, and its model lies within 1 A of it.

    The rotamer that is chosen (the lowest, by 3 kJ/mol) has the crystal's first two angles and another third one: its
    end lies elsewhere (1.4 A in all), which is why the undecided ones are told and written.
    """
    model, crystal = read_model(structure_file("2xp2.pdb")), read_model(structure_file("2yfx.pdb"))
    mutant = mutate(model, "L1196M", alternatives=True)
    (change,) = mutant.changes
    assert "mtm" in (change.rotamer, *change.undecided)
    assert change.clashes_after == ()
    written = write_models(tmp_path / "out.pdb", mutant, "2xp2.pdb")
    files = {change.rotamer: tmp_path / "out.pdb"} | {turned.rotamer: path for turned, path in written.items()}
    assert {path.name for path in files.values()} == {each.name for each in tmp_path.iterdir()}
    assert set(files) == {"mtt", "mtp", "mmm", "mtm"}
    found = {rotamer: difference(read_model(path), crystal) for rotamer, path in files.items()}
    # As measured here (docs/structure.md); a tenth more or less is the minimiser's.
    expected = {"mtt": 1.39, "mtp": 1.74, "mmm": 2.41, "mtm": 0.82}
    assert {rotamer: distance for rotamer, (distance, _) in found.items()} == pytest.approx(expected, abs=0.1)
    assert min(found, key=lambda rotamer: found[rotamer][0]) == "mtm"
    distance, angles = found["mtm"]
    assert distance <= 1.0
    assert max(angles) < 30.0
    assert max(found["mtt"][1][:2]) < 30.0
