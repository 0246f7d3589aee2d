"""A moment of a run on disk, from which it goes on as if nothing had happened.

Positions and velocities are kept as the 64-bit numbers that they are. The random numbers of a chunk are seeded by the
run's seed and the chunk's number, and every chunk begins with a new context, whether it follows in the same process or
after a kill; so the integrator's and the barostat's generators need not be saved, and an uninterrupted run and one that
was killed take the same path: bit for bit on the Reference platform and on CPU with the same number of threads.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kinescape.errors import InputError
from kinescape.files import whole_file

NAME = "checkpoint.npz"
LARGEST_SEED = 2**31 - 1

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Moment:
    """Positions (atoms, 3) in nm, velocities (atoms, 3) in nm/ps, box vectors (3, 3) in nm or None."""

    positions: Floats
    velocities: Floats
    box: Floats | None = None


@dataclass(frozen=True)
class Checkpoint:
    """``chunk`` is the next to do; ``frames``, ``trajectory_bytes`` and ``log_bytes`` are what is valid of files."""

    moment: Moment
    chunk: int
    frames: int
    trajectory_bytes: int
    log_bytes: int


def moment_of(context: Any) -> Moment:
    """The moment that a context is at. Molecules are not put back into the box: they stay whole and continuous."""
    from openmm import unit

    state = context.getState(getPositions=True, getVelocities=True)
    box = None
    if context.getSystem().usesPeriodicBoundaryConditions():
        vectors = state.getPeriodicBoxVectors(asNumpy=True).value_in_unit(unit.nanometer)
        box = np.array(vectors, dtype=np.float64)
    return Moment(
        np.array(state.getPositions(asNumpy=True).value_in_unit(unit.nanometer), dtype=np.float64),
        np.array(state.getVelocities(asNumpy=True).value_in_unit(unit.nanometer / unit.picosecond), dtype=np.float64),
        box,
    )


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Write it whole; the one before is replaced only then."""
    moment = checkpoint.moment
    box = np.zeros((0, 3)) if moment.box is None else moment.box
    numbers = [checkpoint.chunk, checkpoint.frames, checkpoint.trajectory_bytes, checkpoint.log_bytes]
    arrays = {"positions": moment.positions, "velocities": moment.velocities, "box": box}
    written = io.BytesIO()
    np.savez(written, **arrays, numbers=np.array(numbers), sha256=np.array(_digest(arrays, numbers)))  # type: ignore[arg-type]
    with whole_file(folder / NAME) as temporary, temporary.open("wb") as out:
        out.write(written.getvalue())
        out.flush()


def read_checkpoint(folder: Path) -> Checkpoint | None:
    """The last moment of a run; None where there is none.

    Raises
    ------
    InputError
        The file is damaged.
    """
    path = folder / NAME
    if not path.exists():
        return None
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as content:
            arrays = {name: np.array(content[name], dtype=np.float64) for name in ("positions", "velocities", "box")}
            numbers = [int(each) for each in content["numbers"]]
            digest = str(content["sha256"])
        chunk, frames, trajectory_bytes, log_bytes = numbers
    except Exception:
        digest, arrays, numbers = "", {}, []
        chunk = frames = trajectory_bytes = log_bytes = 0
    if not arrays or digest != _digest(arrays, numbers):
        raise InputError(
            "the checkpoint is damaged", file=path, expected="a file written by kinescape (or none: remove the replica)"
        )
    box = arrays["box"] if len(arrays["box"]) else None
    moment = Moment(arrays["positions"], arrays["velocities"], box)
    return Checkpoint(moment, chunk, frames, trajectory_bytes, log_bytes)


def seed_of(seed: int, chunk: int, what: str) -> int:
    """A seed for one purpose in one chunk: never 0, with which OpenMM would draw one by itself."""
    text = hashlib.sha256(json.dumps([seed, chunk, what]).encode()).digest()
    return 1 + int.from_bytes(text[:8], "little") % (LARGEST_SEED - 1)


def _digest(arrays: dict[str, Floats], numbers: list[int]) -> str:
    digest = hashlib.sha256(json.dumps(numbers).encode())
    for name in sorted(arrays):
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()
