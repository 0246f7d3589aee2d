"""``kinescape run-samples`` and ``run-structures``: what a job of the engine calls. Not for users."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kinescape.errors import EXIT_FAILURE, EXIT_INTERRUPTED

if TYPE_CHECKING:
    from kinescape.engine.worker import Opener


@click.command(hidden=True)
@click.argument("attempt", type=click.Path(path_type=Path))
@click.argument("job", type=click.IntRange(min=0))
def run_samples(attempt: Path, job: int) -> int:
    """Run the samples of job JOB of the attempt in the folder ATTEMPT."""
    from kinescape.engine.sample_work import sample_work

    return _run(attempt, job, sample_work)


@click.command(hidden=True)
@click.argument("attempt", type=click.Path(path_type=Path))
@click.argument("job", type=click.IntRange(min=0))
def run_structures(attempt: Path, job: int) -> int:
    """Do the screens or simulations of job JOB of the attempt in the folder ATTEMPT."""
    from kinescape.engine.structure_work import structure_work

    return _run(attempt, job, structure_work)


def _run(attempt: Path, job: int, opened: Opener) -> int:
    from kinescape.engine.state import Gone
    from kinescape.engine.worker import run_job

    try:
        return run_job(attempt, job, opened)
    except Gone as stop:
        click.echo(f"kinescape: stopped: {stop}", err=True)
        return EXIT_FAILURE
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
