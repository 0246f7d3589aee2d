"""``kinescape cohort``: survival, counts, checks and exchange formats of a cohort."""

from __future__ import annotations

from pathlib import Path

import click

from kinescape.cli.lazy import OutputFolder

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
@click.option("-o", "--out", type=OutputFolder(), required=True, help="Folder for survival.json and the pictures.")
def survival(table: Path, out: Path, covariates: str, title: str, figures: bool, **asked: object) -> None:
    """Survival of the groups of TABLE (CSV, TSV or Excel): curves, medians, tests, restricted means, Cox model."""
    from kinescape.cohort.survival_records import Request
    from kinescape.cohort.survival_report import write_survival

    names = tuple(name.strip() for name in covariates.split(",") if name.strip())
    request = Request(covariates=names, **asked)  # type: ignore[arg-type]
    for line in write_survival(table, request, out, title=title, figures=figures):
        click.echo(line)


@cohort.command()
@click.argument("source", type=PATH)
@click.option("--results", type=PATH, help="A run's folder: samples/<sample>/result.json are joined by sample.")
@click.option(
    "--order", type=click.Choice(["time", "patient", "gene", "mutated"]), default="time", help="Swimmer order."
)
@click.option("--formats", default="svg,pdf,png", help="Formats of the pictures; empty: none.")
@click.option("--page/--no-page", default=True, help="Write the interactive page cohort.html.")
@click.option("-o", "--out", type=OutputFolder(), required=True, help="Folder for summary.json and the pictures.")
def summary(source: Path, results: Path | None, order: str, formats: str, page: bool, out: Path) -> None:
    """Counts, survival and pictures of the cohort in SOURCE (a folder of tables, or an Excel workbook)."""
    from kinescape.cohort.load import load_cohort
    from kinescape.cohort.summary_report import checked_formats, write_summary

    wanted = checked_formats(formats)
    loaded = load_cohort(source)
    notes: list[str] = []
    if results is not None:
        from kinescape.cohort.results import with_results

        loaded, notes = with_results(loaded, results)
    for line in write_summary(loaded, notes, out, order=order, formats=wanted, page=page):
        click.echo(line)


@cohort.command()
@click.argument("source", type=PATH)
def check(source: Path) -> int:
    """Check the tables in SOURCE; every fault is named by file, line and column (exit code 2)."""
    from kinescape.cohort.load import read_cohort
    from kinescape.cohort.summary_report import check_lines
    from kinescape.errors import EXIT_BAD_INPUT, EXIT_OK

    loaded, problems = read_cohort(source)
    for problem in problems:
        click.echo(f"kinescape: error: {problem}", err=True)
    for line in check_lines(loaded, problems):
        click.echo(line, err=bool(problems))
    return EXIT_BAD_INPUT if problems else EXIT_OK


@cohort.command()
@click.option("--excel", is_flag=True, help="One workbook, cohort.xlsx, instead of CSV files.")
@click.option("--example", is_flag=True, help="Filled with simulated patients shaped like Villa et al. 2024.")
@click.option("-o", "--out", type=OutputFolder(), required=True, help="Folder to write.")
def template(excel: bool, example: bool, out: Path) -> None:
    """Write empty tables with a description of every column, or an example."""
    from kinescape.cohort.template import write_template

    for line in write_template(out, excel=excel, example=example):
        click.echo(line)


@cohort.command(name="import")
@click.argument("study", type=PATH)
@click.option("-o", "--out", type=OutputFolder(), required=True, help="Folder for the tables.")
def import_(study: Path, out: Path) -> None:
    """Read a cBioPortal study folder STUDY (clinical, timeline and mutation files) into tables."""
    from kinescape.cohort.cbioportal_in import import_study

    for line in import_study(study, out):
        click.echo(line)


@cohort.command()
@click.argument("source", type=PATH)
@click.option(
    "--format", "kind", type=click.Choice(["cbioportal", "phenopackets"]), required=True, help="What to write."
)
@click.option("--results", type=PATH, help="A run's folder: samples/<sample>/result.json are joined by sample.")
@click.option("--study", default="kinescape_cohort", help="cBioPortal: identifier of the study.")
@click.option("-o", "--out", type=OutputFolder(), required=True, help="Folder to write.")
def export(source: Path, kind: str, results: Path | None, study: str, out: Path) -> None:
    """Write the cohort in SOURCE as a cBioPortal study or as one Phenopacket (v2, JSON) per patient."""
    from kinescape.cohort.load import load_cohort

    loaded = load_cohort(source)
    if results is not None:
        from kinescape.cohort.results import with_results

        loaded, _ = with_results(loaded, results)
    if kind == "cbioportal":
        from kinescape.cohort.cbioportal_out import export_study

        lines = export_study(loaded, study, out)
    else:
        from kinescape.cohort.phenopackets import export_phenopackets

        lines = export_phenopackets(loaded, out)
    for line in lines:
        click.echo(line)
