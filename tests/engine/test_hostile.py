"""A full disk, a folder that cannot be written, input that vanishes, too little memory: whole results or none."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_runs import SHALLOW, Sheet, assert_nothing_half_written, contents, make_samples, run, start, until

pytestmark = [pytest.mark.aligners, pytest.mark.slow]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 900 kB: two results of four fit."""
    if os.geteuid() != 0:
        pytest.skip("a file system of its own needs root")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=900k", "tmpfs", str(disk)], check=False)
    if mounted.returncode:
        pytest.skip("file systems cannot be mounted here")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.parametrize("command", [("run", "--threads", "1"), ("batch", "--jobs", "1", "--retries", "0")])
def test_full_disk(sheet: Sheet, small_disk: Path, command: tuple[str, ...]) -> None:
    out = small_disk / "out"
    process = start(*command, sheet.path, "-o", out, *SHALLOW)
    _, said = process.communicate(timeout=240)
    assert process.returncode in (1, 3), said
    assert "No space left on device" in said
    done = assert_nothing_half_written(out, sheet.expected)
    assert 0 < done < 4
    subprocess.run(["mount", "-o", "remount,size=20M", str(small_disk)], check=True)
    again = run(*command, sheet.path, "-o", out, *SHALLOW)
    assert again.stderr.count(" kept (") == done
    assert contents(out) == contents(sheet.expected)


def test_files_that_may_not_grow(sheet: Sheet, tmp_path: Path) -> None:
    """The second way to a disk that is full: no file beyond 60 kB, which every result needs."""
    out = tmp_path / "out"
    limit = 60_000

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    process = start("run", sheet.path, "-o", out, "--threads", "1", *SHALLOW, preexec_fn=limited)
    _, said = process.communicate(timeout=240)
    assert process.returncode == 1, said
    assert "Traceback" not in said
    assert assert_nothing_half_written(out, sheet.expected) == 0
    run("run", sheet.path, "-o", out, "--threads", "1", *SHALLOW)
    assert contents(out) == contents(sheet.expected)


def test_folder_that_cannot_be_written(sheet: Sheet, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    if os.geteuid() != 0:
        out.chmod(0o555)
        undo = ["chmod", "755", str(out)]
    else:
        # Root writes where modes forbid it, but not to what is mounted read-only.
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(out)], check=False).returncode:
            pytest.skip("file systems cannot be mounted here")
        undo = ["umount", str(out)]
    try:
        for verb in ("run", "batch"):
            refused = run(verb, sheet.path, "-o", out, *SHALLOW, code=2)
            assert f"{out}: cannot be " in refused.stderr
        assert list(out.iterdir()) == []
    finally:
        subprocess.run(undo, check=True)


def test_input_that_vanishes_on_the_way(sheet: Sheet, tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    shutil.copytree(sheet.folder, folder, ignore=shutil.ignore_patterns("expected"))
    process = start("batch", folder / "sheet.csv", "-o", out, "--jobs", "1", "--group-size", "4", *SHALLOW)
    until(lambda: any((out / "samples").glob("s*")))
    left = [name for name in sheet.names if not (out / "samples" / name).exists()]
    (folder / f"{left[-1]}_R2.fastq.gz").unlink()
    _, said = process.communicate(timeout=120)
    assert process.returncode == 3, said
    assert f"sample {left[-1]}: " in said
    assert f"{left[-1]}_R2.fastq.gz" in said
    assert assert_nothing_half_written(out, sheet.expected) == 3
    shutil.copy(sheet.folder / f"{left[-1]}_R2.fastq.gz", folder)
    run("batch", folder / "sheet.csv", "-o", out, *SHALLOW)
    assert contents(out) == contents(sheet.expected)


def test_too_little_memory_fails_the_large_sample_alone(sheet: Sheet, tmp_path: Path) -> None:
    make_samples(tmp_path, ["large"], 12_000)
    lines = sheet.path.read_text().splitlines()
    small = lines[1].replace(",s0_R", f",{sheet.folder}/s0_R")
    large = "large,P9,large_R1.fastq.gz,large_R2.fastq.gz,yes"
    (tmp_path / "sheet.csv").write_text("\n".join([lines[0], small, large, ""]))
    # How much address space Python and its libraries take differs between machines: between the limits at which both
    # samples fail and at which both pass lies one at which only the large one fails.
    too_little, enough = 500_000_000, 2_500_000_000
    while enough - too_little > 4_000_000:
        limit = (too_little + enough) // 2
        out = tmp_path / f"out {limit}"

        def limited(limit: int = limit) -> None:
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

        process = start("run", tmp_path / "sheet.csv", "-o", out, "--threads", "1", *SHALLOW, preexec_fn=limited)
        _, said = process.communicate(timeout=240)
        passed = len(list(out.glob("samples/*")))
        if passed == 1:
            break
        too_little, enough = (limit, enough) if passed == 0 else (too_little, limit)
    assert process.returncode == 3, said
    assert "Traceback" not in said
    assert "sample large: Unable to allocate" in said
    assert {path.name for path in (out / "samples").iterdir()} == {"s0"}
    run("run", tmp_path / "sheet.csv", "-o", out, "--threads", "1", *SHALLOW)
    assert {path.name for path in (out / "samples").iterdir()} == {"s0", "large"}
