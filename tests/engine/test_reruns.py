"""What is changed is run again, and only that: every thing that a result depends on, one at a time."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from engine_runs import SHALLOW, Sheet, contents, make_samples

import kinescape.annotate.consult
import kinescape.engine.folder
from kinescape.annotate.folder import MANIFEST, PACKAGED
from kinescape.cli.main import main
from kinescape.panel.load import load_panel, panel_folder
from kinescape.resistance.base import find_folder
from kinescape.simulate.sample import simulate_sample
from kinescape.simulate.spec_file import to_spec

pytestmark = [pytest.mark.aligners, pytest.mark.slow]
Change = Callable[[Path, pytest.MonkeyPatch], list[str]]


def inputs(folder: Path, _: pytest.MonkeyPatch) -> list[str]:
    make_samples(folder / "new", ["x", "s1"], 40)
    shutil.copy(folder / "new" / "s1_R1.fastq.gz", folder / "s1_R1.fastq.gz")
    shutil.copy(folder / "new" / "s1_R2.fastq.gz", folder / "s1_R2.fastq.gz")
    return []


def same_size_and_time(folder: Path, _: pytest.MonkeyPatch) -> list[str]:
    """A file changed behind our back: its size and its time are as they were."""
    path = folder / "s1_R1.fastq.gz"
    content, before = bytearray(path.read_bytes()), path.stat()
    # The time stamp in the header of the gzip member: other bytes, the same reads.
    content[4] ^= 1
    path.write_bytes(bytes(content))
    import os

    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    return []


def sheet_of_one(folder: Path, _: pytest.MonkeyPatch) -> list[str]:
    path = folder / "sheet.csv"
    path.write_text(path.read_text().replace("s1,P0,", "s1,P7,"))
    return []


def parameter(folder: Path, _: pytest.MonkeyPatch) -> list[str]:
    return ["--min-vaf", "0.02"]


def panel(folder: Path, _: pytest.MonkeyPatch) -> list[str]:
    copy = shutil.copytree(panel_folder("alk-ros1"), folder / "panel")
    manifest = next(path for path in copy.iterdir() if path.name.startswith("panel."))
    manifest.write_text(manifest.read_text() + "\n# another edition\n")
    return ["--panel", str(copy)]


def knowledge_base(folder: Path, _: pytest.MonkeyPatch) -> list[str]:
    copy = shutil.copytree(find_folder("alk-ros1"), folder / "kb")
    (table := copy / "drugs.tsv").write_text(table.read_text() + "\n")
    return ["--kb", str(copy)]


def no_knowledge_base(folder: Path, _: pytest.MonkeyPatch) -> list[str]:
    return ["--no-kb"]


def background(folder: Path, _: pytest.MonkeyPatch) -> list[str]:
    out = folder / "background.parquet"
    assert main(["background", str(folder / "sheet.csv"), "-o", str(out), "--quiet"]) == 0
    return ["--background", str(out)]


def version(folder: Path, patch: pytest.MonkeyPatch) -> list[str]:
    patch.setattr(kinescape.engine.folder, "__version__", "0.0.0")
    return []


def damaged(folder: Path, _: pytest.MonkeyPatch) -> list[str]:
    path = folder / "out" / "samples" / "s1" / "result.json"
    path.write_bytes(path.read_bytes()[:-30])
    return []


def lost_file(folder: Path, _: pytest.MonkeyPatch) -> list[str]:
    (folder / "out" / "samples" / "s1" / "phase.tsv").unlink()
    return []


def one_number(folder: Path, _: pytest.MonkeyPatch) -> list[str]:
    """A result that was edited by hand, and is a valid one."""
    path = folder / "out" / "samples" / "s1" / "result.json"
    text = path.read_text()
    path.write_text(text.replace('"pairs": ', '"pairs": 1', 1))
    return []


def flipped_bit(folder: Path, _: pytest.MonkeyPatch) -> list[str]:
    path = folder / "out" / "samples" / "s1" / "evidence.bam"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(bytes(content))
    return []


def cut_page(folder: Path, _: pytest.MonkeyPatch) -> list[str]:
    path = folder / "out" / "samples" / "s1" / "report.html"
    path.write_bytes(path.read_bytes()[:50_000])
    return []


def empty_files(folder: Path, _: pytest.MonkeyPatch) -> list[str]:
    """As a cut of power may leave them: names without content."""
    (folder / "out" / "samples" / "s0" / "report.pdf").write_bytes(b"")
    (folder / "out" / "samples" / "s1" / "variants.vcf.gz").write_bytes(b"")
    return []


def lost_checksums(folder: Path, _: pytest.MonkeyPatch) -> list[str]:
    path = folder / "out" / "samples" / "s1" / "checksums.sha256"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[1:]))
    return []


def nothing(folder: Path, _: pytest.MonkeyPatch) -> list[str]:
    return []


ALL, ONE = ("s0", "s1"), ("s1",)


def ran(capsys: pytest.CaptureFixture[str], of: int = 2) -> set[str]:
    """The samples that the last call ran, by its progress; the others were kept."""
    told = [line.split()[2:4] for line in capsys.readouterr().err.splitlines() if line.startswith("samples [")]
    assert len(told) == of
    return {words[0] for words in told if words[1] != "kept"}


@pytest.mark.parametrize(
    ("change", "again"),
    [
        *((nothing, ()), (inputs, ONE), (same_size_and_time, ONE), (sheet_of_one, ONE), (damaged, ONE)),
        *((lost_file, ONE), (parameter, ALL), (panel, ALL), (knowledge_base, ALL), (no_knowledge_base, ALL)),
        *((background, ALL), (version, ALL), (one_number, ONE), (flipped_bit, ONE), (cut_page, ONE)),
        *((empty_files, ALL), (lost_checksums, ONE)),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_depends_on_it_runs_again(
    sheet: Sheet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    change: Change,
    again: tuple[str, ...],
) -> None:
    for name in ALL:
        for mate in (1, 2):
            shutil.copy(sheet.folder / f"{name}_R{mate}.fastq.gz", tmp_path)
    (tmp_path / "sheet.csv").write_text("".join(sheet.path.read_text().splitlines(keepends=True)[:3]))
    run = ["run", str(tmp_path / "sheet.csv"), "--threads", "1", *SHALLOW]
    out = tmp_path / "out"
    for name in ALL:
        shutil.copytree(sheet.expected / "samples" / name, out / "samples" / name)
    options = change(tmp_path, monkeypatch)
    capsys.readouterr()
    assert main([*run, "-o", str(out), *options]) == 0
    assert ran(capsys) == set(again)
    # As if it had never been there; a version that is no real one cannot be asked again.
    if change is not version:
        assert main([*run, "-o", str(tmp_path / "anew"), "--quiet", *options]) == 0
        assert contents(out) == contents(tmp_path / "anew")


# --- a reference of one's own -----------------------------------------------------------------------------------------

SMALL_PANEL = Path(__file__).parent.parent / "data" / "panel" / "synthetic-plus"


def genome_of(path: Path, seed: int) -> Path:
    """The panel's window at its place among random bases, with both indexes; ``seed`` makes the bases around it."""
    (window,) = load_panel(SMALL_PANEL).windows
    bases = "".join(random.Random(seed).choices("ACGT", k=12_000))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f">chrS\n{bases[: window.start]}{window.sequence}{bases[window.end :]}\n")
    assert main(["reference", "build", str(path)]) == 0
    return path


