"""What holds a ligand: its interactions with every residue by ProLIF, and water bridges by distance.

ProLIF: Bouysset & Fiorucci, J. Cheminform. 2021;13:72, doi:10.1186/s13321-021-00548-6; its own definitions and cuts are
used as they are.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
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
HINGE = {"ALK": (1197, 1199), "ROS1": (2027, 2029)}
"""Residues of the hinge whose backbones bind the adenine, and most inhibitors."""


@dataclass(frozen=True)
class Contact:
    """One kind of interaction of the ligand with one residue: the shortest of its instances.

    ``distance`` in ångström, as ProLIF measures it for this kind (between heavy atoms for hydrogen bonds, centroids for
    rings); ``ligand_atoms`` and ``residue_atoms`` are PDB names.
    """

    number: int
    residue: str
    kind: str
    distance: float
    ligand_atoms: tuple[str, ...]
    residue_atoms: tuple[str, ...]
    via: str = ""


def contacts_of(model: Model, ligand: str, smiles: dict[str, str] | None = None) -> tuple[Contact, ...]:
    """Interactions of a ligand in a model with hydrogens (:attr:`.mutate.Mutant.model`), by residue and kind.

    Raises
    ------
    InputError
        No such ligand, or its bond orders are not known.
    """
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

        fingerprint: Any = Fingerprint(list(KINDS), parameters={"VdWContact": {"tolerance": TOUCHING}})
        found = fingerprint.generate(
            Molecule.from_rdkit(drug, residue.name, residue.number, model.chain),
            Molecule.from_rdkit(protein),
            metadata=True,
        )
    contacts: list[Contact] = []
    for (_, theirs), kinds in found.items():
        for kind, instances in kinds.items():
            nearest = min(instances, key=lambda each: each["distance"])
            place = model.index_of(int(theirs.number))
            label = model.residues[place].label if place is not None else f"{theirs.name} {theirs.number}"
            contacts.append(
                Contact(
                    int(theirs.number),
                    label,
                    KINDS[kind],
                    round(float(nearest["distance"]), 2),
                    _heavy(names, nearest["parent_indices"]["ligand"]),
                    _heavy(protein_names, nearest["parent_indices"]["protein"]),
                )
            )
    contacts += _water_bridges(model, ligand)
    rank = {kind: number for number, kind in enumerate((*KINDS.values(), WATER_BRIDGE))}
    return tuple(sorted(contacts, key=lambda each: (each.number, rank[each.kind])))


def _heavy(names: Sequence[str], indices: Sequence[int]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names[index] for index in indices))


def _water_bridges(model: Model, ligand: str) -> list[Contact]:
    drug = model.ligand(ligand)
    own = [n for n, symbol in enumerate(drug.elements) if symbol in ("N", "O")]
    best: dict[int, Contact] = {}
    for water in model.waters:
        oxygen = water.positions[0]
        if not own:
            break
        to_drug = np.linalg.norm(drug.positions[own] - oxygen, axis=1)
        if to_drug.min() > BRIDGE:
            continue
        for residue in model.protein:
            polar = [n for n, symbol in enumerate(residue.elements) if symbol in ("N", "O")]
            distances = np.linalg.norm(residue.positions[polar] - oxygen, axis=1)
            if distances.min() > BRIDGE:
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
