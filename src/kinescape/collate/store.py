"""The database file: what it holds already, what is new, and rows in batches.

Every batch is one transaction together with its entries in ``results``: a process that is killed leaves a database that
holds whole samples only, and the next call goes on.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kinescape import __version__
from kinescape.collate.listed import listed_samples
from kinescape.collate.tables import TABLES, Table
from kinescape.errors import InputError, KinescapeError
from kinescape.output_folder import check_folder_to_add_to
from kinescape.report.result import FILE_NAME, read_result
from kinescape.worker_process import end_with_parent

BATCH = 500
"""Results per transaction and per piece of work: a few MB of rows."""
MARK = "kinescape_collate"
"""Key in the metadata of a Parquet file that this module wrote."""
LAYOUT = "2"
"""Of the tables; a database of another layout is refused, since results can be collated again in minutes."""

Progress = Callable[[int, int], None] | None
"""Called with results done and results to do."""


@dataclass(frozen=True)
class Source:
    """One result file: the run it belongs to, and what tells whether it changed."""

    run: str
    path: Path
    size: int
    modified: int
    """Nanoseconds."""


@dataclass(frozen=True)
class Collated:
    """What a call did."""

    added: int
    changed: int
    kept: int
    gone: int
    """Results in the database whose file is not there any more; they are kept unless pruning was asked for."""
    faults: tuple[tuple[str, str], ...]
    """(file, why it was not read)."""
    samples: int
    """In the database now."""
    not_in_sheet: int = 0
    """Of these, how many their run's sheet does not have any more."""
    unlisted_runs: tuple[str, ...] = ()
    """Folders given that do not say which samples their sheet has."""


def find_sources(folders: Sequence[Path]) -> list[Source]:
    """All results below the given runs' folders, in order.

    Raises
    ------
    InputError
        A folder that is not there, holds no result, or is given twice under two names.
    """
    sources: list[Source] = []
    seen: dict[str, Path] = {}
    for folder in folders:
        if not folder.is_dir():
            raise InputError("no such folder", file=folder, expected="the folder of a run")
        real = folder.resolve()
        if real.name == "samples" and (real.parent / "provenance.json").is_file():
            # The same run must not stand there under two names.
            real = real.parent
        run = str(real)
        if run in seen:
            continue
        seen[run] = folder
        place = real / "samples" if (real / "samples").is_dir() else real
        found = [
            path for each in sorted(place.iterdir()) if (path := each / FILE_NAME).is_file() and each.name[0] != "."
        ]
        if not found:
            raise InputError("holds no results", file=folder, expected=f"samples/<sample>/{FILE_NAME}")
        for path in found:
            stat = path.stat()
            sources.append(Source(run, path, stat.st_size, stat.st_mtime_ns))
    return sources


def collate(
    folders: Sequence[Path], database: Path, *, prune: bool = False, threads: int = 2, progress: Progress = None
) -> Collated:
    """Bring ``database`` up to date with the runs' results.

    Parameters
    ----------
    progress
        Called with (results done, results to do).

    Raises
    ------
    InputError
        See :func:`find_sources`; a database that is none, or of another layout.
    """
    sources = find_sources(folders)
    with _told(database), contextlib.closing(_open(database)) as connection:
        known = {
            path: (size, modified)
            for path, size, modified in connection.execute("SELECT path, size, modified FROM results").fetchall()
        }
        fresh = [source for source in sources if known.get(str(source.path)) != (source.size, source.modified)]
        changed = sum(str(source.path) in known for source in fresh)
        faults = _fill(connection, fresh, set(known), threads, progress)
        gone = [
            path for (path,) in connection.execute("SELECT path FROM results").fetchall() if not Path(path).exists()
        ]
        if prune and gone:
            _forget(connection, gone)
        unlisted = _mark_listed(connection, dict.fromkeys(source.run for source in sources))
        ((left,),) = connection.execute("SELECT count(*) FROM samples WHERE in_sheet = false").fetchall()
        ((samples,),) = connection.execute("SELECT count(*) FROM samples").fetchall()
        _settled(connection, database)
    bad = {path for path, _ in faults}
    added = len(fresh) - changed - sum(str(source.path) in bad and str(source.path) not in known for source in fresh)
    changed -= sum(path in known for path in bad)
    return Collated(added, changed, len(sources) - len(fresh), len(gone), tuple(faults), samples, left, unlisted)


