"""An arm of a comparison: one system (wild type or mutant), several replicas, one folder, one record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kinescape.errors import InputError
from kinescape.files import sha256_of
from kinescape.structure.dynamics.assemble import (
    SYSTEM,
    Assembled,
    assemble,
    load_assembled,
    save_assembled,
)
from kinescape.structure.dynamics.platforms import (
    choose_platform,
    is_accelerated,
    nanoseconds_per_day,
    threads_here,
)
from kinescape.structure.dynamics.protocol import PAPER_NS, REDUCED_NS, Protocol, usual_equilibration
from kinescape.structure.dynamics.record import (
    RECORD,
    check_folder,
    held,
    latest_machine,
    machine_of,
    read_record,
    with_note,
    write_record,
)
from kinescape.structure.dynamics.replica import DONE, TRAJECTORY, Engine, Progress, is_done, run_replica
from kinescape.structure.forcefield import Solvent
from kinescape.structure.ligands.parameters import LigandParameters, read_parameters
from kinescape.structure.ligands.whole import whole_ligand
from kinescape.structure.mutations import WILD_TYPE, check_against, name_of, parse_mutations, seen_residue
from kinescape.structure.read import read_model

Say = Callable[[str], None]
TellReplica = Callable[[int, Progress], None]


@dataclass(frozen=True)
class Request:
    """What is to be run. ``mutation`` is ``WT`` for the wild type; ``sites`` as in :func:`.assemble.assemble`."""

    structure: Path
    protocol: Protocol
    ligand: str | None = None
    mutation: str = WILD_TYPE
    chain: str | None = None
    parameters: LigandParameters | None = None
    sites: tuple[int, ...] = ()
    replicas: int = 3
    seed: int = 1
    platform: str = "auto"
    threads: int | None = None

    def __post_init__(self) -> None:
        if self.replicas < 1:
            raise InputError("replicas", found=self.replicas, expected="1 or more")


def protocol_for(
    platform: str,
    *,
    ligand: bool,
    solvent: Solvent | None = None,
    pocket: bool | None = None,
    time_ns: float | None = None,
    frame_ps: float | None = None,
    equilibrate_ps: float | None = None,
    timestep_fs: float = 2.0,
) -> Protocol:
    """The paper's protocol on a GPU; on a CPU, where nothing else is asked for, the reduced one.

    Reduced: the pocket alone (with a ligand), implicit water, 0.1 ns. Whatever is given goes before the default.
    ``equilibrate_ps`` is shared out among heating, NVT and (in explicit water) NPT as 1 : 2 : 4.

    Raises
    ------
    InputError
        A length or time step that cannot be.
    """
    check_options({"--time-ns": time_ns, "--frame-ps": frame_ps, "--timestep-fs": timestep_fs}, zero=False)
    check_options({"--equilibrate-ps": equilibrate_ps}, zero=True)
    full = is_accelerated(platform)
    water: Solvent = solvent or ("explicit" if full else "implicit")
    cut = pocket if pocket is not None else (not full and ligand and water != "explicit")
    if cut and water == "explicit":
        raise InputError("a pocket is not put into explicit water", expected="--solvent implicit with --pocket")
    length = time_ns if time_ns is not None else (PAPER_NS if full or water == "explicit" else REDUCED_NS)
    total = equilibrate_ps if equilibrate_ps is not None else usual_equilibration(water)
    parts = (1, 2, 4) if water == "explicit" else (1, 2, 0)
    frame = frame_ps if frame_ps is not None else (10.0 if length >= 1 else 1.0)
    return Protocol(
        solvent=water,
        pocket=cut,
        time_ns=length,
        heat_ps=total * parts[0] / sum(parts),
        nvt_ps=total * parts[1] / sum(parts),
        npt_ps=total * parts[2] / sum(parts),
        frame_ps=frame,
        chunk_ps=max(frame, 100.0 if full else 10.0),
        timestep_fs=timestep_fs,
    )


def check_options(given: dict[str, float | None], *, zero: bool) -> None:
    """InputError, by the option's own name, where a length is no number, negative, or 0 where that cannot be."""
    for name, value in given.items():
        if value is not None and not (0 < value < float("inf") or (zero and value == 0)):
            raise InputError(name, found=f"{value:g}", expected="0 or more" if zero else "more than 0")


def run_arm(request: Request, out: Path, say: Say = lambda _: None, tell: TellReplica = lambda _, __: None) -> Path:
    """Run all replicas of a system, or what is left of them; returns the record's path.

    ``OUT/run.json`` says what is run and on what; ``OUT/replica-N/`` has the trajectories. Replica N has the seed
    ``seed + N - 1``: velocities and thermostat differ, the system is the same. A finished replica is kept.

    Raises
    ------
    InputError
        Anything wrong with the structure, ligand or mutation; a folder that holds another simulation.
    KinescapeError
        A replica blew up.
    """
    platform = choose_platform(request.platform)
    engine = Engine(platform, request.threads or threads_here())
    identity = _identity(request)
    with held(out, identity):
        return _run_held(request, out, identity, engine, say, tell)


