"""What is done to a system, as a list of chunks: minimise, heat, equilibrate (NVT, then NPT), produce.

Villa et al. 2024 (Fig. 3) state 5 ns of molecular dynamics of the kinase domain with its ligand, and no more than
that. What they leave open is the usual practice: explicit water, 300 K, 1 bar, 2 fs with bonds to hydrogen rigid, the
solute held while the water settles.
"""

from __future__ import annotations

import itertools
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from kinescape.errors import InputError
from kinescape.structure.forcefield import Solvent

Stage = Literal["minimise", "heat", "NVT", "NPT", "production"]

STAGES: tuple[Stage, ...] = ("minimise", "heat", "NVT", "NPT", "production")
PAPER_NS = 5.0
"""Length of the runs of Villa et al. 2024 (legend of Fig. 3)."""
REDUCED_NS = 0.1
EXPLICIT_EQUILIBRATION_PS, EQUILIBRATION_PS = 350.0, 30.0
"""Heating, NVT and NPT together, in explicit water and without. Ours."""
HELD = 5.0
"""kcal/mol/Å² with which heavy atoms of the solute are held while it is heated and the water settles."""
COLD = 10.0
"""Kelvin at which heating begins."""
RAMP = 6
"""Equal steps of temperature in heating, and of the hold while it is let go."""


@dataclass(frozen=True)
class Protocol:
    """Settings of a run. Times in ps unless the name says otherwise, temperature in K, pressure in bar.

    ``chunk_ps`` is what a kill can cost: after every chunk the run is on disk. ``frame_ps`` is the time between frames
    of the trajectory.
    """

    solvent: Solvent = "explicit"
    pocket: bool = False
    time_ns: float = PAPER_NS
    heat_ps: float = 50.0
    nvt_ps: float = 100.0
    npt_ps: float = 200.0
    frame_ps: float = 10.0
    chunk_ps: float = 100.0
    timestep_fs: float = 2.0
    temperature: float = 300.0
    pressure: float = 1.0
    friction: float = 1.0
    minimise_steps: int = 0
    """Most iterations of the minimiser; 0: until it converges."""

    def __post_init__(self) -> None:
        for name in ("time_ns", "frame_ps", "chunk_ps", "timestep_fs", "temperature", "pressure", "friction"):
            if not 0 < getattr(self, name) < float("inf"):
                raise InputError(f"{name} of the protocol", found=getattr(self, name), expected="more than 0")
        for name in ("heat_ps", "nvt_ps", "npt_ps", "minimise_steps"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise InputError(f"{name} of the protocol", found=getattr(self, name), expected="0 or more")
        if self.timestep_fs > 4.0:
            raise InputError("time step too long", found=f"{self.timestep_fs:g} fs", expected="4 fs at most")
        if self.frame_steps < 1:
            raise InputError(
                "the time between two frames is shorter than a time step",
                found=f"{self.frame_ps:g} ps",
                expected=f"{self.timestep_fs / 1000:g} ps or more",
            )
        if self.production_steps < self.frame_steps:
            raise InputError(
                "the production is shorter than the time between two frames",
                found=f"{1000 * self.time_ns:g} ps with a frame every {self.frame_ps:g} ps",
                expected="at least one frame",
            )

    @property
    def reduced(self) -> bool:
        """Whether this is less than the paper's run: not explicit water, a piece of the protein, under 5 ns, or a
        shorter equilibration than usual.
        """
        return bool(self.reasons)

    @property
    def label(self) -> str:
        """What a table or figure says of it: ``full`` or ``reduced (why)``."""
        return f"reduced ({', '.join(self.reasons)})" if self.reasons else "full"

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is reduced; empty where it is not."""
        why = list(self.system_reasons)
        if self.time_ns < PAPER_NS:
            why.append(f"{self.time_ns:g} ns instead of {PAPER_NS:g} ns")
        return (*why, *self.equilibration_reasons)

    @property
    def system_reasons(self) -> tuple[str, ...]:
        """Those of what is simulated."""
        why = ["pocket only"] if self.pocket else []
        if self.solvent != "explicit":
            why.append(f"{self.solvent} solvent" if self.solvent != "vacuum" else "vacuum")
        return tuple(why)

    @property
    def equilibration_reasons(self) -> tuple[str, ...]:
        """That the equilibration is shorter than usual in this solvent, where it is."""
        usual = usual_equilibration(self.solvent)
        total = self.heat_ps + self.nvt_ps + (self.npt_ps if self.solvent == "explicit" else 0.0)
        # Thirds and sevenths of a length do not add up to it exactly.
        return (f"{total:g} ps of equilibration instead of {usual:g} ps",) if total < usual - 1e-6 else ()

    @property
    def frame_steps(self) -> int:
        return round(1000.0 * self.frame_ps / self.timestep_fs)

    @property
    def production_steps(self) -> int:
        return round(1e6 * self.time_ns / self.timestep_fs)

    def steps(self, ps: float) -> int:
        """Time steps in a time."""
        return round(1000.0 * ps / self.timestep_fs)

    def as_dict(self) -> dict[str, Any]:
        """For a record."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Protocol:
        """From a record; names that are not settings are left out."""
        known = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})


def usual_equilibration(solvent: Solvent) -> float:
    """Length of heating, NVT and NPT together, in ps."""
    return EXPLICIT_EQUILIBRATION_PS if solvent == "explicit" else EQUILIBRATION_PS


@dataclass(frozen=True)
class Chunk:
    """A piece of a run that is either whole on disk or done again. ``hold`` in kcal/mol/Å²; ``steps`` of time."""

    number: int
    stage: Stage
    steps: int
    temperature: float
    hold: float
    constant_pressure: bool


def plan(protocol: Protocol) -> tuple[Chunk, ...]:
    """All chunks of a run, in order. Implicit and vacuum runs have no NPT stage: there is no box."""
    parts: list[tuple[Stage, int, float, float, bool]] = [("minimise", 0, COLD, HELD, False)]
    for rung, steps in enumerate(_split(protocol.steps(protocol.heat_ps), RAMP), 1):
        temperature = COLD + (protocol.temperature - COLD) * rung / RAMP
        parts.append(("heat", steps, temperature, HELD, False))
    explicit = protocol.solvent == "explicit"
    # Without water to settle, the hold is let go in the NVT stage.
    for rung, steps in enumerate(_split(protocol.steps(protocol.nvt_ps), RAMP)):
        parts.append(("NVT", steps, protocol.temperature, HELD if explicit else HELD * (1 - rung / (RAMP - 1)), False))
    if explicit:
        for rung, steps in enumerate(_split(protocol.steps(protocol.npt_ps), RAMP)):
            parts.append(("NPT", steps, protocol.temperature, HELD * (1 - rung / (RAMP - 1)), True))
    # A chunk of the production ends on a frame.
    most = max(1, round(protocol.steps(protocol.chunk_ps) / protocol.frame_steps)) * protocol.frame_steps
    left = protocol.production_steps // protocol.frame_steps * protocol.frame_steps
    while left > 0:
        steps = min(most, left)
        parts.append(("production", steps, protocol.temperature, 0.0, explicit))
        left -= steps
    return tuple(Chunk(number, *part) for number, part in enumerate(parts))


def _split(steps: int, parts: int) -> list[int]:
    """Steps in so many nearly equal parts, in which none is empty."""
    edges = [round(steps * rung / parts) for rung in range(parts + 1)]
    return [after - before for before, after in itertools.pairwise(edges) if after > before]
