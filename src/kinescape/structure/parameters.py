"""Force-field parameters of a whole model as arrays, from which the surroundings of a site are cut out.

The chain has ff14SB. A ligand whose parameters are packaged (:mod:`.ligands.parameters`) has them, with all its
hydrogens, and can give way. Any other stands still and needs no bonded terms: it has the Lennard-Jones radii of GAFF
by element and hybridisation and Gasteiger charges, which is enough to say where a side chain does not fit. What a
mutation does to its binding is another question, and asked elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import openmm
from numpy.typing import NDArray
from openmm import unit
from openmm.app import ForceField, Topology
from openmm.app.internal.customgbforces import GBSAOBC2Force

from kinescape.errors import InputError
from kinescape.structure.chemistry import molecule_of
from kinescape.structure.forcefield import add_ligand, force_field
from kinescape.structure.ligands.whole import WholeLigand, whole_ligand
from kinescape.structure.model import Model, Residue
from kinescape.structure.openmm_bridge import FORCE_FIELD, topology_of

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

KCAL = 4.184
LENNARD_JONES: dict[str, tuple[float, float]] = {
    # element (hybridisation where it matters): Rmin/2 in Å, well depth in kcal/mol
    "C": (1.9080, 0.1094),
    "C2": (1.9080, 0.0860),
    "N": (1.8240, 0.1700),
    "O": (1.6837, 0.1700),
    "O2": (1.6612, 0.2100),
    "F": (1.7500, 0.0610),
    "Cl": (1.9480, 0.2650),
    "Br": (2.0200, 0.4200),
    "I": (2.1500, 0.5000),
    "S": (2.0000, 0.2500),
    "P": (2.1000, 0.2000),
    "H": (1.4870, 0.0157),
    "HN": (0.6000, 0.0157),
    "B": (1.9080, 0.0860),
}
"""GAFF (Wang 2004, doi:10.1002/jcc.20035), which takes them from AMBER's parm99. Boron as an sp2 carbon."""
ION_CHARGES = {
    "NA": 1,
    "K": 1,
    "MG": 2,
    "CA": 2,
    "ZN": 2,
    "MN": 2,
    "NI": 2,
    "CD": 2,
    "CO": 2,
    "FE": 2,
    "CU": 2,
    "CL": -1,
}
ION = (1.6, 0.1)
"""Rmin/2 (Å) and well depth (kcal/mol) for any ion that stands still: a rough sphere."""
BORN_SCALE = 0.8
"""Screening factor of OBC2 for atoms of a ligand (elements other than H, C, N, O, F, P, S)."""


@dataclass(frozen=True)
class Parameters:
    """Everything the energy needs. Lengths in nanometres, energies in kJ/mol, charges in e, angles in radians.

    ``residue_of`` gives for each particle the place of its residue in ``order``; the polymer's particles come first,
    in the order of :func:`topology_of`, then those of ligands and ions, hydrogens of ligands included. ``rigid`` are
    ions and the ligands whose bonded terms are not known; ``ligand`` the particles of all the others.
    """

    order: tuple[Residue, ...]
    names: tuple[str, ...]
    residue_of: Ints
    rigid: NDArray[np.bool_]
    ligand: NDArray[np.bool_]
    hydrogen: NDArray[np.bool_]
    start: Floats
    charge: Floats
    sigma: Floats
    epsilon: Floats
    born_radius: Floats
    born_scale: Floats
    mass: Floats
    bonds: tuple[Ints, Floats]
    angles: tuple[Ints, Floats]
    torsions: tuple[Ints, Floats]
    exceptions: tuple[Ints, Floats]
    polymer_atoms: int


