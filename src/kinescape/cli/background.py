"""``kinescape background``: healthy controls in, the background of every site out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kinescape.cli.lazy import OutputFile
from kinescape.cli.progress import samples_progress
from kinescape.errors import InputError

if TYPE_CHECKING:
    from kinescape.engine.background import WrittenBackground


@click.command()
@click.argument("controls", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--out",
    required=True,
    type=OutputFile(),
    help="File to write (.parquet); pictures and the table of contexts get its name.",
)
@click.option("--panel", default="alk-ros1", show_default=True, help="Name or folder of the panel.")
@click.option(
    "--reference",
    type=click.Path(path_type=Path),
    help="Genome FASTA with bwa and Bowtie2 indexes beside it, in place of the panel's own windows.",
)
@click.option("--threads", type=click.IntRange(min=1), default=None, help="Default: all cores.")
@click.option(
    "--end-mask",
    type=click.IntRange(0, 50),
    default=8,
    show_default=True,
    help="Bases at the 3' end of mates left out; the run that uses the file must have the same.",
)
@click.option(
    "--from-samples",
    is_flag=True,
    help="The sheet lists patients' samples that stand in for controls; the results then say so.",
)
@click.option("--quiet", is_flag=True, help="No progress display.")
def background(
    controls: Path,
    out: Path,
    panel: str,
    reference: Path | None,
    threads: int | None,
    end_mask: int,
    from_samples: bool,
    quiet: bool,
) -> None:
    """Learn the background of the panel from the healthy controls of CONTROLS (a sample sheet as for `run`).

    Writes OUT (Parquet: one row per aligner, position and alternative base), OUT.contexts.tsv, OUT.svg and OUT.png, OUT
    without its suffix. `kinescape run --background OUT` uses it.
    """
    if out.suffix != ".parquet":
        raise InputError("unknown kind of file", file=out, expected="a name that ends in .parquet")
    from kinescape.engine.background import write_from_sheet
    from kinescape.sheet import read_sheet

    samples = read_sheet(controls)
    with samples_progress([each.info.sample for each in samples], quiet, "controls") as watch:
        written = write_from_sheet(
            samples,
            out,
            panel=panel,
            reference=reference,
            end_mask=end_mask,
            threads=threads or os.cpu_count() or 1,
            watch=watch,
            from_samples=from_samples,
        )
    _print(written)


def _print(written: WrittenBackground) -> None:
    summary = written.summary
    simulated = " (SIMULATED)" if summary.simulated else ""
    kind = "patients' samples in place of controls" if summary.from_samples else "healthy controls"
    click.echo(f"{summary.controls} {kind}{simulated}: {', '.join(summary.names)}")
    for aligner, rate in summary.mismatches_per_base.items():
        click.echo(f"{aligner}: {rate:.6f} mismatches per mapped base between the primers")
    click.echo(
        f"threshold {summary.threshold:.2%} = {summary.factor:g} x {summary.highest:.6f} "
        "(Villa et al. 2024: 0.60% = 2.5 x 0.0024)"
    )
    for aligner, sites in summary.sites.items():
        click.echo(
            f"{aligner}: smallest allele fraction above the site's background at {sites.fragments:,} fragments: "
            f"median {sites.median:.2%}, 95% of sites within {sites.upper:.2%}, largest {sites.largest:.2%} "
            f"({sites.largest_name}); {sites.below_threshold:.1%} of {sites.number:,} below {summary.threshold:.2%}"
        )
    if summary.caveat:
        click.echo(f"caveat: {summary.caveat}")
    for path in written.files:
        click.echo(f"  {path}")
