"""Which titratable groups carry a proton: pKa by PROPKA, hydrogens by OpenMM."""

from __future__ import annotations

import contextlib
import io
import logging
import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from openmm import Platform
from openmm.app import Modeller

from kinescape.structure.model import Model, Residue
from kinescape.structure.openmm_bridge import quantity, topology_of, with_polymer
from kinescape.structure.write_pdb import pdb_text

PH = 7.4
"""pH of blood plasma and cytosol, and of the usual kinase assay."""

ACIDS = {"ASP": ("ASP", "ASH"), "GLU": ("GLU", "GLH"), "CYS": ("CYM", "CYS"), "TYR": ("TYR", "TYR")}
BASES = {"LYS": ("LYN", "LYS"), "HIS": ("", "HIP"), "ARG": ("ARG", "ARG")}
"""Names without and with the proton. A neutral histidine's tautomer is left to the hydrogen bonds around it."""
# ff14SB has neither a deprotonated tyrosine nor a neutral arginine; a free cysteine is never modelled as thiolate here.
CONTACT = 3.4
"""Longest distance of a hydrogen bond between heavy atoms, in ångström."""
KEPT = ("TYR", "ARG", "CYS")


@dataclass(frozen=True)
class Site:
    """A titratable group: its pKa as PROPKA has it, and the state that is modelled (``ASP``, ``ASH``, ``HIP``, ...)."""

    label: str
    residue: str
    number: int
    pka: float
    state: str
    unusual: bool
    """Whether this is not the state that the group has free in water at this pH."""


@dataclass(frozen=True)
class StateChange:
    """A group whose state as modelled in a mutant (``state``) is not the wild type's. pKa None: PROPKA has none."""

    label: str
    number: int
    state: str
    pka: float | None
    wild_type_state: str
    wild_type_pka: float | None

    def __str__(self) -> str:
        def told(pka: float | None) -> str:
            return "" if pka is None else f", pKa {pka:g}"

        return (
            f"{self.label} ({self.state}{told(self.pka)}; wild type {self.wild_type_state}{told(self.wild_type_pka)})"
        )


def state_changes(
    wild_type: Model, wild_sites: Sequence[Site], mutant: Model, sites: Sequence[Site], mutated: Collection[int]
) -> tuple[StateChange, ...]:
    """Groups, those of ``mutated`` residues left aside, whose states differ: proton, or tautomer of a histidine.

    ``wild_sites`` and ``sites`` are the :func:`titratable_sites` of the two models, before hydrogens are put on.
    """
    before = {(site.residue, site.number): site for site in wild_sites}
    after = {(site.residue, site.number): site for site in sites}
    found = []
    for residue in mutant.protein:
        if residue.number in mutated:
            continue
        key = (residue.name, residue.number)
        one, other = before.get(key), after.get(key)
        if one is None and other is None:
            continue
        states = [_modelled(model, residue, site) for model, site in ((wild_type, one), (mutant, other))]
        if states[0] != states[1]:
            pkas = [site.pka if site else None for site in (one, other)]
            found.append(StateChange(residue.label, residue.number, states[1], pkas[1], states[0], pkas[0]))
    return tuple(found)


def _modelled(model: Model, residue: Residue, site: Site | None) -> str:
    if site is not None and site.state:
        return site.state
    return tautomer(model, model.residue(*residue.key)) if residue.name == "HIS" else residue.name


def titratable_sites(model: Model, ph: float = PH) -> tuple[Site, ...]:
    """pKa of every titratable side chain, by PROPKA 3 (Olsson 2011, doi:10.1021/ct100578z), ligand included."""
    import propka.run

    kinds = ("protein", "ligand", "ion")
    with _quiet():
        molecule = propka.run.single(
            "model.pdb", ("--quiet",), stream=io.StringIO(pdb_text(model, kinds=kinds)), write_pka=False
        )
    sites: list[Site] = []
    for group in molecule.conformations["AVR"].groups:
        name = group.residue_type
        if name not in (*ACIDS, *BASES) or group.atom.type != "atom":
            continue
        place = model.index_of(int(group.atom.res_num), (group.atom.icode or "").strip())
        if place is None:
            continue
        residue = model.residues[place]
        state, unusual = _state(name, float(group.pka_value), ph)
        sites.append(Site(residue.label, name, residue.number, round(float(group.pka_value), 2), state, unusual))
    return tuple(sorted(sites, key=lambda site: site.number))


