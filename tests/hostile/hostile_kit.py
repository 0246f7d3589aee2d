"""Damage to valid files, and what the program may do when it meets it.

A program survives hostile input when it ends by itself with one of its exit codes, says one line of error where it
refuses, shows no traceback, takes a bounded time, and touches nothing outside the folder it was told to write to.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kinescape.cli.main import main
from kinescape.errors import KinescapeError

CPU_SECONDS = 20
"""CPU time that one example may take, the first with its imports and compiling included."""

NASTY = (
    *("", " ", "NaN", "nan", "inf", "-inf", "1e999", "-1e999", "-1", "0", "-0.0", "1e-320", "9" * 30, "9" * 5000),
    *("1_0", "0x10", "1,5", "+1", ">", "<", ">>3000", ">nan", "٣", "½", "²", "é" * 300, "漢字", "\u202e", "\U0001f600"),
    *("a\0b", "a\nb", "a\r\nb", "\x1b[31m", "\ufeff", '"', "'", "a;b", "a,b", "a\tb", "#x", "-o", "--help"),
    *("../../x", "/etc/passwd", "..", ".", "/", "~", "~root/x", "C:\\x", "file:///etc/passwd", "/dev/zero", "CON"),
    *(";rm -rf x", "$(touch pwned)", "`touch pwned`", "|touch pwned", "=cmd()", "@SUM(1)", "%s%n", "{0}", "{{7*7}}"),
    *("<script>alert(1)</script>", "null", "true", "[]", "{}", "*a", "!!python/object/apply:os.system [x]"),
)
"""What stands in a cell that someone means ill, or that a spreadsheet has mangled."""

ODD_VALUES: tuple[Any, ...] = (
    *(None, True, -1, 0, 1e308, -1e308, 5e-324, 2**31, 2**63, 10**30, "", "x" * 5000, [], {}, [[]], [None], {"": None}),
    *NASTY,
)

BLOBS = (
    *(b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\n", b"\r", b"\r\n", b"\n\n\n", b'"', b"\t", b",", b"@", b">", b"#"),
    *(b"\x80\x81", b"\xc3", b"\xed\xa0\x80", b"A" * 70_000, b"(" * 3000, b"[" * 3000, b"{" * 3000, b"\x1f\x8b\x08"),
    *(b"&a [*a]", b"<<: *x", b"\n- ", b"\n  ", b": ", b"---\n", b"%PDF", b"PK\x03\x04", b"9" * 400, b"-", b"e999"),
)


class TooSlowError(BaseException):
    """An example took more CPU time than it may. Not an Exception, so that no reader catches it."""


@contextlib.contextmanager
def cpu_limit(seconds: float) -> Iterator[None]:
    """CPU time and not the clock: a loaded machine is no fault."""

    def stop(*_: object) -> None:
        raise TooSlowError(f"more than {seconds} s of CPU time")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


# --- damage -----------------------------------------------------------------------------------------------------------

Damage = tuple[str, int, int, Any]
PLACES = st.integers(0, 2**20)


def _damages(kinds: Sequence[str]) -> st.SearchStrategy[list[Damage]]:
    one = st.tuples(st.sampled_from(list(kinds)), PLACES, PLACES, PLACES)
    return st.lists(one, min_size=1, max_size=3)


BINARY = ("flip", "flip", "zero", "cut", "insert", "noise", "remove", "double", "tail")
LINES = ("drop line", "double line", "swap lines", "line", "end lines")
TABLE = (*LINES, "cell", "cell", "cell", "cell", "drop cell", "add cell", "header", "header", "flip", "cut", "insert")
TEXT = (*LINES, "flip", "cut", "insert", "insert", "word", "word", "word")
TREE = (
    "alike",
    "alike",
    "alike",
    "alike",
    "alike",
    "value",
    "remove member",
    "double member",
    "add member",
    "flip",
    "cut",
    "insert",
)
MEMBERS = ("alike", "value", "remove member", "double member", "add member")


def damaged(content: bytes, damages: Sequence[Damage], delimiter: str = ",") -> bytes:
    """The content with each damage done to it in turn."""
    for damage in damages:
        content = _damaged_once(content, damage, delimiter)
    return content


def _damaged_once(content: bytes, damage: Damage, delimiter: str) -> bytes:
    kind, one, two, three = damage
    at, other = one % (len(content) + 1), two % (len(content) + 1)
    if kind == "flip":
        return content[:at] + bytes([three % 256]) + content[at + 1 :]
    if kind == "zero":
        return content[:at] + b"\0" * (two % 40) + content[at + two % 40 :]
    if kind == "cut":
        return content[:at]
    if kind == "tail":
        return content[: max(0, len(content) - 1 - one % 40)]
    if kind == "insert":
        return content[:at] + BLOBS[three % len(BLOBS)] + content[at:]
    if kind == "noise":
        return content[:at] + bytes((one * i + two) % 256 for i in range(three % 200)) + content[at:]
    if kind == "remove":
        return content[: min(at, other)] + content[max(at, other) :]
    if kind == "double":
        return content[: max(at, other)] + content[min(at, other) :]
    if kind in LINES:
        return _other_lines(content, kind, one, two, three)
    if kind == "word":
        import re

        words = list(re.finditer(rb"[\w.+>/-]+", content))
        if not words:
            return content
        word = words[one % len(words)]
        return content[: word.start()] + NASTY[three % len(NASTY)].encode() + content[word.end() :]
    return _other_cells(content, kind, one, two, three, delimiter.encode())


def _other_lines(content: bytes, kind: str, one: int, two: int, three: int) -> bytes:
    lines = content.split(b"\n")
    at, other = one % len(lines), two % len(lines)
    if kind == "drop line":
        del lines[at]
    elif kind == "double line":
        lines.insert(other, lines[at])
    elif kind == "swap lines":
        lines[at], lines[other] = lines[other], lines[at]
    elif kind == "line":
        lines[at] = NASTY[three % len(NASTY)].encode()
    else:
        return (b"\r\n", b"\r", b"\n\n", b"\n \n")[three % 4].join(lines)
    return b"\n".join(lines)


def _other_cells(content: bytes, kind: str, one: int, two: int, three: int, delimiter: bytes) -> bytes:
    lines = content.split(b"\n")
    at = 0 if kind == "header" else one % len(lines)
    cells = lines[at].split(delimiter)
    place = two % len(cells)
    if kind == "drop cell":
        del cells[place]
    elif kind == "add cell":
        cells.insert(place, NASTY[three % len(NASTY)].encode())
    else:
        cells[place] = NASTY[three % len(NASTY)].encode()
    lines[at] = delimiter.join(cells)
    return b"\n".join(lines)


def damaged_json(content: bytes, damages: Sequence[Damage]) -> bytes:
    """JSON with members replaced, removed, doubled; then damage to the bytes."""
    tree = json.loads(content)
    for kind, one, two, three in damages:
        if kind not in MEMBERS:
            continue
        places: list[tuple[Any, Any]] = []
        _collect(tree, places)
        if not places:
            break
        holder, key = places[one * 7919 % len(places)]
        if kind == "alike":
            holder[key] = _alike(holder[key], three)
        elif kind == "value":
            holder[key] = ODD_VALUES[three % len(ODD_VALUES)]
        elif kind == "remove member":
            del holder[key]
        elif isinstance(holder, list):
            holder.insert(two % (len(holder) + 1), holder[key])
        else:
            holder[NASTY[three % len(NASTY)]] = ODD_VALUES[two % len(ODD_VALUES)]
    content = json.dumps(tree, ensure_ascii=one % 2 == 0).encode("utf-8", "surrogatepass")
    return damaged(content, [each for each in damages if each[0] not in MEMBERS])


def _alike(value: Any, choice: int) -> Any:
    """Another value of the same kind, which a check of types lets through."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return (0, -1, 1, 2**31, 2**53, 2**63 - 1, -(2**63))[choice % 7]
    if isinstance(value, float):
        return (0.0, -0.0, -1.0, 1.0, 1e308, -1e308, 5e-324, 0.5)[choice % 8]
    if isinstance(value, str):
        return NASTY[choice % len(NASTY)]
    if isinstance(value, list):
        return [] if choice % 3 else value[::-1] * 2
    return {} if isinstance(value, dict) and choice % 3 else value


