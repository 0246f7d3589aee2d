"""Killed at any moment, resumed, the same bytes: driver, job and aligner at random moments (seeded).

The kills of one test go into one output folder, run after run, so that every moment of a run is met: the first start,
a half-done run, one in which all samples are done and only the pages are missing.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from engine_runs import SHALLOW, Sheet, assert_nothing_half_written, contents, processes_of, run, start, until

pytestmark = [pytest.mark.aligners, pytest.mark.slow]
DRIVER_KILLS, PLAIN_KILLS, JOB_KILLS, ALIGNER_KILLS = 10, 6, 7, 7
"""Thirty."""


def duration(*arguments: str | Path) -> float:
    began = time.monotonic()
    run(*arguments)
    return time.monotonic() - began


def kill_after(process: subprocess.Popen[str], seconds: float) -> bool:
    """Kill -9 the driver alone; False where it had ended before."""
    try:
        process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return True
    assert process.returncode == 0
    return False


@pytest.mark.parametrize(
    ("kills", "command"),
    [(DRIVER_KILLS, ("batch", "--jobs", "2", "--group-size", "2")), (PLAIN_KILLS, ("run", "--threads", "2"))],
    ids=["engine", "in one process"],
)
def test_driver(sheet: Sheet, tmp_path: Path, kills: int, command: tuple[str, ...]) -> None:
    out = tmp_path / "out"
    arguments = (*command, sheet.path, "-o", out, *SHALLOW)
    # The machine's own pace sets the span of the moments.
    span = duration(*command, sheet.path, "-o", tmp_path / "first", *SHALLOW)
    moments = random.Random(20240713)
    done = killed = 0
    while killed < kills:
        process = start(*arguments)
        killed += kill_after(process, moments.uniform(0.1, 1.0) * span)
        if process.returncode == 0:
            assert contents(out) == contents(sheet.expected)
            # All done: one sample's result is taken away, so that there is something to do again.
            shutil.rmtree(out / "samples" / sheet.names[killed % 4])
            done = 3
        else:
            # What was done stays done, whatever is killed later.
            found = assert_nothing_half_written(out, sheet.expected)
            assert found >= done
            done = found
    run(*arguments)
    assert contents(out) == contents(sheet.expected)
    assert processes_of(out) == []


@pytest.mark.parametrize(
    ("kills", "names"), [(JOB_KILLS, ()), (ALIGNER_KILLS, ("bowtie2", "bwa"))], ids=["job", "aligner"]
)
def test_job_and_aligner(sheet: Sheet, tmp_path: Path, kills: int, names: tuple[str, ...]) -> None:
    """The engine tries again what was killed under it; the run as a whole never notices."""
    out = tmp_path / "out"
    arguments = ("batch", sheet.path, "-o", out, "--jobs", "2", "--group-size", "2", "--retries", "20", *SHALLOW)
    moments = random.Random(1926)
    killed = 0
    while killed < kills:
        process = start(*arguments, "--force")
        while process.poll() is None and killed < kills:
            time.sleep(moments.uniform(0.0, 0.3))
            limit = time.monotonic() + 1
            # Aligners live for a moment only: the next one that is seen.
            while not processes_of(out, *names) and process.poll() is None and time.monotonic() < limit:
                time.sleep(0.01)
            for victim in moments.sample(found := processes_of(out, *names), min(1, len(found))):
                try:
                    os.kill(victim, signal.SIGKILL)
                    killed += 1
                except ProcessLookupError:
                    continue
            assert_nothing_half_written(out, sheet.expected)
        _, said = process.communicate(timeout=240)
        assert process.returncode == 0, said
    assert contents(out) == contents(sheet.expected)
    assert "Trying to restart" in (out / "logs" / "engine.log").read_text()


def test_jobs_of_a_dead_driver_end_by_themselves(sheet: Sheet, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = start("batch", sheet.path, "-o", out, "--jobs", "2", "--group-size", "2", *SHALLOW)
    until(lambda: len(processes_of(out)) == 2)
    process.kill()
    process.communicate()
    until(lambda: processes_of(out) == [], 5)


def test_a_job_that_is_killed_every_time_is_a_failed_sample(sheet: Sheet, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = start("batch", sheet.path, "-o", out, "--jobs", "1", "--group-size", "4", "--retries", "0", *SHALLOW)
    until(lambda: any((out / "samples").glob("s*")))
    (job,) = processes_of(out)
    os.killpg(job, signal.SIGKILL)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "its job was ended from outside" in said
    assert assert_nothing_half_written(out, sheet.expected) >= 1
    assert "ended from outside" in (out / "index.html").read_text()
