"""``OUT/.kinescape``: what a run keeps for itself while it runs. Nothing in it is needed to resume.

A run is resumed from its results alone: what is whole and made of the same everything is kept. This folder holds the
lock, and for each attempt a folder of its own with the jobs, what they have reported, and the engine's files. It is
removed at the end. After a ``kill -9`` it stays until the next run, which takes it away first: processes of the dead
run that are still at work find their attempt gone and stop without writing.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from kinescape.errors import InputError, KinescapeError
from kinescape.files import write_bytes
from kinescape.records import EvidenceCaps, Parameters

FOLDER = ".kinescape"
JOBS, SHARED = "jobs.json", "shared.json"
_LOCK, _WORKERS, _SCRATCH = "lock", "workers", "kinescape-run-"
_WAIT = 20.0
"""Seconds to wait for local processes of a dead run; they look for their driver every second."""
_Kind = TypeVar("_Kind")
_TEMPORARY_FILE = re.compile(r"\.\d+-[a-z0-9_]{8}-.+")


S = TypeVar("S", bound=msgspec.Struct)
M = TypeVar("M")


class Driven(msgspec.Struct, frozen=True):
    """What the jobs of every attempt need, whatever their work is."""

    driver: int | None
    """Process on the same machine without which the jobs are to end; None on a cluster."""


class Shared(msgspec.Struct, frozen=True):
    """What all jobs with samples need. Every path is absolute, because jobs start elsewhere."""

    out: str
    panel: str
    knowledge_base: str | None
    reference: str | None
    parameters: Parameters
    threads: int
    background: str | None
    annotations: str | None
    evidence: EvidenceCaps | None
    viewer: bool
    driver: int | None
    """As in :class:`Driven`."""


class JobRow(msgspec.Struct, frozen=True):
    """What the engine asks for a job: one entry of ``jobs.json``, whose position is the job's number."""

    threads: int
    mem_mb: int
    minutes: int
    priority: int
    gpu: int = 0


class Gone(Exception):  # noqa: N818 - an order to stop, not an error of a sample
    """The attempt that this process works for is over."""


class Attempt:
    """The folder of one attempt, as the driver and the jobs see it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def check(self) -> None:
        """Raise :class:`Gone` when the attempt is over or has been told to stop."""
        if not (self.folder / SHARED).is_file():
            raise Gone("the run that this job belongs to is over")

    def write(self, shared: msgspec.Struct, rows: Sequence[JobRow], members: Sequence[Sequence[Any]]) -> None:
        """Write what the jobs need, the list that the engine reads last.

        ``shared`` has the field of :class:`Driven`; ``members`` are the pieces of work of each job, of one type.
        """
        for name in ("members", "events", "done", "output"):
            (self.folder / name).mkdir(exist_ok=True)
        for number, of_job in enumerate(members):
            write_bytes(self.folder / "members" / f"{number}.json", msgspec.json.encode(of_job, enc_hook=str))
        write_bytes(self.folder / SHARED, msgspec.json.encode(shared, enc_hook=str))
        write_bytes(self.folder / JOBS, msgspec.json.encode(rows))

    def shared(self) -> Shared:
        """What all jobs with samples need."""
        return self.shared_as(Shared)

    def shared_as(self, kind: type[S]) -> S:
        """What all jobs need, as the type that was written; :class:`Driven` is in every one."""
        self.check()
        return _decoded(self.folder / SHARED, kind)

    def rows(self) -> list[JobRow]:
        """What is asked for each job."""
        return _decoded(self.folder / JOBS, list[JobRow])

    def members(self, job: int, kind: type[M]) -> list[M]:
        """The pieces of work of a job."""
        return _decoded(self.folder / "members" / f"{job}.json", list[kind])  # type: ignore[valid-type]

    def events(self, job: int) -> Path:
        """Where a job reports."""
        return self.folder / "events" / f"{job}.jsonl"

    def output(self, job: int) -> Path:
        """What a job printed."""
        return self.folder / "output" / f"{job}.txt"

    def stop(self) -> None:
        """Tell every job to end at its next stage."""
        (self.folder / SHARED).unlink(missing_ok=True)

    @contextlib.contextmanager
    def scratch(self) -> Iterator[None]:
        """One folder for the temporary files of this process and its jobs, which a later run finds and removes."""
        before = os.environ.get("TMPDIR"), tempfile.tempdir
        # By its real name: what a later run removes must be what this one made.
        folder = Path(tempfile.mkdtemp(prefix=_scratch_prefix(self.folder))).resolve()
        (self.folder / "scratch").write_bytes(os.fsencode(folder))
        try:
            os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
            yield
        finally:
            tempfile.tempdir = before[1]
            if before[0] is None:
                del os.environ["TMPDIR"]
            else:
                os.environ["TMPDIR"] = before[0]
            shutil.rmtree(folder, ignore_errors=True)

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Held by a local job, so that the next run waits until it has ended."""
        with _open(self.folder.parent / _WORKERS) as handle:
            _flock(handle, fcntl.LOCK_SH)
            yield