def test_a_changed_reference_runs_all_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    panel = load_panel(SMALL_PANEL)
    for number, name in enumerate(ALL):
        values = {"sample": name, "panel": str(SMALL_PANEL), "pairs": 60, "molecules": 500, "haplotypes": []}
        simulate_sample(to_spec(values), panel, tmp_path / name, number + 1)
    lines = [f"{name},{name}_R1.fastq.gz,{name}_R2.fastq.gz,yes" for name in ALL]
    (tmp_path / "sheet.csv").write_text("\n".join(["sample,fastq_1,fastq_2,simulated", *lines, ""]))
    out, genome = tmp_path / "out", genome_of(tmp_path / "one" / "genome.fa", 1)

    def run(reference: Path | None) -> set[str]:
        capsys.readouterr()
        given = ["--reference", str(reference)] if reference else []
        shared = ["--panel", str(SMALL_PANEL), "--no-kb", "--threads", "1", *SHALLOW]
        assert main(["run", str(tmp_path / "sheet.csv"), "-o", str(out), *shared, *given]) == 0
        return ran(capsys)

    assert run(genome) == set(ALL)
    assert run(genome) == set()
    # The same genome at another place, and files that are only newer: nothing to do.
    moved = shutil.copytree(genome.parent, tmp_path / "elsewhere") / genome.name
    for file in moved.parent.iterdir():
        file.touch()
    assert run(moved) == set()
    # Of the same name, with other bases around the panel's.
    assert run(genome_of(tmp_path / "two" / "genome.fa", 2)) == set(ALL)
    # Only one aligner's index is of another genome.
    mixed = shutil.copytree(genome.parent, tmp_path / "mixed") / genome.name
    for file in (tmp_path / "two").glob("*.bt2"):
        shutil.copy(file, mixed.parent)
    assert run(mixed) == set(ALL)
    assert run(None) == set(ALL)
    assert run(genome) == set(ALL)
    anew = tmp_path / "anew"
    shutil.move(out, anew)
    assert run(genome) == set(ALL)
    assert contents(out) == contents(anew)