def _settled(connection: Any, database: Path) -> None:
    """Everything in the database file itself, not in the log beside it: closing would do so too, and hide a failure."""
    import duckdb

    try:
        connection.execute("CHECKPOINT")
    except duckdb.Error as problem:
        raise KinescapeError(
            f"{database}: could not be written whole ({_first_line(problem)}); what was added stands in "
            f"{database.name}.wal beside it: make room and give the same command again"
        ) from None


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """Faults of the database in one sentence."""
    import duckdb

    try:
        yield
    except duckdb.Error as problem:
        raise KinescapeError(f"{path}: {_first_line(problem)}") from None


def _first_line(problem: Exception) -> str:
    return str(problem).strip().splitlines()[0] if str(problem).strip() else type(problem).__name__


def _mark_listed(connection: Any, runs: Iterable[str]) -> tuple[str, ...]:
    """Say of every sample of these runs whether its sheet has it still: that changes without the result changing.

    Returns
    -------
    tuple of str
        The runs whose folders do not say.
    """
    unlisted = []
    connection.execute("BEGIN")
    for run in runs:
        names = listed_samples(Path(run))
        if names is None:
            unlisted.append(run)
            connection.execute("UPDATE samples SET in_sheet = NULL WHERE run = ?", [run])
        else:
            connection.execute(
                "UPDATE samples SET in_sheet = list_contains(?, sample) WHERE run = ?", [sorted(names), run]
            )
    connection.execute("COMMIT")
    return tuple(unlisted)


def check_parquet_folder(folder: Path) -> None:
    """Look, before anything is read, whether the tables may be written to ``folder``.

    A table of ours says so in its own metadata and is replaced; what else lies in the folder is no matter.

    Raises
    ------
    InputError
        No folder, one that cannot be written, or a file that has a table's name and is not ours.
    """
    check_folder_to_add_to(folder)
    for table in TABLES:
        path = folder / f"{table.name}.parquet"
        if os.path.lexists(path) and not _is_ours(path):
            raise InputError(
                "was not written by `kinescape collate`, and would be replaced",
                file=path,
                expected="another folder, or this file elsewhere",
            )


def _is_ours(path: Path) -> bool:
    import duckdb

    if path.is_symlink() or not path.is_file():
        return False
    with contextlib.closing(duckdb.connect()) as connection:
        try:
            found = connection.execute("SELECT key FROM parquet_kv_metadata(?)", [str(path)]).fetchall()
        except duckdb.Error:
            return False
    return any(bytes(key) == MARK.encode() for (key,) in found)


def export_parquet(database: Path, folder: Path) -> list[Path]:
    """Every table as ``folder/TABLE.parquet``; InputError as of :func:`check_parquet_folder`."""
    from kinescape.files import whole_file

    check_parquet_folder(folder)
    connection = _open(database)
    written = []
    try:
        for table in TABLES:
            path = folder / f"{table.name}.parquet"
            with whole_file(path) as temporary, _told(path):
                connection.execute(
                    f"COPY (SELECT * FROM {table.name} ORDER BY run, sample) TO {_quoted(temporary)} "  # noqa: S608
                    f"(FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{MARK}: {_quoted(__version__)}}})"
                )
            written.append(path)
    finally:
        connection.close()
    return written


def _open(database: Path) -> Any:
    import duckdb

    database.parent.mkdir(parents=True, exist_ok=True)
    try:
        connection = duckdb.connect(str(database))
    except duckdb.IOException as problem:
        text = str(problem)
        if "lock" in text.lower():
            raise InputError("is in use by another program", file=database, expected="a database of its own") from None
        if "permission" in text.lower() or "cannot open file" in text.lower():
            raise InputError("cannot be written here", file=database, expected="a folder to write to") from None
        raise InputError("is no DuckDB database", file=database, expected="a name ending in .duckdb") from None
    try:
        _check_layout(connection, database)
    except duckdb.Error as problem:
        connection.close()
        raise InputError(
            f"is damaged: {_first_line(problem)}", file=database, expected="a whole database, or a new name"
        ) from None
    except BaseException:
        connection.close()
        raise
    return connection


def _check_layout(connection: Any, database: Path) -> None:
    """Make the tables of a new database; refuse one of something else, or of another layout."""
    tables = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if not tables:
        _create(connection)
        return
    if "kinescape" not in tables:
        raise InputError("is a database of something else", file=database, found=f"table {min(tables)}")
    ((layout,),) = connection.execute("SELECT layout FROM kinescape").fetchall()
    if layout != LAYOUT:
        raise InputError(
            "was made with another layout", file=database, found=layout, expected=f"{LAYOUT}: collate anew"
        )


