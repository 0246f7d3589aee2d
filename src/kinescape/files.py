"""Files that are either whole or not there: written under a temporary name, then renamed."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from kinescape.errors import InputError


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, as hexadecimal text."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


@contextlib.contextmanager
def whole_file(path: Path, *, durable: bool = False) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; rename it to ``path`` when the block ends well, remove it when not.

    The temporary name keeps the suffixes, because writers such as htslib choose the format by them. ``durable``: on the
    disk before it takes its name, for what cannot be made again.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{os.getpid()}-", suffix=f"-{path.name}", dir=path.parent)
    os.close(descriptor)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        if durable:
            _settle(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder beside ``path``; it replaces ``path`` when the block ends well, else it is removed.

    All of it is on the disk before it takes its name.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        yield temporary
        temporary.chmod(0o777 & ~_umask())
        for each in (*temporary.rglob("*"), temporary):
            _settle(each)
        if path.exists():
            replaced = Path(tempfile.mkdtemp(prefix=f".{path.name}-old-", dir=path.parent))
            path.replace(replaced / path.name)
            temporary.replace(path)
            shutil.rmtree(replaced)
        else:
            temporary.replace(path)
        _settle(path.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write a whole text file (UTF-8, ``\\n`` line ends)."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_bytes(path: Path, content: bytes, *, durable: bool = False) -> None:
    """Write a whole binary file; ``durable`` as in :func:`whole_file`."""
    with whole_file(path, durable=durable) as temporary:
        temporary.write_bytes(content)


def writable_folder(path: Path) -> None:
    """Make a folder where there is none, and see whether it can be written.

    Raises
    ------
    InputError
        It can neither be made nor written.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise InputError(f"cannot be made ({problem.strerror})", file=path, expected="a folder to write to") from None
    if not os.access(path, os.W_OK):
        raise InputError("cannot be written", file=path, expected="a folder to write to")


def _settle(path: Path) -> None:
    """On the disk, not only in the system's memory: after a cut of power a renamed file must not be an empty one."""
    if path.is_symlink() or not (path.is_file() or path.is_dir()):
        return
    # A full disk is told here at the latest; file systems that cannot say (EINVAL) are believed.
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    except OSError as problem:
        if problem.errno not in (errno.EINVAL, errno.EROFS, errno.EBADF):
            raise
    finally:
        os.close(handle)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
