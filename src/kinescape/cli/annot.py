"""`kinescape annot`: which annotation sources are installed; cut, fetch and check them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kinescape.cli.lazy import FolderToAddTo
from kinescape.cli.progress import downloads_progress
from kinescape.cli.tables import print_table

if TYPE_CHECKING:
    from kinescape.annotate.folder import Manifest

FOLDER_HELP = "Annotation folder (default: $KINESCAPE_ANNOTATION, else the user's data folder)."
folder_option = click.option("-o", "--out", "folder", type=FolderToAddTo(), metavar="DIR", help=FOLDER_HELP)
read_option = click.option("--annotations", "folder", type=click.Path(path_type=Path), metavar="DIR", help=FOLDER_HELP)
panel_option = click.option("--panel", default="alk-ros1", show_default=True, help="Name or folder of the panel.")
version_option = click.option("--version", default="", help="Version of the source (default: its date).")
date_option = click.option(
    "--date", "day", default="", metavar="YYYY-MM-DD", help="Date of the source (default: what its header states)."
)


@click.group()
def annot() -> None:
    """What public databases say of variants: local slices of gnomAD, ClinVar, BoostDM and CIViC.

    `run` reads the slices and never the network. A source without a slice is "not consulted".
    """


@annot.command("list")
@read_option
def list_sources(folder: Path | None) -> None:
    """Sources known, and what is installed of each."""
    from kinescape.annotate.folder import PACKAGED, installed, read_manifest, user_folder
    from kinescape.annotate.sources import SOURCES
    from kinescape.records import NOT_CONSULTED

    folder = folder or user_folder()
    own, packaged = installed(folder), installed(PACKAGED)
    click.echo(f"Annotation folder: {folder}\n")
    rows = []
    for key, source in SOURCES.items():
        place = own.get(key) or packaged.get(key)
        if place is None:
            rows.append((key, NOT_CONSULTED, "", "", source.licence, source.what))
            continue
        manifest = read_manifest(place, source)
        version = manifest.stated + (", packaged" if key not in own else "")
        looked_at = f"{manifest.positions:,}" if manifest.complete else "listed changes only"
        rows.append((key, version, f"{manifest.records:,}", looked_at, manifest.licence, source.what))
    print_table("", ("source", "version (date)", "records", "positions looked at", "licence", "what"), rows)
    click.echo("\nPublished at (for `annot fetch`)")
    for key, source in SOURCES.items():
        for url in source.urls or (f"not for download by a program; see {source.home}",):
            click.echo(f"{key:8} {url}")


@annot.command("slice")
@click.argument("source")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@panel_option
@folder_option
@version_option
@date_option
@click.option("--url", default="", help="Where the file came from, for the record.")
def slice_files(
    source: str, files: tuple[Path, ...], panel: str, folder: Path | None, version: str, day: str, url: str
) -> None:
    """Cut your own FILEs of SOURCE (gnomad, clinvar, boostdm, civic) to the panel.

    VCF as bgzip with index, bgzip, gzip or plain text, with or without `chr`; BoostDM and CIViC also as TSV or CSV.
    Several files (exomes, genomes, chromosomes) become one slice.
    """
    from kinescape.annotate.folder import user_folder
    from kinescape.annotate.slicing import Input, slice_source
    from kinescape.annotate.sources import source_of
    from kinescape.panel.load import load_panel

    known = source_of(source)
    folder = folder or user_folder()
    inputs = [Input(path, path.name) for path in files]
    manifest = slice_source(known, inputs, load_panel(panel), folder, version=version, day=day, url=url)
    _print_slice(manifest, folder)


@annot.command()
@click.argument("source")
@click.option("--url", default="", help="One file in place of the publisher's (HTTPS).")
@click.option("--sha256", default="", metavar="HEX", help="Expected checksum of that file.")
@panel_option
@folder_option
@version_option
@date_option
@click.option("--quiet", is_flag=True, help="No progress display.")
def fetch(
    source: str, url: str, sha256: str, panel: str, folder: Path | None, version: str, day: str, quiet: bool
) -> None:
    """Fetch SOURCE (gnomad, clinvar, civic) and cut it to the panel.

    An interrupted download is gone on with by the next call. Of gnomAD only the blocks that hold the panel's windows
    are read, through the index beside its files.
    """
    from datetime import UTC, datetime

    from kinescape.annotate.fetch import fetch_source
    from kinescape.annotate.folder import user_folder
    from kinescape.annotate.sources import source_of
    from kinescape.errors import InputError
    from kinescape.panel.load import load_panel

    if sha256 and not url:
        raise InputError("--sha256 goes with --url")
    folder = folder or user_folder()
    today = datetime.now(UTC).date().isoformat()
    with downloads_progress(quiet) as watch:
        manifest = fetch_source(
            source_of(source),
            load_panel(panel),
            folder,
            url=url,
            sha256=sha256,
            version=version,
            day=day,
            today=today,
            watch=watch,
        )
    _print_slice(manifest, folder)


@annot.command()
@read_option
@panel_option
def verify(folder: Path | None, panel: str) -> int:
    """Check installed slices: checksums, indexes, assembly, dates. One line per fault, and then exit code 1."""
    from kinescape.annotate.folder import installed, user_folder
    from kinescape.annotate.verify import faults, unreached
    from kinescape.errors import EXIT_FAILURE, EXIT_OK
    from kinescape.panel.load import load_panel

    folder = folder or user_folder()
    design = load_panel(panel)
    found = list(faults(folder, design))
    for fault in found:
        click.echo(fault)
    for note in unreached(folder, design):
        click.echo(f"note: {note}", err=True)
    names = ", ".join(installed(folder)) or "no slices"
    click.echo(f"{folder} ({names}): {len(found) or 'no'} fault{'s' if len(found) > 1 else ''} found", err=True)
    return EXIT_FAILURE if found else EXIT_OK


def _print_slice(manifest: Manifest, folder: Path) -> None:
    click.echo(
        f"{manifest.source} {manifest.stated}: {manifest.records:,} records over {manifest.positions:,} positions of "
        f"{manifest.panel} -> {folder / manifest.source}"
    )
    for note in manifest.notes:
        click.echo(f"note: {note}", err=True)
