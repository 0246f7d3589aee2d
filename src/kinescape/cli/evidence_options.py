"""The options of ``kinescape run`` for the reads that are kept for inspection by eye."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from kinescape.records import EvidenceCaps

Command = TypeVar("Command", bound=Callable[..., Any])


def evidence_options(command: Command) -> Command:
    """Add the options to a command."""
    for option in reversed(
        (
            click.option(
                "--evidence/--no-evidence", default=True, show_default=True, help="Keep reads of the calls (BAM)."
            ),
            click.option(
                "--evidence-alt",
                type=click.IntRange(min=1),
                default=400,
                show_default=True,
                help="Kept fragments that show a call.",
            ),
            click.option(
                "--evidence-reference",
                type=click.IntRange(min=0),
                default=120,
                show_default=True,
                help="Kept fragments that show the reference at a call.",
            ),
            click.option(
                "--evidence-fragments",
                type=click.IntRange(min=1),
                default=3000,
                show_default=True,
                help="Kept fragments of a sample.",
            ),
            click.option("--no-igv", is_flag=True, help="Leave the kept reads and their viewer out of the pages."),
        )
    ):
        command = option(command)
    return command


def evidence_caps(keep: bool, alt: int, reference: int, fragments: int) -> EvidenceCaps | None:
    """What the options say; None where no reads are kept."""
    from kinescape.records import EvidenceCaps

    return EvidenceCaps(alt=alt, reference=reference, fragments=fragments) if keep else None
