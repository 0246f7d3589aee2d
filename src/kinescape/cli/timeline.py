"""``kinescape timeline``: the samples of each patient in order, and what happened to every finding."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kinescape.cli.lazy import FolderToAddTo

if TYPE_CHECKING:
    from kinescape.timeline.build import Step


@click.command()
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--out", required=True, type=FolderToAddTo(), help="Folder for tables and pictures.")
def timeline(results: tuple[Path, ...], out: Path) -> None:
    """What emerged, stayed, rose, fell or was cleared between the samples of a patient.

    RESULTS are folders of a run, or single result.json files. Samples are ordered by their dates; where not every
    sample of a patient has one, by the sheet of the run, else by the order of the arguments. Writes timeline.tsv,
    timeline.json and one SVG for each patient with two or more samples.
    """
    from kinescape.report.timeline_files import timelines_from, write_timelines
    from kinescape.timeline.build import told_apart_by_time

    timelines = timelines_from(results)
    write_timelines(out, timelines)
    for each in timelines:
        click.echo(f"{each.patient}: {len(each.samples)} samples, ordered {_basis(each.basis)}")
        for course in each.courses:
            moments = zip(each.samples, course.steps, strict=True)
            steps = [
                f"{info.sample} {step.change.name.replace('_', ' ')}{_value(step)}{_inspected(step)}"
                for info, step in moments
            ]
            click.echo(f"  {course.name}: " + " -> ".join(steps))
        for said in told_apart_by_time(each):
            click.echo(f"  {said}")
        if not each.courses:
            click.echo("  no finding in any sample")
    click.echo(str(out / "timeline.tsv"))


def _basis(basis: str) -> str:
    return "by date" if basis == "date" else "as given (not every sample has a date)"


def _inspected(step: Step) -> str:
    said = step.point.call.inspected if step.point.call is not None else ""
    return f" [{said}]" if said else ""


def _value(step: Step) -> str:
    from kinescape.report.wording import percent

    if step.point.vaf is not None:
        return f" {percent(step.point.vaf)}"
    return f" (LoD95 {percent(step.point.lod95)})" if step.point.lod95 is not None else ""
