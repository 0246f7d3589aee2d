"""One replica: its chunks one after the other, each of them on disk before the next begins."""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import openmm
from openmm import unit

from kinescape.errors import InputError
from kinescape.files import write_text
from kinescape.structure.dynamics.assemble import HOLD, KCAL_PER_A2, Assembled
from kinescape.structure.dynamics.checkpoint import (
    Checkpoint,
    Moment,
    moment_of,
    read_checkpoint,
    seed_of,
    write_checkpoint,
)
from kinescape.structure.dynamics.platforms import DAY, open_at
from kinescape.structure.dynamics.protocol import Chunk, Protocol, plan
from kinescape.structure.dynamics.trajectory import Trajectory, cut_back
from kinescape.structure.dynamics.watch import away_from, check_sound, exploded, temperature_of

TRAJECTORY, LOG, DONE = "trajectory.dcd", "log.tsv", "done.json"
LOCK = ".lock"
BAROSTAT_EVERY = 25
BLOCK = 500
"""Most steps between two looks at a run."""
COLUMNS = ("stage", "step", "time_ps", "potential_kJ_per_mol", "temperature_K", "volume_nm3")


@dataclass(frozen=True)
class Progress:
    """How far a replica is. ``seconds_left`` for this replica; ``ns_per_day`` since it was started or went on."""

    stage: str
    done_ps: float
    total_ps: float
    ns_per_day: float
    seconds_left: float


Tell = Callable[[Progress], None]


@dataclass(frozen=True)
class Engine:
    """On what it is calculated."""

    platform: str
    threads: int


