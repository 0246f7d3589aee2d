"""Samples per hour of 1, 10 and 100 samples against the sum of their parts, and the memory of the driver.

    python benchmarks/throughput.py                          # 1, 10 and 100 samples of 5,000 pairs per amplicon
    python benchmarks/throughput.py --samples 10 --pairs 1500
    python benchmarks/throughput.py --memory                 # the driver's memory for sheets of 1 to 1000 samples
    python benchmarks/throughput.py --parts                  # what the sizes of jobs rest on (engine/packing.py)

The parts are the CPU seconds of the same samples analysed in one warm process on one thread. "parts/cores" is what
the parts would take on all cores over what the command took: start of Python and of the engine, jobs that end
unevenly and the pages at the end are all in it. "parts/CPU" is the same without the wall clock,
and holds on a machine that is busy with other work as well.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import msgspec

from kinescape.engine.folder import RESULT
from kinescape.engine.one import run_sample
from kinescape.engine.packing import LOCAL_START, pack, seconds_of, size_of
from kinescape.engine.plan import RunPlan, workbench
from kinescape.panel.load import load_panel
from kinescape.records import Parameters
from kinescape.report.result import read_result, write_result
from kinescape.sample import Workbench
from kinescape.sheet import read_sheet
from kinescape.simulate.sample import simulate_sample
from kinescape.simulate.spec_file import to_spec

DISTINCT = 10
"""Samples that are simulated; larger sheets name them again by links, since only the driver could tell."""
SHALLOW = ("--min-depth", "100")


def cpu_seconds() -> float:
    """Of this process and those it has waited for."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def simulate(folder: Path, pairs: int, number: int) -> None:
    values = {"sample": f"r{number}", "panel": "alk-ros1", "pairs": pairs, "molecules": 5000}
    simulate_sample(to_spec(values), load_panel(), folder / f"r{number}", number + 1)


def make_reads(folder: Path, pairs: int, samples: int, cores: int) -> None:
    folder.mkdir()
    with ProcessPoolExecutor(cores) as pool:
        list(pool.map(partial(simulate, folder, pairs), range(min(samples, DISTINCT))))


def make_sheet(folder: Path, reads: Path, samples: int) -> Path:
    """A sheet of links to the simulated files."""
    folder.mkdir()
    lines = ["sample,patient,fastq_1,fastq_2,simulated"]
    for number in range(samples):
        for mate in (1, 2):
            (folder / f"s{number}_R{mate}.fastq.gz").symlink_to(reads / f"r{number % DISTINCT}_R{mate}.fastq.gz")
        lines.append(f"s{number},P{number},s{number}_R1.fastq.gz,s{number}_R2.fastq.gz,yes")
    sheet = folder / "sheet.csv"
    sheet.write_text("\n".join([*lines, ""]))
    return sheet


def shared_workbench() -> Workbench:
    return workbench(RunPlan((), Path(), "alk-ros1", "alk-ros1", None, Parameters(min_depth=100)))


def parts(sheet: Path, out: Path) -> list[tuple[float, float]]:
    """(megabytes, CPU seconds) of every sample, one after the other in this process, after one to warm it."""
    bench, samples, measured = shared_workbench(), read_sheet(sheet), []
    run_sample(samples[0], out, bench, 1, lambda *_: None)
    for sample in samples:
        before = cpu_seconds()
        assert run_sample(sample, out, bench, 1, lambda *_: None).state == "done"
        measured.append((size_of(sample), cpu_seconds() - before))
    return measured


