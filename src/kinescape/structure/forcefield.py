"""A model -> an OpenMM system: protein, packaged ligand, and vacuum, implicit or explicit water.

Force fields: ff14SB for the protein (Maier JA et al., J Chem Theory Comput 2015;11:3696), the ligand's own parameters
(:mod:`.ligands.parameters`), OBC2 as implicit water (Onufriev A et al., Proteins 2004;55:383), TIP3P as explicit water
with the ions of Joung and Cheatham and of Li and Merz that belong to it.
"""

from __future__ import annotations

import io
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import openmm
from numpy.typing import NDArray
from openmm import unit
from openmm.app import PME, Element, ForceField, HBonds, Modeller, NoCutoff, Topology
from openmm.app.internal.customgbforces import GBSAOBC2Force

from kinescape.errors import InputError, KinescapeError
from kinescape.structure.ligands.parameters import LigandParameters
from kinescape.structure.ligands.whole import WholeLigand, whole_ligand
from kinescape.structure.model import Model, Residue
from kinescape.structure.openmm_bridge import quantity, topology_of

Solvent = Literal["vacuum", "implicit", "explicit"]

PROTEIN_FILE = "amber14/protein.ff14SB.xml"
WATER_FILE = "amber14/tip3p.xml"

SOLVENT_DIELECTRIC = 78.5
PADDING = 10.0
"""Least distance of the solute to the face of the box, in ångström."""
IONIC_STRENGTH = 0.15
"""mol/l of sodium chloride beside the neutralising ions: that of plasma and of the usual assay buffer."""
CUTOFF = 9.0
"""Of the direct space in explicit water, in ångström (electrostatics beyond it by particle-mesh Ewald)."""
ION_REACH = 4.0
"""Ions within this distance (Å) of the ligand belong to it (the magnesium of ATP); others are left to the buffer."""


@dataclass(frozen=True)
class MolecularSystem:
    """What OpenMM needs, and which atoms are what.

    ``positions`` is (atoms, 3) in ångström, in the order of ``topology``; ``protein``, ``ligand`` and ``solvent`` are
    indices of atoms in that order (ions of the ligand's site count as protein: they are its receptor).
    """

    system: openmm.System
    topology: Topology
    positions: NDArray[np.float64]
    protein: NDArray[np.int64]
    ligand: NDArray[np.int64]
    solvent: NDArray[np.int64]
    parameters: LigandParameters | None
    notes: tuple[str, ...] = ()

    @property
    def positions_with_unit(self) -> Any:
        """The positions as OpenMM's application layer takes them."""
        return quantity(self.positions / 10.0)


def build_system(
    model: Model,
    ligand: str | None = None,
    *,
    parameters: LigandParameters | None = None,
    solvent: Solvent = "implicit",
    constraints: bool = False,
    waters: bool = True,
    padding: float = PADDING,
    ionic_strength: float = IONIC_STRENGTH,
    hydrogen_mass: float | None = None,
    seed: int = 1,
) -> MolecularSystem:
    """Build the system of a protein with or without its ligand.

    Parameters
    ----------
    model
        A whole model: standard residues, capped ends (:func:`.chain_ends.completed`) and all hydrogens
        (:func:`.protonate.with_hydrogens`). The ligand's hydrogens are set here, by its parameters.
    ligand
        Residue name of the ligand in the model (``"VGH"``); None builds the protein alone.
    parameters
        The ligand's parameters. None: the packaged ones that fit its atoms and bonds.
    solvent
        ``"vacuum"`` and ``"implicit"`` without cutoff, ``"explicit"`` in a periodic box with sodium chloride.
    constraints
        Bonds with hydrogen held rigid (for time steps of 2 fs and more); in explicit water they always are.
    waters
        Whether the crystal's waters are kept; only with explicit solvent.
    padding, ionic_strength
        Of the box: ångström, mol/l.
    hydrogen_mass
        Mass in dalton to which hydrogens are made heavier at the cost of the atoms that bear them.
    seed
        Where ions go, and the start of hydrogens of the crystal's waters.

    Raises
    ------
    InputError
        No such ligand in the model, no parameters that fit it, or a residue that the force field does not know.
    """
    whole = whole_ligand(model.ligand(ligand), parameters) if ligand is not None else None
    ions = _site_ions(model, whole)
    kept = [each for each in model.residues if each.kind in ("protein", "cap")]
    crystal = list(model.waters) if waters and solvent == "explicit" else []
    topology, nanometres = topology_of(
        model.with_residues([*kept, *ions, *crystal]), ("protein", "cap", "ion", "water")
    )
    positions = 10.0 * nanometres
    if whole is not None:
        positions = np.vstack([positions, whole.positions])
        add_ligand(topology, whole, model.chain)
    field = force_field([whole.parameters] if whole is not None else [])
    notes = [f"Ligand {whole.residue_name} is {whole.parameters.name} ({whole.parameters.made})."] if whole else []
    if solvent == "explicit":
        topology, positions = _solvated(topology, positions, field, padding, ionic_strength, seed)
    system = create_system(field, topology, solvent, constraints, hydrogen_mass)
    return MolecularSystem(
        system=system,
        topology=topology,
        positions=positions,
        **_parts(topology, whole, len(kept) + len(ions)),
        parameters=whole.parameters if whole is not None else None,
        notes=tuple(notes),
    )


