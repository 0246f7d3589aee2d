"""On what OpenMM calculates, how fast, and whether the full protocol is to be had there."""

from __future__ import annotations

import os
import platform as machine
import re
import time
from typing import Any

import numpy as np
import openmm

from kinescape.errors import InputError
from kinescape.structure.dynamics.checkpoint import Moment

ACCELERATED = ("CUDA", "HIP", "OpenCL")
"""Tried in this order."""
DAY = 86400.0
MOST_DEVICES = 64
"""More are not looked for."""
PROCESSOR = re.compile(r"pthread|\bcpu\b|xeon|epyc|ryzen|core\(tm\)", re.IGNORECASE)
"""OpenCL devices that are the processor itself (PoCL, Intel's runtime), by name: the CPU platform is faster."""


def choose_platform(asked: str = "auto") -> str:
    """The platform to use. ``auto``: the first of CUDA, HIP and OpenCL that works here, else CPU.

    Raises
    ------
    InputError
        The platform asked for is not there or does not work: it is not replaced by another in silence.
    """
    there = {
        openmm.Platform.getPlatform(number).getName().lower(): openmm.Platform.getPlatform(number).getName()
        for number in range(openmm.Platform.getNumPlatforms())
    }
    if asked.lower() == "auto":
        for name in ACCELERATED:
            if name.lower() in there and not _why_not(name) and not PROCESSOR.search(_device(name)):
                return name
        return "CPU"
    if asked.lower() not in there:
        raise InputError(
            "OpenMM has no such platform here", found=asked, expected="auto or one of " + ", ".join(there.values())
        )
    name = str(there[asked.lower()])
    if problem := _why_not(name):
        raise InputError(f"OpenMM's platform {name} does not work here ({problem})", expected="--platform auto")
    return name


def is_accelerated(name: str) -> bool:
    """Whether a platform is a GPU's."""
    return name in ACCELERATED


def accelerators_here() -> int:
    """How many devices the accelerated platform that ``auto`` would choose finds here; 0 where it would choose CPU.

    Devices are opened one after the other until there is no further one. A context takes memory of a GPU for as long as
    its process lives: ask in a process that ends.
    """
    name = choose_platform("auto")
    if not is_accelerated(name):
        return 0
    count = 0
    while count < MOST_DEVICES and not _why_not(name, {"DeviceIndex": str(count)}):
        count += 1
    return count


def threads_here() -> int:
    """Threads of the CPU platform: OPENMM_CPU_THREADS, else the cores that this process may use."""
    given = os.environ.get("OPENMM_CPU_THREADS", "")
    if given.isdigit() and int(given) > 0:
        return int(given)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def properties_of(name: str, threads: int) -> dict[str, str]:
    """Settings of a platform: fixed order of summation on a CPU, mixed precision on a GPU."""
    if name == "CPU":
        return {"Threads": str(threads), "DeterministicForces": "true"}
    return {"Precision": "mixed"} if name in ACCELERATED else {}


def open_at(system: Any, integrator: Any, moment: Moment, name: str, threads: int) -> Any:
    """A context at a saved moment."""
    context = openmm.Context(system, integrator, openmm.Platform.getPlatformByName(name), properties_of(name, threads))
    if moment.box is not None:
        context.setPeriodicBoxVectors(*(openmm.Vec3(*row) for row in moment.box.tolist()))
    context.setPositions(moment.positions)
    context.setVelocities(moment.velocities)
    return context


def hardware(name: str, threads: int) -> dict[str, Any]:
    """What a record says of the machine: kinds, no names."""
    found: dict[str, Any] = {
        "platform": name,
        "properties": properties_of(name, threads),
        "openmm": openmm.Platform.getOpenMMVersion(),
        "system": f"{machine.system()} {machine.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
    }
    if name in ACCELERATED:
        found["device"] = _device(name)
    return found


def nanoseconds_per_day(system: Any, moment: Moment, name: str, threads: int, timestep_fs: float) -> float:
    """Speed of a system here, by a trial of a few steps."""
    # The trial comes before the minimisation: steps so short that nothing can blow up, at the price of real ones.
    integrator = openmm.LangevinMiddleIntegrator(300.0, 1.0, 1e-6)
    integrator.setRandomNumberSeed(1)
    context = open_at(system, integrator, moment, name, threads)
    integrator.step(1)
    steps, start = 0, time.perf_counter()
    while steps < 3 or (time.perf_counter() - start < 2.0 and steps < 2000):
        integrator.step(1)
        steps += 1
    context.getState(getEnergy=True)
    return steps * timestep_fs * 1e-6 / (time.perf_counter() - start) * DAY


def _why_not(name: str, properties: dict[str, str] | None = None) -> str:
    """Why a platform does not work here; empty where it does. The library may be there without a device."""
    system = openmm.System()
    system.addParticle(1.0)
    try:
        platform = openmm.Platform.getPlatformByName(name)
        context = openmm.Context(system, openmm.VerletIntegrator(0.001), platform, properties or {})
        context.setPositions(np.zeros((1, 3)))
        context.getState(getEnergy=True)
    except Exception as problem:
        return str(problem).splitlines()[0] if str(problem) else type(problem).__name__
    return ""


def _device(name: str) -> str:
    system = openmm.System()
    system.addParticle(1.0)
    chosen = openmm.Platform.getPlatformByName(name)
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), chosen)
    return str(chosen.getPropertyValue(context, "DeviceName"))


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:  # noqa: PTH123
            for line in lines:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return machine.processor() or "not known"
