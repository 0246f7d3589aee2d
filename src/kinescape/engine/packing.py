"""How much work a sample is, and how samples share jobs, so that starting a job costs little of what it does.

The figures were measured on two cores with ``benchmarks/throughput.py --parts`` on simulated samples (see
docs/scaling.md); they decide only how samples are grouped and what is asked of a cluster, never a result.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass

from kinescape.sheet import SheetSample

SECONDS_PER_SAMPLE = 0.6
SECONDS_PER_MEGABYTE = 0.27
"""CPU seconds of one sample: what every sample costs, and per megabyte of gzipped FASTQ (both files)."""
PLAIN_IS = 5.0
"""FASTQ that is not compressed is about five times as large."""
MEMORY_BASE_MB, MEMORY_PER_MEGABYTE = 400.0, 5.0
"""Peak memory asked for, half as much again as measured (240 MiB and 3.2 MiB per megabyte)."""
RUNTIME_BASE_MINUTES, RUNTIME_SLACK = 10.0, 5.0
"""Wall time asked of a cluster: nodes differ, and a job that is ended for its time is lost."""
LOCAL_START, REMOTE_START = 1.3, 9.0
"""CPU seconds to start a job of its own here; seconds to start one on SLURM (two Snakemakes, then ours)."""
ENGINE_START = 2.5
"""Seconds that the engine itself takes, once."""
START_SHARE = 0.06
"""What the start of a job may cost of the job, a margin under a tenth."""
THREADS_IN_ONE = 1.75
"""Cores that one sample keeps busy on two threads or more: reading is serial."""


@dataclass(frozen=True)
class Job:
    """Samples that one process takes one after the other."""

    samples: tuple[int, ...]
    """Positions in the list of samples, largest first."""
    seconds: float
    """CPU seconds expected."""
    mem_mb: int
    minutes: int


def size_of(sample: SheetSample) -> float:
    """Megabytes of gzipped FASTQ, or what plain FASTQ would have; files that are missing count nothing."""
    total = 0.0
    for path in (sample.fastq_1, sample.fastq_2):
        try:
            size = path.stat().st_size / 1e6
        except OSError:
            continue
        total += size if path.suffix == ".gz" else size / PLAIN_IS
    return total


def seconds_of(megabytes: float) -> float:
    """CPU seconds that a sample of this size takes."""
    return SECONDS_PER_SAMPLE + SECONDS_PER_MEGABYTE * megabytes


def engine_pays(megabytes: Sequence[float], cores: int) -> bool:
    """Whether jobs side by side, with their start, end sooner than one sample after the other in this process."""
    work = [seconds_of(size) for size in megabytes]
    if len(work) < 2 or cores < 2:
        return False
    one_by_one = sum(work) / THREADS_IN_ONE
    jobs = pack(megabytes, cores)
    side_by_side = ENGINE_START + LOCAL_START + max(sum(work) / cores, max(job.seconds for job in jobs))
    return side_by_side < one_by_one


def pack(
    megabytes: Sequence[float], at_once: int, *, start: float = LOCAL_START, group_size: int | None = None
) -> tuple[Job, ...]:
    """Put samples into jobs of about equal work, as many as keep a job's start under :data:`START_SHARE` of it.

    Parameters
    ----------
    megabytes
        Size of each sample.
    at_once
        Jobs that run side by side.
    start
        Seconds to start a job.
    group_size
        Samples per job, in place of a number that follows from the work.

    Returns
    -------
    tuple of Job
        The largest first.
    """
    if not megabytes:
        return ()
    work = [seconds_of(size) for size in megabytes]
    # Here no core is left idle for a start's sake.
    members = dealt(work, at_once, start=start, group_size=group_size, fill=start <= LOCAL_START)
    return tuple(sorted((_job(each, megabytes) for each in members), key=lambda job: -job.seconds))


def dealt(
    work: Sequence[float], at_once: int, *, start: float, group_size: int | None = None, fill: bool = True
) -> list[tuple[int, ...]]:
    """Deal work out to jobs of about equal length, as many as keep a job's start under :data:`START_SHARE` of it.

    Parameters
    ----------
    work
        Seconds of each piece.
    at_once, start, group_size
        As in :func:`pack`.
    fill
        Whether no place is left idle for a start's sake.

    Returns
    -------
    list of tuple of int
        Places in ``work``, of each job the largest piece first.
    """
    if group_size is not None:
        number = math.ceil(len(work) / group_size)
    else:
        number = max(1, int(sum(work) * START_SHARE / start))
        # All end together when every place has the same number of jobs.
        number = number // at_once * at_once or (at_once if fill else number)
    number = min(number, len(work))
    most = group_size or len(work)
    # Longest first, each to the job with least to do.
    heap: list[tuple[float, int]] = [(0.0, job) for job in range(number)]
    members: list[list[int]] = [[] for _ in range(number)]
    for index in sorted(range(len(work)), key=lambda each: (-work[each], each)):
        seconds, job = heapq.heappop(heap)
        members[job].append(index)
        if len(members[job]) < most:
            heapq.heappush(heap, (seconds + work[index], job))
    return [tuple(each) for each in members]


def _job(samples: tuple[int, ...], megabytes: Sequence[float]) -> Job:
    seconds = sum(seconds_of(megabytes[index]) for index in samples)
    largest = max(megabytes[index] for index in samples)
    return Job(
        samples,
        seconds,
        math.ceil(MEMORY_BASE_MB + MEMORY_PER_MEGABYTE * largest),
        math.ceil(RUNTIME_BASE_MINUTES + RUNTIME_SLACK * seconds / 60),
    )
