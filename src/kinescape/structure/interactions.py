"""What holds a ligand: its interactions with every residue by ProLIF, and water bridges by distance.

ProLIF: Bouysset & Fiorucci, J. Cheminform. 2021;13:72, doi:10.1186/s13321-021-00548-6; its own definitions and cuts are
used as they are.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kinescape.structure.chemistry import molecule_of, smiles_of
from kinescape.structure.model import Model
from kinescape.structure.rdkit_protein import protein_molecule

KINDS: dict[str, str] = {
    "HBDonor": "hydrogen bond, ligand gives",
    "HBAcceptor": "hydrogen bond, ligand takes",
    "Cationic": "salt bridge, ligand positive",
    "Anionic": "salt bridge, ligand negative",
    "PiStacking": "pi stacking",
    "CationPi": "cation-pi, ligand positive",
    "PiCation": "pi-cation, ligand's ring",
    "XBDonor": "halogen bond",
    "Hydrophobic": "hydrophobic contact",
    "VdWContact": "van der Waals contact",
}
"""ProLIF's interactions that are looked for, in words."""
WATER_BRIDGE = "water bridge"
TOUCHING = 0.5
"""Å by which spheres may fall short of touching in a van der Waals contact: ProLIF's default of 0 leaves out the
gatekeeper of the wild type, whose methyl lies 3.9 Å from crizotinib."""
BRIDGE = 3.5
"""Longest distance in ångström between a water's oxygen and the N or O on either side. The crystal has no hydrogens on
waters, so no angle is asked for."""
NEAR_LENGTH, NEAR_ANGLE = 0.3, 10.0
"""Å and degrees by which a criterion may be missed in what nearly is a contact (:func:`nearly_of`): 0.3 Å is about the
coordinate error of a 2 Å structure; 10 degrees are what 0.5 Å across do at 3 Å."""
HINGE = {"ALK": (1197, 1199), "ROS1": (2027, 2029)}
"""Residues of the hinge whose backbones bind the adenine, and most inhibitors."""


@dataclass(frozen=True)
class Contact:
    """One kind of interaction of the ligand with one residue: the shortest of its instances.

    ``distance`` in ångström, as ProLIF measures it for this kind (between heavy atoms for hydrogen bonds, centroids for
    rings); ``ligand_atoms`` and ``residue_atoms`` are PDB names. ``angles`` in degrees are those that define the kind,
    in ProLIF's order; none for kinds of distance alone.
    """

    number: int
    residue: str
    kind: str
    distance: float
    ligand_atoms: tuple[str, ...]
    residue_atoms: tuple[str, ...]
    via: str = ""
    angles: tuple[float, ...] = ()


def contacts_of(model: Model, ligand: str, smiles: dict[str, str] | None = None) -> tuple[Contact, ...]:
    """Interactions of a ligand in a model with hydrogens (:attr:`.mutate.Mutant.model`), by residue and kind.

    Raises
    ------
    InputError
        No such ligand, or its bond orders are not known.
    """
    best: dict[tuple[int, str], Contact] = {}
    for contact in _instances(model, ligand, smiles, nearly=False):
        there = best.get((contact.number, contact.kind))
        if there is None or contact.distance < there.distance:
            best[contact.number, contact.kind] = contact
    rank = {kind: number for number, kind in enumerate((*KINDS.values(), WATER_BRIDGE))}
    return tuple(sorted(best.values(), key=lambda each: (each.number, rank[each.kind])))


def nearly_of(model: Model, ligand: str, smiles: dict[str, str] | None = None) -> tuple[Contact, ...]:
    """Every pair of atoms (or rings) that is a contact, or misses its criteria by little; several per residue and kind.

    By little: each distance by up to :data:`NEAR_LENGTH`, each angle by up to :data:`NEAR_ANGLE`. It is what tells a
    contact that is gone from one whose atoms lie where they lay, just beyond a limit.

    Raises
    ------
    InputError
        As :func:`contacts_of`.
    """
    return tuple(_instances(model, ligand, smiles, nearly=True))


