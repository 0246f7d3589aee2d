"""Mutants on a real structure: :func:`mutate` is the one entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kinescape.errors import InputError
from kinescape.structure.chain_ends import completed
from kinescape.structure.clashes import clashes_of
from kinescape.structure.geometry import dihedral
from kinescape.structure.model import Model, Residue
from kinescape.structure.mutant import Change, Mutant, Turned
from kinescape.structure.mutations import Substitution, check_against, name_of, parse_mutations, seen_residue
from kinescape.structure.options import check_smiles
from kinescape.structure.parameters import Floats, Parameters, parameters_of
from kinescape.structure.place import (
    Candidate,
    Placement,
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
WATER_TOO_NEAR = 2.4
"""Å from a heavy atom of a new side chain at which a water of the crystal cannot have stayed."""
PROLINE_PHI = (-100.0, -40.0)
"""Degrees: where the phi of nearly all prolines lies (MacArthur & Thornton 1991, doi:10.1016/0022-2836(91)90721-H)."""


@dataclass(frozen=True)
class _Prepared:
    """What all models of one mutant share. ``new``, ``incomplete``, ``around``: places in ``p.order``."""

    name: str
    substitutions: tuple[Substitution, ...]
    protonated: Model
    p: Parameters
    new: list[int]
    incomplete: list[int]
    around: list[int]
    asked: dict[int, str]
    sites: tuple[Site, ...]
    unlike: tuple[StateChange, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Found:
    """What was found for one new residue: ``before`` and ``fits`` (positions of its own particles by rotamer, the
    best-fitting first) as things stood before anything moved, and where it was placed."""

    before: Floats
    fits: dict[str, Floats]
    placement: Placement
    neighbours: tuple[str, ...]


def mutate(
    model: Model,
    mutations: Sequence[str] | str,
    *,
    ph: float = PH,
    seed: int = 1,
    relax_around: Sequence[int] = (),
    smiles: dict[str, str] | None = None,
    rotamers: dict[str, str] | None = None,
    alternatives: bool = False,
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
    alternatives
        Also make a whole model of every undecided rotamer of every mutated residue
        (:attr:`.mutant.Mutant.alternatives`), one residue at a time in another rotamer, the others as chosen. A residue
        whose rotamer was asked for has none. Each begins where that rotamer was relaxed with its neighbours; only the
        last step is calculated for it.

    Raises
    ------
    InputError
        A name that is no substitution, a residue that is not in the structure, another wild-type residue there, a
        residue without parameters, bond orders of a ligand that is not there, a rotamer that the new residue has not.
    """
    substitutions = parse_mutations(mutations)
    check_against(model, substitutions)
    check_smiles(model, smiles)
    wanted = rotamers or {}
    _check_rotamers(substitutions, wanted)
    for number in relax_around:
        seen_residue(model, number)
    prepared, built = completed(model)
    notes = proline_notes(prepared, substitutions)
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
    prepared_for = _Prepared(
        name=name_of(substitutions),
        substitutions=substitutions,
        protonated=protonated,
        p=p,
        new=new,
        incomplete=[place for place in incomplete if place not in new],
        around=[*new, *(numbers[number] for number in relax_around)],
        asked={numbers[each.number]: wanted[each.name] for each in substitutions if each.name in wanted},
        sites=sites,
        unlike=unlike,
        notes=tuple(notes),
    )
    x, found = _placed(prepared_for)
    mutant = _finished(prepared_for, x, found)
    if not alternatives:
        return mutant
    others = [
        _finished(
            prepared_for,
            _turned_to(p, x, found[place], each.start, place),
            found,
            Turned(mutant.name, change.name, each.rotamer, change.rotamer, each.energy, each.start),
        )
        for change, place in zip(mutant.changes, new, strict=True)
        for each in change.undecided_candidates
    ]
    return replace(mutant, alternatives=tuple(others))


