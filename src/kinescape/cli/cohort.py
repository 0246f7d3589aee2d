"""``kinescape cohort``: survival, counts, checks and exchange formats of a cohort."""

from __future__ import annotations

from pathlib import Path

import click

PATH = click.Path(path_type=Path)


@click.group()
def cohort() -> None:
    """Patients, lines, samples and results: counts, survival, pictures. Research use only."""


@cohort.command()
@click.argument("table", type=PATH)
@click.option("--time", "time", required=True, help="Column: time to the event or to the end of observation.")
@click.option("--event", required=True, help="Column: 1 where the event happened, 0 where nothing was seen.")
@click.option("--group", required=True, help="Column: the groups to compare.")
@click.option("--strata", help="Column: compare inside these strata only (line of therapy).")
@click.option("--entry", help="Column: time at which the record came under observation (delayed entry).")
@click.option("--cluster", help="Column: records of one patient (robust standard errors).")
@click.option("--competing", help="Column: 1 where a competing event ended the record.")
@click.option("--known-at", help="Column: time at which the group became known; empty where it never changed.")
@click.option("--time-varying", is_flag=True, help="The group changes at --known-at (records are cut there).")
@click.option("--landmark", type=float, help="Compare from this time on those who are still under observation.")
@click.option("--covariates", default="", help="Columns for the Cox model besides the group, separated by commas.")
@click.option("--tau", type=float, help="Horizon of the restricted means; default: the shortest arm's end.")
@click.option("--rho", type=float, default=0.0, help="Fleming-Harrington weight S(t-)^rho.")
@click.option("--gamma", type=float, default=0.0, help="Fleming-Harrington weight (1-S(t-))^gamma.")
@click.option("--interval", type=click.Choice(["log-log", "log"]), default="log-log", help="Interval of the curves.")
@click.option("--asymptotic", is_flag=True, help="Show large-sample p and hazard ratios even where events are few.")
@click.option("--unit", default="", help="Unit of time, for the axis.")
@click.option("--title", default="", help="Title of the picture.")
@click.option("--figures/--no-figures", default=True, help="Write km.svg, km.pdf and km.png.")
@click.option("-o", "--out", type=PATH, required=True, help="Folder for survival.json and the pictures.")
def survival(table: Path, out: Path, covariates: str, title: str, figures: bool, **asked: object) -> None:
    """Survival of the groups of TABLE (CSV, TSV or Excel): curves, medians, tests, restricted means, Cox model."""
    from kinescape.cohort.survival_report import write_survival
    from kinescape.cohort.survival_table import Request

    names = tuple(name.strip() for name in covariates.split(",") if name.strip())
    request = Request(covariates=names, **asked)  # type: ignore[arg-type]
    for line in write_survival(table, request, out, title=title, figures=figures):
        click.echo(line)
