"""What to run, what all samples of a run share, and how each of them ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from kinescape.align.programs import BOWTIE2, BWA, find_program
from kinescape.align.reference import genome_reference, window_reference
from kinescape.annotate.consult import load_annotations
from kinescape.engine.controls import usable_background
from kinescape.engine.folder import RESULT, sample_folder
from kinescape.panel.load import load_panel
from kinescape.records import EvidenceCaps, Parameters, SampleResult
from kinescape.report.result import read_result
from kinescape.resistance.base import load_knowledge_base
from kinescape.sample import Workbench
from kinescape.sheet import SheetSample

State = Literal["done", "kept", "failed"]
Watch = Callable[[str, str], None]
"""Called with (sample, stage); the last stage of a sample is ``finished``, ``kept`` or ``failed``."""
FINISHED = "finished"
LAST_STAGES = (FINISHED, "kept", "failed")


@dataclass(frozen=True)
class RunPlan:
    """What to run. Paths and names only, so that it can travel to other processes."""

    samples: tuple[SheetSample, ...]
    out: Path
    panel: str | Path
    knowledge_base: str | Path | None
    reference: Path | None
    parameters: Parameters
    threads: int = 1
    force: bool = False
    background: Path | None = None
    """File of ``kinescape background``."""
    background_from_samples: bool = False
    """Learn the background from the samples of the run; written to ``OUT/background.parquet`` first."""
    annotations: Path | None = None
    """Folder of annotation slices; None: the user's."""
    evidence: EvidenceCaps | None = field(default_factory=EvidenceCaps)
    """How many reads are kept for inspection by eye; None keeps none."""
    viewer: bool = True
    """Whether the pages hold the kept reads and their viewer."""


@dataclass(frozen=True)
class Outcome:
    """How one sample ended. The result stays on disk, so that ten thousand outcomes fit in memory."""

    sample: str
    state: State
    out: Path
    error: str = ""
    bad_input: bool = False
    patient: str = ""
    role: str = "plasma"

    @property
    def result(self) -> SampleResult | None:
        """The sample's result, read anew from its folder at every call; None where the sample failed."""
        return None if self.state == "failed" else read_result(sample_folder(self.out, self.sample) / RESULT)


def outcome_of(sample: SheetSample, state: State, out: Path, error: str = "", bad_input: bool = False) -> Outcome:
    """How a sample of the sheet ended."""
    return Outcome(sample.info.sample, state, out, error, bad_input, sample.info.patient, sample.info.role)


def workbench(plan: RunPlan) -> Workbench:
    """Load what all samples share; faults in it concern the whole run.

    Raises
    ------
    InputError
        Panel, knowledge base, annotation or reference is faulty, or an aligner is missing or of an untested version.
    """
    find_program(BWA)
    find_program(BOWTIE2)
    panel = load_panel(plan.panel)
    base = load_knowledge_base(plan.knowledge_base) if plan.knowledge_base is not None else None
    reference = genome_reference(panel, plan.reference) if plan.reference else window_reference(panel)
    annotations = load_annotations(plan.annotations, panel)
    bench = Workbench(panel, reference, base, plan.parameters, annotations=annotations, evidence=plan.evidence)
    if plan.background is None:
        return bench
    return replace(bench, background=usable_background(plan.background, bench))
