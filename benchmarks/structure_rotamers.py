"""How well side chains are found again: taken off, put back, and compared with the crystal.

    python benchmarks/structure_rotamers.py STRUCTURES [--every N] [-o table.tsv]

STRUCTURES is a folder with 2xp2.pdb, 2yfx.pdb (ALK with crizotinib, wild type and L1196M) and 2wgj.pdb (MET with
crizotinib), as ``kinescape structure fetch 2XP2 2YFX 2WGJ`` brings them. Every ``N``-th of the residues within 10 A of
the drug whose side chain was seen whole and has something to choose is built anew from the template residue (CB where
it was seen) and placed by :func:`kinescape.structure.place.place_side_chain`, all others standing where the crystal
has them to begin with. Nothing is drawn at random. CPU time with the default: under ten minutes.

Told: chi 1, and chi 1 and 2, within 40 degrees of the crystal's; the RMSD of the side chain's heavy atoms (CB included;
half a turn of a symmetric ring or carboxylate changes nothing) after superposing the residue's N, CA and C.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from kinescape.structure.chain_ends import completed
from kinescape.structure.geometry import rmsd, superposition
from kinescape.structure.model import Model, Residue
from kinescape.structure.mutate import PH, _relaxed_hydrogens
from kinescape.structure.parameters import Parameters, parameters_of
from kinescape.structure.place import place_side_chain, residue_at, side_chain
from kinescape.structure.protonate import state_names, titratable_sites, with_hydrogens
from kinescape.structure.read import read_model
from kinescape.structure.rotamers import angle_differences, rotamers_of
from kinescape.structure.sidechain import chis_of, side_chain_atoms, with_side_chain

ENTRIES = ("2xp2", "2yfx", "2wgj")
DRUG = "VGH"
NEAR = 10.0
RIGHT = 40.0
SWAPPED = {
    "PHE": {"CD1": "CD2", "CE1": "CE2"},
    "TYR": {"CD1": "CD2", "CE1": "CE2"},
    "ASP": {"OD1": "OD2"},
    "GLU": {"OE1": "OE2"},
    "ARG": {"NH1": "NH2"},
}


def asked(model: Model, every: int, first: int) -> list[int]:
    """Numbers of the residues that are placed: every ``every``-th near the drug, from the ``first``-th on."""
    drug = model.ligand(DRUG).positions
    found = []
    for residue in model.protein:
        if residue.name == "PRO" or not rotamers_of(residue.name)[0].chis or not residue.has("N", "CA", "C"):
            continue
        names = side_chain_atoms(residue.name)
        if not residue.has(*names):
            continue
        tips = np.array([residue.at(name) for name in names])
        if np.linalg.norm(tips[:, None] - drug[None], axis=2).min() < NEAR:
            found.append(residue.number)
    return found[first::every]


def distance(placed: Residue, seen: Residue) -> float:
    """RMSD (A) of the side chain's heavy atoms on the residue's own backbone."""
    frame = ("N", "CA", "C")
    rotation, shift = superposition(
        np.array([placed.at(name) for name in frame]), np.array([seen.at(name) for name in frame])
    )
    names = side_chain_atoms(seen.name)
    ours = np.array([placed.at(name) for name in names]) @ rotation + shift
    swap = SWAPPED.get(seen.name, {})
    swap = swap | {other: name for name, other in swap.items()}
    found = [rmsd(ours, np.array([seen.at(name) for name in names]))]
    if swap:
        found.append(rmsd(ours, np.array([seen.at(swap.get(name, name)) for name in names])))
    return min(found)


def recovered(path: Path, every: int, first: int) -> list[tuple[str, ...]]:
    """One row per residue: entry, residue, rotamer energies, differences of chi 1 and 2, RMSD, CPU seconds."""
    model = read_model(path)
    numbers = asked(model, every, first)
    whole, built = completed(model)
    sites = titratable_sites(whole, PH)
    stripped = [
        with_side_chain(each, each.name) if each.kind == "protein" and each.number in numbers else each
        for each in whole.residues
    ]
    seen_whole = with_hydrogens(whole, sites)
    states = state_names(seen_whole)
    # The same tautomers in both, so that the atoms are the same.
    sites = tuple(replace(site, state=states.get((site.number, ""), site.state)) for site in sites)
    native = parameters_of(seen_whole)
    fresh = parameters_of(with_hydrogens(whole.with_residues(stripped), sites))
    rows = []
    for number in numbers:
        began = time.process_time()
        place = next(n for n, each in enumerate(fresh.order) if each.kind == "protein" and each.number == number)
        absent = side_chain(fresh, place, beyond_cb=True)
        for other, each in enumerate(fresh.order):
            if each.kind == "protein" and each.label in built:
                absent |= side_chain(fresh, other, beyond_cb=True)
        x = _laid(fresh, native)
        own = side_chain(fresh, place)
        x[own] = fresh.start[own]
        x = _relaxed_hydrogens(fresh, x, absent)
        placement = place_side_chain(fresh, x, place, without=absent)
        placed, seen = residue_at(fresh, placement.positions, place), whole.residue(number)
        off = angle_differences(seen.name, chis_of(placed), chis_of(seen))
        energies = " ".join(f"{each.rotamer}:{each.energy}" for each in placement.candidates[:4])
        rows.append(
            (
                path.stem,
                seen.label,
                energies,
                f"{off[0]:.0f}",
                f"{off[1]:.0f}" if len(off) > 1 else "",
                f"{distance(placed, seen):.2f}",
                f"{time.process_time() - began:.0f}",
            )
        )
        print("\t".join(rows[-1]), file=sys.stderr, flush=True)
    return rows


def _laid(fresh: Parameters, native: Parameters) -> np.ndarray:
    """Positions of the particles of ``fresh``, all as ``native`` has them."""
    keys = zip(native.residue_of.tolist(), native.names, strict=True)
    places = {key: number for number, key in enumerate(keys)}
    return native.start[[places[key] for key in zip(fresh.residue_of.tolist(), fresh.names, strict=True)]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("structures", type=Path)
    parser.add_argument("--every", type=int, default=10)
    parser.add_argument("-o", "--out", type=Path)
    options = parser.parse_args()
    began = time.process_time()
    rows = []
    for first, entry in enumerate(ENTRIES):
        rows += recovered(options.structures / f"{entry}.pdb", options.every, first)
    head = ("entry", "residue", "candidates", "chi1_off", "chi2_off", "rmsd", "cpu_s")
    text = "".join("\t".join(row) + "\n" for row in (head, *rows))
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    print(text, end="")
    for entry in (*ENTRIES, "all"):
        some = [row for row in rows if entry in (row[0], "all")]
        one = [float(row[3]) <= RIGHT for row in some]
        both = [float(row[3]) <= RIGHT and float(row[4]) <= RIGHT for row in some if row[4]]
        middle = statistics.median(float(row[5]) for row in some)
        print(
            f"# {entry}: chi 1 {sum(one)}/{len(one)}, chi 1+2 {sum(both)}/{len(both)}, median RMSD {middle:.2f} A, "
            f"mean {statistics.fmean(float(row[5]) for row in some):.2f} A"
        )
    print(f"# {time.process_time() - began:.0f} CPU seconds")


if __name__ == "__main__":
    main()
