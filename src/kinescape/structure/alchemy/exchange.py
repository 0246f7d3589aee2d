"""All windows of a path sampled side by side, neighbours and others exchanging their places on it.

After every stretch of dynamics each window's positions are weighed in all windows; pairs swap by Metropolis (Chodera &
Shirts 2011, doi:10.1063/1.3660669: many attempts on the same energies). A rotamer that is stuck in one window so comes
loose in another, in which the side chain is not felt. Whether it did is recorded with every sample: the angles by which
both side chains turn, and which walker (one configuration through time, in whatever window) was there.
"""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import openmm
from numpy.typing import NDArray
from openmm import unit

from kinescape.errors import InputError
from kinescape.files import whole_file
from kinescape.structure.alchemy.chis import angles_at, chis_of
from kinescape.structure.alchemy.hybrid import Hybrid
from kinescape.structure.alchemy.path import State, path
from kinescape.structure.dynamics.checkpoint import Moment, moment_of, seed_of
from kinescape.structure.dynamics.platforms import open_at
from kinescape.structure.dynamics.protocol import Chunk, Protocol
from kinescape.structure.dynamics.replica import BLOCK, Engine, alone, barostat
from kinescape.structure.dynamics.watch import GAS, check_sound, exploded, temperature_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NAME = "windows.npz"
UNKNOWN = -1
MINIMISE = 100
"""Most iterations in each window before it is sampled."""


@dataclass(frozen=True)
class Sampling:
    """How windows are sampled. ``picoseconds`` per window; ``settle_ps`` before, not kept; ``exchange_ps`` between two
    samples, after each of which windows exchange; ``chunk_ps`` over all windows is what a kill can cost.
    """

    windows: int = 12
    picoseconds: float = 20.0
    settle_ps: float = 2.0
    exchange_ps: float = 0.25
    chunk_ps: float = 5.0
    timestep_fs: float = 2.0
    temperature: float = 300.0
    friction: float = 1.0

    def __post_init__(self) -> None:
        path(self.windows)
        for name in ("picoseconds", "exchange_ps", "chunk_ps", "timestep_fs", "temperature", "friction"):
            if not 0 < getattr(self, name) < float("inf"):
                raise InputError(f"{name} of the windows", found=getattr(self, name), expected="more than 0")
        if not 0 <= self.settle_ps < float("inf"):
            raise InputError("settle_ps of the windows", found=self.settle_ps, expected="0 or more")
        if self.timestep_fs > 4.0:
            raise InputError("time step too long", found=f"{self.timestep_fs:g} fs", expected="4 fs at most")
        if self.samples < 2 or self.steps(self.exchange_ps) < 1:
            raise InputError(
                "too short to be sampled",
                found=f"{self.picoseconds:g} ps per window, a sample every {self.exchange_ps:g} ps",
                expected="two samples or more, of one time step or more",
            )

    def steps(self, ps: float) -> int:
        return round(1000.0 * ps / self.timestep_fs)

    @property
    def samples(self) -> int:
        """Per window."""
        return round(self.picoseconds / self.exchange_ps)

    @property
    def per_chunk(self) -> int:
        """Samples of each window between two checkpoints."""
        return max(1, round(self.chunk_ps / (self.windows * self.exchange_ps)))

    def as_dict(self) -> dict[str, float]:
        """For a record."""
        return asdict(self)


@dataclass(frozen=True)
class Ladder:
    """Where a set of windows is: ``moments`` of those that have begun, ``energies`` per window (windows, samples) as
    energy / kT, as :func:`.windows.sample_windows` gives them, ``chunk`` the next to do.

    ``angles`` (windows, chis, samples) are those of :func:`.chis.chis_of` in degrees, ``walkers`` (windows, samples)
    who was in each window, ``places`` (windows) who goes on there. Of samples from before they were recorded, angles
    are NaN and walkers :data:`UNKNOWN`.
    """

    chunk: int = 0
    moments: tuple[Moment, ...] = ()
    energies: tuple[Floats, ...] = field(default_factory=tuple)
    angles: Floats = field(default_factory=lambda: np.zeros((0, 0, 0)))
    walkers: Ints = field(default_factory=lambda: np.zeros((0, 0), dtype=np.int64))
    places: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    @property
    def samples(self) -> int:
        return self.energies[0].shape[1] if self.energies else 0