def run_replica(
    folder: Path,
    assembled: Assembled,
    protocol: Protocol,
    seed: int,
    engine: Engine,
    tell: Tell = lambda _: None,
    note: Callable[[str], None] = lambda _: None,
) -> int:
    """Run a replica, or what is left of it; returns its number of frames.

    The folder has ``trajectory.dcd`` (production, solute only), ``log.tsv``, the checkpoint, and in the end
    ``done.json``. What lies on disk always agrees with the checkpoint or goes beyond it, and is cut back to it.
    ``note`` is told once, as production begins, where the system is not at its temperature then.

    Raises
    ------
    InputError
        The checkpoint is damaged, its files are missing, or another process runs this replica.
    KinescapeError
        The simulation blew up; says which atom, and when.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder):
        chunks = plan(protocol)
        checkpoint = read_checkpoint(folder)
        timestep = protocol.timestep_fs / 1000.0
        trajectory = Trajectory(folder / TRAJECTORY, assembled.topology, timestep, protocol.frame_steps)
        log = folder / LOG
        if checkpoint is None:
            trajectory.start()
            log.write_text("\t".join(COLUMNS) + "\n", encoding="utf-8")
            moment, first = assembled.start, 0
        else:
            if len(checkpoint.moment.positions) != len(assembled.start.positions):
                raise InputError("the checkpoint is of another system", file=folder)
            trajectory.resume(checkpoint.trajectory_bytes, checkpoint.frames)
            cut_back(log, checkpoint.log_bytes)
            moment, first = checkpoint.moment, checkpoint.chunk
        watch = _Watch(chunks, first, timestep, tell)
        try:
            for chunk in chunks[first:]:
                if chunk.stage == "production" and chunks[chunk.number - 1].stage != "production":
                    said = away_from(last_temperature(log), protocol.temperature, assembled.freedom)
                    if said:
                        note(said)
                moment = _run_chunk(assembled, moment, chunk, protocol, seed, engine, trajectory, log, watch)
                size = trajectory.size()
                write_checkpoint(
                    folder, Checkpoint(moment, chunk.number + 1, trajectory.frames, size, log.stat().st_size)
                )
        finally:
            trajectory.close()
        write_text(folder / DONE, json.dumps({"seed": seed, "frames": trajectory.frames}, indent=2) + "\n")
        return trajectory.frames


def is_done(folder: Path) -> bool:
    """Whether a replica was calculated to its end.

    Raises
    ------
    InputError
        It was, and its trajectory is no longer as long as it was then.
    """
    if not (folder / DONE).exists():
        return False
    trajectory, checkpoint = folder / TRAJECTORY, read_checkpoint(folder)
    size = trajectory.stat().st_size if trajectory.exists() else 0
    if checkpoint is not None and size != checkpoint.trajectory_bytes:
        raise InputError(
            "the trajectory of a finished replica is not whole",
            file=trajectory,
            found=f"{size} bytes",
            expected=f"{checkpoint.trajectory_bytes}; without the folder {folder.name} this replica is calculated anew",
        )
    return True


class _Watch:
    """Turns steps into progress."""

    def __init__(self, chunks: tuple[Chunk, ...], first: int, timestep: float, tell: Tell) -> None:
        self.timestep, self.tell = timestep, tell
        self.total = sum(chunk.steps for chunk in chunks)
        self.done = sum(chunk.steps for chunk in chunks[:first])
        self.since, self.start = 0, time.perf_counter()

    def step(self, stage: str, steps: int) -> None:
        self.done += steps
        self.since += steps
        rate = self.since / max(time.perf_counter() - self.start, 1e-9)
        left = (self.total - self.done) / rate if rate else float("inf")
        self.tell(
            Progress(
                stage, self.done * self.timestep, self.total * self.timestep, rate * self.timestep * DAY / 1e3, left
            )
        )


def _run_chunk(
    assembled: Assembled,
    moment: Moment,
    chunk: Chunk,
    protocol: Protocol,
    seed: int,
    engine: Engine,
    trajectory: Trajectory,
    log: Path,
    watch: _Watch,
) -> Moment:
    integrator = openmm.LangevinMiddleIntegrator(chunk.temperature, protocol.friction, protocol.timestep_fs / 1000.0)
    integrator.setRandomNumberSeed(seed_of(seed, chunk.number, "thermostat"))
    with barostat(assembled.system, chunk, protocol, seed):
        context = open_at(assembled.system, integrator, moment, engine.platform, engine.threads)
        context.setParameter(HOLD, chunk.hold * KCAL_PER_A2)
        if chunk.stage == "minimise":
            openmm.LocalEnergyMinimizer.minimize(context, maxIterations=protocol.minimise_steps)
            context.setVelocitiesToTemperature(chunk.temperature, seed_of(seed, chunk.number, "velocities"))
            _look(assembled, context, chunk, 0, "in the minimisation", log)
            return moment_of(context)
        production = chunk.stage == "production"
        block = protocol.frame_steps if production else BLOCK
        done = 0
        while done < chunk.steps:
            target = min(done + block, chunk.steps)
            when = f"in {chunk.stage}, steps {watch.done + 1} to {watch.done + target - done}"
            _step(assembled, context, integrator, target - done, chunk, when)
            watch.step(chunk.stage, target - done)
            done = target
            found = _look(assembled, context, chunk, watch.done, when, log, watch.done * watch.timestep)
            if production:
                trajectory.write(found.positions[assembled.solute], found.box)
        final = moment_of(context)
        del context
    return final


def _step(assembled: Assembled, context: Any, integrator: Any, steps: int, chunk: Chunk, when: str) -> None:
    """So many steps, looked at in between where they are many."""
    left = steps
    while left:
        now = min(left, BLOCK)
        try:
            integrator.step(now)
        except openmm.OpenMMException as problem:
            reason = str(problem).splitlines()[0].rstrip(".")
            _sound(assembled, context, chunk, when, reason)
            raise exploded(reason, when) from None
        left -= now
        if left:
            _sound(assembled, context, chunk, when)


def _sound(
    assembled: Assembled, context: Any, chunk: Chunk, when: str, reason: str = ""
) -> tuple[Moment, float, float]:
    """The moment, potential energy (kJ/mol) and temperature, checked."""
    try:
        moment = moment_of(context)
    except openmm.OpenMMException:
        raise exploded(reason or "positions cannot be read", when) from None
    potential = temperature = float("nan")
    if np.isfinite(moment.positions).all():
        state = context.getState(getEnergy=True)
        potential = float(state.getPotentialEnergy().value_in_unit(unit.kilojoule_per_mole))
        kinetic = float(state.getKineticEnergy().value_in_unit(unit.kilojoule_per_mole))
        temperature = temperature_of(kinetic, assembled.freedom)
    check_sound(moment.positions, moment.velocities, potential, temperature, chunk.temperature, when, assembled.labels)
    return moment, potential, temperature


def _look(
    assembled: Assembled, context: Any, chunk: Chunk, step: int, when: str, log: Path, time_ps: float = 0.0
) -> Moment:
    """Check, and write a line of the log."""
    moment, potential, temperature = _sound(assembled, context, chunk, when)
    volume = "" if moment.box is None else f"{abs(float(np.linalg.det(moment.box))):.4f}"
    row = (chunk.stage, str(step), f"{time_ps:.4f}", f"{potential:.4f}", f"{temperature:.2f}", volume)
    with log.open("a", encoding="utf-8", newline="\n") as out:
        out.write("\t".join(row) + "\n")
    return moment


@contextmanager
def barostat(system: Any, chunk: Chunk, protocol: Protocol, seed: int) -> Iterator[None]:
    """The system with a barostat where the chunk has constant pressure."""
    if not chunk.constant_pressure:
        yield
        return
    force = openmm.MonteCarloBarostat(protocol.pressure, chunk.temperature, BAROSTAT_EVERY)
    force.setRandomNumberSeed(seed_of(seed, chunk.number, "barostat"))
    place = system.addForce(force)
    try:
        yield
    finally:
        system.removeForce(place)


def last_temperature(log: Path) -> float:
    """Kelvin in the last line of a log; not a number where it has none."""
    lines = log.read_text(encoding="utf-8").splitlines()[1:]
    return float(lines[-1].split("\t")[COLUMNS.index("temperature_K")]) if lines else float("nan")


@contextmanager
def alone(folder: Path, what: str = "replica") -> Iterator[None]:
    """Hold a lock that ends with the process, however it ends. InputError where another process holds it."""
    with (folder / LOCK).open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise InputError(f"another process runs this {what}", file=folder) from None
        yield


@contextmanager
def held_folder(out: Path, what: str, kept: str, check: Callable[[], object]) -> Iterator[None]:
    """Hold ``out``, made where it is not there, so that no two processes write in it.

    ``check`` raises where the folder may not be used. It is called before anything is made, and again with the lock
    held: what was there when the lock was still another's may have become something else. Without a file ``kept`` in
    the end nothing is left of the holding.

    Raises
    ------
    InputError
        Of ``check``, or another process holds the folder.
    """
    check()
    made = not out.exists()
    out.mkdir(parents=True, exist_ok=True)
    with alone(out, what):
        try:
            check()
            yield
        finally:
            if not (out / kept).exists():
                (out / LOCK).unlink(missing_ok=True)
                if made and not any(out.iterdir()):
                    out.rmdir()
