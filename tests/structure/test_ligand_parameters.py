"""Packaged ligands give the energies that Amber's own topologies give, and a ligand of a structure is recognised."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.structure
for needed in ("openmm", "rdkit", "pdbfixer", "propka"):
    pytest.importorskip(needed, reason="needs the extra kinescape[structure]")

import openmm  # noqa: E402
from openmm import unit  # noqa: E402
from openmm.app import ForceField, NoCutoff, Topology  # noqa: E402
from rdkit import Chem  # noqa: E402
from synthetic_complex import energies, ligand_atoms  # noqa: E402

from kinescape.errors import InputError  # noqa: E402
from kinescape.structure.forcefield import add_ligand  # noqa: E402
from kinescape.structure.ligands.parameters import packaged_ligand, packaged_ligands, read_parameters  # noqa: E402
from kinescape.structure.ligands.whole import WholeLigand, whole_ligand  # noqa: E402
from kinescape.structure.model import Residue  # noqa: E402

NAMES = [each.name for each in packaged_ligands()]


def molecule(name: str) -> Chem.Mol:
    return Chem.AddHs(Chem.MolFromSmiles(packaged_ligand(name).smiles))


def whole(name: str, positions: np.ndarray) -> WholeLigand:
    made = molecule(name)
    elements = tuple(atom.GetSymbol() for atom in made.GetAtoms())
    return WholeLigand(
        packaged_ligand(name),
        "LIG",
        1,
        tuple(f"A{number}" for number in range(len(elements))),
        elements,
        tuple((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()) for bond in made.GetBonds()),
        positions,
    )


def terms(system: openmm.System, positions: np.ndarray) -> dict[str, float]:
    for group, force in enumerate(system.getForces()):
        force.setForceGroup(group)
    platform = openmm.Platform.getPlatformByName("Reference")
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), platform)
    context.setPositions(positions / 10)
    return {
        type(force).__name__: context.getState(getEnergy=True, groups={group})
        .getPotentialEnergy()
        .value_in_unit(unit.kilojoule_per_mole)
        for group, force in enumerate(system.getForces())
    }


def residue(name: str, *, mirrored: bool = False, without: int = 0) -> Residue:
    elements, positions = ligand_atoms(name)
    if mirrored:
        positions = positions * [1.0, 1.0, -1.0]
    count = len(elements) - without
    return Residue(
        kind="ligand",
        name="LIG",
        number=1,
        insertion="",
        atoms=tuple(f"X{number}" for number in range(count)),
        elements=tuple(elements[:count]),
        positions=positions[:count],
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("geometry", [0, 1])
def test_energy_is_that_of_ambers_topology(name: str, geometry: int) -> None:
    reference = energies()[name][geometry]
    ligand = whole(name, np.array(reference["angstrom"]))
    topology = Topology()
    add_ligand(topology, ligand, "A")
    field = ForceField()
    field.loadFile(io.StringIO(ligand.parameters.xml))
    found = terms(field.createSystem(topology, nonbondedMethod=NoCutoff), ligand.positions)
    for force, energy in reference["kilojoule_per_mole"].items():
        assert found[force] == pytest.approx(energy, rel=1e-4, abs=1e-3), force


@pytest.mark.parametrize("name", NAMES)
def test_charges_add_up_to_the_formal_charge(name: str) -> None:
    import xml.etree.ElementTree as ElementTree

    parameters = packaged_ligand(name)
    atoms = ElementTree.fromstring(parameters.xml).findall("./Residues/Residue/Atom")
    assert sum(float(atom.get("charge")) for atom in atoms) == pytest.approx(parameters.formal_charge, abs=1e-4)
    assert parameters.record["formal_charge"] == parameters.formal_charge
    assert "AM1-BCC" in parameters.made


@pytest.mark.parametrize("name", NAMES)
def test_heavy_atoms_alone_are_recognised_and_completed(name: str) -> None:
    found = whole_ligand(residue(name))
    made = molecule(name)
    assert found.parameters.name == name
    assert found.elements == tuple(atom.GetSymbol() for atom in made.GetAtoms())
    # Hydrogens sit at bond length from their atoms.
    lengths = [
        np.linalg.norm(found.positions[first] - found.positions[second])
        for first, second in found.bonds
        if "H" in (found.elements[first], found.elements[second])
    ]
    assert len(lengths) == sum(element == "H" for element in found.elements)
    assert all(0.9 < length < 1.15 for length in lengths)


def test_the_order_of_the_atoms_does_not_matter() -> None:
    one = residue("lorlatinib")
    order = np.random.default_rng(3).permutation(len(one.atoms)).tolist()
    mixed = Residue(
        "ligand",
        "LIG",
        1,
        "",
        tuple(one.atoms[i] for i in order),
        tuple(one.elements[i] for i in order),
        one.positions[order],
    )
    here, there = whole_ligand(one), whole_ligand(mixed)
    assert here.elements == there.elements
    assert np.allclose(here.positions[here.heavy].sum(axis=0), there.positions[there.heavy].sum(axis=0))


def test_the_mirror_image_is_refused() -> None:
    with pytest.raises(InputError, match="other hand"):
        whole_ligand(residue("crizotinib", mirrored=True))


def test_missing_atoms_are_refused() -> None:
    with pytest.raises(InputError, match="no parameters for this ligand"):
        whole_ligand(residue("crizotinib", without=1))
    with pytest.raises(InputError, match="the ligand is not lorlatinib"):
        whole_ligand(residue("crizotinib"), packaged_ligand("lorlatinib"))


def test_unknown_drug_names_those_that_there_are() -> None:
    with pytest.raises(InputError, match=r"crizotinib.*--parameters"):
        packaged_ligand("aspirin")


def test_a_drug_is_found_by_name_and_by_code() -> None:
    assert packaged_ligand("Crizotinib") is packaged_ligand("vgh")


@pytest.mark.parametrize(
    ("text", "smiles", "message"),
    [
        ("not xml", "CC", "is no XML"),
        ("<Other/>", "CC", "no force field of one ligand"),
        ("<ForceField><Residues/></ForceField>", "CC", "no force field of one ligand"),
        ("<ForceField><Residues><Residue name='A'/></Residues></ForceField>", "C1CC", "is no SMILES"),
        ("<ForceField><Residues><Residue name='A'/></Residues></ForceField>", "CC", "not the same molecule"),
    ],
)
def test_bad_parameter_files(tmp_path: Path, text: str, smiles: str, message: str) -> None:
    path = tmp_path / "drug.xml"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_parameters(path, smiles)


def test_a_users_parameters_are_taken(tmp_path: Path) -> None:
    known = packaged_ligand("lorlatinib")
    path = tmp_path / "mine.xml"
    path.write_text(known.xml)
    found = whole_ligand(residue("lorlatinib"), read_parameters(path, known.smiles))
    assert found.parameters.name == "mine"
    with pytest.raises(InputError, match="no such file"):
        read_parameters(tmp_path / "other.xml", "CC")
