"""Replicates of wild type and mutant in one piece: relaxed one after the other, from either side.

What two independent minimisations of some 500 atoms differ by is chance, and larger than what most mutations do. So
one form is relaxed to its minimum, and the other takes over every atom that both have and relaxes from there. Whoever
comes second has been relaxed twice, and would seem to be the better one: the wild type comes first in one half of the
replicates, and the mutant in the other. The first two start from the structure as it was prepared, the others shaken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kinescape.structure.geometry import superposition
from kinescape.structure.screen.energies import Energies, PosedComplex
from kinescape.structure.screen.freedom import freedom, reaching
from kinescape.structure.screen.rotamers import KEPT, ranked_rotamers, side_atoms

JITTER = 0.1
"""Standard deviation of the displacement of each mobile atom at the start, in ångström; from the third replicate on."""
SURVEYED = 3
"""Rotamers (or combinations of them) that are relaxed before the replicates."""
SURVEY_STEPS = 50
"""Iterations of that relaxation; the surroundings are at the wild type's minimum when it begins."""
WINDOW = 2.0
"""Rotamers whose complexes are within this of the best one (kcal/mol) are used by the replicates in turn."""

Positions = NDArray[np.float64]


@dataclass(frozen=True)
class Begun:
    """What all replicates begin from: the wild type's first minimum, and the rotamers worth a replicate, best first.

    Positions in ångström, (atoms of the wild type, 3) and (atoms of the mutant, 3).
    """

    wild: Positions
    rotamers: tuple[Positions, ...]


def begun(wild: PosedComplex, mutant: PosedComplex, numbers: tuple[int, ...]) -> Begun:
    """Relax the wild type, and survey the mutant's rotamers in what it became.

    Parameters
    ----------
    wild, mutant
        The same piece; only the residues ``numbers`` differ.
    """
    there = wild.relaxed(wild.positions)
    rotamers = surveyed(mutant, grafted(wild, there, mutant, mutant.positions, numbers), numbers)
    return Begun(there, tuple(rotamers))


def replicate(
    wild: PosedComplex, mutant: PosedComplex, numbers: tuple[int, ...], begin: Begun, number: int, seed: int
) -> tuple[Energies, Energies]:
    """Energies of wild type and mutant in replicate ``number`` (from 0); even ones relax the wild type first.

    Replicates do not depend on one another. ``seed`` is of the displacements: the same seed gives the same numbers.
    """
    start = begin.rotamers[
        (number // 2) % len(begin.rotamers)
    ]  # each serves for a pair of replicates, from either side
    if number % 2 == 0:
        before = begin.wild if number == 0 else wild.relaxed(wild.positions + _jitter(wild, seed, number))
        after = mutant.relaxed(put_in(wild, before, mutant, start, numbers))
    else:
        first = put_in(wild, wild.positions, mutant, start, numbers)
        after = mutant.relaxed(first + _jitter(mutant, seed, number))
        before = wild.relaxed(put_in(mutant, after, wild, wild.positions, numbers))
    forms = [(wild, before), (mutant, after)]
    free = _free(forms if number % 2 == 0 else forms[::-1])
    turning = tuple(each for each in numbers if any(reaching(form, positions, (each,)) for form, positions in forms))
    found = [
        replace(
            form.energies(positions, free[form]),
            confinement=freedom(form, positions, "complex", turning) - freedom(form, free[form], "receptor", turning),
        )
        for form, positions in forms
    ]
    return found[0], found[1]


def surveyed(mutant: PosedComplex, positions: Positions, numbers: tuple[int, ...]) -> list[Positions]:
    """Positions of the mutant with the rotamers that are worth a replicate, best first.

    Rotamers that relax to the same conformation count once.
    """
    side = side_atoms(mutant, numbers)
    found: list[tuple[float, Positions]] = []
    for start in ranked_rotamers(mutant, positions, numbers, SURVEYED):
        relaxed = mutant.relaxed(mutant.settled(start, side), rounds=1, steps=SURVEY_STEPS)
        if all(np.linalg.norm(relaxed[side] - other[side], axis=1).max() > 1.0 for _, other in found):
            found.append((mutant.energy(relaxed), relaxed))
    found.sort(key=lambda each: each[0])
    return [relaxed for energy, relaxed in found if energy <= found[0][0] + WINDOW]


def grafted(
    source: PosedComplex, there: Positions, target: PosedComplex, template: Positions, numbers: Sequence[int]
) -> Positions:
    """Positions of ``target``: what both forms have from ``there``, the changed side chains from ``template``.

    The template's residue is laid on N, CA, C (and CB) of the source's.
    """
    placed = np.empty_like(template)
    for old, new in zip(source.whole.residues(), target.whole.residues(), strict=True):
        theirs = {atom.name: there[atom.index] for atom in old.atoms()}
        own = {atom.name: atom.index for atom in new.atoms()}
        if not (new.id.isdigit() and int(new.id) in numbers and old.name not in ("ACE", "NME")) or "CA" not in own:
            for name, index in own.items():
                placed[index] = theirs[name]
            continue
        anchors = [name for name in ("N", "CA", "C", "CB") if name in own and name in theirs]
        rotation, shift = superposition(
            np.array([template[own[name]] for name in anchors]), np.array([theirs[name] for name in anchors])
        )
        for name, index in own.items():
            placed[index] = theirs[name] if name in KEPT and name in theirs else template[index] @ rotation + shift
    return placed


def put_in(
    source: PosedComplex, there: Positions, target: PosedComplex, template: Positions, numbers: tuple[int, ...]
) -> Positions:
    """:func:`grafted`, and the side chains alone minimised."""
    return target.settled(grafted(source, there, target, template, numbers), side_atoms(target, numbers))


def _jitter(complex_: PosedComplex, seed: int, replicate: int) -> Positions:
    """Displacements (atoms, 3) in ångström of what moves; both directions start from the same, the first from none."""
    if replicate < 2:
        return np.zeros_like(complex_.positions)
    shifts = np.random.default_rng([seed, replicate // 2]).normal(scale=JITTER, size=complex_.positions.shape)
    return np.where(complex_.mobile[:, None], shifts, 0.0)


def _free(forms: Sequence[tuple[PosedComplex, Positions]]) -> dict[PosedComplex, Positions]:
    """Positions of both receptors without the ligand.

    The first form is relaxed from its complex. The second begins with its own complex and with what the first did when
    the ligand was taken away, so that the two do not part by chance.
    """
    (first, bound), (second, other) = forms
    relaxed = first.relaxed(bound[: first.atoms], "receptor")
    start = carried(first, relaxed - bound[: first.atoms], second, other[: second.atoms])
    return {first: relaxed, second: second.relaxed(start, "receptor")}


def carried(source: PosedComplex, moved: Positions, target: PosedComplex, positions: Positions) -> Positions:
    """Positions of ``target``'s receptor, moved as ``source``'s was (``moved``: displacements in ångström).

    Atoms that only the target has move as the CA of their residue did (glycine's and the others' alike).
    """
    shifted = positions.copy()
    for old, new in zip(source.receptor.residues(), target.receptor.residues(), strict=True):
        theirs = {atom.name: moved[atom.index] for atom in old.atoms()}
        for atom in new.atoms():
            shifted[atom.index] += theirs.get(atom.name, theirs.get("CA", 0.0))
    return shifted
