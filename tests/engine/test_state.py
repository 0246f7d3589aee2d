"""The folder that a run keeps for itself: one run at a time, and nothing of a dead run is left."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from kinescape.engine.state import FOLDER, Gone, Shared, attempt_in
from kinescape.errors import InputError
from kinescape.records import Parameters

SHARED = Shared("out", "panel", None, None, Parameters(), 1, None, None, None, True, None)


def test_nothing_stays_after_a_run_that_ends_well_or_not(tmp_path: Path) -> None:
    with attempt_in(tmp_path) as attempt, attempt.scratch():
        attempt.write(SHARED, [], [])
        assert Path(tempfile.gettempdir()) == Path(os.environ["TMPDIR"])
        scratch = Path(tempfile.mkdtemp())
    with pytest.raises(RuntimeError), attempt_in(tmp_path):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    assert not scratch.exists()


def test_two_runs_in_one_folder_are_refused(tmp_path: Path) -> None:
    with (
        attempt_in(tmp_path),
        pytest.raises(InputError, match="another run is writing here"),
        attempt_in(tmp_path),
    ):
        pass
    with attempt_in(tmp_path):
        pass


DIES = """
import os, signal, sys, tempfile
from pathlib import Path
from kinescape.engine.state import attempt_in
from kinescape.files import whole_folder, whole_file
out = Path(sys.argv[1])
with attempt_in(out) as attempt, attempt.scratch(), whole_folder(out / "samples" / "s1") as half:
    (half / "result.json").write_text("{")
    with whole_file(out / "index.html"):
        print(tempfile.mkdtemp(), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_run_left_is_cleared_and_results_are_not(tmp_path: Path) -> None:
    kept = tmp_path / "samples" / "s0" / "result.json"
    kept.parent.mkdir(parents=True)
    kept.write_text("{}")
    done = subprocess.run([sys.executable, "-c", DIES, str(tmp_path)], capture_output=True, text=True, check=False)
    scratch = Path(done.stdout.strip())
    assert scratch.is_dir()
    assert len(list((tmp_path / "samples").iterdir())) == 2
    with attempt_in(tmp_path):
        assert not scratch.exists()
        assert [path.name for path in (tmp_path / "samples").iterdir()] == ["s0"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["samples"]
    assert kept.read_text() == "{}"


def test_a_job_of_an_attempt_that_is_over_stops(tmp_path: Path) -> None:
    with attempt_in(tmp_path) as attempt:
        attempt.write(SHARED, [], [])
        attempt.check()
        assert attempt.shared() == SHARED
        attempt.stop()
        with pytest.raises(Gone):
            attempt.check()
    with pytest.raises(Gone):
        attempt.shared()
    assert not (tmp_path / FOLDER).exists()


def test_half_written_rows_and_checkpoints_of_a_killed_run_are_cleared(tmp_path: Path) -> None:
    (tmp_path / FOLDER / "run-dead").mkdir(parents=True)
    places = [tmp_path / "rows", tmp_path / "simulations" / "arm", tmp_path / "simulations" / "arm" / "replica-1"]
    for place in places:
        place.mkdir(parents=True, exist_ok=True)
        (place / ".4711-ab12_cd3-checkpoint.npz").touch()
        (place / "checkpoint.npz").touch()
    with attempt_in(tmp_path):
        assert sorted(path.name for place in places for path in place.iterdir() if path.is_file()) == (
            ["checkpoint.npz"] * 3
        )
