"""Bring a source from where it is published, and cut it to the panel."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from kinescape.annotate.folder import Manifest
from kinescape.annotate.remote import read_index, write_excerpt
from kinescape.annotate.slicing import Input, slice_source
from kinescape.annotate.sources import Source
from kinescape.errors import InputError
from kinescape.fetching import Progress, download, read_text
from kinescape.output_folder import check_folder_to_add_to
from kinescape.panel.model import Panel
from kinescape.web import NotThereError

DOWNLOADS = ".downloads"
"""Where files lie while they come in; what was cut off is gone on with at the next call."""

Watch = Callable[[str], Progress]
"""Called with the name of a file before it comes in."""


def fetch_source(
    source: Source,
    panel: Panel,
    folder: Path,
    *,
    url: str = "",
    sha256: str = "",
    version: str = "",
    day: str = "",
    today: str = "",
    watch: Watch = lambda name: lambda done, total: None,
) -> Manifest:
    """Fetch and slice one source into ``folder/<source>``.

    Parameters
    ----------
    url
        One file in place of the publisher's.
    sha256
        Expected of that file. Without it, the publisher's own MD5 is used where there is one.
    version, day
        As for :func:`slice_source`; by default those of the published files.
    today
        Stands for the date of a source whose files state none (a nightly release).

    Raises
    ------
    InputError
        A source that is not published for download, a folder that cannot be written, or a file that is not what it
        should be.
    KinescapeError
        Network failures and wrong checksums.
    """
    addresses = _addresses(source, panel, url)
    check_folder_to_add_to(folder)
    if not url:
        version, day = version or source.version, day or source.date
    downloads = folder / DOWNLOADS
    # Files of two sources may have one name, so each source has a folder of its own.
    inputs = [_bring(source, address, panel, downloads / source.key, sha256, watch) for address in addresses]
    manifest = slice_source(
        source, inputs, panel, folder, version=version, day=day, url=" ".join(addresses), day_if_none=today
    )
    shutil.rmtree(downloads / source.key, ignore_errors=True)
    if downloads.is_dir() and not any(downloads.iterdir()):
        downloads.rmdir()
    return manifest


def _addresses(source: Source, panel: Panel, url: str) -> list[str]:
    if url:
        return [url]
    if not source.urls:
        raise InputError(
            f"{source.label} is not published for download by a program (see {source.home})",
            expected=f"a table of your own: kinescape annot slice {source.key} FILE",
        )
    if panel.genome != "GRCh38":
        raise InputError("the published files are on GRCh38", found=panel.genome, expected="--url of a file on it")
    chromosomes = sorted({window.chrom for window in panel.windows})
    return list(dict.fromkeys(each.format(chrom=chrom) for each in source.urls for chrom in chromosomes))


def _bring(source: Source, url: str, panel: Panel, downloads: Path, sha256: str, watch: Watch) -> Input:
    name = unquote(urlsplit(url).path).rpartition("/")[2] or "download"
    if source.by_index and not sha256:
        try:
            index = download(f"{url}.tbi", downloads / f"{name}.tbi", progress=watch(f"{name}.tbi"))
        except NotThereError:
            pass
        else:
            excerpt = downloads / f"{name}.excerpt.vcf"
            write_excerpt(url, read_index(index), panel, excerpt, watch(f"{name} (panel's windows)"))
            return Input(excerpt, f"{name} (the blocks of the panel's windows)", whole=False)
    md5 = _published_md5(url) if source.md5_beside and not sha256 else None
    path = download(url, downloads / name, sha256=sha256 or None, md5=md5, progress=watch(name))
    return Input(path, name)


def _published_md5(url: str) -> str | None:
    """The checksum of ``URL.md5``; None where there is no such file."""
    try:
        words = read_text(f"{url}.md5").split()
    except NotThereError:
        return None
    return words[0] if words else None
