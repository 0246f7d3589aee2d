# Every job calls kinescape for the work that its file names: samples, mutants, simulations. Nothing that a user wrote, no
# name and no path, reaches a shell: a job is a number, and the folder of the attempt is quoted.
import json
import sys
from pathlib import Path

ATTEMPT = Path(config["attempt"])
PYTHON = config["python"] or sys.executable
VERB = config["verb"]
ROWS = json.loads((ATTEMPT / "jobs.json").read_text())


wildcard_constraints:
    job=r"\d+",


def row_of(wildcards):
    return ROWS[int(wildcards.job)]


def marker(row, job):
    return f"done/{row['priority']}-{row['gpu']}-{job}"


rule all:
    input:
        [marker(row, job) for job, row in enumerate(ROWS)],


# Priority belongs to a rule, not to a job: one rule for each that occurs (there are about ten). Jobs with a GPU are one
# rule, whose name a profile can rely on; only there the resource is named, because `gpu=0` is a wish to some clusters.
for level, gpus in sorted({(row["priority"], row["gpu"]) for row in ROWS}):

    rule:
        name:
            f"{VERB.removeprefix('run-')}_{'gpu' if gpus else level}"
        output:
            touch(marker({"priority": level, "gpu": gpus}, "{job}")),
        priority: level
        threads: lambda wildcards: row_of(wildcards)["threads"]
        resources:
            mem_mb=lambda wildcards, attempt: row_of(wildcards)["mem_mb"] * attempt,
            runtime=lambda wildcards, attempt: row_of(wildcards)["minutes"] * attempt,
            **({"gpu": gpus} if gpus else {}),
        params:
            # Functions, because braces in a path are no wildcards.
            python=lambda wildcards: PYTHON,
            verb=VERB,
            attempt=lambda wildcards: str(ATTEMPT),
            output=lambda wildcards: str(ATTEMPT / "output" / f"{wildcards.job}.txt"),
        shell:
            # What the shell itself says ("Killed") belongs to the job as well, not to the terminal.
            "exec 2>> {params.output:q}; "
            "{params.python:q} -m kinescape.cli.main {params.verb:q} {params.attempt:q} {wildcards.job} "
            ">> {params.output:q} 2>&1"
