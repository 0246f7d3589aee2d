"""Keeping reads as a user asks for it: options, a second run, and the files for IGV on the desktop."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pysam
import pytest
from evidence_runs import BAMS, Kept

from kinescape.evidence.desktop import batch_text, session_text
from kinescape.records import EvidenceCaps
from kinescape.report.result import read_result

pytestmark = pytest.mark.aligners
FILES = ("evidence.bam", "evidence.bam.bai", "evidence.bowtie2.bam", "evidence.bowtie2.bam.bai", "evidence.fa",
         "igv_session.xml", "igv_batch.txt", "result.json", "report.html")  # fmt: skip


def test_the_same_reads_give_the_same_bytes_whatever_the_threads(kept: Kept) -> None:
    again = kept.run("again", "--threads", "1")
    for name in FILES:
        assert (again / name).read_bytes() == (kept.sample / name).read_bytes(), name


def test_no_evidence_keeps_none_and_a_second_run_brings_it_back(kept: Kept) -> None:
    folder = kept.run("without", "--no-evidence")
    assert not list(folder.glob("evidence*"))
    assert not list(folder.glob("igv_*"))
    assert read_result(folder).evidence is None
    assert "No reads were kept with this result" in (folder / "report.html").read_text()
    kept.run("without")
    assert (folder / "evidence.bam").is_file()
    before = (folder / "result.json").stat().st_mtime_ns
    kept.run("without")
    assert (folder / "result.json").stat().st_mtime_ns == before, "nothing changed: it is kept"
    (folder / "evidence.bowtie2.bam.bai").unlink()
    kept.run("without")
    assert (folder / "evidence.bowtie2.bam.bai").is_file(), "a lost file is made again"


def test_the_caps_hold(kept: Kept) -> None:
    folder = kept.run("few", "--evidence-alt", "20", "--evidence-reference", "8", "--evidence-fragments", "50")
    evidence = read_result(folder).evidence
    assert evidence is not None
    assert evidence.caps == EvidenceCaps(alt=20, reference=8, fragments=50)
    assert evidence.fragments == 50
    with pysam.AlignmentFile(str(folder / "evidence.bam")) as handle:
        assert len({record.query_name for record in handle}) == 50
    assert all(each.shown_alt <= each.alt_fragments for each in evidence.counts)


def test_everything_else_is_as_without_evidence(kept: Kept) -> None:
    without = read_result(kept.run("plain", "--no-evidence"))
    assert without.calls == kept.result.calls
    assert without.drugs == kept.result.drugs


def test_the_session_and_the_batch_script_name_files_beside_them(kept: Kept) -> None:
    session = ElementTree.parse(kept.sample / "igv_session.xml").getroot()
    assert session.attrib["genome"] == "hg38"
    paths = [each.attrib["path"] for each in session.iter("Resource")]
    assert paths == [*BAMS.values(), "variants.vcf.gz"]
    assert all((kept.sample / path).is_file() for path in paths)
    lines = (kept.sample / "igv_batch.txt").read_text().splitlines()
    assert lines[:2] == ["new", "genome hg38"]
    assert [line.split()[1] for line in lines if line.startswith("load ")] == paths
    pictures = [line.split(" ", 1)[1] for line in lines if line.startswith("snapshot ")]
    assert len(pictures) == len(set(pictures)) == len(kept.result.calls)
    assert "kept_chr2_29220765_G_T.png" in pictures
    assert sum(line.startswith("goto ") for line in lines) == len(pictures)
    assert session.attrib["locus"] == next(line for line in lines if line.startswith("goto ")).split()[1]


def test_strange_names_stay_inside_the_files(kept: Kept) -> None:
    import msgspec

    result = kept.result
    odd = msgspec.structs.replace(result, sample=msgspec.structs.replace(result.sample, sample='a" b\n<x>;rm'))
    assert "snapshot a__b__x__rm_chr2" in batch_text(odd, ["evidence.bam"])
    ElementTree.fromstring(session_text(odd, ['x"&<.bam']))


def test_the_reference_beside_it_is_the_panels(kept: Kept) -> None:
    from kinescape.panel.load import load_panel

    panel = load_panel("alk-ros1")
    lines = (kept.sample / "evidence.fa").read_text().splitlines()
    for head, bases in zip(lines[::2], lines[1::2], strict=True):
        place, _, length = head.removeprefix(">").partition(" @len=")
        chrom, _, stretch = place.partition(":")
        first, last = map(int, stretch.split("-"))
        assert bases == panel.bases(chrom, first - 1, last)
        assert int(length) in (242193529, 170805979)


def test_molecules_of_umis_are_named_as_such(tmp_path: Path) -> None:
    from kinescape.cli.main import main
    from kinescape.panel.load import load_panel
    from kinescape.simulate.sample import simulate_sample
    from kinescape.simulate.spec_file import to_spec

    values = {
        "sample": "umi", "panel": "alk-ros1", "molecules": 400, "pairs": {"default": 0, "ALK_E23": 4000},
        "umi": {"length": 10, "where": "header"},
        "haplotypes": [{"name": "a", "fraction": 0.2, "changes": ["ALK:c.3586C>A"]}],
    }  # fmt: skip
    simulate_sample(to_spec(values), load_panel(), tmp_path / "umi", 1)
    reads = [str(tmp_path / f"umi_R{mate}.fastq.gz") for mate in (1, 2)]
    arguments = [
        "run",
        "--fastq",
        *reads,
        "--umi",
        "header",
        "--min-depth",
        "100",
        "-o",
        str(tmp_path / "out"),
        "--quiet",
    ]
    assert main(arguments) == 0
    (folder,) = (tmp_path / "out" / "samples").iterdir()
    with pysam.AlignmentFile(str(folder / "evidence.bam")) as handle:
        names = {str(record.query_name) for record in handle}
    assert names
    assert all(name.startswith("molecule-") for name in names)