def _collect(tree: Any, places: list[tuple[Any, Any]]) -> None:
    for key in list(tree) if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ():
        places.append((tree, key))
        _collect(tree[key], places)


# --- survival ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bench:
    """Folders of one example: ``given`` holds the input, ``out`` does not exist yet."""

    root: Path

    @property
    def given(self) -> Path:
        return self.root / "given"

    @property
    def out(self) -> Path:
        return self.root / "out"

    def write(self, name: str, content: bytes) -> Path:
        path = self.given / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path


@contextlib.contextmanager
def bench() -> Iterator[Bench]:
    """A fresh bench; whatever appears outside ``given`` and ``out``, in the current folder above all, is a fault."""
    with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
        root = Path(folder)
        made = Bench(root)
        made.given.mkdir()
        (root / "here").mkdir()
        before = Path.cwd()
        os.chdir(root / "here")
        try:
            yield made
            assert listed(root / "here") == [], f"written to the current folder: {listed(root)}"
            there = set(listed(root)) - {"given", "out", "here"}
            assert not there, f"written outside the output folder: {sorted(there)}"
        finally:
            os.chdir(before)


def listed(folder: Path) -> list[str]:
    """Names in a folder."""
    return [path.name for path in folder.iterdir()]


def survives(arguments: Sequence[object], *, codes: Sequence[int] = (0, 1, 2, 3)) -> tuple[int, str]:
    """Run the command line in this process; returns the exit code and what went to stderr.

    An exception that `main` lets through is a traceback for a user: it is not caught here.
    """
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), cpu_limit(CPU_SECONDS):
        code = main([str(each) for each in arguments])
    said = err.getvalue()
    assert code in codes, f"exit code {code}: {said}"
    assert "Traceback" not in said + out.getvalue()
    if code in (1, 2) and "error" in said + "failed":
        told = [line for line in said.splitlines() if line.startswith(("kinescape: ", "Error: "))]
        assert told or out.getvalue(), f"exit code {code} without a word"
        for line in told:
            assert len(line) < 4000, f"an error of {len(line)} characters: {line[:200]}"
    return code, said


