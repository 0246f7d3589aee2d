"""Options that everything which simulates takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., object])


def simulation_options(command: Command) -> Command:
    """``--equilibrate-ps``, ``--timestep-fs``, ``--solvent``, ``--pocket/--whole``, ``--platform``, ``--threads``."""
    for option in reversed(
        [
            click.option(
                "--equilibrate-ps",
                type=float,
                default=None,
                help="Heating, NVT and NPT together [350; implicit: 30].",
            ),
            click.option(
                "--timestep-fs", type=float, default=2.0, show_default=True, help="Bonds with hydrogen are rigid."
            ),
            click.option(
                "--solvent",
                type=click.Choice(["explicit", "implicit", "vacuum"]),
                default=None,
                help="Default by GPU.",
            ),
            click.option(
                "--pocket/--whole", default=None, help="Only the surroundings of ligand and mutation move, or all."
            ),
            click.option(
                "--platform", default="auto", show_default=True, help="auto, CUDA, HIP, OpenCL, CPU or Reference."
            ),
            click.option(
                "--threads",
                type=click.IntRange(1),
                default=None,
                help="Of the CPU platform [OPENMM_CPU_THREADS or all].",
            ),
        ]
    ):
        command = option(command)
    return command