@dataclass(frozen=True)
class Advance:
    """How far a set of windows is, in steps of time over all of them."""

    stage: str
    done: int
    total: int
    seconds_left: float


Tell = Callable[[Advance], None]


def sample_ladder(
    folder: Path,
    hybrid: Hybrid,
    start: Moment,
    sampling: Sampling,
    protocol: Protocol,
    seed: int,
    engine: Engine,
    tell: Tell = lambda _: None,
) -> Ladder:
    """Sample all windows, or what is left of them.

    Parameters
    ----------
    start
        An equilibrated moment at the wild type's end.
    protocol
        Of the simulation, for its pressure.

    Raises
    ------
    InputError
        The checkpoint is damaged, or another process works on this folder.
    KinescapeError
        A window blew up: says which, and what moved.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder):
        states = path(sampling.windows)
        ladder = _read(folder / NAME, sampling.windows, len(start.positions), len(chis_of(hybrid)))
        watch = _Watch(sampling, ladder, tell)
        while ladder.samples < sampling.samples:
            stage = Chunk(ladder.chunk, "production", 0, sampling.temperature, 0.0, protocol.solvent == "explicit")
            with barostat(hybrid.assembled.system, stage, protocol, seed):
                step = _Stepper(hybrid, states, sampling, seed, ladder.chunk, engine)
                if len(ladder.moments) < sampling.windows:
                    ladder = _begin(step, ladder, start, watch)
                else:
                    ladder = _go_on(step, ladder, sampling, seed, watch)
            _write(folder / NAME, ladder)
        return ladder


class _Stepper:
    """One context that every window takes its turn in."""

    def __init__(
        self, hybrid: Hybrid, states: list[State], sampling: Sampling, seed: int, chunk: int, engine: Engine
    ) -> None:
        self.hybrid, self.states, self.sampling, self.seed, self.chunk = hybrid, states, sampling, seed, chunk
        self.chis = chis_of(hybrid)
        self.integrator = openmm.LangevinMiddleIntegrator(
            sampling.temperature, sampling.friction, sampling.timestep_fs / 1000.0
        )
        self.integrator.setRandomNumberSeed(seed_of(seed, chunk, "windows"))
        assembled = hybrid.assembled
        self.context = open_at(assembled.system, self.integrator, assembled.start, engine.platform, engine.threads)

    def place(self, window: int, moment: Moment) -> None:
        if moment.box is not None:
            self.context.setPeriodicBoxVectors(*(openmm.Vec3(*row) for row in moment.box.tolist()))
        self.context.setPositions(moment.positions)
        self.context.setVelocities(moment.velocities)
        self.hybrid.apply(self.context, self.states[window])

    def minimise(self, window: int) -> None:
        openmm.LocalEnergyMinimizer.minimize(self.context, maxIterations=MINIMISE)
        self.context.setVelocitiesToTemperature(
            self.sampling.temperature, seed_of(self.seed, self.chunk, f"velocities {window}")
        )

    def step(self, window: int, steps: int, when: str) -> Moment:
        left = steps
        reason = ""
        while left:
            now = min(left, BLOCK)
            try:
                self.integrator.step(now)
            except openmm.OpenMMException as problem:
                reason = str(problem).splitlines()[0].rstrip(".")
                break
            left -= now
        return self._sound(when, reason)

    def _sound(self, when: str, reason: str) -> Moment:
        try:
            moment = moment_of(self.context)
        except openmm.OpenMMException:
            raise exploded(reason or "positions cannot be read", when) from None
        potential = temperature = float("nan")
        if np.isfinite(moment.positions).all() and not reason:
            state = self.context.getState(getEnergy=True)
            potential = float(state.getPotentialEnergy().value_in_unit(unit.kilojoule_per_mole))
            kinetic = float(state.getKineticEnergy().value_in_unit(unit.kilojoule_per_mole))
            temperature = temperature_of(kinetic, self.hybrid.assembled.freedom)
        labels, wanted = self.hybrid.assembled.labels, self.sampling.temperature
        check_sound(moment.positions, moment.velocities, potential, temperature, wanted, when, labels)
        return moment

    def weigh(self) -> Floats:
        """Energy / kT of the context's positions in every window."""
        unit_of = GAS * self.sampling.temperature
        return np.array([self.hybrid.energy(self.context, state) / unit_of for state in self.states])


