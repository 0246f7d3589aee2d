"""`kinescape reproduce`: a published study, every claim beside its number."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kinescape.cli.lazy import FolderToAddTo
from kinescape.errors import EXIT_OK, InputError

if TYPE_CHECKING:
    from kinescape.reproduce.claims import Claim


@click.command()
@click.argument("study", type=click.Choice(["villa2024"]), expose_value=False)
@click.option("-o", "--out", type=FolderToAddTo(), required=True, help="Folder; a run that was stopped goes on.")
@click.option("--quick", is_flag=True, help="Fewer reads and experiments: under two minutes on two cores.")
@click.option(
    "--chain/--no-chain", default=True, show_default=True, help="Run the paper's own chain on the same reads."
)
@click.option(
    "--reads",
    metavar="sra|SHEET.csv",
    help="Real reads in place of simulated ones: the study's deposit, or a sample sheet of them.",
)
@click.option(
    "--structures",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder with 2xp2, 3lct, 4cli (PDB or mmCIF): the modelling claims are tried on them.",
)
@click.option("--threads", type=click.IntRange(min=1), default=None, help="Default: all cores.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same bytes.")
@click.option("--quiet", is_flag=True, help="No progress display.")
def reproduce(
    out: Path,
    quick: bool,
    chain: bool,
    reads: str | None,
    structures: Path | None,
    threads: int | None,
    seed: int,
    quiet: bool,
) -> int:
    """Run every part of a published study and set each of its claims beside the number we get.

    Where the study publishes no raw data, the data are simulated with the published figures as truth, and say so.
    Writes OUT/index.html (the page), OUT/claims.tsv, and a folder for every part.
    """
    from kinescape.reproduce.scale import FULL, QUICK
    from kinescape.reproduce.study import Plan, Voice
    from kinescape.reproduce.study import reproduce as run

    started = time.monotonic()
    sheet = _sheet(reads, out)
    plan = Plan(
        out,
        QUICK if quick else FULL,
        threads or os.cpu_count() or 1,
        seed=seed,
        sheet=sheet,
        chain=chain,
        structures=structures,
    )
    voice = Voice(lambda text: None) if quiet else Voice(_told(started), _simulated, _sample)
    written = run(plan, voice)
    _print(written.claims)
    click.echo(f"{time.monotonic() - started:.0f} s", err=True)
    click.echo(f"claims {written.table}")
    click.echo(f"open {written.page}")
    return EXIT_OK


def _sheet(reads: str | None, out: Path) -> Path | None:
    """The sample sheet of real reads; the deposit's runs are fetched first (and kept)."""
    if reads is None:
        return None
    if reads != "sra":
        if not Path(reads).is_file():
            raise InputError("no such sample sheet", file=reads, expected="a file, or the word sra")
        return Path(reads)
    from kinescape.deposit.ena import runs_of
    from kinescape.deposit.fetch import fetch_reads
    from kinescape.reproduce.claims import study
    from kinescape.reproduce.study import READS

    runs = runs_of(str(study()["study"]["deposit"]))
    return fetch_reads(runs, out / READS).sheet


def _told(started: float) -> Callable[[str], None]:
    def say(text: str) -> None:
        click.echo(f"[{time.monotonic() - started:5.0f} s] {text}", err=True)

    return say


def _simulated(done: int, of: int, name: str) -> None:
    _live(f"  simulated {done} of {of}: {name}", last=done == of)


def _sample(sample: str, stage: str) -> None:
    _live(f"  {sample}: {stage}", last=False)


def _live(text: str, *, last: bool) -> None:
    """One line that is written over, on a terminal only."""
    if sys.stderr.isatty():
        with contextlib.suppress(OSError):
            click.echo(f"\r\033[K{text[:100]}", err=True, nl=last)


def _print(claims: list[Claim]) -> None:
    for claim in claims:
        click.echo(
            f"{claim.finding.verdict:<17} {claim.identifier}  {claim.gist}  [{claim.published}]  ->  "
            f"{claim.finding.ours}"
        )
    counts = Counter(claim.finding.verdict for claim in claims)
    click.echo(f"{len(claims)} claims: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common()))
