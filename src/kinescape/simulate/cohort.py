"""Many simulated samples and the sheet that describes them; the demonstration cohort is one such recipe."""

from __future__ import annotations

import csv
import io
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import yaml

from kinescape.files import write_text
from kinescape.panel.load import load_panel
from kinescape.simulate.sample import simulate_sample
from kinescape.simulate.spec import SampleSpec
from kinescape.simulate.spec_file import to_spec
from kinescape.simulate.truth import Truth

RECIPE = Path(__file__).resolve().parent.parent / "data" / "demo" / "cohort.yaml"
READS_FOLDER = "reads"
SHEET_NAME = "samples.csv"

SHEET_COLUMNS = (
    *("sample", "patient", "fastq_1", "fastq_2", "timepoint", "date", "therapy", "line"),
    *("cfdna_ng", "plasma_ml", "fragment_bp", "role", "simulated", "fusion"),
)

Progress = Callable[[int, int, str], None]
"""Called with samples done, samples in all, and the sample that was just written."""


@dataclass(frozen=True)
class SimulatedCohort:
    """What was written: the sample sheet, and the truth of each sample in its order."""

    sheet: Path
    truths: tuple[Truth, ...]


Described = tuple[SampleSpec, dict[str, str]]
"""A sample to simulate and its row of the sheet (columns ``SHEET_COLUMNS``; FASTQ relative to it)."""


def recipe_samples(path: Path) -> list[Described]:
    """The samples of a packaged recipe."""
    recipe = cast("dict[str, Any]", yaml.safe_load(path.read_text(encoding="utf-8")))
    return [_sample(recipe["defaults"], each) for each in recipe["samples"]]


def demo_specs() -> list[Described]:
    """The samples of the demonstration cohort."""
    return recipe_samples(RECIPE)


def write_demo_cohort(
    folder: Path, *, seed: int = 1, threads: int = 2, progress: Progress | None = None
) -> SimulatedCohort:
    """Write the demonstration cohort (see :func:`write_cohort`)."""
    return write_cohort(demo_specs(), folder, seed=seed, threads=threads, progress=progress)


def write_cohort(
    samples: Sequence[Described], folder: Path, *, seed: int = 1, threads: int = 2, progress: Progress | None = None
) -> SimulatedCohort:
    """Write reads and truth of all samples into ``folder/reads``, then ``folder/samples.csv``.

    Every sample has a seed of its own, made from ``seed`` and its name and written into its truth VCF. The sheet comes
    last: where it is, all samples are whole. Threads suffice: the kernels and the compression release the interpreter.
    """
    panels = {name: load_panel(name) for name in {spec.panel for spec, _ in samples}}
    with ThreadPoolExecutor(max_workers=max(1, threads)) as workers:
        jobs = [
            workers.submit(
                simulate_sample,
                spec,
                panels[spec.panel],
                folder / READS_FOLDER / spec.sample,
                sample_seed(seed, spec.sample),
            )
            for spec, _ in samples
        ]
        truths = []
        try:
            for done, (job, (spec, _)) in enumerate(zip(jobs, samples, strict=True), start=1):
                truths.append(job.result())
                if progress is not None:
                    progress(done, len(jobs), spec.sample)
        except BaseException:
            workers.shutdown(wait=False, cancel_futures=True)
            raise
    sheet = folder / SHEET_NAME
    write_text(sheet, _sheet_text([row for _, row in samples]))
    return SimulatedCohort(sheet, tuple(truths))


def sample_seed(seed: int, sample: str) -> int:
    """The seed of one sample: depends on its name, not on its place in the cohort."""
    state = np.random.SeedSequence([seed, zlib.crc32(sample.encode())]).generate_state(1, np.uint64)
    return int(state[0] >> np.uint64(1))


def _sample(defaults: dict[str, Any], entry: dict[str, Any]) -> tuple[SampleSpec, dict[str, str]]:
    given = entry["sheet"]
    name = given["sample"]
    spec = to_spec({**defaults, "sample": name, "cfdna_ng": given["cfdna_ng"], **entry["spec"]})
    row = dict.fromkeys(SHEET_COLUMNS, "")
    row |= {key: str(value) for key, value in given.items()}
    row |= {
        "fastq_1": f"{READS_FOLDER}/{name}_R1.fastq.gz",
        "fastq_2": f"{READS_FOLDER}/{name}_R2.fastq.gz",
        "role": given.get("role", "plasma"),
        "simulated": "yes",
        "fusion": entry.get("fusion", ""),
    }
    return spec, row


def _sheet_text(rows: list[dict[str, str]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, SHEET_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
