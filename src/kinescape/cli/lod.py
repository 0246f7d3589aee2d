"""``kinescape simulate lod``: the promised limit of detection against a measured one."""

from __future__ import annotations

import os
from pathlib import Path

import click

from kinescape.cli.lazy import OutputPrefix
from kinescape.cli.numbers import FiniteRange
from kinescape.cli.progress import samples_progress
from kinescape.errors import InputError

FRACTIONS = "0.002,0.003,0.004,0.005,0.006,0.007,0.008,0.01,0.012,0.015"


@click.command()
@click.option(
    "-o",
    "--output",
    "prefix",
    type=OutputPrefix(),
    metavar="PREFIX",
    default="lod",
    show_default=True,
    help="Of the file names.",
)
@click.option("--ng", type=FiniteRange(min=0, min_open=True), default=20.0, show_default=True, help="cfDNA input.")
@click.option("--pairs", type=click.IntRange(min=1), default=25_000, show_default=True, help="Read pairs per amplicon.")
@click.option("--fractions", default=FRACTIONS, show_default=True, help="Allele fractions, separated by commas.")
@click.option("--replicates", type=click.IntRange(min=1), default=8, show_default=True, help="Samples.")
@click.option(
    "--sites", type=click.IntRange(min=1), default=3, show_default=True, help="Places per fraction and sample."
)
@click.option(
    "--controls",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Healthy controls of the same assay to learn a background from; 0: the global threshold.",
)
@click.option("--min-depth", type=click.IntRange(min=1), default=5000, show_default=True, help="Reads at a position.")
@click.option("--min-vaf", type=FiniteRange(0, 1), default=0.006, show_default=True, help="Without controls.")
@click.option("--min-vaf-floor", type=FiniteRange(0, 1), default=0.001, show_default=True, help="With controls.")
@click.option("--panel", default="alk-ros1", show_default=True, help="Name or folder of the panel.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option("--threads", type=click.IntRange(min=1), default=None, help="Default: all cores.")
@click.option("--quiet", is_flag=True, help="No progress display.")
def lod(
    prefix: str,
    ng: float,
    pairs: int,
    fractions: str,
    replicates: int,
    sites: int,
    controls: int,
    min_depth: int,
    min_vaf: float,
    min_vaf_floor: float,
    panel: str,
    seed: int,
    threads: int | None,
    quiet: bool,
) -> None:
    """Measure the limit of detection by a simulated dilution series through the whole pipeline.

    Writes PREFIX.tsv (detected and promised by allele fraction), PREFIX.svg and PREFIX.png.
    """
    values = _fractions(fractions)
    from kinescape.engine.dilution import Series, run_series
    from kinescape.engine.dilution_files import dilution_table, write_dilution
    from kinescape.records import Parameters

    series = Series(
        fractions=values,
        replicates=replicates,
        sites=sites,
        nanograms=ng,
        pairs=pairs,
        controls=controls,
        panel=panel,
        parameters=Parameters(min_depth=min_depth, min_vaf=min_vaf, min_vaf_floor=min_vaf_floor),
        seed=seed,
    )
    names = [f"control_{number}" for number in range(1, controls + 1)]
    names += [f"replicate_{number}" for number in range(1, replicates + 1)]
    with samples_progress(names, quiet) as watch:
        dilution = run_series(series, threads or os.cpu_count() or 1, watch)
    files = write_dilution(Path(prefix), dilution)
    click.echo(dilution_table(dilution), nl=False)
    for path in files:
        click.echo(f"  {path}")


def _fractions(text: str) -> tuple[float, ...]:
    try:
        return tuple(sorted({float(part) for part in text.split(",")}))
    except ValueError:
        raise InputError(
            "option --fractions is not a list of numbers", found=text, expected="numbers separated by commas"
        ) from None
