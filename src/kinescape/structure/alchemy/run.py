"""A relative binding free energy from start to end: legs, replicas, windows, one folder, one record, one result."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kinescape.errors import InputError
from kinescape.files import sha256_of, write_text
from kinescape.structure.alchemy.binding import Binding, LegResult, binding_of
from kinescape.structure.alchemy.chis import chis_of
from kinescape.structure.alchemy.estimate import GAS_KCAL, free_energy
from kinescape.structure.alchemy.exchange import Advance, Sampling, sample_ladder
from kinescape.structure.alchemy.hybrid import Hybrid, load_hybrid, save_hybrid
from kinescape.structure.alchemy.legs import LEGS, Leg, build_leg, single_change
from kinescape.structure.alchemy.rotamers import rotamers_of
from kinescape.structure.alchemy.table import ROTAMER_COLUMNS, rotamer_rows, write_windows
from kinescape.structure.dynamics.checkpoint import read_checkpoint
from kinescape.structure.dynamics.platforms import (
    choose_platform,
    is_accelerated,
    nanoseconds_per_day,
    threads_here,
)
from kinescape.structure.dynamics.protocol import Protocol
from kinescape.structure.dynamics.record import RECORD, held, read_record, with_note, write_record
from kinescape.structure.dynamics.replica import Engine, Progress, run_replica
from kinescape.structure.dynamics.run import Say, check_options, protocol_for
from kinescape.structure.forcefield import Solvent
from kinescape.structure.ligands.parameters import LigandParameters
from kinescape.structure.ligands.whole import whole_ligand
from kinescape.structure.model import Model
from kinescape.structure.mutations import Substitution
from kinescape.structure.read import read_model

RESULT, LEGS_TABLE, ROTAMERS_TABLE, WINDOWS = "result.json", "legs.tsv", "rotamers.tsv", "windows.tsv"
EQUILIBRATION = "equilibration"
FULL_PS, REDUCED_PS = 1000.0, 20.0
"""Per window, on a GPU and on a CPU. Ours: a nanosecond is what published protocols of this kind begin at."""
COLUMNS = (
    "leg",
    "replica",
    "dG_kcal_per_mol",
    "error",
    "first_half",
    "second_half",
    "least_overlap",
    "largest_hysteresis_kT",
    "fewest_independent_samples",
    "refused",
)


@dataclass(frozen=True)
class Request:
    """What is to be run; ``protocol`` is that of the equilibration, which says what the system is."""

    structure: Path
    ligand: str
    mutation: str
    protocol: Protocol
    sampling: Sampling
    chain: str | None = None
    parameters: LigandParameters | None = None
    replicas: int = 3
    seed: int = 1
    platform: str = "auto"
    threads: int | None = None

    def __post_init__(self) -> None:
        if self.replicas < 1:
            raise InputError("replicas", found=self.replicas, expected="1 or more")

    @property
    def label(self) -> str:
        """``full``, or ``reduced (why)``."""
        why = list(self.protocol.system_reasons)
        if self.sampling.picoseconds < FULL_PS:
            why.append(f"{self.sampling.picoseconds:g} ps per window instead of {FULL_PS:g} ps")
        why += self.protocol.equilibration_reasons
        return f"reduced ({', '.join(why)})" if why else "full"


@dataclass(frozen=True)
class Told:
    """Progress: which leg and replica, what it does, and how much is left of it and of all (seconds)."""

    leg: Leg
    replica: int
    stage: str
    done: float
    seconds_left: float
    seconds_left_of_all: float


@dataclass(frozen=True)
class Outcome:
    """All that was found."""

    results: tuple[LegResult, ...]
    binding: Binding
    label: str
    notes: tuple[str, ...]
    """Of the run; those of the number are the binding's."""


Tell = Callable[[Told], None]


def settings_for(
    platform: str,
    *,
    solvent: Solvent | None = None,
    pocket: bool | None = None,
    windows: int = 12,
    picoseconds: float | None = None,
    settle_ps: float | None = None,
    equilibrate_ps: float | None = None,
    timestep_fs: float = 2.0,
) -> tuple[Protocol, Sampling]:
    """Explicit water and the whole chain on a GPU; on a CPU, where nothing else is asked for, the reduced pocket.

    Raises
    ------
    InputError
        A length or time step that cannot be.
    """
    check_options({"--picoseconds": picoseconds, "--timestep-fs": timestep_fs}, zero=False)
    check_options({"--settle-ps": settle_ps}, zero=True)
    protocol = protocol_for(
        platform,
        ligand=True,
        solvent=solvent,
        pocket=pocket,
        time_ns=0.001,
        frame_ps=1.0,
        equilibrate_ps=equilibrate_ps,
        timestep_fs=timestep_fs,
    )
    fast = is_accelerated(platform)
    length = picoseconds if picoseconds is not None else (FULL_PS if fast else REDUCED_PS)
    return protocol, Sampling(
        windows=windows,
        picoseconds=length,
        settle_ps=settle_ps if settle_ps is not None else (50.0 if fast else 2.0),
        exchange_ps=1.0 if fast else 0.1,
        chunk_ps=250.0 if fast else 5.0,
        timestep_fs=timestep_fs,
    )


