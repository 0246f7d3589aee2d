"""`kinescape collate`: the results of many runs as one database."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from kinescape.cli.lazy import FolderToAddTo, OutputFile
from kinescape.errors import EXIT_BAD_INPUT, EXIT_OK, EXIT_SOME_SAMPLES_FAILED, InputError


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--out", required=True, type=OutputFile(), help="FILE.duckdb; made, or brought up to date.")
@click.option("--parquet", type=FolderToAddTo(), help="Write every table to this folder as Parquet, too.")
@click.option("--prune", is_flag=True, help="Forget results whose files are not there any more.")
@click.option("--threads", type=click.IntRange(1), default=None, help="Default: all cores.")
def collate(runs: tuple[Path, ...], out: Path, parquet: Path | None, prune: bool, threads: int | None) -> int:
    """Collect samples, calls, known positions, phases and drug states of RUNS (folders of `run`) in one database.

    Only results that are new or changed are read. docs/collate.md has the tables and questions to ask them.
    """
    if out.suffix != ".duckdb":
        raise InputError("unknown kind of file", file=out, expected="a name that ends in .duckdb")
    from kinescape.collate.store import check_parquet_folder, export_parquet
    from kinescape.collate.store import collate as bring_together

    if parquet is not None:
        check_parquet_folder(parquet)
    done = bring_together(runs, out, prune=prune, threads=threads or os.cpu_count() or 1, progress=_live)
    for path, why in done.faults:
        click.echo(f"kinescape: error: {why or path}", err=True)
    gone = f", {done.gone} {'forgotten' if prune else 'without a file any more'}" if done.gone else ""
    click.echo(
        f"{done.samples} samples in {out}: {done.added} added, {done.changed} changed, {done.kept} as before{gone}"
    )
    if done.not_in_sheet:
        click.echo(f"not in their run's sheet any more: {done.not_in_sheet} of them (table samples, in_sheet = false)")
    for run in done.unlisted_runs:
        click.echo(f"{run}: does not say which samples its sheet has; in the table samples: in_sheet is NULL", err=True)
    if parquet is not None:
        for written in export_parquet(out, parquet):
            click.echo(f"  {written}")
    if done.faults and not done.added + done.changed + done.kept:
        return EXIT_BAD_INPUT
    return EXIT_SOME_SAMPLES_FAILED if done.faults else EXIT_OK


def _live(done: int, of: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{done:,} of {of:,} results", err=True, nl=done == of)
