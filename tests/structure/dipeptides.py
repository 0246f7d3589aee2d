"""Capped single residues and their hybrids: small enough to be sampled in seconds. Built, not real."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import openmm
from openmm.app.internal.customgbforces import GBSAOBC2Force
from peptide_builder import STRAND, peptide

from kinescape.structure.alchemy.estimate import FreeEnergy, free_energy
from kinescape.structure.alchemy.exchange import Ladder, Sampling, sample_ladder
from kinescape.structure.alchemy.hybrid import Hybrid, hybrid_of
from kinescape.structure.alchemy.windows import sample_windows
from kinescape.structure.dynamics.assemble import Assembled, assemble
from kinescape.structure.dynamics.protocol import Protocol
from kinescape.structure.dynamics.replica import Engine
from kinescape.structure.forcefield import Solvent
from kinescape.structure.model import Residue
from kinescape.structure.mutations import Substitution
from kinescape.structure.residues import NAMES
from kinescape.structure.rotamers import CHI_ATOMS

NUMBER = 100
"""Of the residue: not 1, where the chain would begin with a charge and not a cap."""
HELD = 200.0
"""kJ/mol/rad² that hold phi and psi: one basin of the backbone for all residues, so that short runs can be right."""
ROTAMER = -60.0
"""Degrees at which chi1 is held, where it is: its turns are too slow for short runs without exchange."""
SPRING = "0.5*held*turn^2; turn=min(away, 6.283185307179586-away); away=abs(theta-rest)"


def protocol(solvent: Solvent) -> Protocol:
    return Protocol(solvent=solvent, time_ns=0.001, heat_ps=0.1, nvt_ps=0.1, npt_ps=0.0, frame_ps=0.5)


@cache
def dipeptide(letter: str, solvent: Solvent, chi: bool = False) -> Assembled:
    """ACE-X-NME, held in the extended shape; with ``chi`` its chi1 as well."""
    found = assemble(peptide(letter, NUMBER, STRAND), None, "WT", protocol(solvent))
    at = {(atom.residue.name in ("ACE", "NME"), atom.residue.name, atom.name): atom.index for atom in atoms_of(found)}
    own = {name: place for (cap, _, name), place in at.items() if not cap}
    before, after = at[True, "ACE", "C"], at[True, "NME", "N"]
    spring = openmm.CustomTorsionForce(SPRING)
    spring.addGlobalParameter("held", HELD)
    spring.addPerTorsionParameter("rest")
    for four, angle in (
        ((before, own["N"], own["CA"], own["C"]), STRAND[0]),
        ((own["N"], own["CA"], own["C"], after), STRAND[1]),
    ):
        spring.addTorsion(*four, [np.radians(angle)])
    if chi and NAMES[letter] in CHI_ATOMS:
        spring.addTorsion(*chi_of(letter, own), [np.radians(ROTAMER)])
    found.system.addForce(spring)
    return found


def chi_of(letter: str, places: dict[str, int]) -> list[int]:
    return [places[name] for name in CHI_ATOMS[NAMES[letter]][0]]


def atoms_of(found: Assembled) -> list[Any]:
    return list(found.topology.atoms())


def residue_of(found: Assembled) -> Residue:
    """The one residue of a dipeptide, as a model has it."""
    atoms = [atom for atom in atoms_of(found) if atom.residue.name not in ("ACE", "NME")]
    return Residue(
        "protein",
        atoms[0].residue.name,
        NUMBER,
        "",
        tuple(atom.name for atom in atoms),
        tuple(atom.element.symbol for atom in atoms),
        10.0 * found.start.positions[[atom.index for atom in atoms]],
    )


def dipeptide_hybrid(change: str, solvent: Solvent, chi: bool = False) -> Hybrid:
    """``AV``: alanine to valine; ``AA`` is alanine that goes and comes."""
    first, second = change
    substitution = Substitution(NAMES[first], NUMBER, NAMES[second])
    made = hybrid_of(dipeptide(first, solvent, chi), substitution, residue_of(dipeptide(second, solvent, chi)))
    if chi and NAMES[second] in CHI_ATOMS:
        # The first side chain's spring came with it; the second's is with N, CA and CB alone as well.
        own = {
            atom.name: place
            for place, atom in zip(made.assembled.solute.tolist(), atoms_of(made.assembled), strict=True)
            if place not in made.roles.old and atom.residue.name not in ("ACE", "NME")
        }
        for force in made.assembled.system.getForces():
            if isinstance(force, openmm.CustomTorsionForce) and force.getEnergyFunction() == SPRING:
                force.addTorsion(*chi_of(second, own), [np.radians(ROTAMER)])
    return made


def ladder_of(folder: Path, hybrid: Hybrid, solvent: Solvent, windows: int, picoseconds: float, seed: int) -> Ladder:
    """A dipeptide's hybrid sampled so far in all windows; goes on where the folder is."""
    sampling = Sampling(
        windows=windows, picoseconds=picoseconds, settle_ps=1.0, exchange_ps=0.1, chunk_ps=1e6, friction=5.0
    )
    engine = Engine("Reference" if solvent == "vacuum" else "CPU", 1)
    return sample_ladder(folder, hybrid, hybrid.assembled.start, sampling, protocol(solvent), seed, engine)


def change_free_energy(
    folder: Path, change: str, solvent: Solvent, *, windows: int, picoseconds: float, seed: int = 1, chi: bool = False
) -> FreeEnergy:
    """The free energy of a dipeptide's hybrid from end to end.

    Where the checks of its windows refuse it, it goes on from where it stopped, to six times its length at most.
    Rotamers are not looked at.
    """
    hybrid = dipeptide_hybrid(change, solvent, chi)
    for longer in (1.0, 1.5, 2.5, 4.0, 6.0):
        found = free_energy(ladder_of(folder, hybrid, solvent, windows, longer * picoseconds, seed).energies)
        if not found.refused:
            break
    return found


def solvation_free_energy(letter: str, *, samples: int, seed: int = 1, chi: bool = False) -> FreeEnergy:
    """Of a dipeptide itself, no hybrid: OBC2 water turned on in five windows."""
    found = dipeptide(letter, "vacuum", chi)
    wet = dipeptide(letter, "implicit", chi)
    system = openmm.XmlSerializer.clone(found.system)
    born = next(force for force in wet.system.getForces() if isinstance(force, openmm.GBSAOBCForce))
    water = GBSAOBC2Force(solventDielectric=78.5, soluteDielectric=1.0, SA="ACE")
    for place in range(born.getNumParticles()):
        water.addParticle(list(born.getParticleParameters(place)))
    water.finalize()
    water.addGlobalParameter("wet", 0.0)
    for term in range(water.getNumEnergyTerms()):
        expression, kind = water.getEnergyTermParameters(term)
        energy, _, rest = expression.partition(";")
        water.setEnergyTermParameters(term, f"wet*({energy});{rest}", kind)
    system.addForce(water)
    states = [{"wet": value} for value in (0.0, 0.25, 0.5, 0.75, 1.0)]
    return free_energy(
        sample_windows(
            system, found.start.positions, states, samples=samples, steps=50, friction=5.0, seed=seed, threads=1
        )
    )
