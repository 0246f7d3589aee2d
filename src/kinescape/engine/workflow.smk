# Many samples: every job calls kinescape for the samples that its file names. Nothing that a user wrote, no name and no
# path, reaches a shell: a job is a number, and the folder of the attempt is quoted.
import json
import sys
from pathlib import Path

ATTEMPT = Path(config["attempt"])
PYTHON = config["python"] or sys.executable
ROWS = json.loads((ATTEMPT / "jobs.json").read_text())


wildcard_constraints:
    job=r"\d+",


def row_of(wildcards):
    return ROWS[int(wildcards.job)]


rule all:
    input:
        [f"done/{row['priority']}-{job}" for job, row in enumerate(ROWS)],


# Priority belongs to a rule, not to a job: one rule for each that occurs (there are about ten).
for level in sorted({row["priority"] for row in ROWS}):

    rule:
        name:
            f"samples_{level}"
        output:
            touch(f"done/{level}-{{job}}"),
        priority: level
        threads: ROWS[0]["threads"]
        resources:
            mem_mb=lambda wildcards, attempt: row_of(wildcards)["mem_mb"] * attempt,
            runtime=lambda wildcards, attempt: row_of(wildcards)["minutes"] * attempt,
        params:
            # Functions, because braces in a path are no wildcards.
            python=lambda wildcards: PYTHON,
            attempt=lambda wildcards: str(ATTEMPT),
            output=lambda wildcards: str(ATTEMPT / "output" / f"{wildcards.job}.txt"),
        shell:
            "{params.python:q} -m kinescape.cli.main run-samples {params.attempt:q} {wildcards.job} "
            ">> {params.output:q} 2>&1"