@contextlib.contextmanager
def attempt_in(out: Path) -> Iterator[Attempt]:
    """Take the output folder for one run; wait for what an earlier one left running, and clear what it left lying.

    Raises
    ------
    InputError
        Another run writes to ``out`` at this moment.
    """
    folder = out / FOLDER
    with _locked(folder, out):
        if any(folder.glob("run-*")):
            _clear(out, folder)
        attempt = Path(tempfile.mkdtemp(prefix="run-", dir=folder))
        # Jobs on a cluster may run under another user id of the same group only where the umask lets them.
        attempt.chmod(0o755)
        try:
            yield Attempt(attempt)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _locked(folder: Path, out: Path) -> Iterator[None]:
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError), _open(folder / _LOCK) as handle:
            if not _flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB):
                raise InputError("another run is writing here", file=out, expected="one run at a time in a folder")
            # The run before may have removed the file between our opening and our locking it.
            if not _same_file(handle, folder / _LOCK):
                continue
            yield
            return


def _clear(out: Path, folder: Path) -> None:
    scratch = []
    for attempt in folder.glob("run-*"):
        with contextlib.suppress(OSError, ValueError):
            place = Path(os.fsdecode((attempt / "scratch").read_bytes()))
            # What stands there is believed only of a folder that bears this attempt's own name, and is of its owner.
            if place.name.startswith(_scratch_prefix(attempt)) and place.stat().st_uid == folder.stat().st_uid:
                scratch.append(place)
        if attempt.is_dir() and not attempt.is_symlink():
            shutil.rmtree(attempt, ignore_errors=True)
        else:
            attempt.unlink(missing_ok=True)
    with _open(folder / _WORKERS) as handle:
        limit = time.monotonic() + _WAIT
        while not _flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB):
            if time.monotonic() > limit:
                raise InputError(
                    "processes of an interrupted run are still at work here", file=out, expected="that they have ended"
                )
            time.sleep(0.1)
    for path in scratch:
        shutil.rmtree(path, ignore_errors=True)
    # Samples' names start with a letter or a digit, so what starts with a point was never renamed.
    for path in (out / "samples").glob(".*"):
        shutil.rmtree(path, ignore_errors=True)
    arms = (out / "simulations").glob("*")
    places = (out, out / "logs", out / "rows", *(out / "samples").glob("*"))
    for place in (*places, *(folder for arm in arms for folder in (arm, *arm.glob("replica-*")))):
        if place.is_dir():
            for path in place.iterdir():
                if _TEMPORARY_FILE.fullmatch(path.name):
                    path.unlink(missing_ok=True)


@contextlib.contextmanager
def _open(path: Path) -> Iterator[int]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        yield handle
    finally:
        os.close(handle)


def _flock(handle: int, how: int) -> bool:
    """Lock, or say that another has it. Where the file system knows no locks, there is none to be had."""
    try:
        fcntl.flock(handle, how)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _same_file(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _scratch_prefix(attempt: Path) -> str:
    """With the random part of the attempt's name, so that no attempt can be made to name another's."""
    return f"{_SCRATCH}{attempt.name.removeprefix('run-')}-"


def _decoded(path: Path, kind: type[_Kind]) -> _Kind:
    """What the driver wrote for its jobs; a file that is damaged is told, not believed."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind, dec_hook=_path)
    except (msgspec.MsgspecError, ValueError, RecursionError) as problem:
        raise KinescapeError(f"{path}: is damaged ({problem}); start the run again") from None


def _path(kind: type, value: Any) -> Any:
    if kind is Path:
        return Path(value)
    raise NotImplementedError(kind)
