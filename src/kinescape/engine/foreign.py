"""What lies in an output folder and is not ours: never replaced, moved or removed, but refused before all else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from kinescape.engine.folder import known_files, sample_folder
from kinescape.errors import InputError

FOLDERS = ("samples", "logs", "superseded", "multiqc", "rows", "simulations", ".kinescape")
"""Folders of an output folder that are written and replaced as a whole."""
RUN_FILES: Mapping[str, bytes] = {
    "index.html": b"kinescape",
    "provenance.json": b'"kinescape_version"',
    "identity.tsv": b"sample_a\tsample_b\t",
    "contamination.tsv": b"recipient\tdonor\t",
}
"""Files beside the samples, and what ours hold near their beginning."""
LOOKED_AT = 1 << 18
"""Bytes of a file in which it must be seen whose it is: a page begins with its style."""
NAMED = 3


def refuse_inputs_inside(out: Path, inputs: Iterable[Path]) -> None:
    """Refuse inputs that lie where results are written.

    Raises
    ------
    InputError
        For the first of them; nothing has been touched.
    """
    real = out.resolve()
    for path in inputs:
        place = path.resolve()
        if not place.is_relative_to(real) or place == real:
            continue
        inside = place.relative_to(real)
        if inside.parts[0] in FOLDERS or inside.as_posix() in RUN_FILES:
            raise InputError(
                "is an input, and lies where results are written and replaced",
                file=path,
                expected=f"an input elsewhere, or another output folder than {out}",
            )


def refuse_foreign_files(out: Path, marks: Mapping[str, bytes]) -> None:
    """Refuse files that have the names of ours and were not written by us.

    Raises
    ------
    InputError
        For the first of them; nothing has been touched.
    """
    for name, mark in marks.items():
        path = out / name
        if not path.exists():
            continue
        beginning = b""
        if path.is_file():
            with path.open("rb") as handle:
                beginning = handle.read(LOOKED_AT)
        if mark not in beginning:
            raise InputError(
                "was not written by kinescape, and would be replaced", file=path, expected="another output folder"
            )


def refuse_foreign_in_samples(out: Path, samples: Iterable[str]) -> None:
    """Refuse what the folders of samples hold beside results, where these folders are about to be replaced.

    Raises
    ------
    InputError
        For the first such folder, with the names of what would be lost; nothing has been touched.
    """
    for sample in samples:
        folder = sample_folder(out, sample)
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise InputError("is no folder of a result, and would be replaced", file=folder)
        if not folder.is_dir():
            continue
        known = known_files(folder)
        foreign = sorted(each.name for each in folder.iterdir() if each.is_dir() or each.name not in known)
        foreign = [name for name in foreign if name[0] != "."]
        if foreign:
            more = f" and {len(foreign) - NAMED} more" if len(foreign) > NAMED else ""
            raise InputError(
                "holds what kinescape did not write, and would be replaced",
                file=folder,
                found=", ".join(foreign[:NAMED]) + more,
                expected="these files elsewhere",
            )
