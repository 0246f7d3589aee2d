"""Systems of protein and ligand: their energies against Amber's and OpenMM's own, what they are made of."""

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
from openmm.app import ForceField, NoCutoff  # noqa: E402
from synthetic_complex import complex_text, energies  # noqa: E402

from kinescape.errors import InputError  # noqa: E402
from kinescape.structure.forcefield import (  # noqa: E402
    PROTEIN_FILE,
    WATER_FILE,
    build_system,
    create_system,
    energy_kcal,
    force_field,
    open_context,
)
from kinescape.structure.model import Model, Residue  # noqa: E402
from kinescape.structure.mutate import mutate  # noqa: E402
from kinescape.structure.openmm_bridge import topology_of  # noqa: E402
from kinescape.structure.read import read_model  # noqa: E402


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    path = tmp_path_factory.mktemp("complex") / "complex.pdb"
    path.write_text(complex_text())
    return mutate(read_model(Path(path)), ()).model


def dipeptide(geometry: int) -> tuple[Model, dict[str, float]]:
    entry = energies()["ACE-ALA-NME"][geometry]
    positions = np.array(entry["angstrom"])
    residues = []
    for number, name in enumerate(("ACE", "ALA", "NME"), 1):
        places = [place for place, (residue, _) in enumerate(entry["atoms"]) if residue == name]
        atoms = tuple(entry["atoms"][place][1] for place in places)
        kind = "protein" if name == "ALA" else "cap"
        residues.append(Residue(kind, name, number, "", atoms, tuple(atom[0] for atom in atoms), positions[places]))
    return Model("dipeptide", "A", tuple(residues)), entry["kilojoule_per_mole"]


@pytest.mark.parametrize("geometry", [0, 1])
def test_alanine_dipeptide_has_ambers_energy(geometry: int) -> None:
    model, reference = dipeptide(geometry)
    topology, nanometres = topology_of(model)
    system = create_system(force_field([]), topology, "vacuum")
    for group, force in enumerate(system.getForces()):
        force.setForceGroup(group)
    context = open_context(system, 10 * nanometres, platform="Reference")
    for group, force in enumerate(system.getForces()):
        if (name := type(force).__name__) in reference:
            assert 4.184 * energy_kcal(context, {group}) == pytest.approx(reference[name], rel=1e-4, abs=1e-3), name


def test_implicit_water_is_openmms_obc2(model: Model) -> None:
    found = build_system(model, "LOR", solvent="implicit")
    assert found.parameters is not None
    theirs = ForceField(PROTEIN_FILE, WATER_FILE, "implicit/obc2.xml")
    theirs.loadFile(io.StringIO(found.parameters.xml))
    system = theirs.createSystem(found.topology, nonbondedMethod=NoCutoff, solventDielectric=78.5)
    ours = energy_kcal(open_context(found.system, found.positions, platform="Reference"))
    other = energy_kcal(open_context(system, found.positions, platform="Reference"))
    assert ours == pytest.approx(other, rel=1e-4)


def test_cpu_and_reference_agree(model: Model) -> None:
    found = build_system(model, "LOR", solvent="implicit")
    one, other = (
        energy_kcal(open_context(found.system, found.positions, platform=name)) for name in ("CPU", "Reference")
    )
    assert one == pytest.approx(other, rel=1e-4)


def test_parts_cover_every_atom(model: Model) -> None:
    found = build_system(model, "LOR", solvent="vacuum")
    parts = np.concatenate([found.protein, found.ligand, found.solvent])
    assert sorted(parts.tolist()) == list(range(found.system.getNumParticles()))
    assert len(found.solvent) == 0
    elements = [atom.element.symbol for atom in found.topology.atoms()]
    assert sum(elements[place] == "F" for place in found.ligand) == 1
    assert any("lorlatinib" in note and "GAFF2" in note for note in found.notes)


def test_explicit_water_is_neutral_salted_and_the_same_for_the_same_seed(model: Model) -> None:
    one, other = (build_system(model, "LOR", solvent="explicit", padding=6.0, seed=5) for _ in range(2))
    assert np.array_equal(one.positions, other.positions)
    names = [residue.name for residue in one.topology.residues()]
    assert names.count("HOH") > 100
    assert names.count("NA") == names.count("CL") >= 1
    force = next(each for each in one.system.getForces() if isinstance(each, openmm.NonbondedForce))
    total = sum(
        force.getParticleParameters(n)[0].value_in_unit(unit.elementary_charge) for n in range(len(one.positions))
    )
    assert total == pytest.approx(0.0, abs=1e-4)
    assert one.system.usesPeriodicBoundaryConditions()
    assert one.system.getNumConstraints() > 0


def test_heavy_hydrogens_leave_the_mass_as_it_is(model: Model) -> None:
    plain, heavy = (build_system(model, "LOR", hydrogen_mass=mass, constraints=True) for mass in (None, 3.0))

    def masses(system: openmm.System) -> list[float]:
        return [system.getParticleMass(n).value_in_unit(unit.dalton) for n in range(system.getNumParticles())]

    assert sum(masses(plain.system)) == pytest.approx(sum(masses(heavy.system)))
    assert min(masses(heavy.system)) > 2.9


def test_the_protein_alone(model: Model) -> None:
    found = build_system(model, None, solvent="vacuum")
    assert found.parameters is None
    assert len(found.ligand) == 0


def test_no_such_ligand_and_no_such_platform(model: Model) -> None:
    with pytest.raises(InputError, match="VGH"):
        build_system(model, "VGH")
    found = build_system(model, None, solvent="vacuum")
    with pytest.raises(InputError, match="no such platform"):
        open_context(found.system, found.positions, platform="Abacus")


def test_a_model_without_hydrogens_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "complex.pdb"
    path.write_text(complex_text())
    with pytest.raises(InputError, match="force field cannot be laid on the model"):
        build_system(read_model(path), "LOR", solvent="vacuum")
