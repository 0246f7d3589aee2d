"""The modelling claims on real structures, where they are at hand: a quick model for each that one can speak to.

Dynamics are left to ``kinescape structure simulate``: the paper's 5 ns in explicit solvent take a day or more per run
without a GPU, and a single run of each kind would be no comparison.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kinescape.errors import KinescapeError
from kinescape.reproduce.verdict import Finding, judged, untestable

FOLDER, SCREEN, CONTACTS = "structures", "screen", "contacts"
SUFFIXES = (".pdb", ".cif", ".ent")
NEEDED = ("openmm", "pdbfixer", "MDAnalysis", "prolif", "rdkit")
NOT_GIVEN = "No structure was given: --structures DIR with 2xp2, 3lct, 4cli (kinescape structure fetch 2XP2 3LCT 4CLI)."
NOT_INSTALLED = "Molecular models need the extra: pip install 'kinescape[structure]'."
CRIZOTINIB, LORLATINIB, ADP = "VGH", "5P8", "ADP"
NETWORK = (("Y", 1237), ("H", 1247), ("D", 1270))

Say = Callable[[str], None]


@dataclass(frozen=True)
class Tools:
    """What the models are made with."""

    processes: int
    say: Say


def structure_file(folder: Path, entry: str) -> Path | None:
    """The file of an entry in a folder, whatever its capitals and suffix."""
    found = sorted(path for path in folder.iterdir() if path.stem.lower() == entry and path.suffix.lower() in SUFFIXES)
    return found[0] if found else None


def models(structures: Path | None, out: Path, processes: int, say: Say) -> tuple[dict[str, Finding], str]:
    """Findings by claim, and why there are none where there are none."""
    if structures is None:
        return {}, NOT_GIVEN
    if any(importlib.util.find_spec(name) is None for name in NEEDED):
        return {}, NOT_INSTALLED
    found: dict[str, Finding] = {}
    for claim, entry, make in (
        ("M01", "2xp2", _hinge),
        ("M03", "3lct", _network),
        ("M04", "4cli", _gatekeeper),
        ("M05", "3lct", _nucleotide),
    ):
        path = structure_file(structures, entry)
        if path is None:
            found[claim] = untestable("not run", f"{entry.upper()} is not among the structures given.")
            continue
        say(f"{claim}: {path.name}")
        try:
            found[claim] = make(path, out / FOLDER / claim, Tools(processes, say))
        except KinescapeError as problem:
            found[claim] = untestable("not modelled", str(problem))
    found["M02"] = untestable(
        "not run", "A comparison of dynamics needs replicas of 5 ns each: kinescape structure simulate, on a GPU."
    )
    return found, "not modelled"


def _screened(path: Path, ligand: str, mutation: str, folder: Path, tools: Tools) -> dict[str, str]:
    from kinescape.structure.screen.request import site_of
    from kinescape.structure.screen.run import Request, fingerprint, run_screen

    request = Request(site_of(path, None, ligand), (mutation,), processes=tools.processes)
    # A folder for each settings: a screen refuses the table of others, such as another version's.
    rows = run_screen(request, folder / fingerprint(request), lambda text: tools.say(f"  {text}"))
    (row,) = [row for row in rows if row["mutation"] == mutation]
    return dict(row)


def _hinge(path: Path, folder: Path, tools: Tools) -> Finding:
    from kinescape.structure.compare import states_of
    from kinescape.structure.read import read_model
    from kinescape.structure.report import write_comparison

    row = _screened(path, CRIZOTINIB, "L1198R", folder / SCREEN, tools)
    if not (folder / CONTACTS).exists():
        states = states_of(
            read_model(path), CRIZOTINIB, ["L1198R"], progress=lambda name: tools.say(f"  contacts, {name}")
        )
        write_comparison(folder / CONTACTS, states, CRIZOTINIB, path.name)
    low, change, high = (float(row[name]) for name in ("ci_low", "delta_interaction_kcal", "ci_high"))
    ours = f"interaction with crizotinib {change:+.1f} kcal/mol ({low:+.1f} to {high:+.1f})"
    note = (
        "Weaker is a positive change. A static model with the ligand near its crystal place: how far the piperidine "
        "moves out "
        "takes dynamics. The score does not rank Table 2 better than chance (docs/structure-screen.md)."
    )
    return judged(low > 0, ours, note)


def _network(path: Path, folder: Path, tools: Tools) -> Finding:
    from kinescape.structure.compare import states_of
    from kinescape.structure.read import read_model
    from kinescape.structure.report import write_comparison

    states = states_of(read_model(path), ADP, ["C1237Y"], network=NETWORK, progress=lambda name: tools.say(f"  {name}"))
    write_comparison(folder, states, ADP, path.name)
    bonds = [
        f"{pair.first}-{pair.second} {pair.distance:.1f} A{'' if pair.bond else ' (no bond)'}"
        for pair in states[1].network
    ]
    closed = {frozenset((pair.first, pair.second)) for pair in states[1].network if pair.bond}
    return judged(len(closed) >= 2, ", ".join(bonds), "A static model; the paper shows it after dynamics.")


def _gatekeeper(path: Path, folder: Path, tools: Tools) -> Finding:
    from kinescape.structure.compare import differences_of, states_of
    from kinescape.structure.read import read_model
    from kinescape.structure.report import write_comparison

    states = states_of(read_model(path), LORLATINIB, ["L1196P"], progress=lambda name: tools.say(f"  {name}"))
    write_comparison(folder, states, LORLATINIB, path.name)
    here = [each for each in differences_of(states) if each.number == 1196 and "ydrophobic" in each.kind]
    ours = "; ".join(f"{each.kind}: {each.change}" for each in here) or "no hydrophobic contact of L1196 in the crystal"
    return judged(any(each.change == "lost" for each in here), ours)


def _nucleotide(path: Path, folder: Path, tools: Tools) -> Finding:
    row = _screened(path, ADP, "L1196P", folder, tools)
    low, change, high = (float(row[name]) for name in ("ci_low", "delta_interaction_kcal", "ci_high"))
    ours = f"interaction with ADP {change:+.1f} kcal/mol ({low:+.1f} to {high:+.1f})"
    return judged(
        low <= 0 <= high or abs(change) < 1.0, ours, "Not affected: within 1 kcal/mol, or not told from none."
    )
