"""The folder that a user names for results: written whole, and never at the cost of anything that is not ours.

A folder that a command has written holds a list of its files with their checksums (``.kinescape-files``). The same
command may replace such a folder as long as it still is what was written: no other file in it, none changed.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from kinescape.errors import InputError
from kinescape.files import sha256_of, whole_folder, write_text

LISTED = ".kinescape-files"
NAMED = 3
"""Files that an error names before the rest is counted."""
EXPECTED = "a name that is free, an empty folder, or one that the same command wrote and nobody changed"


@contextlib.contextmanager
def output_folder(path: Path, command: str) -> Iterator[Path]:
    """Yield a temporary folder that takes the place of ``path`` when the block ends well.

    Parameters
    ----------
    path
        As the user gave it. A link stays a link: what it points to is replaced.
    command
        What writes it, such as ``assay fit``.

    Raises
    ------
    InputError
        As of :func:`check_output_folder`; nothing is touched.
    """
    check_output_folder(path, command)
    with whole_folder(Path(os.path.realpath(path))) as folder:
        yield folder
        files = {name: sha256_of(folder / name) for name in _files_in(folder)}
        write_text(folder / LISTED, json.dumps({"command": command, "files": files}, indent=1) + "\n")


def check_output_folder(path: Path, command: str) -> None:
    """Look, before anything is calculated, whether ``path`` may be written by ``command``.

    Raises
    ------
    InputError
        ``path`` is a file, holds what the command did not write, or cannot be made.
    """
    real = Path(os.path.realpath(path))
    if real.is_dir():
        if real in (here := Path.cwd()).parents or real == here:
            raise InputError("is the folder that you are in", file=path, expected="a folder of its own")
        foreign = _foreign(real, command)
        if foreign:
            more = f" and {len(foreign) - NAMED} more" if len(foreign) > NAMED else ""
            raise InputError(
                f"holds what `{command}` did not write, and would be replaced",
                file=path,
                found=", ".join(foreign[:NAMED]) + more,
                expected=EXPECTED,
            )
    elif real.exists():
        raise InputError("is a file", file=path, expected=EXPECTED)
    _check_place(path, EXPECTED)


def check_folder_to_add_to(path: Path) -> None:
    """Look, before anything is read or fetched, whether files may be put into the folder ``path``. Makes nothing.

    Raises
    ------
    InputError
        ``path`` is a file, cannot be written, or cannot be made.
    """
    if path.is_dir():
        if not os.access(path, os.W_OK | os.X_OK):
            raise InputError("cannot be written", file=path, expected="a folder to write to")
        return
    if os.path.lexists(path):
        raise InputError("is a file", file=path, expected="a folder to write to")
    _check_place(path, "a folder to write to")


def check_output_file(path: Path) -> None:
    """Look, before anything is calculated, whether ``path`` may be written as a file. Makes nothing.

    Raises
    ------
    InputError
        ``path`` is a folder, or its folder cannot be made or written.
    """
    if path.is_dir():
        raise InputError("is a folder", file=path, expected="a file to write")
    _check_place(path, "a file to write")


def check_output_prefix(prefix: str) -> None:
    """Look, before anything is calculated, whether files whose names begin so may be written. Makes nothing.

    Raises
    ------
    InputError
        ``prefix`` names a folder alone, or that folder cannot be made or written.
    """
    expected = "a folder and the beginning of a file name"
    if prefix.endswith(("/", "\\")):
        raise InputError("output prefix is a folder", found=prefix, expected=expected)
    _check_place(Path(prefix), expected)


def _check_place(path: Path, expected: str) -> None:
    parent = Path(os.path.realpath(path)).parent
    while not parent.exists():
        parent = parent.parent
    if not parent.is_dir():
        raise InputError(f"cannot be made: {parent} is a file", file=path, expected=expected)
    if not os.access(parent, os.W_OK | os.X_OK):
        raise InputError(f"cannot be made: {parent} cannot be written", file=path, expected="a folder to write to")


def _foreign(folder: Path, command: str) -> list[str]:
    """What lies in a folder and is not, unchanged, of the same command."""
    there = _files_in(folder)
    try:
        listed = json.loads((folder / LISTED).read_text(encoding="utf-8"))
        known = listed["files"] if listed["command"] == command else {}
        return [name for name in there if known.get(name) != sha256_of(folder / name)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return there


def _files_in(folder: Path) -> list[str]:
    """All files, links and empty folders but the list itself, with ``/`` between the parts."""
    return [
        name
        for each in sorted(folder.rglob("*"))
        if (each.is_symlink() or not each.is_dir() or not any(each.iterdir()))
        and (name := each.relative_to(folder).as_posix()) != LISTED
    ]