def parameters_of(model: Model, smiles: dict[str, str] | None = None) -> Parameters:
    """Parameters of a model with hydrogens. Waters are left out: the solvent is implicit.

    Raises
    ------
    InputError
        A residue that the force field has no template for.
    """
    topology, nanometres = topology_of(model)
    try:
        system = ForceField(FORCE_FIELD[0]).createSystem(topology)
    except ValueError as problem:
        raise InputError(f"{model.name}: the force field has no parameters for a residue ({problem})") from None
    guests = [_guest(each, smiles) for each in model.residues if each.kind in ("ligand", "ion")]
    polymer = [model.residues[place] for places in model.segments() for place in places]
    order = (*polymer, *(each for each in model.residues if each.kind in ("ligand", "ion")))
    forces = {type(force).__name__: force for force in system.getForces()}
    charges, sigmas, epsilons = _nonbonded(forces["NonbondedForce"])
    born = np.array(GBSAOBC2Force.getStandardParameters(topology), dtype=np.float64)
    atoms = list(topology.atoms())
    counts = [len(each.positions) for each in guests]
    offsets = [len(atoms) + sum(counts[:place]) for place in range(len(guests))]
    masses = [system.getParticleMass(n).value_in_unit(unit.dalton) for n in range(len(atoms))]

    own = _bonded(forces)

    def terms(what: str) -> tuple[Ints, Floats]:
        parts = [own[what]]
        for each, offset in zip(guests, offsets, strict=True):
            if each.terms:
                particles, values = each.terms[what]
                parts.append((particles + offset, values))
        return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])

    def of_guests(movable: bool) -> NDArray[np.bool_]:
        wanted = [np.full(count, bool(each.terms) is movable) for each, count in zip(guests, counts, strict=True)]
        return np.concatenate([np.zeros(len(atoms), dtype=bool), *wanted])

    return Parameters(
        order=order,
        names=(*(atom.name for atom in atoms), *(name for each in guests for name in each.names)),
        residue_of=np.concatenate(
            [
                np.array([atom.residue.index for atom in atoms], dtype=np.int64),
                np.repeat(np.arange(len(polymer), len(order)), counts).astype(np.int64),
            ]
        ),
        rigid=of_guests(movable=False),
        ligand=of_guests(movable=True),
        hydrogen=np.array(
            [atom.element.symbol == "H" for atom in atoms] + [e == "H" for each in guests for e in each.elements]
        ),
        start=np.concatenate([nanometres, *(each.positions / 10.0 for each in guests)]),
        charge=np.concatenate([charges, *(each.charges for each in guests)]),
        sigma=np.concatenate([sigmas, *(each.sigmas for each in guests)]),
        epsilon=np.concatenate([epsilons, *(each.epsilons for each in guests)]),
        born_radius=np.concatenate([born[:, 0], *(each.born[:, 0] for each in guests)]),
        born_scale=np.concatenate([born[:, 1], *(each.born[:, 1] for each in guests)]),
        mass=np.concatenate([np.array(masses), *(each.masses for each in guests)]),
        bonds=terms("Bond"),
        angles=terms("Angle"),
        torsions=terms("Torsion"),
        exceptions=terms("Exception"),
        polymer_atoms=len(atoms),
    )


@dataclass(frozen=True)
class _Guest:
    """A ligand or an ion; ``terms`` (bonded ones and exceptions, by their kind) only where it may move."""

    names: tuple[str, ...]
    elements: tuple[str, ...]
    positions: Floats
    charges: Floats
    sigmas: Floats
    epsilons: Floats
    born: Floats
    masses: Floats
    terms: dict[str, tuple[Ints, Floats]]


def _guest(residue: Residue, smiles: dict[str, str] | None) -> _Guest:
    # Bond orders that are given say that the ligand is another than the packaged one of that shape.
    if residue.kind == "ligand" and residue.name not in (smiles or {}):
        try:
            return _known(whole_ligand(residue))
        except InputError:
            pass
    return _rigid(residue, smiles)


def _known(ligand: WholeLigand) -> _Guest:
    """A ligand with packaged parameters: GAFF2, AM1-BCC charges, OBC2 with the radii of mbondi2."""
    topology = Topology()
    add_ligand(topology, ligand, "A")
    system = force_field([ligand.parameters]).createSystem(topology)
    forces = {type(force).__name__: force for force in system.getForces()}
    charges, sigmas, epsilons = _nonbonded(forces["NonbondedForce"])
    masses = [system.getParticleMass(n).value_in_unit(unit.dalton) for n in range(len(ligand.names))]
    born = np.array(GBSAOBC2Force.getStandardParameters(topology), dtype=np.float64)
    return _Guest(
        ligand.names,
        ligand.elements,
        ligand.positions,
        charges,
        sigmas,
        epsilons,
        born,
        np.array(masses),
        _bonded(forces),
    )


