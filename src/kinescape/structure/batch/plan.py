"""The plan of a batch: one line for each mutant on a structure with a ligand, and what is to be done with it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from kinescape.errors import InputError
from kinescape.structure.mutations import WILD_TYPE, name_of, parse_mutations
from kinescape.structure.screen.compare import REPLICATES
from kinescape.tables import Row, read_table

Kind = Literal["screen", "simulate"]
Asked = Literal["full", "reduced", ""]

REQUIRED = ("structure", "ligand", "mutation", "task")
FOR_BOTH = ("name", "chain", "seed", "replicas", "parameters", "smiles")
FOR_SCREENS = ("place", "atp_model", "atp_ligand")
FOR_SIMULATIONS = ("protocol", "nanoseconds", "equilibrate_ps", "frame_ps", "sites")
COLUMNS = (*REQUIRED, *FOR_BOTH, *FOR_SCREENS, *FOR_SIMULATIONS)
REPLICAS: dict[Kind, tuple[int, int]] = {"screen": (REPLICATES, 2), "simulate": (3, 1)}
"""Replicates of a screen and replicas of a simulation: how many where the plan says nothing, and the fewest."""
MOST_REPLICAS, LARGEST_SEED = 100, 2**31 - 1 - 100
LONGEST_MUTATION, LONGEST_PATH = 200, 4000
COMMAND_LINE = Path("(command line)")
"""Stands for the plan's file where the plan was given as options."""
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")
_SUFFIXES = re.compile(r"(\.(pdb|ent|cif|mmcif))?(\.gz)?$", re.IGNORECASE)


@dataclass(frozen=True)
class Task:
    """One line of a plan. Paths are absolute, because jobs start elsewhere.

    ``name`` is unique in the plan and may become a file's name. ``mutation`` is the canonical name, ``WT`` for the wild
    type. ``replicas`` are a screen's replicates or a simulation's replicas.
    """

    name: str
    kind: Kind
    structure: Path
    ligand: str
    mutation: str
    file: Path
    line: int
    chain: str | None = None
    seed: int = 1
    replicas: int = REPLICATES
    parameters: Path | None = None
    smiles: str | None = None
    place: str | None = None
    atp_model: Path | None = None
    atp_ligand: str = "ADP"
    protocol: Asked = ""
    nanoseconds: float | None = None
    equilibrate_ps: float | None = None
    frame_ps: float | None = None
    sites: tuple[int, ...] = ()
    # What the check of the plan finds out (:func:`.check.checked`).
    drug: str = ""
    """Name of the ligand by its atoms and bonds, or of the drug that is laid into its place."""
    shown_chain: str = ""
    refused: str = ""
    """Why this mutant cannot be modelled; empty where it can."""

    def error(self, problem: str, column: str, found: object = None, expected: object = None) -> InputError:
        """An error that points at this line of the plan."""
        return InputError(problem, file=self.file, line=self.line, column=column, found=found, expected=expected)


def read_plan(path: Path) -> tuple[Task, ...]:
    """Read a plan (TSV or CSV by its header). Paths are relative to the plan's folder.

    Raises
    ------
    InputError
        A column missing or unknown, a value that is not of its column's kind or not for this task, two lines of one
        name. Structures are not looked at yet: :func:`.check.checked`.
    """
    return _tasks(read_table(path, required=REQUIRED, optional=COLUMNS[len(REQUIRED) :]), path, path.parent)


def crossed(
    structures: Sequence[str], ligands: Sequence[str], mutations: Sequence[str], kind: Kind
) -> tuple[Task, ...]:
    """The plan of every mutation with every ligand on every structure.

    In simulations all arms are relaxed and cut around the places of all mutations, so that they are the same piece.
    """
    rows = []
    numbers = {each.number for name in mutations for each in parse_mutations(name)} if kind == "simulate" else set()
    sites = "+".join(str(number) for number in sorted(numbers))
    for line, (structure, ligand, mutation) in enumerate(itertools.product(structures, ligands, mutations), 1):
        cells = {"structure": structure, "ligand": ligand, "mutation": mutation, "task": kind, "sites": sites}
        rows.append(Row(COMMAND_LINE, line, cells))
    return _tasks(rows, COMMAND_LINE, Path())


def _tasks(rows: Sequence[Row], path: Path, folder: Path) -> tuple[Task, ...]:
    if not rows:
        raise InputError("has no lines", file=path, expected="one line for each mutant")
    tasks: list[Task] = []
    lines: dict[str, int] = {}
    for row in rows:
        task = _task(row, folder)
        # Names differ by case only on some file systems.
        if (first := lines.get(task.name.lower())) is not None:
            raise row.error(
                f"is {task.name} once more, first in line {first}",
                column="name" if row.cells.get("name", "").strip() else "mutation",
                expected="each line once; where settings differ, names of their own in a column 'name'",
            )
        lines[task.name.lower()] = row.line
        tasks.append(task)
    return tuple(tasks)


