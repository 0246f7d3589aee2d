"""``kinescape annot list`` and ``verify``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from annotate_samples import GNOMAD, PANEL, plain_vcf

from kinescape.annotate.folder import PACKAGED
from kinescape.cli.main import main

Cut = Callable[..., int]
Captured = pytest.CaptureFixture[str]


def rows(text: str) -> dict[str, str]:
    return {line.split()[0]: line for line in text.splitlines() if line and not line.startswith("Annotation")}


def test_list_says_what_is_installed_and_what_is_not_consulted(
    slices: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KINESCAPE_ANNOTATION", str(slices))
    assert main(["annot", "list"]) == 0
    table, _, addresses = capsys.readouterr().out.partition("Published at")
    assert str(slices) in table
    found = rows(table)
    assert "9.9 (2020-02-29)" in found["gnomad"]
    assert "13,007" in found["gnomad"]
    assert "CC0 1.0" in found["gnomad"]
    assert "public domain" in found["clinvar"]
    assert "not consulted" in found["boostdm"]
    assert "01-Oct-2019 (2019-10-01), excerpt, packaged" in found["civic"]
    assert "listed changes only" in found["civic"]
    assert "gnomad.genomes.v4.1.sites.{chrom}.vcf.bgz" in addresses


def test_list_of_an_empty_folder(tmp_path: Path, capsys: Captured) -> None:
    assert main(["annot", "list", "--annotations", str(tmp_path)]) == 0
    found = rows(capsys.readouterr().out.partition("Published")[0])
    assert all("not consulted" in found[source] for source in ("gnomad", "clinvar", "boostdm"))


def test_whole_slices_have_no_fault(slices: Path, capsys: Captured) -> None:
    for folder in (slices, PACKAGED):
        assert main(["annot", "verify", "--annotations", str(folder)]) == 0
        captured = capsys.readouterr()
        assert captured.out == ""
        assert "no fault found" in captured.err


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("slice", "slice.vcf.gz: checksum differs"),
        ("cut slice", "is truncated"),
        ("no slice", "slice.vcf.gz: no such file"),
        ("index", "slice.vcf.gz.tbi: cannot be used"),
        ("no index", "slice.vcf.gz.tbi: no such file"),
        ("foreign index", "leads to 3 of 2 records"),
        ("manifest", "is not the manifest of a slice"),
        ("no manifest", "manifest.yaml: no such file"),
        ("other manifest", "is the manifest of another source; found 'clinvar'"),
        ("genome", "on GRCh37; the panel is on GRCh38"),
        ("future", "lies in the future"),
        ("date", "'last week' is not a date"),
        ("records", "2 records; the manifest says 7"),
    ],
)
def test_every_fault_is_one_line(fault: str, words: str, slices: Path, capsys: Captured) -> None:
    place = slices / "gnomad"
    slice_, index, manifest = place / "slice.vcf.gz", place / "slice.vcf.gz.tbi", place / "manifest.yaml"
    text = manifest.read_text()
    changes = {
        "manifest": "source: [",
        "other manifest": text.replace("source: gnomad", "source: clinvar"),
        "genome": text.replace("GRCh38", "GRCh37"),
        "future": text.replace("2020-02-29", "2999-01-01"),
        "date": text.replace("2020-02-29", "last week"),
        "records": text.replace("records: 2", "records: 7"),
    }
    if fault in changes:
        manifest.write_text(changes[fault])
    elif fault.startswith("no "):
        {"no slice": slice_, "no index": index, "no manifest": manifest}[fault].unlink()
    elif fault == "slice":
        # The time stamp of the first block: the content stays readable.
        content = bytearray(slice_.read_bytes())
        content[4] ^= 1
        slice_.write_bytes(bytes(content))
    elif fault == "cut slice":
        slice_.write_bytes(slice_.read_bytes()[:-28])
    elif fault == "index":
        index.write_bytes(b"nothing")
    elif fault == "foreign index":
        add_record(slice_)
    assert main(["annot", "verify", "--annotations", str(slices)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert any(words in line for line in lines), lines
    assert all("gnomad" in line for line in lines)


def add_record(slice_: Path) -> None:
    """The same record once more: what the index leads to is then more than the entries."""
    import gzip

    import pysam

    text = gzip.decompress(slice_.read_bytes()).decode()
    last = text.rstrip("\n").rpartition("\n")[2]
    with pysam.BGZFile(str(slice_), "w", None) as handle:
        handle.write((text + last + "\n").encode())
    pysam.tabix_index(str(slice_), preset="vcf", force=True, keep_original=True)


def test_slice_that_does_not_reach_all_windows_is_named(tmp_path: Path, slice_of: Cut, capsys: Captured) -> None:
    assert slice_of("gnomad", plain_vcf(tmp_path / "g.vcf", GNOMAD), tmp_path / "out") == 0
    capsys.readouterr()
    assert main(["annot", "verify", "--annotations", str(tmp_path / "out")]) == 0
    chr6 = sum(window.chrom == "chr6" for window in PANEL.windows)
    assert f"does not reach {chr6} of 11 windows of the panel, first chr6:" in capsys.readouterr().err
