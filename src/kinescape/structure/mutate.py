"""Mutants on a real structure: :func:`mutate` is the one entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kinescape.errors import InputError
from kinescape.structure.chain_ends import completed
from kinescape.structure.clashes import Clash, clashes_of
from kinescape.structure.geometry import dihedral
from kinescape.structure.model import Model, Residue
from kinescape.structure.mutations import Substitution, check_against, name_of, parse_mutations, seen_residue
from kinescape.structure.options import check_smiles
from kinescape.structure.parameters import Floats, Parameters, parameters_of
from kinescape.structure.place import (
    Candidate,
    felt,
    merged,
    moving,
    near,
    place_side_chain,
    scored_rotamers,
    seen,
    side_chain,
)
from kinescape.structure.protonate import PH, Site, StateChange, state_changes, titratable_sites, with_hydrogens
from kinescape.structure.region import region_of
from kinescape.structure.rotamers import choosable_rotamers, nearest_rotamer
from kinescape.structure.sidechain import chis_of, with_side_chain
from kinescape.structure.strain import strain_of

INSIDE, FREE = 1.0, 0.7
"""Nanometres around the changed residues within which atoms are felt, and within which they move, in the last step."""
HYDROGEN_STEPS, LAST_STEPS = 60, 200
UNDECIDED = 6.0
"""kJ/mol (1.4 kcal/mol): differences below this are within the error of such energies and are told as undecided."""
WATER_TOO_NEAR = 2.4
"""Å from a heavy atom of a new side chain at which a water of the crystal cannot have stayed."""
PROLINE_PHI = (-100.0, -40.0)
"""Degrees: where the phi of nearly all prolines lies (MacArthur & Thornton 1991, doi:10.1016/0022-2836(91)90721-H)."""


@dataclass(frozen=True)
class Change:
    """What became of one substituted residue.

    ``chis`` in degrees; ``clashes_before`` as the best-fitting rotamer stood before anything moved; ``strain`` in
    kJ/mol (:func:`.strain.strain_of`); ``candidates`` are the rotamers that were relaxed, with their energies above the
    best, each named by its angles after relaxation (the chosen one is ``rotamer``); ``neighbours`` changed their
    rotamers; ``shift`` is the largest movement (Å) of any other heavy atom.
    """

    name: str
    number: int
    rotamer: str
    chis: tuple[float, ...]
    strain: float
    clashes_before: tuple[Clash, ...]
    clashes_after: tuple[Clash, ...]
    candidates: tuple[Candidate, ...]
    neighbours: tuple[str, ...]
    shift: float

    @property
    def undecided(self) -> tuple[str, ...]:
        """Other rotamers that the energy does not tell from the chosen one."""
        return tuple(each.rotamer for each in self.candidates if not each.chosen and each.energy < UNDECIDED)

    @property
    def undecided_within(self) -> float:
        """kJ/mol below which two rotamers count as equal."""
        return UNDECIDED


@dataclass(frozen=True)
class Mutant:
    """A modelled mutant (or the wild type, prepared in the same way).

    ``model`` has standard residues, capped ends, all hydrogens of the chain; the ligand as it was, and the waters less
    those that a new side chain displaced.
    """

    name: str
    model: Model
    sites: tuple[Site, ...]
    changes: tuple[Change, ...] = ()
    unlike_wild_type: tuple[StateChange, ...] = ()
    """Titratable groups elsewhere whose state is not that of the wild type prepared in the same way."""

    @property
    def unusual_sites(self) -> tuple[Site, ...]:
        """Titratable groups that are not in the state that they have free in water."""
        return tuple(site for site in self.sites if site.unusual)


def mutate(
    model: Model,
    mutations: Sequence[str] | str,
    *,
    ph: float = PH,
    seed: int = 1,
    relax_around: Sequence[int] = (),
    smiles: dict[str, str] | None = None,
    rotamers: dict[str, str] | None = None,
) -> Mutant:
    """Model a mutant; with no mutations, the wild type prepared in the same way.

    Parameters
    ----------
    model
        One chain, as :func:`.read.read_model` gives it.
    mutations
        ``"L1196M"``, ``["L1196M", "G1202R"]``, ``"L1196M+G1202R"``; none for the wild type.
    ph
        At which titratable groups get or lose their protons.
    seed
        Of the first positions of new hydrogens; the search itself draws nothing at random.
    relax_around
        Residue numbers around which the model is relaxed besides the changed ones: those of the mutant, when its wild
        type is prepared for comparison.
    smiles
        Bond orders of ligands by residue name, where they are not packaged. One without is felt by its shape alone.
    rotamers
        Rotamers to take, whatever their energy, by the substitution's name: ``{"L1196M": "mtm"}``.

    Raises
    ------
    InputError
        A name that is no substitution, a residue that is not in the structure, another wild-type residue there, a
        residue without parameters, bond orders of a ligand that is not there, a rotamer that the new residue has not.
    """
    substitutions = parse_mutations(mutations)
    check_against(model, substitutions)
    check_smiles(model, smiles)
    _check_rotamers(substitutions, rotamers or {})
    for number in relax_around:
        seen_residue(model, number)
    prepared, built = completed(model)
    notes = _proline_notes(prepared, substitutions)
    changed = _substituted(prepared, substitutions)
    sites = titratable_sites(changed, ph)
    unlike: tuple[StateChange, ...] = ()
    if substitutions:
        mutated = {each.number for each in substitutions}
        unlike = state_changes(prepared, titratable_sites(prepared, ph), changed, sites, mutated)
        if unlike:
            notes.append(f"Protonation differs from the wild type: {', '.join(str(each) for each in unlike)}.")
    protonated = with_hydrogens(changed, sites, seed)
    p = parameters_of(protonated, smiles)
    numbers = {residue.number: place for place, residue in enumerate(p.order) if residue.kind == "protein"}
    new = [numbers[each.number] for each in substitutions]
    incomplete = [place for place, each in enumerate(p.order) if each.kind == "protein" and each.label in built]
    asked = _asked(substitutions, numbers, rotamers or {})
    x, crowding, found = _placed(p, p.start, new, [place for place in incomplete if place not in new], asked)
    around = [*new, *(numbers[number] for number in relax_around)]
    if around:
        x = _relaxed(p, x, around)
    final, displaced = _without_displaced_waters(_with_positions(protonated, p, x), substitutions)
    if displaced:
        notes.append(f"Waters displaced by new side chains were left out: {', '.join(displaced)}.")
    changes = []
    for each, place in zip(substitutions, new, strict=True):
        residue = final.residue(each.number)
        candidates, neighbours = found[place]
        chis = tuple(round(chi, 1) for chi in chis_of(residue))
        rotamer = nearest_rotamer(residue.name, chis)
        # Relaxing everything together may still have turned the chosen one.
        candidates = merged([replace(one, rotamer=rotamer) if one.chosen else one for one in candidates])
        if place in asked and rotamer != asked[place]:
            notes.append(f"{each.name}: rotamer {asked[place]}, as asked for, relaxed to {rotamer}.")
        changes.append(
            Change(
                name=each.name,
                number=each.number,
                rotamer=rotamer,
                chis=chis,
                strain=strain_of(p, x, place),
                clashes_before=clashes_of(_with_positions(protonated, p, crowding[place]), {residue.key}),
                clashes_after=clashes_of(final, {residue.key}),
                candidates=candidates,
                neighbours=neighbours,
                shift=_largest_shift(p, p.start, x, new, incomplete),
            )
        )
    return Mutant(name_of(substitutions), final.with_residues(final.residues, *notes), sites, tuple(changes), unlike)


def _substituted(model: Model, substitutions: Sequence[Substitution]) -> Model:
    wanted = {each.number: each.alternative for each in substitutions}
    residues = [
        with_side_chain(each, wanted[each.number]) if each.kind == "protein" and each.number in wanted else each
        for each in model.residues
    ]
    return model.with_residues(residues)


def _check_rotamers(substitutions: Sequence[Substitution], rotamers: dict[str, str]) -> None:
    known = {each.name: each for each in substitutions}
    for name, rotamer in rotamers.items():
        if name not in known:
            wild_type = "none: the wild type has no mutation"
            expected = f"one of the mutations: {', '.join(known)}" if known else wild_type
            raise InputError(f"a rotamer is asked for {name}", expected=expected)
        names = choosable_rotamers(known[name].alternative)
        if rotamer not in names:
            raise InputError(
                f"{name}: {known[name].alternative} has no such rotamer",
                found=rotamer,
                expected=f"one of {', '.join(names)}" if names else "no --rotamer: it has none to choose from",
            )


def _asked(substitutions: Sequence[Substitution], numbers: dict[int, int], rotamers: dict[str, str]) -> dict[int, str]:
    return {numbers[each.number]: rotamers[each.name] for each in substitutions if each.name in rotamers}


def _placed(
    p: Parameters, x: Floats, new: list[int], incomplete: list[int], asked: dict[int, str]
) -> tuple[Floats, dict[int, Floats], dict[int, tuple[tuple[Candidate, ...], tuple[str, ...]]]]:
    """Relax the hydrogens, then place incomplete side chains, then the new ones; twice where new ones can meet.

    Returns the positions, those of the best-fitting rotamer of each new residue before anything moved, and what was
    tried.
    """
    absent = np.zeros(len(x), dtype=bool)
    for place in (*new, *incomplete):
        absent |= side_chain(p, place, beyond_cb=True)
    x = _relaxed_hydrogens(p, x, absent)
    for place in incomplete:
        absent &= p.residue_of != place
        _, positions, _ = scored_rotamers(p, x, place, absent)[0]
        x = x.copy()
        x[p.residue_of == place] = positions
    crowding: dict[int, Floats] = {}
    found: dict[int, tuple[tuple[Candidate, ...], tuple[str, ...]]] = {}
    for place in new:
        absent &= p.residue_of != place
        stiff = x.copy()
        stiff[p.residue_of == place] = scored_rotamers(p, x, place, absent)[0][1]
        crowding[place] = stiff
        x, candidates, neighbours = place_side_chain(p, x, place, without=absent, only=asked.get(place, ""))
        found[place] = (candidates, neighbours)
    for place in new[:-1]:
        # Those placed first did not know of the later ones.
        if any(_meet(p, x, place, other) for other in new[new.index(place) + 1 :]):
            x, candidates, neighbours = place_side_chain(p, x, place, only=asked.get(place, ""))
            found[place] = (candidates, tuple(dict.fromkeys((*found[place][1], *neighbours))))
    return x, crowding, found


def _meet(p: Parameters, x: Floats, one: int, other: int) -> bool:
    first, second = x[p.residue_of == one], x[p.residue_of == other]
    return bool((np.linalg.norm(first[:, None] - second[None], axis=2) < 0.8).any())


def _relaxed_hydrogens(p: Parameters, x: Floats, absent: np.ndarray) -> Floats:
    """Hydrogens and caps of the whole chain relaxed, every other atom where it was."""
    caps = np.array([residue.kind == "cap" for residue in p.order])[p.residue_of]
    free = (p.hydrogen | caps) & ~p.rigid & ~absent
    region = region_of(p, ~absent, free, x, solvent=False, cutoff=0.9)
    return region.minimise(x, HYDROGEN_STEPS)[0]


def _relaxed(p: Parameters, x: Floats, around: list[int]) -> Floats:
    """The surroundings of the changed residues relaxed together, backbones restrained to where they were seen."""
    points = x[np.isin(p.residue_of, around)]
    # The model has the ligand as it was seen: only its hydrogens give way here.
    free = moving(p, near(p, x, points, FREE)) & ~(p.ligand & ~p.hydrogen)
    inside = felt(p, x, points, INSIDE, free)
    return region_of(p, inside, free, p.start, restrained=seen(p) & free).minimise(x, LAST_STEPS)[0]


def _with_positions(model: Model, p: Parameters, x: Floats) -> Model:
    moved = {
        id(residue): 10.0 * x[p.residue_of == place]
        for place, residue in enumerate(p.order)
        if residue.kind in ("protein", "cap")
    }
    return replace(
        model,
        residues=tuple(
            replace(each, positions=moved[id(each)]) if id(each) in moved else each for each in model.residues
        ),
    )


def _without_displaced_waters(model: Model, substitutions: Sequence[Substitution]) -> tuple[Model, list[str]]:
    new = [model.residue(each.number) for each in substitutions]
    heavy = [each.positions[each.heavy()] for each in new]
    if not heavy:
        return model, []
    points = np.concatenate(heavy)
    gone = [
        water for water in model.waters if np.linalg.norm(points - water.positions[0], axis=1).min() < WATER_TOO_NEAR
    ]
    kept = [each for each in model.residues if not any(each is water for water in gone)]
    return replace(model, residues=tuple(kept)), [water.label for water in gone]


def _largest_shift(p: Parameters, start: Floats, x: Floats, new: list[int], incomplete: list[int]) -> float:
    others = ~p.hydrogen & ~p.rigid & ~np.isin(p.residue_of, [*new, *incomplete])
    others &= np.array([residue.kind == "protein" for residue in p.order])[p.residue_of]
    # A chain of changed residues alone has no other that could move.
    return round(float(10 * np.linalg.norm(x[others] - start[others], axis=1).max(initial=0.0)), 2)


def _proline_notes(model: Model, substitutions: Sequence[Substitution]) -> list[str]:
    notes = []
    for each in substitutions:
        if each.alternative != "PRO":
            continue
        residue = model.residue(each.number)
        phi = _phi(model, residue)
        if phi is not None and not PROLINE_PHI[0] <= phi <= PROLINE_PHI[1]:
            notes.append(
                f"{each.name}: phi of residue {each.number} is {phi:.0f} degrees, where prolines are "
                f"rare ({PROLINE_PHI[0]:.0f} to {PROLINE_PHI[1]:.0f}): the backbone would have to change, which is not "
                "modelled."
            )
        if partner := _backbone_acceptor(model, residue):
            notes.append(
                f"{each.name}: proline has no N-H; the backbone hydrogen bond of {residue.label} to {partner} is lost."
            )
    return notes


def _phi(model: Model, residue: Residue) -> float | None:
    place = model.index_of(*residue.key)
    before = model.residues[place - 1] if place else None
    if before is None or not before.has("C"):
        return None
    return dihedral(before.at("C"), residue.at("N"), residue.at("CA"), residue.at("C"))


def _backbone_acceptor(model: Model, residue: Residue) -> str:
    for other in model.protein:
        apart = abs(other.number - residue.number)
        if apart > 1 and other.has("O") and np.linalg.norm(other.at("O") - residue.at("N")) < 3.3:
            return f"O of {other.label}"
    return ""
