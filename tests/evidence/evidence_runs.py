"""What the tests of the kept reads share: a sample and its run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pysam

from kinescape.cli.main import main
from kinescape.panel.load import load_panel
from kinescape.records import SampleResult
from kinescape.report.result import read_result
from kinescape.simulate.sample import simulate_sample
from kinescape.simulate.spec_file import to_spec

SAMPLE = "kept"
BAMS = {"bwa": "evidence.bam", "bowtie2": "evidence.bowtie2.bam"}


@dataclass(frozen=True)
class Kept:
    """A folder with ``kept_R1.fastq.gz`` and ``kept_R2.fastq.gz``, and the run of them."""

    folder: Path

    @property
    def sample(self) -> Path:
        return self.folder / "out" / "samples" / SAMPLE

    @property
    def result(self) -> SampleResult:
        return read_result(self.sample)

    @property
    def arguments(self) -> list[str]:
        reads = [str(self.folder / f"{SAMPLE}_R{mate}.fastq.gz") for mate in (1, 2)]
        return ["run", "--fastq", *reads, "--sample", SAMPLE, "--min-depth", "500", "--quiet"]

    def run(self, out: str, *more: str) -> Path:
        assert main([*self.arguments, "-o", str(self.folder / out), *more]) == 0
        return self.folder / out / "samples" / SAMPLE

    def records(self, aligner: str) -> list[pysam.AlignedSegment]:
        with pysam.AlignmentFile(str(self.sample / BAMS[aligner])) as handle:
            return list(handle)

    def reads(self) -> dict[tuple[str, int], tuple[str, str]]:
        """(name, mate) -> (bases, qualities) of the FASTQ files."""
        reads = {}
        for mate in (1, 2):
            with pysam.FastxFile(str(self.folder / f"{SAMPLE}_R{mate}.fastq.gz")) as handle:
                for entry in handle:
                    reads[entry.name.split("/")[0], mate] = (entry.sequence or "", entry.quality or "")
        return reads


def kept_run(folder: Path) -> Kept:
    values = {
        "sample": SAMPLE,
        "panel": "alk-ros1",
        "background": 0.0024,
        "molecules": 4000,
        "pairs": {"default": 0, "ALK_E23": 2500, "ALK_E25": 600, "ROS1_E38": 1200},
        "haplotypes": [
            {"name": "cis", "fraction": 0.25, "changes": ["ALK:c.3586C>A", "ALK:c.3604G>A"]},
            {"name": "deletion", "fraction": 0.05, "changes": ["ROS1:c.6094_6096del"]},
        ],
        "off_target": {"fraction": 0.02},
    }
    simulate_sample(to_spec(values), load_panel(), folder / SAMPLE, 3)
    kept = Kept(folder)
    kept.run("out", "--threads", "2")
    return kept
