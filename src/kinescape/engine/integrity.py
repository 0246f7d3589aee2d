"""Whether a sample's folder still holds what was written: what a disk or a hand has changed since is not kept.

``checksums.sha256`` (the format of ``sha256sum -c``) covers the files that nothing writes again. The page, its print
and the variants are written again when a patient's other samples or a verdict are to be shown; of these the end is
looked at, which a file that was cut short lacks.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from kinescape.files import sha256_of, write_text

CHECKSUMS = "checksums.sha256"
_LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9][A-Za-z0-9._-]*)")
_END_OF_BGZF = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
"""The empty block that ends every BGZF file (SAM specification, section 4.1.2)."""
_ENDS = {".html": b"</html>", ".pdf": b"%%EOF", ".gz": _END_OF_BGZF, ".tbi": _END_OF_BGZF}


def write_checksums(folder: Path, written_again: Collection[str]) -> None:
    """Write ``checksums.sha256`` of every file in ``folder`` but those that a later command may write again."""
    names = sorted(path.name for path in folder.iterdir() if path.name not in written_again)
    write_text(folder / CHECKSUMS, "".join(f"{sha256_of(folder / name)}  {name}\n" for name in names))


def listed_files(folder: Path) -> tuple[str, ...]:
    """The names in ``checksums.sha256``; none where it is not there or cannot be read."""
    try:
        lines = (folder / CHECKSUMS).read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return ()
    return tuple(found[2] for line in lines if (found := _LINE.fullmatch(line)) is not None)


def is_as_written(folder: Path, files: Collection[str], written_again: Collection[str]) -> bool:
    """Whether ``files`` are all there, have their checksums, and where they may be written again, their ends."""
    try:
        lines = [_LINE.fullmatch(line) for line in (folder / CHECKSUMS).read_text(encoding="ascii").splitlines()]
        sums = {found[2]: found[1] for found in lines if found is not None}
        if None in lines or not {name for name in files if name not in written_again} <= sums.keys():
            return False
        ends = [name for name in files if name in written_again]
        return all(_ends_well(folder / name) for name in ends) and all(
            sha256_of(folder / name) == expected for name, expected in sums.items()
        )
    except (OSError, ValueError):
        return False


def _ends_well(path: Path) -> bool:
    expected = _ENDS.get(path.suffix, b"")
    with path.open("rb") as handle:
        size = handle.seek(0, 2)
        handle.seek(max(0, size - len(expected) - 2))
        return size > 0 and handle.read().rstrip(b"\r\n").endswith(expected.rstrip(b"\r\n"))
