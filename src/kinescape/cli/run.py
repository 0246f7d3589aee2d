"""``kinescape run``: FASTQ in, results and pages out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from kinescape.cli.analysis_options import analysis_options, plan_of
from kinescape.cli.lazy import FolderToAddTo
from kinescape.cli.numbers import FiniteRange
from kinescape.errors import InputError


@click.command()
@click.argument("sheet", required=False, type=click.Path(path_type=Path))
@click.option("-o", "--out", required=True, type=FolderToAddTo(), help="Folder for the results.")
@click.option(
    "--fastq", nargs=2, type=click.Path(path_type=Path), metavar="R1 R2", help="One pair of files instead of a sheet."
)
@click.option("--sample", help="Name of that one sample (default: from the file name).")
@click.option(
    "--cfdna-ng", type=FiniteRange(min=0, max=1e6, min_open=True), help="cfDNA of that one sample, in nanograms."
)
@click.option("--threads", type=click.IntRange(min=1), default=None, help="Default: all cores.")
@analysis_options
@click.option("--force", is_flag=True, help="Run again what is already there.")
@click.option("--quiet", is_flag=True, help="No progress display.")
def run(
    sheet: Path | None,
    out: Path,
    fastq: tuple[Path, Path] | None,
    sample: str | None,
    cfdna_ng: float | None,
    threads: int | None,
    force: bool,
    quiet: bool,
    **options: Any,
) -> int:
    """Analyse the samples of SHEET (CSV with at least sample, fastq_1, fastq_2) on this machine.

    Writes OUT/samples/SAMPLE/{result.json, variants.vcf.gz, positions.tsv.gz, evidence.bam, report.html} and
    OUT/index.html. What is already there and unchanged is kept, so the same command resumes what was interrupted.
    """
    from kinescape.cli.samples import run_and_tell
    from kinescape.engine.foreign import refuse_inputs_inside
    from kinescape.sheet import read_sheet, single_sample

    if (sheet is None) == (fastq is None):
        raise InputError("give either a sample sheet or one pair with --fastq R1 R2")
    if sheet is not None:
        if sample or cfdna_ng:
            raise InputError("--sample and --cfdna-ng go with --fastq", expected="columns in the sheet instead")
        samples = read_sheet(sheet)
        refuse_inputs_inside(out, [sheet])
    else:
        assert fastq is not None  # noqa: S101 - the check above
        samples = (single_sample(fastq[0], fastq[1], sample, cfdna_ng),)
    plan = plan_of(samples, out, threads or os.cpu_count() or 1, force, options)
    return run_and_tell(plan, quiet)