class _Watch:
    """Turns steps into progress with time left."""

    def __init__(self, sampling: Sampling, ladder: Ladder, tell: Tell) -> None:
        settle, every = sampling.steps(sampling.settle_ps), sampling.steps(sampling.exchange_ps)
        self.total = sampling.windows * (settle + every * sampling.samples)
        self.done = len(ladder.moments) * settle + sampling.windows * every * ladder.samples
        self.since, self.start, self.tell = 0, time.perf_counter(), tell

    def step(self, stage: str, steps: int) -> None:
        self.done += steps
        self.since += steps
        left = (self.total - self.done) * (time.perf_counter() - self.start) / max(self.since, 1)
        self.tell(Advance(stage, self.done, self.total, left))


def _begin(step: _Stepper, ladder: Ladder, start: Moment, watch: _Watch) -> Ladder:
    """The next window, from where the one before it came to rest."""
    window = len(ladder.moments)
    when = f"before window {window + 1} of {len(step.states)}"
    step.place(window, ladder.moments[-1] if window else start)
    step.minimise(window)
    steps = step.sampling.steps(step.sampling.settle_ps)
    moment = step.step(window, steps, when)
    watch.step(f"window {window + 1} settles", steps)
    count = len(step.states)
    energies = ladder.energies or tuple(np.zeros((count, 0)) for _ in step.states)
    angles, walkers = np.zeros((count, len(step.chis), 0)), np.zeros((count, 0), dtype=np.int64)
    places = np.arange(count, dtype=np.int64)
    return Ladder(ladder.chunk + 1, (*ladder.moments, moment), energies, angles, walkers, places)


def _go_on(step: _Stepper, ladder: Ladder, sampling: Sampling, seed: int, watch: _Watch) -> Ladder:
    random = np.random.default_rng(seed_of(seed, ladder.chunk, "exchange"))
    moments, places = list(ladder.moments), ladder.places
    steps, first = sampling.steps(sampling.exchange_ps), ladder.samples
    found, turned, there = [], [], []
    for sample in range(first, min(first + sampling.per_chunk, sampling.samples)):
        weights = np.empty((sampling.windows, sampling.windows))
        angles = np.empty((sampling.windows, len(step.chis)))
        for window, moment in enumerate(moments):
            when = f"in window {window + 1} of {sampling.windows}, {(sample + 1) * sampling.exchange_ps:g} ps"
            step.place(window, moment)
            moments[window] = step.step(window, steps, when)
            weights[window] = step.weigh()
            if not np.isfinite(weights[window, window]):
                raise exploded("the energy is not a number", when)
            angles[window] = angles_at(moments[window].positions, step.chis)
            watch.step(f"sample {sample + 1} of {sampling.samples}", steps)
        found.append(weights)
        turned.append(angles)
        there.append(places)
        order = exchanged(weights, random)
        moments, places = [moments[place] for place in order], places[order]
    # (samples, sampled in, weighed in) -> per window sampled (weighed in, samples)
    stacked = np.stack(found)
    energies = tuple(
        np.concatenate([before, stacked[:, window].T], axis=1) for window, before in enumerate(ladder.energies)
    )
    return Ladder(
        ladder.chunk + 1,
        tuple(moments),
        energies,
        np.concatenate([ladder.angles, np.stack(turned, axis=-1)], axis=-1),
        np.concatenate([ladder.walkers, np.stack(there, axis=-1)], axis=-1),
        places,
    )