def _task(row: Row, folder: Path) -> Task:
    kind = cast(Kind, row.choice("task", ("screen", "simulate")))
    for column in FOR_SIMULATIONS if kind == "screen" else FOR_SCREENS:
        if row.text(column, ""):
            raise row.error(f"is nothing for task {kind}", column=column, expected="an empty cell")
    structure = _path(row, "structure") or row.text("structure")
    ligand = row.text("ligand", "" if kind == "simulate" else None).upper()
    mutation = _mutation(row, kind)
    parameters, smiles = _path(row, "parameters") or None, row.text("smiles", "") or None
    if (parameters is None) != (smiles is None):
        column = "smiles" if smiles is None else "parameters"
        raise row.error("parameters and smiles belong together", column=column, expected="both, or neither")
    usual, fewest = REPLICAS[kind]
    atp_model = _path(row, "atp_model")
    if not atp_model and row.text("atp_ligand", ""):
        raise row.error("names a nucleotide without its structure", column="atp_model", expected="a structure file")
    return Task(
        name=_name(row, kind, structure, ligand, mutation),
        kind=kind,
        structure=(folder / structure).absolute(),
        ligand=ligand,
        mutation=mutation,
        file=row.file,
        line=row.line,
        chain=row.text("chain", "") or None,
        seed=_whole(row, "seed", 1, 0, LARGEST_SEED),
        replicas=_whole(row, "replicas", usual, fewest, MOST_REPLICAS),
        parameters=(folder / parameters).absolute() if parameters else None,
        smiles=smiles,
        place=row.text("place", "") or None,
        atp_model=(folder / atp_model).absolute() if atp_model else None,
        atp_ligand=row.text("atp_ligand", "ADP").upper(),
        protocol=cast(Asked, row.choice("protocol", ("full", "reduced"), "")),
        nanoseconds=_positive(row, "nanoseconds"),
        equilibrate_ps=_positive(row, "equilibrate_ps"),
        frame_ps=_positive(row, "frame_ps"),
        sites=_sites(row),
    )


def _path(row: Row, column: str) -> str:
    """A file's name, or empty."""
    text = row.text(column, "")
    if text and (not text.isprintable() or len(text) > LONGEST_PATH):
        raise row.error("no usable file name", column=column, expected=f"a file's name of at most {LONGEST_PATH} signs")
    return text


def _mutation(row: Row, kind: Kind) -> str:
    text = row.text("mutation", WILD_TYPE if kind == "simulate" else None)
    if len(text) > LONGEST_MUTATION:
        raise row.error("too long for a mutation", column="mutation", expected=f"at most {LONGEST_MUTATION} signs")
    try:
        mutation = name_of(parse_mutations(text))
    except InputError as problem:
        raise row.error(problem.what, column="mutation", expected=problem.expected) from None
    if mutation == WILD_TYPE and kind == "screen":
        raise row.error(
            "the wild type is what every mutant of a screen is set against", column="mutation", expected="a mutation"
        )
    return mutation


def _name(row: Row, kind: Kind, structure: str, ligand: str, mutation: str) -> str:
    given = row.text("name", "")
    stem = re.sub(r"[^A-Za-z0-9._+-]", "_", _SUFFIXES.sub("", Path(structure).name)).lstrip("._+-") or "structure"
    parts = [stem, ligand or "no_ligand", row.text("place", ""), mutation, "simulation" if kind == "simulate" else ""]
    name = given or "-".join(part for part in parts if part)
    if not _SAFE_NAME.fullmatch(name):
        raise InputError(
            "not usable as a name",
            file=row.file,
            line=row.line,
            column="name" if given else "structure",
            found=name,
            expected="letters, digits, '.', '_', '+' and '-', starting with a letter or digit, at most 100",
        )
    return name


def _whole(row: Row, column: str, usual: int, least: int, most: int) -> int:
    if not row.text(column, ""):
        return usual
    number = row.integer(column)
    if not least <= number <= most:
        raise row.error("out of range", column=column, expected=f"{least} to {most}")
    return number


def _positive(row: Row, column: str) -> float | None:
    number = row.optional_number(column)
    if number is not None and number <= 0:
        raise row.error("out of range", column=column, expected="more than 0")
    return number


def _sites(row: Row) -> tuple[int, ...]:
    text = row.text("sites", "")
    if not text:
        return ()
    if not re.fullmatch(r"\d{1,6}(\+\d{1,6})*", text):
        raise row.error("no residue numbers", column="sites", expected="numbers joined by +, such as 1198+1202")
    return tuple(sorted({int(each) for each in text.split("+")}))
