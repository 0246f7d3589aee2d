"""Files of an accession, several at a time, each resumed, summed and renamed; then the sample sheet."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from kinescape.deposit.ena import RemoteFile, Run
from kinescape.errors import InputError, KinescapeError
from kinescape.fetching import check_space, download
from kinescape.files import write_text

SHEET = "samples.csv"
DONE = ".fetched"
"""Folder of marks: one per file that came whole, with its sum and size, so that a rerun need not sum it again."""
SPARE = 1.02
"""Free space asked for, over what is still to come: file systems keep a little for themselves."""
SHEET_COLUMNS = (
    *("sample", "patient", "fastq_1", "fastq_2", "timepoint", "date", "therapy", "line", "cfdna_ng", "plasma_ml"),
    *("fragment_bp", "role", "sample_accession", "sample_alias", "sample_title", "instrument_model"),
)

Watch = Callable[[str, int, int], None]
"""Called with a file's name, its bytes that are there, and its bytes in all; from several threads. Of every file once
before anything of it comes: what was there already has no part in the pace."""


@dataclass(frozen=True)
class Fetched:
    """What lies in the folder now."""

    sheet: Path
    runs: int
    files: int
    kept: int
    """Files that were there already, whole."""
    bytes: int
    left_out: tuple[tuple[str, str], ...]
    """(run, why it was not fetched)."""


def fetch_reads(
    runs: Sequence[Run], folder: Path, *, connections: int = 4, watch: Watch = lambda name, done, total: None
) -> Fetched:
    """Fetch all pairs into ``folder`` and write ``folder/samples.csv``, which comes last.

    A file that is there, with the size and the sum that were checked when it came, is kept. What was cut goes on where
    it was cut, in this call or in a later one.

    Raises
    ------
    InputError
        No run is a pair, the folder cannot be used, or the disk has not enough space (before anything is fetched).
    KinescapeError
        A file could not be fetched; the others that came whole are kept.
    """
    usable = [run for run in runs if run.mates]
    left_out = tuple((run.accession, run.why_not) for run in runs if not run.mates)
    if not usable:
        why = left_out[0][1] if left_out else "there are none"
        raise InputError(
            "no run of this accession can be analysed", found=why, expected="runs with pairs of FASTQ files"
        )
    _check_names(usable)
    try:
        (folder / DONE).mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise InputError(f"cannot be used ({problem.strerror})", file=folder, expected="a folder to write to") from None
    files = [file for run in usable for file in run.mates]
    missing = [file for file in files if not _is_there(folder, file)]
    _check_space(folder, missing)
    for file in files:
        watch(file.name, _bytes_there(folder, file) if file in missing else file.size, file.size)
    _fetch_all(folder, missing, connections, watch)
    sheet = folder / SHEET
    write_text(sheet, sheet_text(usable))
    return Fetched(sheet, len(usable), len(files), len(files) - len(missing), sum(f.size for f in files), left_out)


def sheet_text(runs: Sequence[Run]) -> str:
    """A sample sheet: one run, one sample. What the archive does not say (patient, therapy, input) stays empty."""
    out = io.StringIO()
    writer = csv.DictWriter(out, SHEET_COLUMNS, lineterminator="\n", restval="")
    writer.writeheader()
    for run in runs:
        row = {"sample": run.accession, "fastq_1": run.mates[0].name, "fastq_2": run.mates[1].name, "role": "plasma"}
        writer.writerow(row | {name: _plain(run.about[name]) for name in SHEET_COLUMNS if name in run.about})
    return out.getvalue()


def _plain(text: str) -> str:
    """A depositor's words as one cell that no spreadsheet takes for a formula."""
    flat = " ".join(text.split())
    return f"'{flat}" if flat[:1] in {"=", "+", "-", "@"} else flat


def _check_names(runs: Sequence[Run]) -> None:
    seen: dict[str, str] = {}
    for run in runs:
        for file in run.mates:
            if file.name in seen:
                raise KinescapeError(f"{run.accession}: the file list gives {file.name} to {seen[file.name]}, too")
            seen[file.name] = run.accession


def _mark(folder: Path, file: RemoteFile) -> Path:
    return folder / DONE / f"{file.name}.md5"


def _is_there(folder: Path, file: RemoteFile) -> bool:
    path, mark = folder / file.name, _mark(folder, file)
    if not path.is_file() or not mark.is_file() or path.stat().st_size != file.size:
        return False
    return mark.read_bytes().strip() == f"{file.md5} {path.stat().st_mtime_ns}".encode()


def _bytes_there(folder: Path, file: RemoteFile) -> int:
    """What an earlier call brought of a file that is not whole."""
    part = folder / f".{file.name}.part"
    return part.stat().st_size if part.exists() else 0


def _check_space(folder: Path, missing: Sequence[RemoteFile]) -> None:
    have = sum(_bytes_there(folder, file) for file in missing)
    check_space(folder, int(SPARE * (sum(file.size for file in missing) - have)))


def _fetch_all(folder: Path, missing: Sequence[RemoteFile], connections: int, watch: Watch) -> None:
    stop = threading.Event()

    def one(file: RemoteFile) -> None:
        def tell(done: int, _total: int | None) -> None:
            if stop.is_set():
                raise KinescapeError(f"{file.name}: stopped")
            watch(file.name, done, file.size)

        path = download(file.url, folder / file.name, md5=file.md5, size=file.size, progress=tell)
        write_text(_mark(folder, file), f"{file.md5} {path.stat().st_mtime_ns}\n")
        watch(file.name, file.size, file.size)

    with ThreadPoolExecutor(max_workers=max(1, connections)) as pool:
        jobs: list[Future[None]] = [pool.submit(one, file) for file in missing]
        try:
            for job in as_completed(jobs):
                job.result()
        except BaseException:
            # The others end at their next block; what they have stays for the next call.
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
