"""Folders of `kinescape structure simulate` -> arms: the replicas of one system."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kinescape.errors import InputError
from kinescape.structure.analysis.quiet import quiet
from kinescape.structure.dynamics.assemble import TOPOLOGY
from kinescape.structure.dynamics.protocol import Protocol
from kinescape.structure.dynamics.record import RECORD
from kinescape.structure.dynamics.replica import DONE, TRAJECTORY
from kinescape.structure.dynamics.watch import BEGAN

SAME_ARM = ("structure_sha256", "chain", "state", "ligand", "ligand_parameters", "sites", "protocol")
SAME_EXPERIMENT = ("structure_sha256", "chain", "ligand", "ligand_parameters", "protocol")


@dataclass(frozen=True)
class Replica:
    """A finished run: MDAnalysis' universe of the solute (Å), the same at its start, and time between frames in ps."""

    name: str
    seed: int
    universe: Any
    start: Any
    frame_ps: float


@dataclass(frozen=True)
class Arm:
    """All replicas of a system. ``notes`` say what was left out, and what did not begin at its temperature."""

    state: str
    label: str
    ligand: str | None
    sites: tuple[int, ...]
    replicas: tuple[Replica, ...]
    record: dict[str, Any]
    notes: tuple[str, ...]


def load_arm(folders: Sequence[Path]) -> Arm:
    """The replicas of one system, from one folder or several (run on several machines with other seeds).

    Raises
    ------
    InputError
        No simulation, none finished, folders of different systems, or the same seed twice.
    """
    records = [_record(folder) for folder in folders]
    first = records[0]
    for folder, record in zip(folders[1:], records[1:], strict=True):
        _check_same(folder, first, record, SAME_ARM, "other systems are compared with --against")
    replicas: list[Replica] = []
    notes: list[str] = []
    frame_ps = Protocol.from_dict(first["protocol"]).frame_ps
    for folder, record in zip(folders, records, strict=True):
        told = record.get("notes")
        # Of the system's own notes, those of single replicas: what is averaged here began elsewhere than it should.
        notes += (
            [f"{folder.name}/{each}" for each in told or () if BEGAN in str(each)] if isinstance(told, list) else []
        )
        for number in range(1, int(record["replicas"]) + 1):
            place = folder / f"replica-{number}"
            name, seed = f"{folder.name}/{place.name}", int(record["seed"]) + number - 1
            if not (place / DONE).exists():
                notes.append(f"{name} is not finished and was left out.")
                continue
            if any(each.seed == seed for each in replicas):
                raise InputError(
                    f"two replicas have the seed {seed}: they are one run", file=place, expected="runs with other seeds"
                )
            replicas.append(Replica(name, seed, *_universes(folder, place), frame_ps))
    if not replicas:
        raise InputError("no finished replica", file=folders[0], expected="simulate to the end first")
    return Arm(
        state=str(first["state"]),
        label=str(first["label"]),
        ligand=first["ligand"],
        sites=tuple(first["sites"]),
        replicas=tuple(replicas),
        record=first,
        notes=tuple(notes),
    )


def check_comparable(wild_type: Arm, mutant: Arm, folder: Path) -> None:
    """Whether two arms differ by the mutation alone; InputError says what else differs."""
    _check_same(folder, wild_type.record, mutant.record, SAME_EXPERIMENT, "arms that differ by the mutation alone")
    if wild_type.record["protocol"].get("pocket"):
        _check_same(folder, wild_type.record, mutant.record, ("sites",), "the same pocket (--site for the wild type)")
    if wild_type.state == mutant.state:
        raise InputError("both arms are of the same state", file=folder, found=mutant.state)


def _check_same(folder: Path, one: dict[str, Any], other: dict[str, Any], names: Sequence[str], why: str) -> None:
    for name in names:
        there, wanted = _physical(other.get(name)), _physical(one.get(name))
        if there != wanted:
            if isinstance(there, dict) and isinstance(wanted, dict):
                name = next((key for key in wanted if wanted[key] != there.get(key)), name)
                there, wanted = there.get(name), wanted.get(name)
            raise InputError(f"another {name} than the first folder ({wanted}): {why}", file=folder, found=there)


def _physical(value: Any) -> Any:
    """A protocol without what only says how often the run was saved: that differs between GPU and CPU."""
    return {name: each for name, each in value.items() if name != "chunk_ps"} if isinstance(value, dict) else value


def _record(folder: Path) -> dict[str, Any]:
    path = folder / RECORD
    if not path.is_file():
        raise InputError("holds no simulation", file=folder, expected=f"a folder of simulate, with {RECORD}")
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        Protocol.from_dict(found["protocol"])
        missing = {*SAME_ARM, "label", "replicas", "seed"} - found.keys()
    except (ValueError, KeyError, TypeError):
        raise InputError("is no record of a simulation", file=path) from None
    if missing:
        raise InputError("is no record of a simulation", file=path, expected=", ".join(sorted(missing)))
    return found


def _universes(folder: Path, place: Path) -> tuple[Any, Any]:
    with quiet():
        import MDAnalysis

        topology, trajectory = folder / TOPOLOGY, place / TRAJECTORY
        try:
            start = MDAnalysis.Universe(str(topology))
            universe = MDAnalysis.Universe(str(topology), str(trajectory))
            frames = len(universe.trajectory)
        except Exception as problem:
            reason = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
            raise InputError(f"the trajectory cannot be read ({reason})", file=trajectory) from None
    wanted = json.loads((place / DONE).read_text(encoding="utf-8")).get("frames")
    if frames != wanted:
        raise InputError("the trajectory is not whole", file=trajectory, found=f"{frames} frames", expected=wanted)
    return universe, start