def refused_or_read(function: Callable[[], object]) -> bool:
    """Call a reader: True where it read, False where it refused in its own words; anything else is a fault."""
    try:
        with cpu_limit(CPU_SECONDS):
            function()
    except KinescapeError as problem:
        if "\n" in str(problem):
            raise ValueError(f"an error of several lines: {problem}") from problem
        return False
    return True


@dataclass
class _Tally:
    faults: dict[str, str] = field(default_factory=dict)
    tried: int = 0


def hammer(examples: int, kinds: Sequence[str], attack: Callable[[Bench, list[Damage]], object]) -> None:
    """Try ``attack`` with many damages and report every distinct fault, told apart by where it was raised."""
    tally = _Tally()

    @settings(
        max_examples=examples,
        phases=[Phase.generate],
        database=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        deadline=None,
    )
    @given(_damages(kinds))
    def tried(damages: list[Damage]) -> None:
        tally.tried += 1
        try:
            with bench() as folders:
                attack(folders, damages)
        except (Exception, TooSlowError) as problem:
            frames = traceback.extract_tb(problem.__traceback__)
            own = [frame for frame in frames if "kinescape" in frame.filename and "hostile" not in frame.filename]
            last = (own or frames)[-1]
            key = f"{type(problem).__name__} at {Path(last.filename).name}:{last.lineno} ({last.name})"
            tally.faults.setdefault(key, f"{key}: {str(problem)[:300]}\n    after {damages}")

    tried()
    assert tally.tried >= examples // 2
    assert not tally.faults, f"{len(tally.faults)} faults in {tally.tried} examples:\n" + "\n".join(
        tally.faults.values()
    )


def few_or_many(few: int, many: int) -> pytest.MarkDecorator:
    """Parameter ``examples``: a few by default, many in the slow variant."""
    return pytest.mark.parametrize("examples", [few, pytest.param(many, marks=pytest.mark.slow)])


def in_little_memory(arguments: Sequence[object], cwd: Path, *, megabytes: int, seconds: int = 60) -> tuple[int, str]:
    """Run the program in a process of its own whose address space is bounded; exit code and stderr.

    numpy and numba reserve much more address space than they use, so that the bound is generous; a bomb asks for more.
    """
    code = (
        "import resource, sys\n"
        f"resource.setrlimit(resource.RLIMIT_AS, ({megabytes} << 20, {megabytes} << 20))\n"
        f"resource.setrlimit(resource.RLIMIT_CPU, ({seconds}, {seconds}))\n"
        "from kinescape.cli.main import main\n"
        "code = main(sys.argv[1:])\n"
        "print('peak', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, file=sys.stderr)\n"
        "sys.exit(code)\n"
    )
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code, *[str(each) for each in arguments]],
        capture_output=True, text=True, cwd=cwd, env=environment, timeout=600, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr[-2000:]
    return done.returncode, done.stderr