# --- annotation slices ------------------------------------------------------------------------------------------------

SOURCES = {
    "gnomad": "chr2\t29222407\t1\tG\tA\t.\tPASS\tAC={n};AN=1000000;AF=0.0000{n}\nchr6\t9\t2\tA\tC\t.\tPASS\tAF=0.1\n",
    "clinvar": "chr2\t29220747\t1{n}\tC\tT\t.\tPASS\tCLNSIG=Pathogenic\nchr6\t1000\t2\tA\tC\t.\tPASS\tCLNSIG=Benign\n",
    "boostdm": "ALK\t2\t29220747\tC\tT\tG1202R\tTRUE\t0.{n}\n",
}
"""Invented records; ``n`` makes editions of them."""
VCF_HEAD = (
    "##fileformat=VCFv4.2\n##contig=<ID=chr2,length=242193529>\n##contig=<ID=chr6,length=170805979>\n"
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
)
BOOSTDM_HEAD = "gene\tchr\tpos\tref\talt\taachange\tboostDM_class\tboostDM_score\n"


def cut_slices(folder: Path, scratch: Path, sources: dict[str, int]) -> Path:
    """``kinescape annot slice`` of each source's edition into ``folder``."""
    scratch.mkdir(exist_ok=True)
    for source, edition in sources.items():
        head, name = (BOOSTDM_HEAD, "in.tsv") if source == "boostdm" else (VCF_HEAD, "in.vcf")
        (scratch / name).write_text(head + SOURCES[source].format(n=edition))
        dated = ["--version", "9.9", "--date", "2020-02-29"]
        assert main(["annot", "slice", source, str(scratch / name), "-o", str(folder), *dated]) == 0
    return folder


def edited(folder: Path, source: str, before: str, after: str) -> None:
    path = folder / source / MANIFEST
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))


def test_changed_annotation_slices_run_all_again(
    sheet: Sheet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sheet.csv").write_text("".join(sheet.path.read_text().splitlines(keepends=True)[:3]))
    for name in ALL:
        for mate in (1, 2):
            (tmp_path / f"{name}_R{mate}.fastq.gz").symlink_to(sheet.folder / f"{name}_R{mate}.fastq.gz")
    out = tmp_path / "out"
    slices = cut_slices(tmp_path / "slices", tmp_path / "in", dict.fromkeys(SOURCES, 1))

    def run(*given: str | Path) -> set[str]:
        capsys.readouterr()
        arguments = ["run", tmp_path / "sheet.csv", "-o", out, "--threads", "1", "--no-evidence", *SHALLOW, *given]
        assert main([str(each) for each in arguments]) == 0
        return ran(capsys)

    assert run("--annotations", slices) == set(ALL)
    # At another place, in the user's own folder, with other words about the licence: the same slices.
    moved = shutil.copytree(slices, tmp_path / "moved")
    edited(moved, "gnomad", "licence: ", "licence: as before, ")
    assert run("--annotations", moved) == set()
    monkeypatch.setenv("KINESCAPE_ANNOTATION", str(moved))
    assert run() == set()
    # Another edition of one source, given or installed; then back.
    for source in SOURCES:
        other = shutil.copytree(slices, tmp_path / f"other-{source}")
        cut_slices(other, tmp_path / "in", {source: 2})
        monkeypatch.setenv("KINESCAPE_ANNOTATION", str(other))
        given: tuple[str | Path, ...] = () if source == "clinvar" else ("--annotations", other)
        assert run(*given) == set(ALL), source
        assert run(*given) == set(), source
    monkeypatch.setenv("KINESCAPE_ANNOTATION", str(slices))
    assert run() == set(ALL)
    # The same records, and another stretch that was looked at: what the source says nothing of reads otherwise.
    edited(slices, "gnomad", "first: 2919", "first: 2918")
    assert run() == set(ALL)
    # A source is gone; a packaged excerpt is of another edition.
    shutil.rmtree(slices / "boostdm")
    assert run() == set(ALL)
    packaged = shutil.copytree(PACKAGED, tmp_path / "packaged")
    monkeypatch.setattr(kinescape.annotate.consult, "PACKAGED", packaged)
    assert run() == set()
    edited(packaged, "civic", "version: ", "version: next-")
    assert run() == set(ALL)
    # A slice on another assembly that nobody asked for is not consulted, changed or not.
    edited(packaged, "civic", "genome: GRCh38", "genome: GRCh37")
    assert run() == set(ALL)
    edited(packaged, "civic", "version: next-", "version: after-next-")
    assert run() == set()
