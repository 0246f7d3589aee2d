"""A packaged ligand is felt by its own parameters while side chains are placed; any other as a rigid body."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openmm
import pytest
from synthetic_complex import complex_text

from kinescape.structure.chain_ends import completed
from kinescape.structure.forcefield import build_system, energy_kcal, open_context
from kinescape.structure.ligands.parameters import packaged_ligand
from kinescape.structure.model import Model
from kinescape.structure.mutate import mutate
from kinescape.structure.parameters import KCAL, parameters_of
from kinescape.structure.place import felt, place_side_chain, scored_rotamers, seen
from kinescape.structure.protonate import titratable_sites, with_hydrogens
from kinescape.structure.read import read_model
from kinescape.structure.region import region_of


@pytest.fixture(scope="module")
def bound(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """ACE-ALA-LEU-SER-ALA-NME with lorlatinib over its leucine, all hydrogens of the chain there."""
    path: Path = tmp_path_factory.mktemp("bound") / "bound.pdb"
    path.write_text(complex_text(), encoding="ascii")
    model, _ = completed(read_model(path))
    return with_hydrogens(model, titratable_sites(model))


def test_energy_with_a_packaged_ligand_is_that_of_the_whole_force_field(bound: Model) -> None:
    """Cut out of the arrays, nothing left out: the energy that OpenMM gives the complex (ff14SB, GAFF2, OBC2)."""
    p = parameters_of(bound)
    everything = np.ones(len(p.start), dtype=bool)
    assert (p.ligand.sum(), p.rigid.sum()) == (packaged_ligand("lorlatinib").record["atoms"], 0)
    ours = region_of(p, everything, everything, p.start).energy(p.start)
    whole = build_system(bound, "LOR")
    theirs = KCAL * energy_kcal(open_context(whole.system, whole.positions, platform="Reference"))
    assert ours == pytest.approx(theirs, abs=0.05)


def test_bond_orders_that_are_given_make_it_a_rigid_body(bound: Model) -> None:
    p = parameters_of(bound, {"LOR": packaged_ligand("lorlatinib").smiles})
    assert p.ligand.sum() == 0
    assert p.rigid.sum() == packaged_ligand("lorlatinib").record["atoms"]


def test_the_ligand_gives_way_but_stays_in_the_model(bound: Model) -> None:
    p = parameters_of(bound)
    place = next(number for number, each in enumerate(p.order) if each.name == "LEU")
    nothing = np.zeros(len(p.start), dtype=bool)
    _, start, _ = scored_rotamers(p, p.start, place, nothing)[0]
    crowded = p.start.copy()
    crowded[p.residue_of == place] = start
    free = (p.residue_of == place) | p.ligand
    region = region_of(p, ~nothing, free, p.start, restrained=seen(p) & free)
    moved, energy = region.minimise(crowded, 50)
    heavy = p.ligand & ~p.hydrogen
    assert 0.0 < np.linalg.norm(moved[heavy] - p.start[heavy], axis=1).max() < 0.05
    assert energy == pytest.approx(region.energy(moved), abs=1e-6)
    placement = place_side_chain(p, p.start, place)
    for positions in (placement.positions, *placement.relaxed.values()):
        assert np.array_equal(positions[p.ligand], p.start[p.ligand])
    assert placement.candidates[0].energy == 0.0
    mutant = mutate(bound, f"L{p.order[place].number}M")
    assert np.array_equal(mutant.model.ligand("LOR").positions, bound.ligand("LOR").positions)


def test_all_that_moves_has_its_surroundings(bound: Model) -> None:
    p = parameters_of(bound)
    first = p.residue_of == p.residue_of[0]
    inside = felt(p, p.start, p.start[first][:1], 0.01, p.ligand)
    for atom in np.flatnonzero(p.ligand):
        near = np.linalg.norm(p.start - p.start[atom], axis=1) < 0.4
        assert inside[near].all()
    assert isinstance(region_of(p, inside, p.ligand, p.start).context, openmm.Context)
