"""Another gene needs no code: a user's panel folder, with its own windows and with a whole genome."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from e2e_samples import SHALLOW

from kinescape.cli.main import main
from kinescape.panel.load import load_panel
from kinescape.report.result import read_result
from kinescape.simulate.sample import simulate_sample
from kinescape.simulate.spec_file import to_spec

pytestmark = pytest.mark.aligners
PANEL = Path(__file__).parent.parent / "data" / "panel" / "synthetic-plus"


@pytest.fixture(scope="module")
def reads(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A sample with R20G at 8% on the synthetic gene of the plus strand."""
    values = {
        "sample": "plus",
        "panel": str(PANEL),
        "pairs": 900,
        "molecules": 5000,
        "background": 0.0024,
        "haplotypes": [{"name": "one", "fraction": 0.08, "changes": ["SYN1:R20G"]}],
    }
    truth = simulate_sample(to_spec(values), load_panel(PANEL), tmp_path_factory.mktemp("plus") / "plus", 4)
    return str(truth.files[0]), str(truth.files[1])


@pytest.fixture(scope="module")
def genome(tmp_path_factory: pytest.TempPathFactory, program: Callable[[str], str]) -> Path:
    """A genome whose sequence holds the panel's window at its place, random bases elsewhere, and both indexes."""
    (window,) = load_panel(PANEL).windows
    rng = np.random.default_rng(5)
    bases = "".join(rng.choice(list("ACGT"), 20_000))
    chromosome = bases[: window.start] + window.sequence + bases[window.end :]
    other = "".join(rng.choice(list("ACGT"), 5_000))
    fasta = tmp_path_factory.mktemp("genome") / "genome.fa"
    fasta.write_text(f">chrS\n{chromosome}\n>chrOther\n{other}\n")
    subprocess.run([program("bwa"), "index", str(fasta)], check=True, capture_output=True)
    builder = [program("bowtie2-build-s"), "--wrapper", "basic-0", "-q", str(fasta), str(fasta)]
    subprocess.run(builder, check=True, capture_output=True)
    return fasta


def run(reads: tuple[str, str], out: Path, *more: str) -> int:
    return main(["run", "--fastq", *reads, "-o", str(out), "--panel", str(PANEL), "--no-kb", *more, *SHALLOW])


def test_same_calls_on_the_windows_and_on_the_genome(reads: tuple[str, str], genome: Path, tmp_path: Path) -> None:
    assert run(reads, tmp_path / "windows") == 0
    assert run(reads, tmp_path / "genome", "--reference", str(genome)) == 0
    windows, whole = (
        read_result(tmp_path / name / "samples" / "plus" / "result.json") for name in ("windows", "genome")
    )
    assert [call.consequence.protein for call in windows.calls if call.evidence == "strong" and call.consequence] == [
        "R20G"
    ]
    assert windows.calls == whole.calls
    assert windows.amplicons == whole.amplicons
    assert (windows.panel.reference, whole.panel.reference) == ("embedded windows", "genome.fa")
    assert windows.knowledge_base is None
    assert windows.drugs == ()


@pytest.mark.parametrize(
    ("suffix", "words"), [(".bwt", "has no bwa index beside it"), (".1.bt2", "has no Bowtie2 index beside it")]
)
def test_genome_without_an_index_says_which(
    suffix: str, words: str, reads: tuple[str, str], genome: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in genome.parent.iterdir():
        if not file.name.endswith(suffix):
            (tmp_path / file.name).symlink_to(file)
    assert run(reads, tmp_path / "out", "--reference", str(tmp_path / "genome.fa")) == 2
    assert words in capsys.readouterr().err


def test_genome_without_the_panels_chromosome(
    reads: tuple[str, str], genome: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["run", "--fastq", *reads, "-o", str(tmp_path), "--reference", str(genome), *SHALLOW]
    assert main(arguments) == 2
    assert "has no sequence 'chr2'" in capsys.readouterr().err
    assert main([*arguments[:-2], "--reference", str(tmp_path / "absent.fa"), *SHALLOW]) == 2


def test_faulty_panel_is_named_by_file_and_line(
    reads: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in PANEL.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    amplicons = tmp_path / "amplicons.tsv"
    amplicons.write_text(amplicons.read_text().replace("ACGCTGATACCCCAGCTCATTT", "ACGCTGATACCCCAGCTCATTA"))
    arguments = ["run", "--fastq", *reads, "-o", str(tmp_path / "out"), "--panel", str(tmp_path), *SHALLOW]
    assert main(arguments) == 2
    assert "amplicons.tsv, line 2" in capsys.readouterr().err
