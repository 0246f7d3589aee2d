"""Time ``kinescape run`` on one deep sample, stage by stage: CPU seconds and peak memory.

    python benchmarks/run_stages.py [--pairs 25000] [--threads 2] [--repeat 3] [--no-evidence]
    python benchmarks/run_stages.py --pairs 5000 --samples 1 2 4 8 16

The sample is simulated (seven amplicons, the stated read pairs each, background 0.0024) and kept in the system's
temporary folder for the next call. CPU seconds include the aligners; the peak is that of the largest process.

With ``--samples`` the whole command is timed instead: ``kinescape run`` on a sheet of that many equal samples (the same
reads under other names), start-up, pages and index included.
"""

from __future__ import annotations

import argparse
import ctypes
import itertools
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

PAIRS = 25_000


@dataclass(frozen=True)
class Moment:
    """Where the clocks stand."""

    wall: float
    cpu: float

    @staticmethod
    def now() -> Moment:
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return Moment(time.perf_counter(), sum(each.ru_utime + each.ru_stime for each in used))


def simulated_sample(pairs: int) -> tuple[Path, Path]:
    """Read pairs of a relapse sample with a compound, a second clone, a germline variant and a deletion."""
    from kinescape.panel.load import load_panel
    from kinescape.simulate.sample import simulate_sample
    from kinescape.simulate.spec_file import to_spec

    prefix = Path(tempfile.gettempdir()) / f"kinescape-benchmark-{pairs}"
    files = tuple(Path(f"{prefix}_R{mate}.fastq.gz") for mate in (1, 2))
    if not all(file.exists() for file in files):
        values = {
            "sample": "benchmark",
            "pairs": pairs,
            "cfdna_ng": 20,
            "background": 0.0024,
            "haplotypes": [
                {"name": "compound", "fraction": 0.04, "changes": ["ALK:c.3586C>A", "ALK:c.3604G>A"]},
                {"name": "clone", "fraction": 0.02, "changes": ["ALK:c.3710G>A"]},
                {"name": "deletion", "fraction": 0.02, "changes": ["ROS1:c.6094_6096del"]},
            ],
            "germline": [{"change": "ALK:c.3600G>C", "genotype": "het"}],
        }
        simulate_sample(to_spec(values), load_panel(), prefix, 1)
    return files[0], files[1]


def measure(
    files: tuple[Path, Path], threads: int, evidence: bool = True
) -> tuple[list[tuple[str, float, float]], int]:
    """(stage, wall seconds, CPU seconds) of one run, and the calls it made."""
    moments: list[tuple[str, Moment]] = [("start-up", Moment.now())]
    from kinescape.engine.folder import write_sample
    from kinescape.engine.run import RunPlan, workbench
    from kinescape.records import Parameters
    from kinescape.sample import analyse_sample
    from kinescape.sheet import single_sample

    plan = RunPlan((), Path(), "alk-ros1", "alk-ros1", None, Parameters(), threads)
    if not evidence:
        plan = replace(plan, evidence=None)
    bench = workbench(plan)
    sample = single_sample(*files, "benchmark", 20.0)
    analysis = analyse_sample(sample, bench, threads, lambda stage: moments.append((stage, Moment.now())))
    moments.append(("writing", Moment.now()))
    with tempfile.TemporaryDirectory() as folder:
        write_sample(Path(folder), analysis, bench.panel)
    moments.append(("end", Moment.now()))
    rows = [
        (name, after.wall - before.wall, after.cpu - before.cpu)
        for (name, before), (_, after) in itertools.pairwise(moments)
    ]
    return rows, sum(call.evidence == "strong" for call in analysis.result.calls)


PR_SET_CHILD_SUBREAPER = 36
"""Linux, prctl(2): processes that lose their parent become ours, so that their CPU time can be asked for."""


def wait_for_all() -> None:
    """Wait for every process below this one; only then does the kernel count its CPU time."""
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return


def whole_run(files: tuple[Path, Path], samples: int, threads: int) -> tuple[float, float]:
    """(wall seconds, CPU seconds) of ``kinescape run`` on a sheet of equal samples."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = ["sample,fastq_1,fastq_2,cfdna_ng,simulated"]
        for number in range(samples):
            for mate, file in enumerate(files, start=1):
                (folder / f"s{number}_R{mate}.fastq.gz").symlink_to(file)
            lines.append(f"s{number},s{number}_R1.fastq.gz,s{number}_R2.fastq.gz,20,yes")
        (folder / "sheet.csv").write_text("\n".join(lines) + "\n")
        command = ["-m", "kinescape.cli.main", "run", "sheet.csv", "-o", "out", "--threads", str(threads), "--quiet"]
        before = Moment.now()
        subprocess.run([sys.executable, *command], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        wall = time.perf_counter() - before.wall
        wait_for_all()
        after = Moment.now()
    return wall, after.cpu - before.cpu


def time_samples(files: tuple[Path, Path], pairs: int, counts: list[int], threads: int, repeat: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    print(f"{7 * pairs:,} pairs per sample, {threads} threads, median of {repeat}")
    print(f"{'samples':>8}{'wall s':>9}{'CPU s':>9}{'CPU s per sample':>18}")
    for samples in counts:
        runs = [whole_run(files, samples, threads) for _ in range(repeat)]
        wall, cpu = (statistics.median(run[index] for run in runs) for index in (0, 1))
        print(f"{samples:>8}{wall:>9.1f}{cpu:>9.1f}{cpu / samples:>18.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=PAIRS, help="read pairs per amplicon")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--samples", type=int, nargs="+", help="time whole runs of so many equal samples instead")
    parser.add_argument("--no-evidence", action="store_true", help="keep no reads for inspection by eye")
    options = parser.parse_args()
    files = simulated_sample(options.pairs)
    if options.samples:
        time_samples(files, options.pairs, options.samples, options.threads, options.repeat)
        return
    runs = []
    for number in range(options.repeat):
        rows, strong = measure(files, options.threads, not options.no_evidence)
        runs.append(rows)
        if number == 0:
            first = sum(cpu for _, _, cpu in rows)
    print(f"{7 * options.pairs:,} pairs, {options.threads} threads, {strong} strong calls, median of {options.repeat}")
    print(f"{'stage':<14}{'wall s':>8}{'CPU s':>8}")
    walls, cpus = 0.0, 0.0
    for index, (name, _, _) in enumerate(runs[0]):
        wall = statistics.median(run[index][1] for run in runs)
        cpu = statistics.median(run[index][2] for run in runs)
        walls, cpus = walls + wall, cpus + cpu
        print(f"{name:<14}{wall:>8.2f}{cpu:>8.2f}")
    print(f"{'all':<14}{walls:>8.2f}{cpus:>8.2f}")
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    print(f"first run, imports and compiled kernels loaded: {first:.2f} CPU s; largest process: {peak:.0f} MiB")


if __name__ == "__main__":
    main()