def with_hydrogens(model: Model, sites: tuple[Site, ...], seed: int = 1) -> Model:
    """The model's chain with all hydrogens, in the states that ``sites`` name. Ligands and waters stay as they are.

    Hydrogens that were there are replaced. OpenMM starts new hydrogens at random, which ``seed`` makes repeatable.
    """
    bare = model.with_residues(
        [each.only(each.heavy()) if each.kind in ("protein", "cap") else each for each in model.residues]
    )
    topology, nanometres = topology_of(bare)
    states = {(site.residue, site.number): site.state for site in sites}
    variants = [_variant(bare, residue.name, int(residue.id), states) for residue in topology.residues()]
    modeller = Modeller(topology, quantity(nanometres))
    before = random.getstate()
    random.seed(seed)
    try:
        modeller.addHydrogens(variants=variants, platform=Platform.getPlatformByName("Reference"))
    finally:
        random.setstate(before)
    from openmm import unit

    placed = np.array(modeller.positions.value_in_unit(unit.nanometer), dtype=np.float64)
    return with_polymer(bare, modeller.topology, placed)


def state_names(model: Model) -> dict[tuple[int, str], str]:
    """Force-field names of the states that a model's hydrogens show (``HID``, ``ASH``, ``LYN``, ...), by residue."""
    found: dict[tuple[int, str], str] = {}
    for residue in model.protein:
        state = _shown_state(residue)
        if state:
            found[residue.key] = state
    return found


def _shown_state(residue: Residue) -> str:
    if residue.name == "HIS":
        return {(True, True): "HIP", (True, False): "HID", (False, True): "HIE"}.get(
            (residue.has("HD1"), residue.has("HE2")), ""
        )
    for name, hydrogen, with_it in (("ASP", "HD2", "ASH"), ("GLU", "HE2", "GLH")):
        if residue.name == name:
            return with_it if residue.has(hydrogen) else name
    if residue.name == "LYS":
        return "LYS" if residue.has("HZ3") else "LYN"
    return ""


def _state(name: str, pka: float, ph: float) -> tuple[str, bool]:
    protonated = ph < pka
    if name in KEPT:
        return name, False
    if name in ACIDS:
        return ACIDS[name][protonated], protonated
    return BASES[name][protonated], protonated if name == "HIS" else not protonated


def _variant(model: Model, residue: str, number: int, states: dict[tuple[str, int], str]) -> str | None:
    if residue not in ("ASP", "GLU", "LYS", "HIS"):
        return None
    state = states.get((residue, number), "")
    if not state and residue == "HIS":
        return tautomer(model, model.residue(number))
    return state or None


def tautomer(model: Model, histidine: Residue) -> str:
    """``HID`` or ``HIE`` of a neutral histidine: the hydrogen goes where it finds acceptors and no donors.

    Oxygens within 3.4 Å of a ring nitrogen (waters left aside: they serve both) count for a hydrogen there, nitrogens
    of the backbone, of lysine and of arginine against it; where both are even the hydrogen sits on NE2, which is
    what a free histidine in water prefers (about 4:1, Reynolds 1973, doi:10.1021/ja00791a005).
    """
    scores = []
    for name in ("ND1", "NE2"):
        score = 0
        for other in model.residues:
            if (other.key == histidine.key and other.kind == "protein") or other.kind == "water":
                continue
            near = np.linalg.norm(other.positions - histidine.at(name), axis=1) < CONTACT
            for place in np.flatnonzero(near).tolist():
                score += (other.elements[place] == "O") - (other.atoms[place] in ("N", "NZ", "NE", "NH1", "NH2"))
        scores.append(score)
    return "HID" if scores[0] > scores[1] else "HIE"


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """PROPKA tells its warnings to the root logger; they are no errors and no results."""
    logger = logging.getLogger("propka")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
