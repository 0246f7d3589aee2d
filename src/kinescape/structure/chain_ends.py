"""Gaps and ends of a chain: residues that were not seen are not invented, and what is left is closed off by caps.

A capped end (acetyl before, N-methyl amide after) is neutral and goes on as the chain would: an end of a gap or of a
crystallised domain is no end of the protein, and a charge there would be an artefact.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kinescape.errors import InputError
from kinescape.structure.geometry import Points, dihedral, place_atom
from kinescape.structure.model import Model, Residue
from kinescape.structure.residues import BACKBONE, LETTERS, MODIFIED, standard_name
from kinescape.structure.sidechain import side_chain_atoms, with_side_chain

# Peptide geometry: Engh RA, Huber R, Acta Cryst. 1991;A47:392, Table 3. Ångström and degrees.
C_N, N_CA, CA_C, C_O = 1.329, 1.458, 1.525, 1.231
CA_C_N, C_N_CA, CA_C_O = 116.2, 121.7, 120.8


def completed(model: Model) -> tuple[Model, tuple[str, ...]]:
    """The model with standard residues only, whole side chains, and capped ends.

    Stubs (residues without CA or C: an N that just shows in the density) are left out, modified residues become
    their parents, side chains that were not seen to the end are built anew from templates (their place is to be
    decided by :mod:`.place`); hydrogens are kept.

    Returns
    -------
    Model
        With notes on all that was done.
    tuple[str, ...]
        Labels of the residues whose side chains were built.

    Raises
    ------
    InputError
        A residue of the chain that is no amino acid of a force field and has no known parent.
    """
    notes: list[str] = []
    residues: list[Residue] = []
    stubs: list[Residue] = []
    built: list[str] = []
    for residue in model.residues:
        if residue.kind != "protein":
            residues.append(residue)
            continue
        if not residue.has("N", "CA", "C"):
            stubs.append(residue)
            residues.append(residue)
            continue
        whole, note = _whole(residue)
        if note:
            notes.append(note)
            built.append(whole.label)
        residues.append(whole)
    if stubs:
        shown = ", ".join(f"{stub.label} ({' '.join(stub.atoms)})" for stub in stubs)
        notes.append(f"Residues seen in fragments only count as not resolved: {shown}.")
    capped, ends = _capped(replace(model, residues=tuple(residues)))
    if ends:
        notes.append(
            "Gaps and ends are closed with neutral caps (ACE, NME); residues that were not seen are not built: "
            + ", ".join(ends)
            + "."
        )
    return model.with_residues(capped, *notes), tuple(built)


def _whole(residue: Residue) -> tuple[Residue, str]:
    name = standard_name(residue.name)
    if name is None:
        raise InputError(
            f"residue {residue.name} {residue.number} of the chain is no amino acid that a force field knows",
            expected="one of the twenty, or a modified one with a known parent (MSE, SEP, TPO, PTR, ...)",
        )
    note = ""
    if residue.name not in LETTERS and residue.name in MODIFIED:
        missing = "" if residue.name == "MSE" else "; the modification is left out"
        note = f"{residue.name} {residue.number} is modelled as {name}{missing}."
        if residue.name == "MSE":
            return _selenium_to_sulfur(residue), note
        return with_side_chain(residue, name), note
    residue = residue if residue.name == name else replace(residue, name=name)
    residue = _with_oxygen(residue)
    missing_atoms = [atom for atom in side_chain_atoms(name) if atom not in residue.atoms]
    extra = [
        atom
        for atom, heavy in zip(residue.atoms, residue.heavy(), strict=True)
        if heavy and atom not in (*BACKBONE, "OXT", *side_chain_atoms(name))
    ]
    if extra:
        raise InputError(f"{name} {residue.number} has atoms that {name} does not have", found=" ".join(extra))
    if missing_atoms:
        return with_side_chain(
            residue, name
        ), f"{residue.label}: {' '.join(missing_atoms)} were not seen and are built."
    return residue, ""


def _selenium_to_sulfur(residue: Residue) -> Residue:
    atoms = tuple("SD" if atom == "SE" else atom for atom in residue.atoms)
    elements = tuple("S" if symbol == "Se" else symbol for symbol in residue.elements)
    return replace(residue, name="MET", atoms=atoms, elements=elements)


def _with_oxygen(residue: Residue) -> Residue:
    if residue.has("O"):
        return residue
    oxygen = place_atom(residue.at("N"), residue.at("CA"), residue.at("C"), C_O, CA_C_O, 0.0)
    return replace(
        residue,
        atoms=(*residue.atoms, "O"),
        elements=(*residue.elements, "O"),
        positions=np.vstack([residue.positions, oxygen]),
        b_factors=(*residue.b_factors, 0.0) if residue.b_factors else (),
    )


def _capped(model: Model) -> tuple[list[Residue], list[str]]:
    """All residues with caps in place of stubs and at open ends, and where they stand, in words."""
    stubs = {residue.key: residue for residue in model.protein if not residue.has("N", "CA", "C")}
    whole = replace(
        model, residues=tuple(each for each in model.residues if each.key not in stubs or each.kind != "protein")
    )
    chains: list[Residue] = []
    ends: list[str] = []
    segments = whole.segments()
    obstacles = np.concatenate([each.positions[each.heavy()] for each in whole.residues if each.kind != "water"])
    for number, places in enumerate(segments):
        members = [whole.residues[place] for place in places]
        first, last = members[0], members[-1]
        if first.kind == "protein" and not _charged_start(first):
            members.insert(0, _acetyl(first, stubs.get((first.number - 1, "")), obstacles))
        if last.kind == "protein" and not last.has("OXT"):
            members.append(_methyl_amide(last, stubs.get((last.number + 1, ""))))
            obstacles = np.vstack([obstacles, members[-1].positions])
        chains += members
        if number:
            before = whole.residues[segments[number - 1][-1]]
            ends.append(f"{before.label} to {first.label}")
    others = [each for each in whole.residues if each.kind not in ("protein", "cap")]
    return [*chains, *others], ends


def _charged_start(residue: Residue) -> bool:
    """Whether the N-terminus is a real one: residue 1, or all hydrogens of an ammonium are there."""
    return residue.number == 1 or residue.has("H2", "H3") or residue.has("HT2", "HT3")


def _acetyl(residue: Residue, stub: Residue | None, obstacles: Points) -> Residue:
    n, ca, c = residue.at("N"), residue.at("CA"), residue.at("C")
    best: tuple[float, list[Points]] | None = None
    for phi in range(-180, 180, 10):
        # Dihedral C-CA-N-C(acetyl) is phi of the residue; the freest direction is taken.
        carbon = place_atom(c, ca, n, C_N, C_N_CA, float(phi))
        methyl = place_atom(ca, n, carbon, CA_C, CA_C_N, 180.0)
        oxygen = place_atom(ca, n, carbon, C_O, 180.0 * 2 - CA_C_N - CA_C_O, 0.0)
        atoms = [methyl, carbon, oxygen]
        distances = np.linalg.norm(obstacles[:, None] - np.array(atoms)[None], axis=2)
        # The cap's own residue is always near; what counts is the number of close contacts beyond it.
        crowding = float(np.sum(np.clip(3.6 - distances, 0.0, None) ** 2))
        if best is None or crowding < best[0]:
            best = (crowding, atoms)
    assert best is not None  # noqa: S101 - 36 directions were tried
    number = stub.number if stub else residue.number - 1
    return Residue("cap", "ACE", number, "", ("CH3", "C", "O"), ("C", "C", "O"), np.array(best[1]), (0.0,) * 3)


def _methyl_amide(residue: Residue, stub: Residue | None) -> Residue:
    o, ca, c = residue.at("O"), residue.at("CA"), residue.at("C")
    if stub is not None and stub.has("N"):
        nitrogen = stub.at("N")
    else:
        nitrogen = place_atom(residue.at("N"), ca, c, C_N, CA_C_N, dihedral(residue.at("N"), ca, c, o) + 180.0)
    methyl = place_atom(ca, c, nitrogen, N_CA, C_N_CA, 180.0)
    number = stub.number if stub else residue.number + 1
    return Residue("cap", "NME", number, "", ("N", "C"), ("N", "C"), np.array([nitrogen, methyl]), (0.0,) * 2)
