"""The options of ``kinescape run`` for libraries with unique molecular identifiers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from kinescape.errors import InputError

if TYPE_CHECKING:
    from kinescape.records import UmiParameters

Command = TypeVar("Command", bound=Callable[..., Any])

MIN_DEPTH = 5000
"""Reads; Villa et al. 2024, Methods."""
MIN_DEPTH_UMI = 500
"""Consensus reads: some 250 to 500 molecules, as mates overlap or not. At 500 molecules the limit of detection is about
1%; below, it says little. 5,000 reads of the plain rule are copies of far fewer molecules."""
MIN_VAF = 0.006
MIN_VAF_UMI = 0.001
"""The plain rule is 2.5 times the background of 0.0024; consensus reads have less than a tenth of it (docs/umi.md)."""


def umi_options(command: Command) -> Command:
    """Add the options to a command."""
    for option in reversed(
        (
            click.option("--umi", type=click.Choice(["header"]), help="UMIs stand last in the read names."),
            click.option(
                "--umi-read-structure",
                metavar="'R1 R2'",
                help="UMIs stand first in the reads: '8M+T +T' for 8 bases of mate 1; S skips bases.",
            ),
            click.option(
                "--umi-strategy",
                type=click.Choice(["auto", "adjacency", "joined", "paired"]),
                default="auto",
                show_default=True,
                help="adjacency: orientations apart; joined: together; paired: duplex.",
            ),
            click.option(
                "--umi-edits", type=click.IntRange(0, 1), default=1, show_default=True, help="Misread bases of a UMI."
            ),
            click.option(
                "--umi-min-reads",
                type=click.IntRange(min=1),
                default=2,
                show_default=True,
                help="Read pairs of a molecule.",
            ),
        )
    ):
        command = option(command)
    return command


def umi_parameters(
    umi: str | None, umi_read_structure: str | None, umi_strategy: str, umi_edits: int, umi_min_reads: int
) -> UmiParameters | None:
    """The options as parameters; None where no UMIs are asked for.

    Raises
    ------
    InputError
        Both places given, or a read structure that cannot be followed.
    """
    if umi is None and umi_read_structure is None:
        return None
    from kinescape.reads.read_structure import parse_read_structures
    from kinescape.records import UmiParameters

    if umi is not None and umi_read_structure is not None:
        raise InputError("give either --umi header or --umi-read-structure")
    structures = ("+T", "+T")
    if umi_read_structure is not None:
        first, second = parse_read_structures(umi_read_structure)
        structures = (first.text, second.text)
    strategy: dict[str, Literal["auto", "adjacency", "joined", "paired"]] = {
        "auto": "auto", "adjacency": "adjacency", "joined": "joined", "paired": "paired"
    }  # fmt: skip
    return UmiParameters(
        source="header" if umi is not None else "read",
        read_structure_1=structures[0],
        read_structure_2=structures[1],
        strategy=strategy[umi_strategy],
        edits=1 if umi_edits else 0,
        min_reads=umi_min_reads,
    )
