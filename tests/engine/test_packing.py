"""Samples into jobs: none lost, none twice, about equal work, and a start that costs little."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinescape.engine.packing import LOCAL_START, REMOTE_START, engine_pays, pack, seconds_of, size_of
from kinescape.records import SampleInfo
from kinescape.sheet import SheetSample

SIZES = st.lists(st.floats(0, 500), min_size=1, max_size=200)


@given(SIZES, st.integers(1, 64), st.none() | st.integers(1, 20))
def test_every_sample_is_in_one_job(sizes: list[float], at_once: int, group: int | None) -> None:
    jobs = pack(sizes, at_once, group_size=group)
    assert sorted(index for job in jobs for index in job.samples) == list(range(len(sizes)))
    assert all(job.samples for job in jobs)
    if group is not None:
        assert max(len(job.samples) for job in jobs) <= group
    assert [job.seconds for job in jobs] == sorted((job.seconds for job in jobs), reverse=True)


@given(SIZES, st.integers(1, 64))
def test_no_job_could_do_more_than_its_share_but_for_one_sample(sizes: list[float], at_once: int) -> None:
    jobs = pack(sizes, at_once)
    share = sum(seconds_of(size) for size in sizes) / len(jobs)
    # Longest first ends within four thirds of the best there is, which is no less than the share or the largest.
    assert jobs[0].seconds <= 4 / 3 * max(share, max(seconds_of(size) for size in sizes)) + 1e-6 or len(jobs) > 1
    assert jobs[0].seconds <= share + max(seconds_of(size) for size in sizes)


@pytest.mark.parametrize(("start", "at_once"), [(LOCAL_START, 2), (REMOTE_START, 100)])
def test_starting_a_job_costs_less_than_a_tenth_of_it(start: float, at_once: int) -> None:
    for megabytes in (0.5, 5.0, 35.0):
        jobs = pack([megabytes] * 10_000, at_once, start=start)
        assert start / (start + min(job.seconds for job in jobs)) < 0.1


def test_what_a_cluster_is_asked_for_grows_with_the_files() -> None:
    small, large = (pack([size], 1)[0] for size in (1.0, 350.0))
    # Measured peaks: 233 MiB and 1340 MiB.
    assert 350 < small.mem_mb < 600
    assert 1700 < large.mem_mb < 2500
    assert small.minutes >= 10
    assert large.minutes > small.minutes


def test_one_file_never_starts_the_engine_and_many_large_ones_do() -> None:
    assert not engine_pays([1000.0], 64)
    assert not engine_pays([0.1, 0.1], 2)
    assert not engine_pays([30.0] * 20, 1)
    assert engine_pays([30.0] * 20, 2)
    assert engine_pays([30.0] * 20, 16)


def test_plain_fastq_counts_for_what_it_would_be_compressed(tmp_path: Path) -> None:
    files = (tmp_path / "a.fastq", tmp_path / "b.fastq.gz")
    files[0].write_bytes(bytes(5_000_000))
    files[1].write_bytes(bytes(2_000_000))
    assert size_of(SheetSample(SampleInfo(sample="a"), *files)) == pytest.approx(3.0)
    assert size_of(SheetSample(SampleInfo(sample="a"), tmp_path / "none", tmp_path / "neither.gz")) == 0