def _instances(model: Model, ligand: str, smiles: dict[str, str] | None, *, nearly: bool) -> Iterator[Contact]:
    residue = model.ligand(ligand)
    drug = molecule_of(residue, smiles_of(residue.name, smiles))
    protein, _ = protein_molecule(model)
    names = list(residue.only(residue.heavy()).atoms)
    # A hydrogen goes by the name of the atom that carries it.
    names += [names[atom.GetNeighbors()[0].GetIdx()] for atom in list(drug.GetAtoms())[len(names) :]]
    protein_names = [
        (atom if atom.GetSymbol() != "H" else atom.GetNeighbors()[0]).GetPDBResidueInfo().GetName().strip()
        for atom in protein.GetAtoms()
    ]
    # MDAnalysis warns of its own modules as ProLIF imports it, whatever the filters say: recorded, so not shown.
    with warnings.catch_warnings(record=True):
        from prolif.fingerprint import Fingerprint
        from prolif.molecule import Molecule

        parameters = _loosened() if nearly else {"VdWContact": {"tolerance": TOUCHING}}
        fingerprint: Any = Fingerprint(list(KINDS), parameters=parameters, count=True)
        found = fingerprint.generate(
            Molecule.from_rdkit(drug, residue.name, residue.number, model.chain),
            Molecule.from_rdkit(protein),
            metadata=True,
        )
    for (_, theirs), kinds in found.items():
        place = model.index_of(int(theirs.number))
        label = model.residues[place].label if place is not None else f"{theirs.name} {theirs.number}"
        for kind, instances in kinds.items():
            for each in instances:
                yield Contact(
                    int(theirs.number),
                    label,
                    KINDS[kind],
                    round(float(each["distance"]), 2),
                    _heavy(names, each["parent_indices"]["ligand"]),
                    _heavy(protein_names, each["parent_indices"]["protein"]),
                    angles=tuple(round(float(value), 1) for name, value in each.items() if name.endswith("angle")),
                )
    yield from _water_bridges(model, ligand, BRIDGE + NEAR_LENGTH if nearly else BRIDGE)


def _loosened() -> dict[str, dict[str, Any]]:
    """ProLIF's own criteria, each missed by as much as nearly still is."""
    from prolif.interactions import interactions

    def of(kind: str) -> dict[str, Any]:
        wider: dict[str, Any] = {}
        for name, parameter in inspect.signature(getattr(interactions, kind)).parameters.items():
            if name in ("distance", "intersect_radius"):
                wider[name] = parameter.default + NEAR_LENGTH
            elif name.endswith("angle"):
                low, high = parameter.default
                # 90 (between planes) and 180 are where angles end.
                wider[name] = (max(low - NEAR_ANGLE, 0), high if high in (90, 180) else high + NEAR_ANGLE)
        return wider

    found = {kind: of(kind) for kind in KINDS if kind not in ("PiStacking", "VdWContact")}
    found["PiStacking"] = {"ftf_kwargs": of("FaceToFace"), "etf_kwargs": of("EdgeToFace")}
    found["VdWContact"] = {"tolerance": TOUCHING + NEAR_LENGTH}
    return found


def _heavy(names: Sequence[str], indices: Sequence[int]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names[index] for index in indices))


def _water_bridges(model: Model, ligand: str, most: float) -> list[Contact]:
    drug = model.ligand(ligand)
    own = [n for n, symbol in enumerate(drug.elements) if symbol in ("N", "O")]
    best: dict[int, Contact] = {}
    for water in model.waters:
        oxygen = water.positions[0]
        if not own:
            break
        to_drug = np.linalg.norm(drug.positions[own] - oxygen, axis=1)
        if to_drug.min() > most:
            continue
        for residue in model.protein:
            polar = [n for n, symbol in enumerate(residue.elements) if symbol in ("N", "O")]
            distances = np.linalg.norm(residue.positions[polar] - oxygen, axis=1)
            if distances.min() > most:
                continue
            length = round(float(max(to_drug.min(), distances.min())), 2)
            if residue.number in best and best[residue.number].distance <= length:
                continue
            best[residue.number] = Contact(
                residue.number,
                residue.label,
                WATER_BRIDGE,
                length,
                (drug.atoms[own[int(to_drug.argmin())]],),
                (residue.atoms[polar[int(distances.argmin())]],),
                via=water.label,
            )
    return list(best.values())