def command(arguments: Iterable[str | Path]) -> tuple[float, float, float, int]:
    """Wall seconds, CPU seconds, MiB of the driver at its largest, exit code of `kinescape ARGUMENTS`."""
    began, before = time.monotonic(), cpu_seconds()
    driver = subprocess.Popen(
        [sys.executable, "-m", "kinescape.cli.main", *map(str, arguments)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    largest = 0
    while driver.poll() is None:
        try:
            status = Path(f"/proc/{driver.pid}/status").read_text()
            largest = max([largest, *(int(line.split()[1]) for line in status.splitlines() if line[:6] == "VmHWM:")])
        except OSError:
            pass
        time.sleep(0.05)
    return time.monotonic() - began, cpu_seconds() - before, largest / 1024, driver.returncode


def throughput(folder: Path, numbers: list[int], pairs: int, cores: int) -> None:
    reads = folder / "reads"
    make_reads(reads, pairs, max(numbers), cores)
    one = parts(make_sheet(folder / "parts", reads, min(max(numbers), DISTINCT)), folder / "parts-out")
    mean = sum(seconds for _, seconds in one) / len(one)
    print(f"{pairs} pairs per amplicon, {one[0][0]:.1f} MB of FASTQ, {mean:.2f} CPU s a sample, {cores} cores")
    print("| samples | jobs | wall s | CPU s | parts/CPU | samples/hour | cores busy | parts/cores | driver MiB |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for number in numbers:
        sheet = make_sheet(folder / f"sheet-{number}", reads, number)
        out = folder / f"out-{number}"
        wall, cpu, memory, code = command(["run", sheet, "-o", out, "--threads", str(cores), *SHALLOW])
        assert code == 0, f"exit code {code}"
        jobs = pack([size_of(sample) for sample in read_sheet(sheet)], cores)
        engine = str(len(jobs)) if (out / "logs" / "engine.log").exists() else "none"
        efficiency = number * mean / (wall * cores)
        print(
            f"| {number} | {engine} | {wall:.1f} | {cpu:.1f} | {number * mean / cpu:.0%} | {3600 * number / wall:.0f} "
            f"| {cpu / (wall * cores):.0%} | {efficiency:.0%} | {memory:.0f} |",
            flush=True,
        )
        shutil.rmtree(out)


def memory(folder: Path, numbers: list[int], cores: int) -> None:
    """The driver's memory: results that are all kept, and jobs that end at once because their files are missing."""
    reads = folder / "reads"
    make_reads(reads, 60, 1, 1)
    (model,) = read_sheet(make_sheet(folder / "model", reads, 1))
    bench = shared_workbench()
    run_sample(model, folder / "model-out", bench, 1, lambda *_: None)
    made = folder / "model-out" / "samples" / "s0"
    result = read_result(made / RESULT)
    print("| samples | all kept: wall s | driver MiB | all failing, 50 a job: wall s | driver MiB |")
    print("| ---: | ---: | ---: | ---: | ---: |")
    for number in numbers:
        here = folder / f"kept-{number}"
        here.mkdir()
        for mate in (1, 2):
            shutil.copy(reads / f"r0_R{mate}.fastq.gz", here / f"r0_R{mate}.fastq.gz")
        lines = ["sample,patient,fastq_1,fastq_2,simulated"]
        out = here / "out"
        for each in range(number):
            name = f"s{each}"
            names = [f"{name}_R1.fastq.gz", f"{name}_R2.fastq.gz"]
            for mate, file in enumerate(names, 1):
                (here / file).symlink_to(f"r0_R{mate}.fastq.gz")
            lines.append(f"{name},P{each},{names[0]},{names[1]},yes")
            shutil.copytree(made, out / "samples" / name)
            inputs = tuple(
                msgspec.structs.replace(known, name=file) for known, file in zip(result.inputs, names, strict=True)
            )
            info = msgspec.structs.replace(result.sample, sample=name, patient=f"P{each}")
            write_result(out / "samples" / name / RESULT, msgspec.structs.replace(result, sample=info, inputs=inputs))
        (here / "sheet.csv").write_text("\n".join([*lines, ""]))
        began = ["batch", here / "sheet.csv", "--jobs", str(cores), "--group-size", "50", *SHALLOW]
        wall, _, kept_mib, code = command([*began, "-o", out])
        assert code == 0, f"exit code {code}"
        assert not (out / "logs" / "engine.log").exists(), "a result was not kept"
        for path in here.glob("*.fastq.gz"):
            path.unlink()
        wall_2, _, failing_mib, code = command([*began, "-o", here / "failing"])
        assert code == 2, f"exit code {code}"
        print(f"| {number} | {wall:.1f} | {kept_mib:.0f} | {wall_2:.1f} | {failing_mib:.0f} |", flush=True)
        shutil.rmtree(here)


def measured_parts(folder: Path, cores: int) -> None:
    print("| pairs per amplicon | MB of FASTQ | CPU s | CPU s by engine/packing.py |")
    print("| ---: | ---: | ---: | ---: |")
    for pairs in (60, 1500, 5000, 25_000):
        reads = folder / f"reads-{pairs}"
        make_reads(reads, pairs, 2, cores)
        measured = parts(make_sheet(folder / f"sheet-{pairs}", reads, 2), folder / f"out-{pairs}")
        size, seconds = (sum(column) / len(measured) for column in zip(*measured, strict=True))
        print(f"| {pairs} | {size:.2f} | {seconds:.2f} | {seconds_of(size):.2f} |", flush=True)
    before = cpu_seconds()
    code = "import kinescape.engine.sample_work; from kinescape.engine.plan import RunPlan, workbench; "
    code += "from kinescape.records import Parameters; from pathlib import Path; "
    code += "workbench(RunPlan((), Path(), 'alk-ros1', 'alk-ros1', None, Parameters()))"
    for _ in range(3):
        subprocess.run([sys.executable, "-c", code], check=True)
    print(f"start of a job: {(cpu_seconds() - before) / 3:.2f} CPU s (engine/packing.py: {LOCAL_START})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, nargs="+", default=[1, 10, 100])
    parser.add_argument("--pairs", type=int, default=5000, help="read pairs per amplicon")
    parser.add_argument("--cores", type=int, default=os.cpu_count())
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--parts", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kinescape-throughput-") as name:
        if given.memory:
            memory(Path(name), [1, 10, 100, 1000], given.cores)
        elif given.parts:
            measured_parts(Path(name), given.cores)
        else:
            throughput(Path(name), given.samples, given.pairs, given.cores)


if __name__ == "__main__":
    main()