def run_free_energy(request: Request, out: Path, say: Say = lambda _: None, tell: Tell = lambda _: None) -> Outcome:
    """Run all legs and replicas, or what is left of them. Replica N has the seed ``seed + N - 1``.

    ``OUT/LEG/replica-N/windows.tsv`` has the reduced potentials, ``OUT/legs.tsv`` the free energy of each with its
    checks, ``OUT/rotamers.tsv`` the rotamers that it rests on, ``OUT/result.json`` what follows.

    Raises
    ------
    InputError
        Anything wrong with the structure, ligand or mutation; a folder that holds another simulation.
    KinescapeError
        A window blew up.
    """
    engine = Engine(choose_platform(request.platform), request.threads or threads_here())
    model = read_model(request.structure, request.chain)
    change = single_change(model, request.mutation)
    identity = _identity(request)
    with held(out, identity):
        return _run_held(request, out, identity, engine, model, change, say, tell)


def _run_held(
    request: Request,
    out: Path,
    identity: dict[str, Any],
    engine: Engine,
    model: Model,
    change: Substitution,
    say: Say,
    tell: Tell,
) -> Outcome:
    """:func:`run_free_energy` in a folder that no other process writes to."""
    _write_record(out, request, identity, engine, _notes(out))
    hybrids = {}
    for leg in LEGS:
        there = load_hybrid(out / leg)
        if there is None:
            say(f"preparing {request.structure.name}, {change.name}, {leg}")
            there = build_leg(
                model, leg, request.ligand, change, request.protocol, parameters=request.parameters, seed=request.seed
            )
            (out / leg).mkdir(exist_ok=True)
            save_hybrid(out / leg, there)
        hybrids[leg] = there
    speeds = {leg: _speed(hybrid, request, engine) for leg, hybrid in hybrids.items()}
    clock = _Clock(request, speeds, out)
    say(f"{request.label}: about {_hours(clock.left())} for what is left, {_speeds(hybrids, speeds, engine)}")
    results = []
    for number in range(1, request.replicas + 1):
        for leg, hybrid in hybrids.items():

            def noted(text: str, where: str = f"{leg}, replica {number}") -> None:
                say(f"note: {where}: {text}")
                _write_record(out, request, identity, engine, with_note(_notes(out), where, text))

            folder = out / leg / f"replica-{number}"
            result = _run_one(folder, leg, number, hybrid, request, engine, clock, tell, noted)
            results.append(result)
            found = result.found
            told = "refused" if found.value is None else f"{found.value:.2f} +- {found.error:.2f} kT"
            say(f"{leg}, replica {number}: {told}")
    label = _lasting(request, min(each.picoseconds for each in results)).label
    outcome = Outcome(tuple(results), binding_of(results, request.sampling.temperature), label, _notes(out))
    _write_outcome(out, request, outcome)
    return outcome


def rows_of(results: tuple[LegResult, ...], temperature: float) -> list[tuple[str, ...]]:
    """One row per leg and replica, by :data:`COLUMNS`."""
    rows = []
    for each in results:
        found = each.found
        kcal = found.kcal(temperature)
        unit = GAS_KCAL * temperature
        neighbours = [min(found.overlap[n, n + 1], found.overlap[n + 1, n]) for n in range(len(found.forward))]
        rows.append(
            (
                each.leg,
                str(each.replica),
                f"{kcal[0]:.3f}" if kcal else "",
                f"{kcal[1]:.3f}" if kcal else "",
                *(f"{unit * half:.3f}" if math.isfinite(half) else "" for half in found.halves),
                f"{min(neighbours):.3f}",
                f"{float(abs(found.forward - found.backward).max()):.2f}",
                str(min(found.samples)),
                "; ".join(found.refused),
            )
        )
    return rows


def _run_one(
    folder: Path,
    leg: Leg,
    number: int,
    hybrid: Hybrid,
    request: Request,
    engine: Engine,
    clock: _Clock,
    tell: Tell,
    note: Callable[[str], None],
) -> LegResult:
    """One replica of one leg."""
    seed = request.seed + number - 1
    assembled = replace(hybrid.assembled)

    def equilibrated(progress: Progress) -> None:
        done = progress.done_ps / progress.total_ps
        tell(Told(leg, number, progress.stage, done, progress.seconds_left, clock.left()))

    def advanced(advance: Advance) -> None:
        clock.done[leg, number] = advance.done / advance.total
        left = clock.left()
        tell(Told(leg, number, advance.stage, advance.done / advance.total, advance.seconds_left, left))

    run_replica(folder / EQUILIBRATION, assembled, request.protocol, seed, engine, equilibrated, note)
    checkpoint = read_checkpoint(folder / EQUILIBRATION)
    if checkpoint is None:
        raise InputError("the equilibration's checkpoint is gone", file=folder / EQUILIBRATION)
    ladder = sample_ladder(
        folder, hybrid, checkpoint.moment, request.sampling, request.protocol, seed, engine, advanced
    )
    clock.done[leg, number] = 1.0
    write_windows(folder / WINDOWS, ladder.energies)
    rotamers = rotamers_of(ladder, chis_of(hybrid))
    found = free_energy(ladder.energies).refused_by([reason for each in rotamers for reason in each.refused])
    return LegResult(leg, number, found, rotamers, round(ladder.samples * request.sampling.exchange_ps, 6))


