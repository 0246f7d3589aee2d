"""From a structure file to a system that can be run: mutant, pocket or whole, water, and what is held where."""

from __future__ import annotations

import gzip
import io
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import openmm
from numpy.typing import NDArray
from openmm import unit
from openmm.app import Modeller, PDBFile, Topology

from kinescape.errors import InputError
from kinescape.files import whole_file, write_text
from kinescape.structure.dynamics.checkpoint import Moment
from kinescape.structure.dynamics.protocol import Protocol
from kinescape.structure.dynamics.watch import degrees_of_freedom
from kinescape.structure.forcefield import MolecularSystem, build_system
from kinescape.structure.ligands.parameters import LigandParameters
from kinescape.structure.ligands.whole import whole_ligand
from kinescape.structure.model import Model
from kinescape.structure.mutate import mutate
from kinescape.structure.openmm_bridge import quantity
from kinescape.structure.pocket import cut_pocket

HOLD = "hold"
"""Name of the context's parameter: kJ/mol/nm² with which heavy atoms of the solute are held."""
POCKET_HELD = 10.0
"""kcal/mol/Å² with which heavy atoms of a pocket's outer residues stay where they are, throughout."""
KCAL_PER_A2 = 418.4
"""kJ/mol/nm² in a kcal/mol/Å²."""
SYSTEM, TOPOLOGY, START = "system.xml.gz", "solute.pdb", "start.npz"

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Assembled:
    """A system ready to be run. ``start`` has no velocities yet; ``solute`` are the places of the atoms that the
    trajectory keeps (protein, ions of the site, ligand), in the order of ``topology``, which has these alone.
    """

    system: Any
    start: Moment
    solute: Ints
    topology: Any
    notes: tuple[str, ...]

    @cached_property
    def labels(self) -> list[str]:
        """Every atom by name, as a message tells it."""
        names = [f"number {number + 1} (solvent)" for number in range(self.system.getNumParticles())]
        for place, atom in zip(self.solute.tolist(), self.topology.atoms(), strict=True):
            names[place] = f"{atom.residue.name} {atom.residue.id} {atom.name}"
        return names

    @cached_property
    def freedom(self) -> int:
        """Degrees of freedom, for the temperature."""
        return degrees_of_freedom(self.system)


def assemble(
    model: Model,
    ligand: str | None,
    mutation: str,
    protocol: Protocol,
    *,
    parameters: LigandParameters | None = None,
    sites: tuple[int, ...] = (),
    seed: int = 1,
    apo: bool = False,
) -> Assembled:
    """Build the system of a wild type (``mutation`` is ``WT``) or a mutant.

    Parameters
    ----------
    model
        As read.
    ligand
        Residue name, or None for the protein alone.
    sites
        Residue numbers around which the model is relaxed and the pocket cut, besides the mutation's own: for a wild
        type that is to be compared with a mutant.
    apo
        Leave the ligand out once the model is relaxed and the pocket cut around it.

    Raises
    ------
    InputError
        No such ligand, ligand without parameters, another residue at the mutation's place, a pocket without ligand.
    """
    from kinescape.structure.mutations import check_against, parse_mutations, seen_residue

    substitutions = parse_mutations(mutation)
    check_against(model, substitutions)
    for number in sites:
        seen_residue(model, number)
    whole = whole_ligand(model.ligand(ligand), parameters) if ligand is not None else None
    if protocol.pocket and whole is None:
        raise InputError("a pocket is cut around a ligand", expected="--ligand NAME with --pocket, or --whole")
    around = tuple(sorted({*sites, *(each.number for each in substitutions)}))
    smiles = {whole.residue_name: whole.parameters.smiles} if whole is not None else None
    prepared = mutate(model, mutation, seed=seed, relax_around=around, smiles=smiles).model
    mobile: frozenset[tuple[int, str]] | None = None
    if protocol.pocket and whole is not None:
        wild = mutate(model, (), seed=seed, relax_around=around, smiles=smiles).model if substitutions else prepared
        pocket = cut_pocket(wild, whole, around)
        pieces = [
            prepared.residue(each.number, each.insertion) if each.kind == "protein" else each
            for each in pocket.model.residues
        ]
        mobile = pocket.mobile
        prepared = replace(pocket.model, residues=(*pieces, prepared.ligand(whole.residue_name)), notes=prepared.notes)
    bound = None if apo else ligand
    built = build_system(prepared, bound, parameters=parameters, solvent=protocol.solvent, constraints=True, seed=seed)
    notes = [*prepared.notes, *built.notes]
    if mobile is not None:
        notes.append(
            f"Pocket only: {len(mobile)} residues near the ligand and the sites move, the others of the piece are held."
        )
    _hold(built, mobile, periodic=protocol.solvent == "explicit")
    if protocol.solvent == "explicit":
        _join(built)
    box = None
    if protocol.solvent == "explicit":
        vectors = built.system.getDefaultPeriodicBoxVectors()
        box = np.array([[float(each.value_in_unit(unit.nanometer)) for each in row] for row in vectors])
    positions = built.positions / 10.0
    solute = np.sort(np.concatenate([built.protein, built.ligand]))
    return Assembled(
        built.system, Moment(positions, np.zeros_like(positions), box), solute, _only(built, solute), tuple(notes)
    )


