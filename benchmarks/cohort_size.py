"""A hundred thousand patients with a million lines: check, count, Kaplan-Meier and log-rank, timed; R beside it.

Usage: uv run python benchmarks/cohort_size.py [patients] [folder]
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

AGENTS = np.array(["crizotinib", "ceritinib", "alectinib", "brigatinib", "lorlatinib"])
LINES_EACH = 10


def write_cohort(folder: Path, patients: int) -> None:
    """SIMULATED tables: ten lines of about 100 days each, one sample at the failure of every other line."""
    random = np.random.default_rng(7)
    ids = np.array([f"P{number:06d}" for number in range(patients)])
    owner = np.repeat(np.arange(patients), LINES_EACH)
    number = np.tile(np.arange(LINES_EACH), patients)
    length = 20 + random.exponential(90, owner.size).astype(np.int64)
    stop = np.cumsum((length + 5).reshape(patients, LINES_EACH), axis=1).ravel() + 20
    start = stop - length
    last = stop.reshape(patients, LINES_EACH)[:, -1] + random.integers(5, 300, patients)
    gene = np.where(random.random(patients) < 0.8, "ALK", "ROS1")
    died = (random.random(patients) < 0.6).astype(int)
    with (folder / "patients.csv").open("w") as handle:
        handle.write("patient,gene,diagnosis,last_contact,died,simulated\n")
        rows = zip(ids.tolist(), gene.tolist(), last.tolist(), died.tolist(), strict=True)
        handle.writelines(f"{name},{g},0,{end},{dead},1\n" for name, g, end, dead in rows)
    with (folder / "lines.csv").open("w") as handle:
        handle.write("patient,agent,start,stop,reason,progression\n")
        agents = AGENTS[random.integers(0, AGENTS.size, owner.size)]
        columns = zip(ids[owner].tolist(), agents.tolist(), start.tolist(), stop.tolist(), strict=True)
        handle.writelines(f"{name},{agent},{a},{b},progression,{b}\n" for name, agent, a, b in columns)
    chosen = np.flatnonzero(number % 2 == 0)
    with (folder / "samples.csv").open("w") as handle:
        handle.write("sample,patient,date,timepoint,line,tested,lod\n")
        columns = zip(
            chosen.tolist(), ids[owner[chosen]].tolist(), stop[chosen].tolist(), number[chosen].tolist(), strict=True
        )
        handle.writelines(f"S{row:07d},{name},{day},relapse,{line + 1},yes,0.006\n" for row, name, day, line in columns)
    mutated = chosen[random.random(chosen.size) < 0.35]
    with (folder / "variants.csv").open("w") as handle:
        handle.write("sample,gene,protein,vaf\n")
        handle.writelines(f"S{row:07d},ALK,G1202R,0.05\n" for row in mutated.tolist())


def timed(arguments: list[str]) -> str:
    """Wall and CPU seconds of one command."""
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "kinescape.cli.main", *arguments], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return f"{time.perf_counter() - started:.1f} s ({used:.1f} CPU s)"


R_SCRIPT = """
suppressMessages(library(survival)); t0 <- proc.time()
d <- read.delim(commandArgs(TRUE)[1]); s <- Surv(d$pfs_days, d$pfs_event)
f <- survfit(s ~ generation, d); l <- survdiff(s ~ generation, d)
cat(l$chisq, (proc.time() - t0)["elapsed"], "\\n")
"""


def main() -> None:
    patients = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(tempfile.mkdtemp(prefix="cohort-size-"))
    folder.mkdir(parents=True, exist_ok=True)
    write_cohort(folder, patients)
    out, curves = folder / "out", folder / "curves"
    check = timed(["cohort", "check", str(folder)])
    summary = timed(["cohort", "summary", str(folder), "--formats", "", "--no-page", "-o", str(out)])
    table = out / "lines.tsv"
    columns = ["--time", "pfs_days", "--event", "pfs_event", "--group", "generation"]
    survival = timed(["cohort", "survival", str(table), *columns, "-o", str(curves)])
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024**2
    print(f"{patients} patients, {patients * LINES_EACH} lines (simulated)")
    print(f"check {check}; summary (check, counts, all survival analyses) {summary}")
    print(f"survival of the line table (Kaplan-Meier, log-rank, Cox) {survival}; peak {peak:.2f} GiB")
    ours = json.loads((curves / "survival.json").read_text(encoding="utf-8"))
    print(f"log-rank chi-square {ours['logrank']['chisq']:.6f}")
    if shutil.which("Rscript"):
        found = subprocess.run(["Rscript", "-e", R_SCRIPT, str(table)], capture_output=True, text=True, check=False)
        print("R survival, Kaplan-Meier and log-rank of the same table: chi-square, seconds:", found.stdout.strip())
    else:
        print("R is not installed here: no comparison")


if __name__ == "__main__":
    main()
