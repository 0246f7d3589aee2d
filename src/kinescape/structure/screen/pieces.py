"""Rows of a screen side by side: each in pieces, what its replicates begin from and then the replicates themselves.

A row in one piece would keep one core busy for minutes while the others wait, where there are few rows. Pieces of
earlier rows go first, so that rows are finished, and kept, one after the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from multiprocessing import get_context

from kinescape.errors import InputError, KinescapeError
from kinescape.structure.mutate import proline_notes
from kinescape.structure.mutations import Substitution
from kinescape.structure.screen.compare import Pair, comparison_of
from kinescape.structure.screen.energies import Energies
from kinescape.structure.screen.prepare import Prepared
from kinescape.structure.screen.replicates import Begun
from kinescape.structure.screen.table import Row, empty_row, row_of
from kinescape.worker_process import end_with_parent

Found = Callable[[str, Row], None]
Both = tuple[Energies, Energies]


@dataclass(frozen=True)
class _Piece:
    """Of one row at one site: what replicates begin from (``number`` None), or one replicate."""

    name: str
    site: int
    number: int | None = None


@dataclass
class _Open:
    """A row that is being calculated; ``cpu`` in seconds."""

    substitutions: Sequence[Substitution]
    started: float
    waiting: list[_Piece]
    cpu: float = 0.0
    begun: dict[int, Begun] = field(default_factory=dict)
    pairs: dict[tuple[int, int], Both] = field(default_factory=dict)


def calculate(
    sites: Sequence[Prepared],
    todo: Mapping[str, Sequence[Substitution]],
    replicates: int,
    seed: int,
    processes: int,
    found: Found,
) -> None:
    """Calculate rows over several processes and hand each to ``found`` when it is there.

    ``sites`` are the drug's, and the nucleotide's if there is a second. A row that cannot be calculated is a failed
    row. Numbers depend on the seed, never on the number of processes.

    Raises
    ------
    InputError
        A wrong reference residue.
    """
    left, rows = list(todo), dict[str, _Open]()
    running: dict[Future[tuple[Begun | Both, float]], _Piece] = {}
    workers = max(1, min(processes, len(todo) * len(sites) * replicates))
    with ProcessPoolExecutor(workers, get_context("spawn"), _start, (list(sites), seed)) as pool:
        try:
            while left or rows:
                while len(running) < workers and (piece := _next(rows, left, todo, len(sites))) is not None:
                    row = rows[piece.name]
                    begin = row.begun.get(piece.site)
                    running[pool.submit(_work, piece, row.substitutions, begin)] = piece
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    piece = running.pop(future)
                    if piece.name not in rows:
                        continue  # another piece of it failed
                    try:
                        _take(rows[piece.name], piece, *future.result(), replicates)
                    except InputError:
                        raise
                    except KinescapeError as problem:
                        del rows[piece.name]
                        found(piece.name, empty_row(piece.name, sites[0].ligand.residue_name, f"failed: {problem}"))
                        continue
                    if len(rows[piece.name].pairs) == len(sites) * replicates:
                        found(piece.name, _finished(sites, rows.pop(piece.name), replicates))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _next(
    rows: dict[str, _Open], left: list[str], todo: Mapping[str, Sequence[Substitution]], sites: int
) -> _Piece | None:
    """The next piece to be worked on, of the earliest row that has one; a new row where none has."""
    for row in rows.values():
        if row.waiting:
            return row.waiting.pop(0)
    if not left:
        return None
    name = left.pop(0)
    rows[name] = _Open(todo[name], time.monotonic(), [_Piece(name, site) for site in range(sites)])
    return rows[name].waiting.pop(0)


def _take(row: _Open, piece: _Piece, result: Begun | Both, cpu: float, replicates: int) -> None:
    """Keep what a piece has found; what it opens up is waiting then."""
    row.cpu += cpu
    if isinstance(result, Begun):
        row.begun[piece.site] = result
        row.waiting += [_Piece(piece.name, piece.site, number) for number in range(replicates)]
    elif piece.number is not None:
        row.pairs[piece.site, piece.number] = result


def _finished(sites: Sequence[Prepared], row: _Open, replicates: int) -> Row:
    """A whole row from its pieces."""
    found = [
        comparison_of(
            each.model,
            each.ligand,
            row.substitutions,
            row.begun[number],
            [row.pairs[number, replicate] for replicate in range(replicates)],
        )
        for number, each in enumerate(sites)
    ]
    seconds = (time.monotonic() - row.started, row.cpu)
    notes = proline_notes(sites[0].seen, row.substitutions)
    return row_of(found[0], sites[0].pose, seconds, found[1] if len(found) > 1 else None, notes)


_SHARED: dict[str, object] = {}
_PAIRS: dict[tuple[str, int], Pair] = {}
"""Of a worker process: pairs of the rows that it works on."""
PAIRS_KEPT = 2


def _start(sites: list[Prepared], seed: int) -> None:
    """Give a worker process what all rows share."""
    end_with_parent()
    _SHARED.update(sites=sites, seed=seed)


def _work(piece: _Piece, substitutions: Sequence[Substitution], begin: Begun | None) -> tuple[Begun | Both, float]:
    """One piece in a worker process, and the CPU seconds that it took."""
    used = time.process_time()
    key = (piece.name, piece.site)
    if key not in _PAIRS:
        while len(_PAIRS) >= PAIRS_KEPT:
            del _PAIRS[next(iter(_PAIRS))]
        sites: list[Prepared] = _SHARED["sites"]  # type: ignore[assignment]
        seed: int = _SHARED["seed"]  # type: ignore[assignment]
        site = sites[piece.site]
        _PAIRS[key] = Pair(site.model, site.ligand, substitutions, seed)
    pair = _PAIRS[key]
    if piece.number is None or begin is None:
        return pair.begin(), time.process_time() - used
    found = pair.replicate(begin, piece.number)
    return found, time.process_time() - used