def save_assembled(folder: Path, assembled: Assembled) -> None:
    """Keep it, so that a run goes on with exactly the system that it began with."""
    text = io.StringIO()
    own = quantity(assembled.start.positions[assembled.solute])
    PDBFile.writeModel(assembled.topology, own, text, keepIds=True)
    header = io.StringIO()
    PDBFile.writeHeader(assembled.topology, header)
    # The header's first line has OpenMM's version and the date.
    lines = [line for line in header.getvalue().splitlines() if not line.startswith("REMARK")]
    PDBFile.writeFooter(assembled.topology, text)
    head = "REMARK   3 MODEL, NOT AN EXPERIMENT: start of a simulation by kinescape. Research use only.\n"
    write_text(folder / TOPOLOGY, head + "\n".join([*lines, text.getvalue()]))
    box = np.zeros((0, 3)) if assembled.start.box is None else assembled.start.box
    with whole_file(folder / START) as temporary:
        np.savez(temporary, positions=assembled.start.positions, box=box, solute=assembled.solute)
    # Last, because where this one is, the others are.
    xml = openmm.XmlSerializer.serialize(assembled.system).encode()
    with whole_file(folder / SYSTEM) as temporary:
        temporary.write_bytes(gzip.compress(xml, 6, mtime=0))


def load_assembled(folder: Path, notes: tuple[str, ...] = ()) -> Assembled:
    """Read it back; InputError where a file is missing or damaged."""
    try:
        xml = gzip.decompress((folder / SYSTEM).read_bytes()).decode()
        system = openmm.XmlSerializer.deserialize(xml)
        topology = PDBFile(str(folder / TOPOLOGY)).topology
        with np.load(io.BytesIO((folder / START).read_bytes()), allow_pickle=False) as content:
            positions, box, solute = (np.array(content[name]) for name in ("positions", "box", "solute"))
    except Exception as problem:
        reason = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        raise InputError(f"the prepared system cannot be read ({reason})", file=folder) from None
    if topology.getNumAtoms() != len(solute) or system.getNumParticles() != len(positions):
        raise InputError("the prepared system's files do not belong together", file=folder)
    return Assembled(
        system, Moment(positions, np.zeros_like(positions), box if len(box) else None), solute, topology, notes
    )


def _only(built: MolecularSystem, solute: Ints) -> Topology:
    kept = set(solute.tolist())
    modeller = Modeller(built.topology, built.positions_with_unit)
    modeller.delete([atom for atom in built.topology.atoms() if atom.index not in kept])
    return modeller.topology


def _join(built: MolecularSystem) -> None:
    """Make one molecule of the solute for the barostat, which else puts each piece back into the box by itself.

    The protein's stretches between gaps and the ligand would then jump by a box length against one another.
    """
    joined = openmm.CustomBondForce("0*r")
    firsts = _first_atoms(built.topology, {*built.protein.tolist(), *built.ligand.tolist()})
    for atom in firsts[1:]:
        joined.addBond(firsts[0], atom)
    if joined.getNumBonds():
        built.system.addForce(joined)


def _first_atoms(topology: Topology, solute: set[int]) -> list[int]:
    return [
        first.index for chain in topology.chains() if (first := next(chain.atoms(), None)) and first.index in solute
    ]


def _hold(built: MolecularSystem, mobile: frozenset[tuple[int, str]] | None, periodic: bool) -> None:
    """Add the springs: those of the equilibration (k r², ``hold``), and those of a pocket's outer residues."""
    square = "periodicdistance(x, y, z, x0, y0, z0)^2" if periodic else "(x-x0)^2 + (y-y0)^2 + (z-z0)^2"
    start = openmm.CustomExternalForce(f"{HOLD}*({square})")
    start.addGlobalParameter(HOLD, 0.0)
    outer = openmm.CustomExternalForce(f"{POCKET_HELD * KCAL_PER_A2!r}*({square})")
    for force in (start, outer):
        for name in ("x0", "y0", "z0"):
            force.addPerParticleParameter(name)
    solute = {*built.protein.tolist(), *built.ligand.tolist()}
    ligand = set(built.ligand.tolist())
    for atom in built.topology.atoms():
        if atom.index not in solute or atom.element.symbol == "H":
            continue
        place = (built.positions[atom.index] / 10.0).tolist()
        start.addParticle(atom.index, place)
        key = (int(atom.residue.id), atom.residue.insertionCode.strip())
        still = mobile is not None and (key not in mobile or atom.residue.name in ("ACE", "NME"))
        if still and atom.index not in ligand:
            outer.addParticle(atom.index, place)
    built.system.addForce(start)
    if mobile is not None:
        built.system.addForce(outer)