def _create(connection: Any) -> None:
    connection.execute("BEGIN")
    connection.execute("CREATE TABLE kinescape (layout VARCHAR, version VARCHAR)")
    connection.execute("INSERT INTO kinescape VALUES (?, ?)", [LAYOUT, __version__])
    connection.execute("CREATE TABLE results (run VARCHAR, sample VARCHAR, path VARCHAR, size BIGINT, modified BIGINT)")
    for table in TABLES:
        columns = ", ".join(f'"{name}" {kind}' for name, kind, _ in table.columns)
        connection.execute(f"CREATE TABLE {table.name} (run VARCHAR, sample VARCHAR, {columns})")
        for name, _, what in table.columns:
            if what:
                connection.execute(f'COMMENT ON COLUMN {table.name}."{name}" IS {_quoted(what)}')
    connection.execute("COMMIT")


def _fill(
    connection: Any, fresh: Sequence[Source], known: set[str], threads: int, progress: Progress
) -> list[tuple[str, str]]:
    faults: list[tuple[str, str]] = []
    done = 0
    for good, rows, bad in _read_all(fresh, threads):
        faults += bad
        # What cannot be read any more must not stand for the file that is there now.
        _forget(connection, [path for path, _ in bad if path in known])
        _insert(connection, good, rows, known)
        done += len(good) + len(bad)
        if progress is not None:
            progress(done, len(fresh))
    return faults


Rows = dict[str, list[list[Any]]]
"""Table -> its columns, as lists."""
Read = tuple[list[tuple[Source, str]], Rows, list[tuple[str, str]]]


def _read_all(fresh: Sequence[Source], threads: int) -> Iterator[Read]:
    batches = [fresh[start : start + BATCH] for start in range(0, len(fresh), BATCH)]
    if threads < 2 or len(batches) < 2:
        yield from map(read_batch, batches)
        return
    with ProcessPoolExecutor(max_workers=threads, initializer=end_with_parent) as pool:
        # No more batches under way than there are workers and one in waiting: memory does not grow with the number.
        waiting = []
        for batch in batches:
            waiting.append(pool.submit(read_batch, batch))
            if len(waiting) > threads:
                yield waiting.pop(0).result()
        for job in waiting:
            yield job.result()


def read_batch(sources: Sequence[Source]) -> Read:
    """Read some results into columns; a file that cannot be read is named and left out."""
    columns: Rows = {table.name: [[] for _ in table.names] for table in TABLES}
    good: list[tuple[Source, str]] = []
    bad: list[tuple[str, str]] = []
    for source in sources:
        try:
            result = read_result(source.path)
        except InputError as problem:
            bad.append((str(source.path), str(problem)))
            continue
        name = result.sample.sample
        good.append((source, name))
        for table in TABLES:
            into = columns[table.name]
            for row in table.rows(result):
                for column, value in zip(into, (source.run, name, *row), strict=True):
                    column.append(value)
    return good, columns, bad


def _insert(connection: Any, good: Sequence[tuple[Source, str]], rows: Rows, known: set[str]) -> None:
    import pandas as pd

    paths = [str(source.path) for source, _ in good if str(source.path) in known]
    connection.execute("BEGIN")
    try:
        _forget(connection, paths, inside=True)
        for table in TABLES:
            frame = pd.DataFrame(dict(zip(table.names, rows[table.name], strict=True)), dtype=object)
            if len(frame):
                connection.register("batch", frame)
                connection.execute(f"INSERT INTO {table.name} SELECT {_cast(table)} FROM batch")  # noqa: S608
                connection.unregister("batch")
        entries = [(s.run, name, str(s.path), s.size, s.modified) for s, name in good]
        if entries:
            connection.executemany("INSERT INTO results VALUES (?, ?, ?, ?, ?)", entries)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _cast(table: Table) -> str:
    kinds = ", ".join(f'CAST("{name}" AS {kind}) AS "{name}"' for name, kind, _ in table.columns)
    return f"run, sample, {kinds}"


def _forget(connection: Any, paths: Sequence[str], *, inside: bool = False) -> None:
    """Take out the rows of some result files."""
    rows = [
        tuple(row)
        for path in paths
        if (row := connection.execute("SELECT run, sample FROM results WHERE path = ?", [path]).fetchone())
    ]
    if not rows:
        return
    if not inside:
        connection.execute("BEGIN")
    for table in TABLES:
        connection.executemany(f"DELETE FROM {table.name} WHERE run = ? AND sample = ?", rows)  # noqa: S608
    connection.executemany("DELETE FROM results WHERE run = ? AND sample = ?", rows)
    if not inside:
        connection.execute("COMMIT")


def _quoted(value: object) -> str:
    return "'" + re.sub("'", "''", str(value)) + "'"
