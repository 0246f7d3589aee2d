"""`kinescape fetch`: reads of a public accession, with a sample sheet."""

from __future__ import annotations

import shlex
import sys
import threading
import time
from pathlib import Path

import click

from kinescape.cli.lazy import FolderToAddTo
from kinescape.cli.progress import in_words


@click.command()
@click.argument("accession")
@click.option("-o", "--out", type=FolderToAddTo(), required=True, help="Folder for FASTQ files and samples.csv.")
@click.option("--list", "only_list", is_flag=True, help="Say what is there; fetch nothing.")
@click.option("--connections", type=click.IntRange(1, 16), default=4, show_default=True, help="Files at a time.")
@click.option("--portal", default=None, metavar="URL", help="Another file list than ENA's (a mirror).")
@click.option("--quiet", is_flag=True, help="No progress display.")
def fetch(accession: str, out: Path, only_list: bool, connections: int, portal: str | None, quiet: bool) -> None:
    """Fetch the reads of ACCESSION (PRJNA..., SRP..., SAMN..., SRX..., SRR..., and their E and D kin) from ENA.

    Files come several at a time over HTTPS, are resumed where they were cut, and are compared with the archive's MD5
    sums. OUT/samples.csv is a sample sheet for `kinescape run`.
    """
    from kinescape.deposit.ena import PORTAL, runs_of
    from kinescape.deposit.fetch import fetch_reads

    runs = runs_of(accession, PORTAL if portal is None else portal)
    pairs = [run for run in runs if run.mates]
    size = sum(file.size for run in pairs for file in run.mates)
    click.echo(
        f"{accession.strip()}: {len(runs)} runs, {len(pairs)} of them pairs, {size / 1e9:.2f} GB", err=not only_list
    )
    if only_list:
        for run in runs:
            files = " ".join(file.name for file in run.mates) or run.why_not
            click.echo(f"{run.accession}\t{run.about['sample_alias']}\t{files}")
        return
    fetched = fetch_reads(runs, out, connections=connections, watch=_quiet if quiet else Display(size))
    for run_name, why in fetched.left_out:
        click.echo(f"left out: {run_name} ({why})", err=True)
    new = fetched.files - fetched.kept
    click.echo(f"{fetched.files} files of {fetched.runs} runs: {new} fetched, {fetched.kept} were there")
    click.echo(f"kinescape run {shlex.quote(str(fetched.sheet))} -o results")


def _quiet(_name: str, _done: int, _total: int) -> None:
    return


class Display:
    """Bytes that came, on one line that is written over; a line now and then where the output is no terminal.

    What an earlier call had brought counts as there, and not for the pace.
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self.done: dict[str, int] = {}
        self.before: dict[str, int] = {}
        """Bytes of each file that were there when it was first told of."""
        self.lock = threading.Lock()
        self.said = self.began = time.monotonic()
        self.live = sys.stderr.isatty()

    def __call__(self, name: str, done: int, _total: int) -> None:
        with self.lock:
            self.done[name] = done
            if done < self.before.setdefault(name, done):
                # The server has another file than the part was of: begun anew.
                self.before[name] = 0
            now = time.monotonic()
            if now - self.said < (0.2 if self.live else 15.0):
                return
            self.said = now
            text = self.line(now - self.began)
            click.echo(f"\r\033[K{text}" if self.live else text, err=True, nl=not self.live)

    def line(self, seconds: float) -> str:
        """``0.90 of 1.00 GB, 5.0 MB/s, about 20 s left``, ``seconds`` after the beginning."""
        there = sum(self.done.values())
        pace = (there - sum(self.before.values())) / max(seconds, 1e-9)
        left = f", about {in_words((self.total - there) / pace)} left" if pace > 0 and there < self.total else ""
        return f"{there / 1e9:.2f} of {self.total / 1e9:.2f} GB, {pace / 1e6:.1f} MB/s{left}"
