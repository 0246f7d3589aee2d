"""`kinescape reference`: a whole genome in place of the panel's windows."""

from __future__ import annotations

import os
from pathlib import Path

import click

from kinescape.cli.lazy import FolderToAddTo
from kinescape.cli.progress import downloads_progress
from kinescape.errors import EXIT_FAILURE, EXIT_OK, InputError

PATH = click.Path(path_type=Path)


def default_folder() -> Path:
    """Where genomes lie unless another folder is named."""
    from platformdirs import user_data_path

    return Path(os.environ.get("KINESCAPE_GENOMES") or user_data_path("kinescape") / "genomes")


@click.group()
def reference() -> None:
    """A whole genome with both indexes, for `run --reference`. The packaged windows need none of this."""


@reference.command()
@click.argument("name", metavar="hg38")
@click.option(
    "-o", "--out", type=FolderToAddTo(), help="Folder [default: $KINESCAPE_GENOMES, else the user's data folder]."
)
@click.option("--url", default="", help="Another address of the same file (a mirror).")
@click.option("--md5", default="", help="Checksum of another file under that name.")
def fetch(name: str, out: Path | None, url: str, md5: str) -> None:
    """Fetch the FASTA (0.9 GB, unpacked 3.1 GB) over HTTPS; resumed where it was cut, compared with its checksum."""
    from dataclasses import replace

    from kinescape.genome.catalogue import genome_named
    from kinescape.genome.fetch import fetch_genome

    genome = genome_named(name)
    if md5 and not url:
        raise InputError("--md5 is of another file", expected="--url with it")
    genome = replace(genome, url=url or genome.url, md5=md5 or genome.md5)
    click.echo(f"{genome.name}: {genome.what}", err=True)
    with downloads_progress() as show:
        path = fetch_genome(genome, out or default_folder(), progress=show(f"{genome.name}.fa.gz"), say=_say)
    click.echo(str(path))


@reference.command()
@click.argument("fasta", type=PATH)
@click.option("--threads", type=click.IntRange(1), default=None, help="Default: all cores.")
def build(fasta: Path, threads: int | None) -> None:
    """Make bwa's and Bowtie2's indexes of FASTA (hg38: the genome that `fetch` brought); what is whole is kept."""
    from kinescape.genome.build import build_indexes

    path = _named(fasta)
    made = build_indexes(path, threads=threads or os.cpu_count() or 1, say=_say)
    click.echo(f"{path}: " + (f"made {' and '.join(made)}" if made else "both indexes were there"))


@reference.command()
@click.argument("fasta", type=PATH)
@click.option("--panel", default="alk-ros1", show_default=True, help="Name or folder of the panel.")
def verify(fasta: Path, panel: str) -> int:
    """Compare FASTA (or hg38) with the panel's windows and lengths, and its indexes with it. Exit code 1 on a fault."""
    from kinescape.genome.verify import verify_genome
    from kinescape.panel.load import load_panel

    checks = verify_genome(_named(fasta), load_panel(panel))
    for check in checks:
        click.echo(f"{'ok' if check.good else 'FAULT':<6} {check.what}: {check.found}")
        if not check.good and check.remedy:
            click.echo(f"       {check.remedy}")
    return EXIT_OK if all(check.good for check in checks) else EXIT_FAILURE


def _named(fasta: Path) -> Path:
    from kinescape.genome.catalogue import GENOMES
    from kinescape.genome.fetch import fasta_path

    if str(fasta) in GENOMES and not fasta.exists():
        return fasta_path(GENOMES[str(fasta)], default_folder())
    return fasta


def _say(text: str) -> None:
    click.echo(text, err=True)