def force_field(ligands: Sequence[LigandParameters]) -> ForceField:
    """The force field for a protein and these ligands."""
    field = ForceField(PROTEIN_FILE, WATER_FILE)
    for each in ligands:
        try:
            field.loadFile(io.StringIO(each.xml))
        except Exception as problem:
            raise InputError(f"OpenMM cannot read the parameters of {each.name} ({problem})") from None
    return field


def create_system(
    field: ForceField,
    topology: Topology,
    solvent: Solvent,
    constraints: bool = False,
    hydrogen_mass: float | None = None,
) -> openmm.System:
    """OpenMM's system of a complete topology; an :class:`InputError` names the residue that has no parameters."""
    options: dict[str, Any] = {"constraints": HBonds if constraints or solvent == "explicit" else None}
    if solvent == "explicit":
        options.update(nonbondedMethod=PME, nonbondedCutoff=CUTOFF / 10.0)
    else:
        options.update(nonbondedMethod=NoCutoff, rigidWater=constraints)
    if hydrogen_mass is not None:
        options["hydrogenMass"] = hydrogen_mass
    try:
        system = field.createSystem(topology, **options)
    except ValueError as problem:
        raise InputError(
            f"the force field cannot be laid on the model: {str(problem).splitlines()[0]}",
            expected="a model as `kinescape structure` prepares it: whole residues with hydrogens, capped ends",
        ) from None
    if solvent == "implicit":
        system.addForce(generalised_born(system, topology))
    return system


def generalised_born(system: openmm.System, topology: Topology) -> openmm.GBSAOBCForce:
    """OBC2 water with its surface term for a system's charges, with Bondi's radii as Amber modifies them (mbondi2).

    OpenMM's built-in force: the same energy as its ``implicit/obc2.xml``, many times faster on a CPU.
    """
    charges = next(force for force in system.getForces() if isinstance(force, openmm.NonbondedForce))
    born = openmm.GBSAOBCForce()
    born.setSolventDielectric(SOLVENT_DIELECTRIC)
    born.setSoluteDielectric(1.0)
    born.setNonbondedMethod(openmm.GBSAOBCForce.NoCutoff)
    charges.setReactionFieldDielectric(1.0)
    for index, (radius, scale) in enumerate(GBSAOBC2Force.getStandardParameters(topology)):
        born.addParticle(charges.getParticleParameters(index)[0], radius, scale)
    return born


def add_ligand(topology: Topology, ligand: WholeLigand, chain_name: str) -> NDArray[np.int64]:
    """Put a ligand at the end of a topology, in a chain of its own; returns its atoms' indices."""
    chain = topology.addChain(chain_name)
    residue = topology.addResidue(ligand.residue_name, chain, str(ligand.number))
    atoms = [
        topology.addAtom(name, Element.getBySymbol(symbol), residue)
        for name, symbol in zip(ligand.names, ligand.elements, strict=True)
    ]
    for first, second in ligand.bonds:
        topology.addBond(atoms[first], atoms[second])
    return np.array([atom.index for atom in atoms], dtype=np.int64)


