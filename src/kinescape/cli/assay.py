"""`kinescape assay`: dose-response, growth and blots from the bench."""

from __future__ import annotations

from pathlib import Path

import click

INPUT = click.Path(path_type=Path)


@click.group()
def assay() -> None:
    """Dose-response curves, growth and blots: from plates to IC50s, folds and resistance classes."""


@assay.command()
@click.argument("wells", type=INPUT)
@click.option("-o", "--output", "output", type=INPUT, required=True, help="Folder for ic50.tsv, fits.tsv, wells.tsv.")
@click.option("--model", type=click.Choice(["4pl", "3pl", "5pl"]), default="4pl", show_default=True)
@click.option("--reference", default="WT", show_default=True, help="Variant that folds are taken against.")
@click.option("--rules", default=None, help="Rule set from fold to class (default: that of the knowledge base).")
@click.option("--rules-file", type=INPUT, default=None, help="rules.yaml of your own knowledge base.")
@click.option("--sheet", default=None, help="Sheet of an Excel workbook (default: the first).")
@click.option("--robust", is_flag=True, help="Weigh wells far off the curve down (they are flagged in any case).")
@click.option(
    "--noise",
    type=click.Choice(["replicates", "constant"]),
    default="replicates",
    show_default=True,
    help="Read from the replicates how scatter grows with signal, or weigh all wells alike.",
)
@click.option(
    "--censoring",
    type=click.Choice(["profile", "estimate"]),
    default="profile",
    show_default=True,
    help="profile: '>max dose' where the interval does not close inside the tested doses; estimate: only where the "
    "estimate lies beyond them or the interval never closes.",
)
@click.option("--threads", type=click.IntRange(1), default=2, show_default=True)
def fit(
    wells: Path,
    output: Path,
    model: str,
    reference: str,
    rules: str | None,
    rules_file: Path | None,
    sheet: str | None,
    robust: bool,
    noise: str,
    censoring: str,
    threads: int,
) -> None:
    """Fit dose-response curves and write IC50s, folds and classes.

    WELLS is a long CSV, TSV or Excel table: experiment, variant, drug, dose, dose_unit, replicate, signal (dose 0 is
    untreated).
    """
    from kinescape.assay.inputs import read_wells
    from kinescape.assay.screen import Settings, analyse_screen
    from kinescape.assay.tables import write_tables
    from kinescape.rules import PACKAGED, read_rules

    rule_set = read_rules(rules_file or PACKAGED).rule_set(rules)
    settings = Settings(
        model=model,  # type: ignore[arg-type]
        reference=reference,
        robust=robust,
        replicate_noise=noise == "replicates",
        censoring=censoring,  # type: ignore[arg-type]
        threads=threads,
    )
    screen = analyse_screen(read_wells(wells, sheet=sheet), rule_set, settings)
    write_tables(screen, output)
    click.echo(f"{len(screen.results)} IC50s from {len(screen.outcomes)} curves: {output / 'ic50.tsv'}")
