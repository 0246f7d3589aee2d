"""What a folder of a simulation says of itself: what is run, on what, and whether another call may go on with it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from kinescape import __version__
from kinescape.errors import InputError
from kinescape.files import write_text
from kinescape.structure.dynamics.platforms import hardware
from kinescape.structure.dynamics.replica import LOCK, Engine, held_folder

RECORD = "run.json"


def check_folder(out: Path, identity: dict[str, Any]) -> None:
    """InputError unless a folder is new, or has a record (:data:`RECORD`) of a run with this identity."""
    if not out.exists():
        return
    if not out.is_dir():
        raise InputError("is a file", file=out, expected="a folder, new or of the same simulation")
    if not (out / RECORD).exists():
        if any(each.name != LOCK for each in out.iterdir()):
            raise InputError("is not empty and holds no simulation", file=out, expected="a new folder")
        return
    theirs = read_record(out)
    if theirs.get("kinescape") != __version__:
        raise InputError(
            "the simulation is another version's", file=out, found=theirs.get("kinescape"), expected=__version__
        )
    for name, value in identity.items():
        there = theirs.get(name)
        if there == value:
            continue
        if isinstance(value, dict) and isinstance(there, dict):
            name = next(key for key in value if value[key] != there.get(key))
            there, value = there.get(name), value[name]
        raise InputError(f"holds another simulation: its {name} differs", file=out, found=there, expected=value)


def held(out: Path, identity: dict[str, Any]) -> AbstractContextManager[None]:
    """Hold the folder of this simulation: nothing in it is written by two processes, its record included.

    Raises
    ------
    InputError
        As :func:`check_folder`, or another process holds it.
    """
    return held_folder(out, "simulation", RECORD, lambda: check_folder(out, identity))


def read_record(out: Path) -> dict[str, Any]:
    """The record of a folder; InputError where it is damaged."""
    try:
        found: dict[str, Any] = json.loads((out / RECORD).read_text(encoding="utf-8"))
    except (ValueError, OSError):
        raise InputError("is no record of a simulation", file=out / RECORD) from None
    return found


def with_note(notes: Sequence[str], where: str, text: str) -> tuple[str, ...]:
    """Notes of a record and one more, of ``where``; it is there once, also where a run tells it again after a kill."""
    return tuple(dict.fromkeys((*notes, f"{where}: {text}")))


def machine_of(engine: Engine) -> dict[str, Any]:
    """What a record says of the machine that works."""
    return dict(hardware(engine.platform, engine.threads))


def latest_machine(record: dict[str, Any]) -> dict[str, Any] | None:
    """The machine that wrote a record last."""
    machines = record.get("hardware") or [None]
    return machines[-1] if isinstance(machines[-1], dict) else None


def write_record(out: Path, facts: dict[str, Any], replicas: int, engine: Engine) -> None:
    """Write the record anew: ``facts`` of this call, the most replicas asked for so far, every machine that worked."""
    import numpy
    import openmm

    there = read_record(out) if (out / RECORD).exists() else {}
    machine = machine_of(engine)
    machines = [each for each in there.get("hardware", []) if each != machine] + [machine]
    record = {
        "kinescape": __version__,
        "research_use_only": True,
        **facts,
        "replicas": max(replicas, int(there.get("replicas", 0))),
        "replica_seeds": "seed + number of the replica - 1",
        "versions": {"openmm": openmm.Platform.getOpenMMVersion(), "numpy": numpy.__version__},
        "hardware": machines,
    }
    write_text(out / RECORD, json.dumps(record, indent=2, ensure_ascii=False) + "\n")