def open_context(
    system: openmm.System,
    positions: NDArray[np.float64],
    *,
    threads: int = 1,
    platform: str | None = None,
    integrator: openmm.Integrator | None = None,
) -> openmm.Context:
    """A context with positions (ångström). Platform CPU, summing in a fixed order, unless another one is named."""
    name = platform or "CPU"
    try:
        chosen = openmm.Platform.getPlatformByName(name)
    except openmm.OpenMMException:
        there = ", ".join(
            openmm.Platform.getPlatform(number).getName() for number in range(openmm.Platform.getNumPlatforms())
        )
        raise InputError("OpenMM has no such platform here", found=name, expected=f"one of {there}") from None
    properties = {"Threads": str(threads), "DeterministicForces": "true"} if name == "CPU" else {}
    context = openmm.Context(system, integrator or openmm.VerletIntegrator(0.001), chosen, properties)
    context.setPositions(positions / 10.0)
    return context


def energy_kcal(context: openmm.Context, groups: set[int] | None = None) -> float:
    """Potential energy in kcal/mol, of all forces or of some force groups.

    Raises
    ------
    KinescapeError
        It is not a finite number: atoms lie on one another.
    """
    state = context.getState(getEnergy=True, groups=groups) if groups is not None else context.getState(getEnergy=True)
    energy = float(state.getPotentialEnergy().value_in_unit(unit.kilocalorie_per_mole))
    if not np.isfinite(energy):
        raise KinescapeError("the energy of the model is not finite: atoms lie on one another")
    return energy


def positions_of(context: openmm.Context) -> NDArray[np.float64]:
    """Positions of a context, (atoms, 3) in ångström."""
    state = context.getState(getPositions=True)
    return 10.0 * np.asarray(state.getPositions(asNumpy=True).value_in_unit(unit.nanometer), dtype=np.float64)


def _site_ions(model: Model, ligand: WholeLigand | None) -> list[Residue]:
    if ligand is None:
        return []
    near: list[Residue] = []
    for residue in model.residues:
        if residue.kind == "ion":
            distances = np.linalg.norm(ligand.positions[:, None] - residue.positions[None], axis=2)
            if distances.min() < ION_REACH:
                near.append(residue)
    return near


def _solvated(
    topology: Topology,
    positions: NDArray[np.float64],
    field: ForceField,
    padding: float,
    ionic_strength: float,
    seed: int,
) -> tuple[Topology, NDArray[np.float64]]:
    modeller = Modeller(topology, quantity(positions / 10.0))
    with _seeded(seed):
        if any(residue.name == "HOH" for residue in topology.residues()):
            modeller.addHydrogens(field, platform=openmm.Platform.getPlatformByName("CPU"))
        modeller.addSolvent(field, model="tip3p", padding=padding / 10.0, ionicStrength=ionic_strength * unit.molar)
    placed = np.array(modeller.positions.value_in_unit(unit.nanometer), dtype=np.float64)
    return modeller.topology, 10.0 * placed


def _parts(topology: Topology, ligand: WholeLigand | None, receptor_residues: int) -> dict[str, NDArray[np.int64]]:
    """Indices of the atoms of the receptor (the first residues), of the ligand, and of all else."""
    groups: dict[str, list[int]] = {"protein": [], "ligand": [], "solvent": []}
    for number, residue in enumerate(topology.residues()):
        if number < receptor_residues:
            part = "protein"
        elif (
            ligand is not None
            and residue.name == ligand.residue_name
            and len(list(residue.atoms())) == len(ligand.names)
        ):
            part = "ligand"
        else:
            part = "solvent"
        groups[part] += [atom.index for atom in residue.atoms()]
    return {name: np.array(places, dtype=np.int64) for name, places in groups.items()}


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """OpenMM's modeller draws from Python's own random numbers: make them repeatable, and give the state back."""
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)