def exchanged(weights: Floats, random: np.random.Generator) -> list[int]:
    """Which configuration each window goes on with: K³ attempted swaps of any two.

    ``weights`` is (configurations, windows): energy / kT of each in each.
    """
    count = len(weights)
    order = list(range(count))
    pairs = random.integers(0, count, (count**3, 2))
    chances = np.log(np.maximum(random.random(count**3), 1e-300))
    for (one, other), chance in zip(pairs.tolist(), chances.tolist(), strict=True):
        first, second = order[one], order[other]
        gain = weights[first, one] + weights[second, other] - weights[second, one] - weights[first, other]
        # A window in which a configuration has no finite energy is not open to it.
        if chance < gain:
            order[one], order[other] = second, first
    return order


def _write(file: Path, ladder: Ladder) -> None:
    boxes = [each.box for each in ladder.moments if each.box is not None]
    arrays: dict[str, Any] = {
        "chunk": np.array(ladder.chunk),
        "positions": np.stack([each.positions for each in ladder.moments]),
        "velocities": np.stack([each.velocities for each in ladder.moments]),
        "boxes": np.stack(boxes) if boxes else np.zeros((0, 3, 3)),
        "energies": np.stack(ladder.energies),
        "angles": ladder.angles,
        "walkers": ladder.walkers,
        "places": ladder.places,
    }
    written = io.BytesIO()
    np.savez(written, **arrays, sha256=np.array(_digest(arrays)))
    with whole_file(file) as temporary:
        temporary.write_bytes(written.getvalue())


def _read(file: Path, windows: int, atoms: int, chis: int) -> Ladder:
    if not file.exists():
        return Ladder()
    arrays: dict[str, Any] = {}
    digest = ""
    try:
        with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as content:
            digest = str(content["sha256"])
            arrays = {name: content[name] for name in content.files if name != "sha256"}
        ladder = _ladder_of(arrays, windows, chis)
    except Exception:
        ladder = None
    if ladder is None or digest != _digest(arrays) or not _fits(ladder, windows, atoms, chis):
        raise InputError(
            "the checkpoint is damaged or of other windows",
            file=file,
            expected="a file written by kinescape (or none: remove the replica)",
        )
    return ladder


def _ladder_of(arrays: dict[str, Any], windows: int, chis: int) -> Ladder:
    boxes = list(arrays["boxes"]) or [None] * len(arrays["positions"])
    moments = tuple(Moment(*each) for each in zip(arrays["positions"], arrays["velocities"], boxes, strict=True))
    energies = tuple(arrays["energies"])
    if "angles" in arrays:
        recorded = arrays["angles"], arrays["walkers"], arrays["places"]
    else:
        # Written before angles were recorded: who came from where is not known, so walkers are counted from here on.
        samples = energies[0].shape[1]
        recorded = (
            np.full((windows, chis, samples), np.nan),
            np.full((windows, samples), UNKNOWN, dtype=np.int64),
            np.arange(windows, dtype=np.int64),
        )
    return Ladder(int(arrays["chunk"]), moments, energies, *recorded)


def _fits(ladder: Ladder, windows: int, atoms: int, chis: int) -> bool:
    samples = ladder.samples
    return (
        len(ladder.energies) == windows
        and all(each.shape == (windows, samples) for each in ladder.energies)
        and all(each.positions.shape == (atoms, 3) for each in ladder.moments)
        and ladder.angles.shape == (windows, chis, samples)
        and ladder.walkers.shape == (windows, samples)
        and sorted(ladder.places.tolist()) == list(range(windows))
    )


def _digest(arrays: dict[str, Any]) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()