def _run_held(
    request: Request, out: Path, identity: dict[str, Any], engine: Engine, say: Say, tell: TellReplica
) -> Path:
    """:func:`run_arm` in a folder that no other process writes to."""
    platform = engine.platform
    if (out / SYSTEM).exists():
        notes = tuple(read_record(out).get("notes", ()))
        assembled = load_assembled(out, notes)
        say("going on with the system that is there")
    else:
        say(f"preparing {request.structure.name}, {identity['state']}")
        model = read_model(request.structure, request.chain)
        assembled = assemble(
            model,
            request.ligand,
            request.mutation,
            request.protocol,
            parameters=request.parameters,
            sites=request.sites,
            seed=request.seed,
        )
        _write_record(out, request, identity, assembled, engine, None)
        save_assembled(out, assembled)
    left = [n for n in range(1, request.replicas + 1) if not is_done(out / f"replica-{n}")]
    speed = None
    if left and not is_accelerated(platform):
        speed = _warn_of_length(request, assembled, engine, len(left), say)
    _write_record(out, request, identity, assembled, engine, speed)
    for number in range(1, request.replicas + 1):
        folder = out / f"replica-{number}"
        if number not in left:
            say(f"replica {number}: done before")
            continue

        def noted(text: str, number: int = number) -> None:
            nonlocal assembled
            say(f"note: replica {number}: {text}")
            assembled = replace(assembled, notes=with_note(assembled.notes, f"replica-{number}", text))
            _write_record(out, request, identity, assembled, engine, speed)

        frames = run_replica(
            folder,
            assembled,
            request.protocol,
            request.seed + number - 1,
            engine,
            lambda progress, number=number: tell(number, progress),  # type: ignore[misc]
            noted,
        )
        say(f"replica {number}: done, {frames} frames, {request.protocol.label}")
    return out / RECORD


def is_finished(request: Request, out: Path) -> bool:
    """Whether all replicas of this very simulation lie in ``out``.

    Raises
    ------
    InputError
        As :func:`check_request`, or the folder holds another simulation.
    """
    check_folder(out, _identity(request))
    return all(
        (out / f"replica-{number}" / name).is_file()
        for number in range(1, request.replicas + 1)
        for name in (TRAJECTORY, DONE)
    )


def given_parameters(parameters: Path | None, smiles: str | None) -> LigandParameters | None:
    """A ligand's own parameters from the two options that belong together; InputError where one is missing."""
    if (parameters is None) != (smiles is None):
        raise InputError("--parameters and --smiles belong together", expected="both, or neither")
    return read_parameters(parameters, smiles) if parameters is not None and smiles is not None else None


def check_request(request: Request) -> None:
    """The same errors as :func:`run_arm` for structure, ligand and mutation, without building anything."""
    model = read_model(request.structure, request.chain)
    check_against(model, parse_mutations(request.mutation))
    for site in request.sites:
        seen_residue(model, site)
    if request.ligand is not None:
        whole_ligand(model.ligand(request.ligand), request.parameters)


def _identity(request: Request) -> dict[str, Any]:
    """Everything that the trajectory depends on, but the machine."""
    check_request(request)
    model = read_model(request.structure, request.chain)
    whole = whole_ligand(model.ligand(request.ligand), request.parameters) if request.ligand else None
    substitutions = parse_mutations(request.mutation)
    return {
        "structure": model.name,
        "structure_sha256": sha256_of(request.structure),
        "chain": model.chain,
        "state": name_of(substitutions),
        "ligand": whole.residue_name if whole else None,
        "ligand_parameters": f"{whole.parameters.name} ({whole.parameters.made})" if whole else None,
        "sites": sorted({*request.sites, *(each.number for each in substitutions)}),
        "seed": request.seed,
        "protocol": request.protocol.as_dict(),
    }


def _write_record(
    out: Path,
    request: Request,
    identity: dict[str, Any],
    assembled: Assembled,
    engine: Engine,
    speed: float | None,
) -> None:
    there = read_record(out) if (out / RECORD).exists() else {}
    water = {"explicit": "TIP3P, 0.15 mol/l NaCl, PME", "implicit": "OBC2", "vacuum": "none"}
    estimate = there.get("ns_per_day_estimate")
    # A trial on the same machine tells nothing new: the first stays.
    if speed is not None and (estimate is None or latest_machine(there) != machine_of(engine)):
        estimate = speed
    facts = {
        "what": "molecular dynamics: a model, not an experiment",
        "label": request.protocol.label,
        **identity,
        "atoms": assembled.system.getNumParticles(),
        "solute_atoms": len(assembled.solute),
        "force_field": f"ff14SB; water: {water[request.protocol.solvent]}",
        "ns_per_day_estimate": estimate,
        "notes": list(assembled.notes),
    }
    write_record(out, facts, request.replicas, engine)


def _warn_of_length(request: Request, assembled: Assembled, engine: Engine, left: int, say: Say) -> float:
    """Say how long a run on a CPU will take, from a trial; where it is the paper's, that it is not for a CPU."""
    protocol = request.protocol
    speed = nanoseconds_per_day(
        assembled.system, assembled.start, engine.platform, engine.threads, protocol.timestep_fs
    )
    total = protocol.time_ns + (protocol.heat_ps + protocol.nvt_ps + protocol.npt_ps) / 1000.0
    days = left * total / speed
    text = f"{days:.1f} days" if days >= 1 else f"{24 * days:.1f} hours"
    say(
        f"{assembled.system.getNumParticles()} atoms on {engine.platform} ({engine.threads} threads): about "
        f"{speed:.2g} ns/day, {text} for {left} x {total:.3g} ns"
    )
    if protocol.solvent == "explicit":
        say(
            f"warning: this is a run for a GPU (CUDA or OpenCL); on this CPU it takes about {text}. "
            "--solvent implicit --pocket is the reduced one"
        )
    if protocol.reduced:
        say(f"protocol: {protocol.label}: not comparable with the paper's 5 ns in full")
    return round(speed, 4)
