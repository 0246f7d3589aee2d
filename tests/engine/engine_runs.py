"""What the engine's tests share: small simulated samples, folders compared byte for byte, a run as a process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from kinescape.panel.load import load_panel
from kinescape.simulate.sample import simulate_sample
from kinescape.simulate.spec_file import to_spec

SHALLOW = ("--min-depth", "20")
KINESCAPE = (sys.executable, "-m", "kinescape.cli.main")


@dataclass(frozen=True)
class Sheet:
    """A sheet of simulated samples and what `kinescape run`, one sample after the other, makes of it."""

    folder: Path
    path: Path
    names: tuple[str, ...]
    expected: Path


def make_samples(folder: Path, names: Iterable[str], pairs: int = 60) -> None:
    for number, name in enumerate(names):
        changes = [{"name": "one", "fraction": 0.2, "changes": ["ALK:c.3604G>A"]}] if number % 2 else []
        values = {"sample": name, "panel": "alk-ros1", "pairs": pairs, "molecules": 500, "haplotypes": changes}
        simulate_sample(to_spec(values), load_panel(), folder / name, number + 1)


def write_sheet(path: Path, names: Iterable[str]) -> Path:
    """Two samples of each patient, so that pages over time are written as well."""
    lines = [f"{name},P{n // 2},{name}_R1.fastq.gz,{name}_R2.fastq.gz,yes" for n, name in enumerate(names)]
    path.write_text("\n".join(["sample,patient,fastq_1,fastq_2,simulated", *lines, ""]))
    return path


def contents(out: Path) -> dict[str, bytes]:
    """Every file of a run but its logs, hidden ones included."""
    files = (path for path in sorted(out.rglob("*")) if path.is_file() or path.is_symlink())
    return {str(path.relative_to(out)): path.read_bytes() for path in files if path.parent != out / "logs"}


def assert_nothing_half_written(out: Path, expected: Path) -> int:
    """Every sample's folder that can be seen holds every file, whole; returns how many there are."""
    folders = [path for path in (out / "samples").glob("*") if not path.name.startswith(".")]
    for folder in folders:
        wanted = expected / "samples" / folder.name
        assert {path.name for path in folder.iterdir() if path.name[0] != "."} == {p.name for p in wanted.iterdir()}
        for path in wanted.iterdir():
            found = (folder / path.name).read_bytes()
            # A page gains the patient's other samples at the end of the run.
            assert found == path.read_bytes() or (path.name == "report.html" and found.rstrip().endswith(b"</html>"))
    return len(folders)


def _hear_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def start(*arguments: str | Path, **options: object) -> subprocess.Popen[str]:
    """`kinescape ARGUMENTS` in a session of its own, which hears a Ctrl-C also where the tests run in the background
    of a shell, and therefore with SIGINT ignored."""
    options.setdefault("preexec_fn", _hear_interrupts)
    return subprocess.Popen(
        [*KINESCAPE, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **options,  # type: ignore[call-overload]
    )


def run(*arguments: str | Path, code: int = 0, **options: object) -> subprocess.CompletedProcess[str]:
    """`kinescape ARGUMENTS`, which must end with ``code`` and without a traceback."""
    process = start(*arguments, **options)
    printed, said = process.communicate(timeout=300)
    assert process.returncode == code, said
    assert "Traceback" not in said
    return subprocess.CompletedProcess(arguments, code, printed, said)


def until(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    """Wait for something to become true."""
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it did not come true"
        time.sleep(0.01)


def processes_of(out: Path, *names: str) -> list[int]:
    """Processes at work for a run into ``out``: jobs by their arguments, aligners by their job's."""
    jobs: set[int] = set()
    others: dict[int, tuple[int, str]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            session = int((entry / "stat").read_text().rpartition(")")[2].split()[3])
        except (OSError, ValueError, IndexError):
            continue
        if b"run-samples" in words and any(os.fsencode(str(out)) in word for word in words) and b"-c" not in words:
            jobs.add(int(entry.name))
        else:
            others[int(entry.name)] = (session, os.fsdecode(words[0]).rpartition("/")[2])
    if not names:
        return sorted(jobs)
    return sorted(pid for pid, (session, name) in others.items() if session in jobs and name.startswith(names))