class _Clock:
    """Time left of all, by the speed that was tried."""

    def __init__(self, request: Request, speeds: dict[Leg, float], out: Path) -> None:
        sampling, protocol = request.sampling, request.protocol
        each = sampling.windows * (sampling.picoseconds + sampling.settle_ps)
        each += protocol.heat_ps + protocol.nvt_ps + protocol.npt_ps
        self.seconds = {leg: each / 1000.0 / speed * 86400.0 for leg, speed in speeds.items()}
        self.done = {(leg, number): 0.0 for number in range(1, request.replicas + 1) for leg in LEGS}
        for leg, number in self.done:
            if (out / leg / f"replica-{number}" / WINDOWS).exists():
                self.done[leg, number] = 1.0

    def left(self) -> float:
        return sum((1.0 - done) * self.seconds[leg] for (leg, _), done in self.done.items())


def _speed(hybrid: Hybrid, request: Request, engine: Engine) -> float:
    assembled = hybrid.assembled
    return nanoseconds_per_day(
        assembled.system, assembled.start, engine.platform, engine.threads, request.protocol.timestep_fs
    )


def _speeds(hybrids: dict[Leg, Hybrid], speeds: dict[Leg, float], engine: Engine) -> str:
    parts = [
        f"{leg} {hybrid.assembled.system.getNumParticles()} atoms {speeds[leg]:.2g} ns/day"
        for leg, hybrid in hybrids.items()
    ]
    return f"{', '.join(parts)} on {engine.platform} ({engine.threads} threads)"


def _hours(seconds: float) -> str:
    return f"{seconds / 86400:.1f} days" if seconds > 86400 else f"{seconds / 3600:.1f} hours"


def _identity(request: Request) -> dict[str, Any]:
    """Everything that the windows depend on, but the machine and how long they are sampled."""
    model = read_model(request.structure, request.chain)
    whole = whole_ligand(model.ligand(request.ligand), request.parameters)
    sampling = request.sampling.as_dict()
    del sampling["picoseconds"]
    return {
        "what": "alchemical free energy of a mutation: a model, not an experiment",
        "structure": model.name,
        "structure_sha256": sha256_of(request.structure),
        "chain": model.chain,
        "mutation": request.mutation,
        "ligand": whole.residue_name,
        "ligand_parameters": f"{whole.parameters.name} ({whole.parameters.made})",
        "seed": request.seed,
        "protocol": request.protocol.as_dict(),
        "sampling": sampling,
    }


def _lasting(request: Request, picoseconds: float) -> Request:
    """The same with windows of this length: the label is of what was sampled, not of what the last call asked for."""
    return replace(request, sampling=replace(request.sampling, picoseconds=picoseconds))


def _notes(out: Path) -> tuple[str, ...]:
    """What was noted of a run so far."""
    return tuple(read_record(out).get("notes", ())) if (out / RECORD).exists() else ()


def _write_record(
    out: Path, request: Request, identity: dict[str, Any], engine: Engine, notes: tuple[str, ...]
) -> None:
    there = read_record(out) if (out / RECORD).exists() else {}
    sampled = max(request.sampling.picoseconds, float(there.get("picoseconds", 0.0)))
    facts = {"label": _lasting(request, sampled).label, **identity, "picoseconds": sampled, "notes": list(notes)}
    write_record(out, facts, request.replicas, engine)


def _write_outcome(out: Path, request: Request, outcome: Outcome) -> None:
    rows = rows_of(outcome.results, request.sampling.temperature)
    head = f"# {outcome.label}; a model, not an experiment; research use only\n"
    write_text(out / LEGS_TABLE, head + "\n".join("\t".join(row) for row in (COLUMNS, *rows)) + "\n")
    turned = rotamer_rows(outcome.results)
    write_text(out / ROTAMERS_TABLE, head + "\n".join("\t".join(row) for row in (ROTAMER_COLUMNS, *turned)) + "\n")
    found = outcome.binding
    record = {
        "research_use_only": True,
        "label": outcome.label,
        "mutation": request.mutation,
        "ligand": request.ligand,
        "ddG_kcal_per_mol": found.value,
        "error": found.error,
        "by_replica": list(found.by_replica),
        "refused": list(found.refused),
        "notes": [*found.notes, *outcome.notes],
    }
    write_text(out / RESULT, json.dumps(record, indent=2, ensure_ascii=False) + "\n")
