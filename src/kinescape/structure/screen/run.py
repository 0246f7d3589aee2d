"""A screen: many mutations of one structure, side by side, each row kept as soon as it is there."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kinescape import __version__
from kinescape.errors import InputError, KinescapeError
from kinescape.files import sha256_of
from kinescape.structure import pocket as settings_of_pocket
from kinescape.structure.dynamics.replica import held_folder
from kinescape.structure.ligands.parameters import LigandParameters
from kinescape.structure.model import Model
from kinescape.structure.mutate import proline_notes
from kinescape.structure.mutations import Substitution, check_against, name_of, parse_mutations
from kinescape.structure.screen import compare as settings_of_compare
from kinescape.structure.screen import energies as settings_of_energies
from kinescape.structure.screen import freedom as settings_of_freedom
from kinescape.structure.screen import replicates as settings_of_replicates
from kinescape.structure.screen.compare import REPLICATES, compare
from kinescape.structure.screen.pieces import calculate
from kinescape.structure.screen.prepare import Prepared, prepare
from kinescape.structure.screen.table import Row, empty_row, kept_rows, row_of, write_rows

Say = Callable[[str], None]
TABLE = "screen.tsv"


@dataclass(frozen=True)
class Site:
    """A structure with a ligand: where a drug or a nucleotide binds."""

    path: Path
    model: Model
    ligand: str
    parameters: LigandParameters | None = None
    place: LigandParameters | None = None


@dataclass(frozen=True)
class Request:
    """What is to be screened. ``nucleotide`` is the kinase with ADP or ATP, if there is such a structure."""

    drug: Site
    mutations: tuple[str, ...]
    nucleotide: Site | None = None
    replicates: int = REPLICATES
    seed: int = 1
    processes: int = 2


def run_screen(request: Request, out: Path, say: Say = lambda _: None) -> list[Row]:
    """Screen all mutations and write ``OUT/screen.tsv``.

    Rows that an earlier run with the same settings finished are kept: those of mutations that are not asked for now
    stand at the table's end. Mutations whose residue the structure does not have get a row that says so, if there are
    others. Numbers depend on the seed, never on the number of processes.

    Returns
    -------
    list
        The rows of the mutations that were asked for, in their order.

    Raises
    ------
    InputError
        A name that is no substitution, a wrong reference residue, no mutation whose residue is there, no such ligand,
        no parameters, a table of other settings in ``out``, another process that works there; nothing is written.
    """
    if request.replicates < 2:
        raise InputError("an interval needs replicates", found=request.replicates, expected="at least 2")
    wanted = {name_of(each): each for each in (parse_mutations(name) for name in request.mutations)}
    wanted.pop("WT", None)
    if not wanted:
        raise InputError("no mutation to screen", expected="names such as L1196M, several separated by commas")
    refused = {name: reason for name, each in wanted.items() if (reason := not_modellable(request, each))}
    if len(refused) == len(wanted):
        reasons = "; ".join(reason.removeprefix("not modellable: ") for reason in refused.values())
        raise InputError(f"no mutation can be modelled: {reasons}", expected="residues that the structure shows")
    settings = fingerprint(request)
    # Two processes would each write the table without the other's rows.
    with held_folder(out, "screen", TABLE, lambda: kept_rows(out / TABLE, settings)):
        return _run_held(request, out / TABLE, settings, wanted, refused, say)


def _run_held(
    request: Request,
    path: Path,
    settings: str,
    wanted: Mapping[str, Sequence[Substitution]],
    refused: Mapping[str, str],
    say: Say,
) -> list[Row]:
    """:func:`run_screen` in a folder that no other process writes to. ``refused``: why a mutation is not modellable."""
    label = label_of(request.drug)
    kept = kept_rows(path, settings)
    rows = {name: row for name, row in kept.items() if name in wanted}
    unasked = [row for name, row in kept.items() if name not in wanted]
    rows |= {name: empty_row(name, label, reason) for name, reason in refused.items()}
    for name, each in wanted.items():
        for note in proline_notes(request.drug.model, each) if name not in refused else ():
            say(f"note: {note}")
    todo = {name: each for name, each in wanted.items() if name not in rows}
    if rows:
        say(f"kept: {len(rows) - len(refused)}, not modellable: {len(refused)}, to do: {len(todo)}")
    if unasked:
        say(f"{path} keeps finished rows that are not asked for now: {', '.join(row['mutation'] for row in unasked)}")

    def in_order() -> list[Row]:
        return [rows[name] for name in wanted if name in rows]

    if not todo:
        write_rows(path, settings, in_order() + unasked)
        return in_order()
    sites = [prepared_site(site, request.seed, say) for site in (request.drug, request.nucleotide) if site is not None]
    write_rows(path, settings, in_order() + unasked)

    def found(name: str, row: Row) -> None:
        rows[name] = row
        write_rows(path, settings, in_order() + unasked)
        say(f"{len(rows)}/{len(wanted)} {name}: {_shown(row)}")

    calculate(sites, todo, request.replicates, request.seed, request.processes, found)
    return in_order()


def fingerprint(request: Request) -> str:
    """Checksum of all that the numbers depend on."""
    parts: list[str] = [__version__, str(request.replicates), str(request.seed)]
    modules = (
        settings_of_pocket,
        settings_of_compare,
        settings_of_energies,
        settings_of_replicates,
        settings_of_freedom,
    )
    for module in modules:
        parts += [f"{name}={getattr(module, name)}" for name in sorted(vars(module)) if name.isupper()]
    for site in (request.drug, request.nucleotide):
        if site is not None:
            parts += [sha256_of(site.path), site.model.chain, site.ligand.upper()]
            parts += [each.xml + each.smiles if each else "" for each in (site.parameters, site.place)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def label_of(site: Site) -> str:
    """Residue name of the drug as it stands in the table."""
    return str(site.place.record.get("residue", "LIG")) if site.place else site.ligand.upper()


def not_modellable(request: Request, substitutions: Sequence[Substitution]) -> str:
    """Why a mutation cannot be modelled on the structures; empty where it can.

    Raises
    ------
    InputError
        The residue is there and is not what the mutation's name says.
    """
    for site in (request.drug, request.nucleotide):
        if site is None:
            continue
        there = {each.number for each in site.model.protein if each.has("N", "CA", "C")}
        missing = [each.name for each in substitutions if each.number not in there]
        if missing:
            return f"not modellable: {', '.join(missing)} lies in a part that {site.model.name} does not show"
        check_against(site.model, substitutions)
    return ""


def prepared_site(site: Site, seed: int, say: Say) -> Prepared:
    """The wild type that the rows of a site start from; same errors as :func:`.prepare.prepare`."""
    say(f"preparing {site.model.name} with {site.ligand}")
    found = prepare(site.model, site.ligand, parameters=site.parameters, place=site.place, seed=seed)
    for note in found.notes:
        say(note)
    return found


def calculated_row(
    sites: Sequence[Prepared], name: str, substitutions: Sequence[Substitution], replicates: int, seed: int
) -> Row:
    """One row: the drug's site, and the nucleotide's if there is a second. What cannot be calculated is a failed row.

    Raises
    ------
    InputError
        A wrong reference residue.
    """
    start, used = time.monotonic(), time.process_time()
    try:
        found = [compare(each.model, each.ligand, substitutions, replicates=replicates, seed=seed) for each in sites]
    except InputError:
        raise
    except KinescapeError as problem:
        return empty_row(name, sites[0].ligand.residue_name, f"failed: {problem}")
    seconds = (time.monotonic() - start, time.process_time() - used)
    notes = proline_notes(sites[0].seen, substitutions)
    return row_of(found[0], sites[0].pose, seconds, found[1] if len(found) > 1 else None, notes)


def _shown(row: Row) -> str:
    if row["status"] != "done":
        return row["status"]
    return f"{row['delta_interaction_kcal']} [{row['ci_low']}, {row['ci_high']}] kcal/mol, {row['seconds']} s"
