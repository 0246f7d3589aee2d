"""``kinescape run-samples``: what a job of the engine calls. Not for users."""

from __future__ import annotations

from pathlib import Path

import click

from kinescape.errors import EXIT_FAILURE, EXIT_INTERRUPTED


@click.command(hidden=True)
@click.argument("attempt", type=click.Path(path_type=Path))
@click.argument("job", type=click.IntRange(min=0))
def run_samples(attempt: Path, job: int) -> int:
    """Run the samples of job JOB of the attempt in the folder ATTEMPT."""
    from kinescape.engine.state import Gone
    from kinescape.engine.worker import run_job

    try:
        return run_job(attempt, job)
    except Gone as stop:
        click.echo(f"kinescape: stopped: {stop}", err=True)
        return EXIT_FAILURE
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