def _rigid(residue: Residue, smiles: dict[str, str] | None) -> _Guest:
    if residue.kind == "ion":
        charge = float(ION_CHARGES.get(residue.name, 0))
        return _rigid_of(residue.atoms, residue.elements, residue.positions, np.array([charge]), [ION])
    from kinescape.structure.chemistry import known_ligands

    text = (smiles or {}).get(residue.name) or (
        known_ligands()[residue.name].smiles if residue.name in known_ligands() else None
    )
    if text is None:
        # Without bond orders: its shape alone, as spheres of the heavy atoms.
        heavy = residue.only(residue.heavy())
        radii = [LENNARD_JONES.get(symbol, LENNARD_JONES["C"]) for symbol in heavy.elements]
        return _rigid_of(heavy.atoms, heavy.elements, heavy.positions, np.zeros(len(radii)), radii)
    from rdkit.Chem import rdPartialCharges

    molecule = molecule_of(residue, text)
    rdPartialCharges.ComputeGasteigerCharges(molecule)
    atoms = list(molecule.GetAtoms())
    names = [*residue.only(residue.heavy()).atoms]
    names += [f"H{number}" for number in range(len(atoms) - len(names))]
    charges = np.nan_to_num([float(atom.GetProp("_GasteigerCharge")) for atom in atoms])
    positions = np.array(molecule.GetConformer().GetPositions())
    symbols = tuple(atom.GetSymbol() for atom in atoms)
    return _rigid_of(tuple(names), symbols, positions, charges, [_lennard_jones(atom) for atom in atoms])


def _rigid_of(
    names: tuple[str, ...],
    elements: tuple[str, ...],
    positions: Floats,
    charges: Floats,
    radii: list[tuple[float, float]],
) -> _Guest:
    # Bondi radii, and OBC2's screening factors by element (Onufriev 2004).
    scale = {"H": 0.85, "C": 0.72, "N": 0.79, "O": 0.85, "F": 0.88, "P": 0.86, "S": 0.96}
    radius = {"H": 0.12, "C": 0.17, "N": 0.155, "O": 0.15, "F": 0.15, "P": 0.185, "S": 0.18, "Cl": 0.17}
    born = np.array([(radius.get(symbol, 0.15), scale.get(symbol, BORN_SCALE)) for symbol in elements])
    values = np.array(radii)
    return _Guest(
        names,
        elements,
        positions,
        charges,
        values[:, 0] * 2 ** (5 / 6) / 10.0,
        values[:, 1] * KCAL,
        born.reshape(-1, 2),
        np.zeros(len(positions)),
        {},
    )


def _lennard_jones(atom: Any) -> tuple[float, float]:
    symbol = atom.GetSymbol()
    if symbol == "H":
        return LENNARD_JONES["HN" if atom.GetNeighbors()[0].GetSymbol() in "NO" else "H"]
    if symbol in ("C", "O") and str(atom.GetHybridization()) != "SP3":
        return LENNARD_JONES[f"{symbol}2"]
    return LENNARD_JONES.get(symbol, LENNARD_JONES["C"])


def _nonbonded(force: openmm.NonbondedForce) -> tuple[Floats, Floats, Floats]:
    rows = np.array(
        [[_plain(value) for value in force.getParticleParameters(n)] for n in range(force.getNumParticles())]
    )
    return rows[:, 0], rows[:, 1], rows[:, 2]


def _bonded(forces: dict[str, Any]) -> dict[str, tuple[Ints, Floats]]:
    """Bonds, angles, torsions, and the pairs of atoms whose interaction is not that of their radii and charges."""
    return {
        "Bond": _terms(forces["HarmonicBondForce"], "Bond", 2),
        "Angle": _terms(forces["HarmonicAngleForce"], "Angle", 3),
        "Torsion": _terms(forces["PeriodicTorsionForce"], "Torsion", 4),
        "Exception": _terms(forces["NonbondedForce"], "Exception", 2),
    }


def _terms(force: Any, what: str, atoms: int) -> tuple[Ints, Floats]:
    """Particles (n, ``atoms``) and parameters (n, k) of one kind of term, in OpenMM's units."""
    count = getattr(force, f"getNum{what}s")()
    get = getattr(force, f"get{what}Parameters")
    particles, values = [], []
    for number in range(count):
        row = get(number)
        particles.append(row[:atoms])
        values.append([_plain(value) for value in row[atoms:]])
    width = len(values[0]) if values else 0
    return np.array(particles, dtype=np.int64).reshape(-1, atoms), np.array(values, dtype=np.float64).reshape(-1, width)


def _plain(value: Any) -> float:
    return float(value.value_in_unit_system(unit.md_unit_system)) if unit.is_quantity(value) else float(value)
