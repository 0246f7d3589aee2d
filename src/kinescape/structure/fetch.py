"""Entries of the Protein Data Bank over HTTPS: kept, recorded with their checksums, checked when used again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kinescape.errors import InputError, KinescapeError
from kinescape.fetching import Progress, download
from kinescape.files import sha256_of, write_text
from kinescape.output_folder import check_folder_to_add_to
from kinescape.structure.read import read_deposit
from kinescape.web import NotThereError

SERVER = "https://files.rcsb.org/download"
"""File server of RCSB PDB. It publishes no checksums, so that of the first download is what later uses are held to."""
MANIFEST = "structures.json"


@dataclass(frozen=True)
class Fetched:
    """One entry in the folder. ``kept``: it lay there already and is unchanged."""

    entry: str
    path: Path
    sha256: str
    url: str
    kept: bool


def fetch_entry(
    entry: str, folder: Path, *, server: str = SERVER, progress: Callable[[str], Progress] | None = None
) -> Fetched:
    """Bring one entry as a PDB file, as mmCIF where it is too large for the PDB format.

    The file's SHA-256 is recorded in ``structures.json`` beside it. A file that lies there is used again if it is the
    recorded one, without the network. What came must be readable and state the entry that was asked for. An
    interrupted download is gone on with.

    Raises
    ------
    InputError
        Not an entry's name; a folder that cannot be written; a file there that is not the recorded one.
    KinescapeError
        Server not reached, no such entry, or an answer that is not this structure.
    """
    name = entry.strip().upper()
    if not re.fullmatch(r"[0-9][A-Z0-9]{3}", name):
        raise InputError("is no entry of the PDB", found=entry, expected="four characters such as 2XP2")
    check_folder_to_add_to(folder)
    recorded = _manifest(folder)
    for path in (folder / f"{name}.pdb", folder / f"{name}.cif"):
        if path.exists():
            return _kept(name, path, recorded.get(path.name))
    url, path = _download(name, folder, server, progress)
    _check_content(name, path, url)
    checksum = sha256_of(path)
    recorded[path.name] = {"entry": name, "url": url, "sha256": checksum}
    write_text(folder / MANIFEST, json.dumps(dict(sorted(recorded.items())), indent=2) + "\n")
    return Fetched(name, path, checksum, url, kept=False)


def _download(name: str, folder: Path, server: str, progress: Callable[[str], Progress] | None) -> tuple[str, Path]:
    told = progress(name) if progress else None
    url, path = f"{server}/{name}.pdb", folder / f"{name}.pdb"
    try:
        download(url, path, progress=told)
    except NotThereError:
        url, path = f"{server}/{name}.cif", folder / f"{name}.cif"
        try:
            download(url, path, progress=told)
        except NotThereError:
            raise KinescapeError(f"{name}: {server} has no such entry, neither as PDB nor as mmCIF") from None
    return url, path


def _kept(name: str, path: Path, record: dict[str, str] | None) -> Fetched:
    if record is None:
        raise InputError(
            "lies there without a record of where it came from",
            file=path,
            expected=f"an entry in {MANIFEST}; remove the file, or use it as your own by its path",
        )
    found = sha256_of(path)
    if found != record["sha256"]:
        raise InputError(
            "has changed since it was fetched",
            file=path,
            found=found,
            expected=f"{record['sha256']}; remove it to fetch it anew",
        )
    return Fetched(name, path, found, record["url"], kept=True)


def _check_content(name: str, path: Path, url: str) -> None:
    try:
        stated = read_deposit(path).entry
    except InputError as problem:
        path.unlink()
        raise KinescapeError(
            f"{url}: what the server sent is no structure ({problem.what}); nothing was kept"
        ) from None
    if stated != name:
        path.unlink()
        raise KinescapeError(f"{url}: the server sent entry {stated or 'without a name'}; nothing was kept")


def _manifest(folder: Path) -> dict[str, dict[str, str]]:
    path = folder / MANIFEST
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {name: {key: str(record[key]) for key in ("entry", "url", "sha256")} for name, record in content.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError("is no list of fetched structures", file=path) from None
