"""The folder of a comparison: tables, models, pictures, page."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path

from kinescape import __version__
from kinescape.files import write_text
from kinescape.output_folder import output_folder
from kinescape.structure.chemistry import smiles_of
from kinescape.structure.compare import State, differences_of
from kinescape.structure.figures import draw_map, draw_overlay
from kinescape.structure.holding import has_alternatives, held_differences, key_of
from kinescape.structure.ligand_picture import ligand_svg
from kinescape.structure.tell import remarks_of
from kinescape.structure.viewer import viewer_available, viewer_page
from kinescape.structure.write_pdb import write_pdb


def write_comparison(
    folder: Path, states: Sequence[State], ligand: str, source: str, smiles: dict[str, str] | None = None
) -> list[str]:
    """Write everything; the names of the files, in the order in which they are worth opening.

    ``differences.tsv`` and ``contacts.tsv`` (one row per contact), ``network.tsv`` (where one was asked for),
    ``models/STATE.pdb``, ``ligand-STATE.svg``, ``map.svg``, ``overlay-MUTANT.png``, ``view.html``, ``states.json``.
    Where some states are models of undecided rotamers, ``differences.tsv`` has the columns ``state``,
    ``models_with_this`` and ``models`` besides (:class:`.holding.Held`).
    """
    files: list[str] = []
    with output_folder(folder, "structure interactions") as place:
        if viewer_available():
            write_text(place / "view.html", viewer_page(states, ligand))
            files.append("view.html")
        write_text(place / "differences.tsv", _differences(states))
        write_text(place / "contacts.tsv", _contacts(states))
        files += ["differences.tsv", "contacts.tsv"]
        if any(state.network for state in states):
            write_text(place / "network.tsv", _network(states))
            files.append("network.tsv")
        draw_map(states, place / "map.svg")
        files.append("map.svg")
        for state in states:
            drug = state.mutant.model.ligand(ligand)
            title = f"{drug.name} in {state.mutant.model.name}, {state.name}"
            picture = ligand_svg(drug, smiles_of(drug.name, smiles), state.contacts, title)
            name = state.file_name
            write_text(place / f"ligand-{name}.svg", picture)
            write_pdb(place / "models" / f"{name}.pdb", state.mutant.model, remarks_of(state.mutant, source))
            files += [f"ligand-{name}.svg", f"models/{name}.pdb"]
        for state in states[1:]:
            draw_overlay(states[0], state, ligand, place / f"overlay-{state.file_name}.png")
            files.append(f"overlay-{state.file_name}.png")
        write_text(place / "states.json", _states(states, source, ligand))
        files.append("states.json")
    return files


def _differences(states: Sequence[State]) -> str:
    header = (
        "mutant",
        "residue",
        "wild_type",
        "mutant_residue",
        "interaction",
        "wild_type_A",
        "mutant_A",
        "change",
        "outside",
    )
    found = differences_of(states)
    rows = [
        (
            each.mutant,
            str(each.number),
            each.wild_type_residue,
            each.mutant_residue,
            each.kind,
            _length(each.wild_type),
            _length(each.modelled),
            each.change,
            each.outside,
        )
        for each in found
    ]
    if not has_alternatives(states):
        return _table(header, rows)
    mutant_of = {state.name: state.of for state in states}
    held = {(each.mutant, key_of(each.difference)): each for each in held_differences(states)}
    wider: list[tuple[str, ...]] = []
    for each, row in zip(found, rows, strict=True):
        mutant = mutant_of[each.mutant]
        there = held[mutant, key_of(each)]
        wider.append((mutant, *row, str(len(there.states)), str(there.models)))
    return _table(("mutant", "state", *header[1:], "models_with_this", "models"), wider)


def _contacts(states: Sequence[State]) -> str:
    header = ("state", "residue", "interaction", "distance_A", "ligand_atoms", "residue_atoms", "via")
    rows = [
        (
            state.name,
            each.residue,
            each.kind,
            f"{each.distance:.2f}",
            " ".join(each.ligand_atoms),
            " ".join(each.residue_atoms),
            each.via,
        )
        for state in states
        for each in state.contacts
    ]
    return _table(header, rows)


def _network(states: Sequence[State]) -> str:
    header = ("state", "first", "second", "first_atom", "second_atom", "distance_A", "angle_deg", "hydrogen_bond")
    rows = [
        (
            state.name,
            each.first,
            each.second,
            each.first_atom,
            each.second_atom,
            f"{each.distance:.2f}",
            "" if each.angle is None else f"{each.angle:.0f}",
            "yes" if each.bond else "no",
        )
        for state in states
        for each in state.network
    ]
    return _table(header, rows)


def _states(states: Sequence[State], source: str, ligand: str) -> str:
    content = {
        "kinescape": __version__,
        "research_use_only": True,
        "source": source,
        "ligand": ligand,
        "states": [
            {
                "name": state.name,
                **_turned(state),
                "notes": list(state.mutant.model.notes),
                "unusual_protonation": [
                    {"residue": site.label, "state": site.state, "pka": site.pka} for site in state.mutant.unusual_sites
                ],
                "protonation_unlike_wild_type": [
                    {
                        "residue": each.label,
                        "state": each.state,
                        "pka": each.pka,
                        "wild_type_state": each.wild_type_state,
                        "wild_type_pka": each.wild_type_pka,
                    }
                    for each in state.mutant.unlike_wild_type
                ],
                "changes": [
                    {
                        "name": change.name,
                        "rotamer": change.rotamer,
                        "chis_deg": change.chis,
                        "strain_kJ_per_mol": change.strain,
                        "clashes_before": len(change.clashes_before),
                        "clashes_after": len(change.clashes_after),
                        "neighbours_in_another_rotamer": change.neighbours,
                        "largest_shift_A": change.shift,
                        "rotamers_kJ_per_mol": {each.rotamer: each.energy for each in change.candidates},
                        "undecided": change.undecided,
                    }
                    for change in state.mutant.changes
                ],
            }
            for state in states
        ],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _turned(state: State) -> dict[str, object]:
    """Of the model of an undecided rotamer: which. Nothing for the others."""
    turned = state.mutant.turned
    if turned is None:
        return {}
    return {
        "undecided_rotamer": {
            "of": turned.of,
            "residue": turned.mutation,
            "rotamer": turned.rotamer,
            "chosen": turned.chosen,
            "kJ_per_mol_above_the_chosen": turned.energy,
        }
    }


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    out = io.StringIO()
    for row in (header, *rows):
        out.write("\t".join(row) + "\n")
    return out.getvalue()


def _length(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
