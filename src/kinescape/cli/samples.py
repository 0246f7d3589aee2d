"""What ``run`` and ``batch`` share: the work with its progress, its outcome in lines and an exit code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import click

from kinescape.cli.progress import samples_progress
from kinescape.cli.summary import print_left_over, print_outcomes
from kinescape.engine.folder import left_over
from kinescape.engine.plan import LAST_STAGES, RunPlan
from kinescape.engine.run import run_samples
from kinescape.errors import EXIT_BAD_INPUT, EXIT_FAILURE, EXIT_OK, EXIT_SOME_SAMPLES_FAILED

if TYPE_CHECKING:
    from kinescape.engine.profile import Dispatch


def run_and_tell(plan: RunPlan, quiet: bool, dispatch: Dispatch | None = None) -> int:
    """Run the samples of a plan and print what became of them; returns the exit code."""
    ended: dict[str, str] = {}
    names = [each.info.sample for each in plan.samples]
    try:
        with samples_progress(names, quiet) as show:

            def watch(sample: str, stage: str) -> None:
                if stage in LAST_STAGES:
                    ended[sample] = stage
                show(sample, stage)

            outcomes = run_samples(plan, watch, dispatch)
    except KeyboardInterrupt:
        done = sum(stage != "failed" for stage in ended.values())
        click.echo(
            f"stopped: {done} of {len(names)} samples are done and kept in {plan.out}; the same command resumes",
            err=True,
        )
        raise
    print_outcomes(outcomes, plan.out)
    print_left_over(left_over(plan.out, set(names)), plan.out)
    return exit_code_of(outcomes)


class Ended(Protocol):
    """How one sample, mutant or simulation ended."""

    @property
    def state(self) -> str: ...
    @property
    def bad_input(self) -> bool: ...


def exit_code_of(outcomes: Sequence[Ended]) -> int:
    """0 all done, 3 some failed and others are done; where all failed 2 for bad input throughout, else 1."""
    failed = [outcome for outcome in outcomes if outcome.state == "failed"]
    if not failed:
        return EXIT_OK
    if len(failed) < len(outcomes):
        return EXIT_SOME_SAMPLES_FAILED
    return EXIT_BAD_INPUT if all(outcome.bad_input for outcome in failed) else EXIT_FAILURE