def _finished(prepared: _Prepared, x: Floats, found: dict[int, _Found], turned: Turned | None = None) -> Mutant:
    """The model of placed side chains: all relaxed together, and told."""
    p, protonated = prepared.p, prepared.protonated
    if prepared.around:
        x = _relaxed(p, x, prepared.around)
    final, displaced = _without_displaced_waters(_with_positions(protonated, p, x), prepared.substitutions)
    notes = list(prepared.notes)
    if displaced:
        notes.append(f"Waters displaced by new side chains were left out: {', '.join(displaced)}.")
    changes = []
    for each, place in zip(prepared.substitutions, prepared.new, strict=True):
        residue, at = final.residue(each.number), found[place]
        candidates, neighbours, fit = at.placement.candidates, at.neighbours, next(iter(at.fits.values()))
        chis = tuple(round(chi, 1) for chi in chis_of(residue))
        rotamer = nearest_rotamer(residue.name, chis)
        if place in prepared.asked and rotamer != prepared.asked[place]:
            notes.append(f"{each.name}: rotamer {prepared.asked[place]}, as asked for, relaxed to {rotamer}.")
        if turned is not None and turned.mutation == each.name:
            candidates, neighbours, fit = _with_chosen(candidates, turned.start), (), at.fits[turned.start]
            if rotamer != turned.rotamer:
                notes.append(f"{each.name}: the undecided rotamer {turned.rotamer} relaxed to {rotamer}.")
        # Relaxing everything together may still have turned the chosen one.
        candidates = merged([replace(one, rotamer=rotamer) if one.chosen else one for one in candidates])
        crowding = at.before.copy()
        crowding[p.residue_of == place] = fit
        changes.append(
            Change(
                name=each.name,
                number=each.number,
                rotamer=rotamer,
                chis=chis,
                strain=strain_of(p, x, place),
                clashes_before=clashes_of(_with_positions(protonated, p, crowding), {residue.key}),
                clashes_after=clashes_of(final, {residue.key}),
                candidates=candidates,
                neighbours=neighbours,
                shift=_largest_shift(p, p.start, x, prepared.new, prepared.incomplete),
            )
        )
    return Mutant(
        name=prepared.name if turned is None else turned.name,
        model=final.with_residues(final.residues, *notes),
        sites=prepared.sites,
        changes=tuple(changes),
        unlike_wild_type=prepared.unlike,
        turned=turned,
    )


def _with_chosen(candidates: Sequence[Candidate], start: str) -> tuple[Candidate, ...]:
    """The same candidates, the one that was relaxed from ``start`` chosen and first."""
    chosen = [replace(each, chosen=each.start == start) for each in candidates]
    return tuple(sorted(chosen, key=lambda each: not each.chosen))


def _turned_to(p: Parameters, x: Floats, found: _Found, start: str, place: int) -> Floats:
    """Placed side chains with that of ``place`` as it relaxed from ``start``, and its neighbours as they were then.

    Residues that have moved since, as others were placed, stand where that left them.
    """
    since = np.linalg.norm(x - found.placement.positions, axis=1) > 1e-6
    moved = np.isin(p.residue_of, np.unique(p.residue_of[since])) & (p.residue_of != place)
    return np.where((moved | p.ligand)[:, None], x, found.placement.relaxed[start])


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


def _placed(prepared: _Prepared) -> tuple[Floats, dict[int, _Found]]:
    """Relax the hydrogens, then place incomplete side chains, then the new ones; twice where new ones can meet.

    Returns the positions, and what was tried for each new residue.
    """
    p, new, asked = prepared.p, prepared.new, prepared.asked
    x = p.start
    absent = np.zeros(len(x), dtype=bool)
    for place in (*new, *prepared.incomplete):
        absent |= side_chain(p, place, beyond_cb=True)
    x = _relaxed_hydrogens(p, x, absent)
    for place in prepared.incomplete:
        absent &= p.residue_of != place
        _, positions, _ = scored_rotamers(p, x, place, absent)[0]
        x = x.copy()
        x[p.residue_of == place] = positions
    found: dict[int, _Found] = {}
    for place in new:
        absent &= p.residue_of != place
        fits = {rotamer.name: positions for rotamer, positions, _ in scored_rotamers(p, x, place, absent)}
        placement = place_side_chain(p, x, place, without=absent, only=asked.get(place, ""))
        found[place] = _Found(x, fits, placement, placement.moved)
        x = placement.positions
    for place in new[:-1]:
        # Those placed first did not know of the later ones.
        if any(_meet(p, x, place, other) for other in new[new.index(place) + 1 :]):
            placement = place_side_chain(p, x, place, only=asked.get(place, ""))
            neighbours = tuple(dict.fromkeys((*found[place].neighbours, *placement.moved)))
            found[place] = replace(found[place], placement=placement, neighbours=neighbours)
            x = placement.positions
    return x, found


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


def proline_notes(model: Model, substitutions: Sequence[Substitution]) -> list[str]:
    """What the backbone that was seen has against a proline there: its phi, a hydrogen bond of its N. Often nothing."""
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
