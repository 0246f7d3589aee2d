"""One simulated assay: its controls and a patient share the noise of their sites."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kinescape.panel.load import load_panel
from kinescape.simulate.sample import simulate_sample
from kinescape.simulate.spec_file import to_spec
from kinescape.simulate.truth import Truth

NOISY = "chr2:29220765:G>T"
"""ALK L1196M: made by the amplification in 0.8% of the copies, above the global threshold of 0.6%."""
QUIET = "chr2:29220747:C>G"
"""ALK G1202R by a transversion, which the amplification hardly makes."""
GERMLINE = "chr2:29209798:C>T"
PAIRS = {"default": 100, "ALK_E23": 8000, "ALK_E25": 3000}
"""Deep where something is asked; the whole stays small."""
SHEET_HEADER = "sample,fastq_1,fastq_2,role,cfdna_ng,simulated\n"


def simulate(folder: Path, sample: str, seed: int, **spec: object) -> Truth:
    values = {
        "sample": sample,
        "pairs": PAIRS,
        "molecules": 20_000,
        "background": 0.0024,
        "pcr": {"noisy_sites": [{"change": NOISY, "vaf": 0.008}]},
        **spec,
    }
    return simulate_sample(to_spec(values), load_panel(), folder / sample, seed)


def sheet_line(sample: str, role: str = "control") -> str:
    return f"{sample},{sample}_R1.fastq.gz,{sample}_R2.fastq.gz,{role},,yes\n"


@dataclass(frozen=True)
class Assay:
    """Folder with sheet, background and results; truths of the controls."""

    folder: Path
    sheet: Path
    background: Path
    controls: tuple[Truth, ...]
