"""Users' files cut to the panel: every way of packing them, every repair, every fault."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pysam
import pytest
from annotate_samples import (
    CLINVAR,
    CONTIGS,
    G1202R,
    G2032R,
    GNOMAD,
    PANEL,
    T1151M,
    bgzip_vcf,
    gzip_vcf,
    many,
    plain_vcf,
    vcf_text,
    window_records,
)

from kinescape.annotate.folder import Manifest, read_manifest
from kinescape.annotate.slice_file import read_slice
from kinescape.annotate.sources import SOURCES
from kinescape.files import sha256_of
from kinescape.panel.hgvs import normalise, variants_for_protein
from kinescape.records import Variant

Cut = Callable[..., int]
Captured = pytest.CaptureFixture[str]


def manifest(folder: Path, source: str) -> Manifest:
    return read_manifest(folder / source, SOURCES[source])


def entries(folder: Path, source: str) -> dict[str, dict[str, str]]:
    found = read_slice(folder / source / "slice.vcf.gz")
    return {variant.name: dict(entry.info) for variant, entry in found.items()}


@pytest.mark.parametrize(
    ("packing", "said"),
    [
        ("bgzip and index", ""),
        ("bgzip", "no index"),
        ("bgzip, broken index", "cannot be read: read from end to end"),
        ("gzip", "plain gzip, not bgzip: read from end to end and compressed anew"),
        ("plain", "plain text"),
        ("without chr", ""),
    ],
)
def test_every_packing_gives_the_same_slice(
    packing: str, said: str, tmp_path: Path, slice_of: Cut, capsys: Captured
) -> None:
    lines = [*many("chr2"), *many("chr6", 11)]
    path = tmp_path / "x.vcf.gz"
    if packing == "plain":
        path = plain_vcf(tmp_path / "x.vcf", lines)
    elif packing == "gzip":
        gzip_vcf(path, lines)
    else:
        bgzip_vcf(path, lines, index=packing != "bgzip", bare=packing == "without chr")
    if packing == "bgzip, broken index":
        Path(f"{path}.tbi").write_bytes(b"no index")
    assert slice_of("gnomad", path, tmp_path / "out") == 0
    captured = capsys.readouterr()
    assert f"gnomad 9.9 (2020-02-29): {window_records(lines):,} records over 13,007 positions" in captured.out
    assert said in captured.err
    assert bool(captured.err) == bool(said)
    found = read_slice(tmp_path / "out" / "gnomad" / "slice.vcf.gz")
    assert len(found) == window_records(lines)
    assert {v.chrom for v in found} == {"chr2", "chr6"}
    note = manifest(tmp_path / "out", "gnomad")
    assert note.inputs[0].sha256 == sha256_of(path)
    assert (note.source, note.version, note.date, note.licence) == ("gnomad", "9.9", "2020-02-29", "CC0 1.0")
    reference = tmp_path / "reference"
    assert slice_of("gnomad", plain_vcf(tmp_path / "same.vcf", lines), reference) == 0
    same = [(folder / "gnomad" / "slice.vcf.gz").read_bytes() for folder in (tmp_path / "out", reference)]
    assert same[0] == same[1]


def test_slice_is_read_by_tabix(slices: Path) -> None:
    with pysam.VariantFile(str(slices / "gnomad" / "slice.vcf.gz")) as found:
        (record,) = found.fetch("chr2", 29222406, 29222407)
        assert record.alts == ("A",)
        assert record.info["AF"] == pytest.approx(1.9e-5)


def test_alleles_are_split_trimmed_and_left_aligned(tmp_path: Path, slice_of: Cut, capsys: Captured) -> None:
    window = PANEL.windows[0]
    run = next(i for i in range(300, 2000) if len(set(window.sequence[i : i + 4])) == 1)
    base = window.sequence[run]
    # A deletion of the last base of a run of one base, written as far right as it goes.
    right = (window.chrom, window.start + run + 3, base * 2, base, "AF=0.25")
    ref = window.sequence[500:503]
    alts = [ref[:2] + next(b for b in "ACGT" if b != ref[2]), "<DEL>", "*"]
    both = (window.chrom, window.start + 501, ref, ",".join(alts), "AF=0.1,0.2,0.3;AC=1,2,3;AN=10")
    assert slice_of("gnomad", plain_vcf(tmp_path / "a.vcf", [right, both]), tmp_path / "out") == 0
    found = entries(tmp_path / "out", "gnomad")
    expected = normalise(PANEL, Variant(chrom=window.chrom, pos=right[1], ref=base * 2, alt=base))
    assert expected.pos <= window.start + run
    assert found[expected.name]["AF"] == "0.25"
    assert found[f"{window.chrom}:{window.start + 503}:{ref[2]}>{alts[0][2]}"] == {"AC": "1", "AN": "10", "AF": "0.1"}
    assert len(found) == 2
    assert "left out: 2 alleles without bases" in capsys.readouterr().err


def test_exomes_and_genomes_become_one_slice_with_counts_added(tmp_path: Path, slice_of: Cut) -> None:
    exomes = plain_vcf(tmp_path / "exomes.vcf", [(*T1151M, "AC=10;AN=1000;AF_grpmax=0.02;grpmax=sas")])
    genomes = plain_vcf(
        tmp_path / "genomes.vcf", [(*T1151M, "AC=1;AN=100;AF_grpmax=0.05;grpmax=afr"), (*G1202R, "AF=0")]
    )
    assert slice_of("gnomad", exomes, tmp_path / "out", str(genomes)) == 0
    found = entries(tmp_path / "out", "gnomad")
    assert found["chr2:29222407:G>A"] == {"AC": "11", "AN": "1100", "AF": "0.01", "AFGRPMAX": "0.05", "GRPMAX": "afr"}
    assert len(manifest(tmp_path / "out", "gnomad").inputs) == 2


def test_file_of_one_chromosome_covers_only_that(tmp_path: Path, slice_of: Cut, capsys: Captured) -> None:
    assert slice_of("gnomad", bgzip_vcf(tmp_path / "a.vcf.gz", GNOMAD), tmp_path / "out") == 0
    assert {each.chrom for each in manifest(tmp_path / "out", "gnomad").covered} == {"chr2"}
    capsys.readouterr()
    assert slice_of("gnomad", plain_vcf(tmp_path / "b.vcf", [("chr1", 5, "A", "C", "AF=1")]), tmp_path / "out") == 2
    assert "says nothing of the panel's chromosomes" in capsys.readouterr().err


GRCH37 = "##contig=<ID=2,length=243199373>\n"


@pytest.mark.parametrize(
    ("header", "lines", "words"),
    [
        (GRCH37, GNOMAD, "another assembly than the panel; found 'contig 2 of 243,199,373 bases (GRCh37)'"),
        ("##reference=hs37d5.fa\n", GNOMAD, "found 'reference=hs37d5.fa'"),
        ("", [(c, p + 11, r, a, i) for c, p, r, a, i in many()[:2000]], "reference alleles differ, first"),
        (CONTIGS, [("chr2", 29222407, "T", "A", "AF=1")], "1 of 1 reference alleles differ"),
    ],
)  # fmt: skip
def test_wrong_assembly(
    header: str,
    lines: list[tuple[str, int, str, str, str]],
    words: str,
    tmp_path: Path,
    slice_of: Cut,
    capsys: Captured,
) -> None:
    assert slice_of("gnomad", plain_vcf(tmp_path / "a.vcf", lines, header=header), tmp_path / "out") == 2
    error = capsys.readouterr().err
    assert words in error
    assert "Traceback" not in error
    assert not (tmp_path / "out").exists()


def test_single_wrong_reference_allele_is_left_out_and_said(tmp_path: Path, slice_of: Cut, capsys: Captured) -> None:
    wrong = ("chr2", 29222407, "T", "A", "AF=1")
    assert slice_of("gnomad", plain_vcf(tmp_path / "a.vcf", [*many(), wrong]), tmp_path / "out") == 0
    assert "records left out: their reference allele differs (T at chr2:29222407, where GRCh38 has G)" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("bgzip cut", "is truncated: the block that ends a bgzip file is missing"),
        ("gzip cut", "is truncated: its compressed data end too early"),
        ("text cut", "is truncated: its last line has no end"),
        ("columns cut", "line is cut off; found '4 columns'; expected 8 columns"),
        ("checksum", "is damaged"),
        ("damaged", "x.vcf.gz"),
        ("damaged, with index", "is damaged, or not the file of its index"),
        ("empty", "is empty"),
        ("missing", "no such file"),
        ("folder", "is a folder"),
        ("zip", "is compressed; found 'zip'"),
        ("table", "is not a VCF; found 'gene,position'"),
        ("no columns", "has a VCF header and no line of column names"),
        ("position", "position; found 'x'; expected a whole number"),
        ("binary", "is not UTF-8 text"),
    ],
)
def test_faulty_files(fault: str, words: str, tmp_path: Path, slice_of: Cut, capsys: Captured) -> None:
    path, text = tmp_path / "x.vcf.gz", vcf_text(many())
    cell = text.rstrip("\n").rpartition("\n")[2].split("\t")
    content = {
        "gzip cut": gzip.compress(text.encode())[:-500],
        "checksum": gzip.compress(text.encode())[:-8] + b"\0" * 8,
        "text cut": text[:-3].encode(),
        "columns cut": (text + "\t".join(cell[:4]) + "\n").encode(),
        "empty": b"",
        "zip": b"PK\x03\x04" + b"0" * 40,
        "table": b"gene,position\nALK,1\n",
        "no columns": b"##fileformat=VCFv4.2\n",
        "position": text.replace(cell[1], "x").encode(),
        "binary": b"##fileformat=VCFv4.2\n\xff\xfe\n",
    }.get(fault)
    if content is not None:
        path.write_bytes(content)
    elif fault == "folder":
        path.mkdir()
    elif fault != "missing":
        bgzip_vcf(path, many(), index=fault.endswith("index"))
        whole = path.read_bytes()
        middle = len(whole) // 2
        path.write_bytes(
            whole[:-28] if fault == "bgzip cut" else whole[:middle] + b"\xff" * 200 + whole[middle + 200 :]
        )
    assert slice_of("clinvar", path, tmp_path / "out") == 2
    error = capsys.readouterr().err
    assert words in error
    assert "x.vcf.gz" in error
    assert "Traceback" not in error
    assert not (tmp_path / "out").exists()


def test_date_of_the_header_and_dates_that_are_none(tmp_path: Path, capsys: Captured) -> None:
    from kinescape.cli.main import main

    dated = plain_vcf(tmp_path / "a.vcf", CLINVAR, header="##fileDate=2021-03-04\n##reference=GRCh38\n", bare=True)
    assert main(["annot", "slice", "clinvar", str(dated), "-o", str(tmp_path / "out")]) == 0
    assert "clinvar 2021-03-04 (2021-03-04): 2 records" in capsys.readouterr().out
    undated = plain_vcf(tmp_path / "b.vcf", CLINVAR)
    assert main(["annot", "slice", "clinvar", str(undated), "-o", str(tmp_path / "out")]) == 2
    assert "states no date of its own; expected --date YYYY-MM-DD" in capsys.readouterr().err
    assert main(["annot", "slice", "clinvar", str(undated), "--date", "4 March", "-o", str(tmp_path / "out")]) == 2
    assert "is not a date; found '4 March'" in capsys.readouterr().err
    assert manifest(tmp_path / "out", "clinvar").date == "2021-03-04"


BOOSTDM = (
    "gene,position,alt,score,class\nALK,29222407,A,0.91,driver\nALK,29220747,A,0.12,passenger\nTP53,1,A,1,driver\n"
)
PUBLISHED = (
    "gene\tENSEMBL_TRANSCRIPT\tchr\tpos\talt\taachange\tboostDM_score\tboostDM_class\n"
    "ALK\tENST00000389048\t2\t29222407\tA\tT1151M\t0.91\tTrue\n"
    "ALK\tENST00000389048\t2\t29220747\tA\tG1202*\t0.12\tFalse\n"
)


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("text", [BOOSTDM, PUBLISHED])
def test_boostdm_tables(text: str, compressed: bool, tmp_path: Path, slice_of: Cut) -> None:
    path = tmp_path / "table.txt"
    path.write_bytes(gzip.compress(text.encode()) if compressed else text.encode())
    assert slice_of("boostdm", path, tmp_path / "out") == 0
    found = entries(tmp_path / "out", "boostdm")
    assert found["chr2:29222407:G>A"] == {"SCORE": "0.91", "CLASS": "driver"}
    assert found["chr2:29220747:C>A"] == {"SCORE": "0.12", "CLASS": "passenger"}
    # The table has no row of ROS1, so nothing is said of ROS1.
    assert {each.chrom for each in manifest(tmp_path / "out", "boostdm").covered} == {"chr2"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BOOSTDM.replace("score", "value"), "column 'score' is missing"),
        (BOOSTDM.replace("0.91", "1.5"), "line 2, column score: score; found '1.5'; expected 0 to 1"),
        (BOOSTDM.replace("driver", "maybe", 1), "line 2, column class: class; found 'maybe'"),
        (BOOSTDM.replace("29222407,A", "29222407,G"), "already has this base in GRCh38"),
        (BOOSTDM.replace("29222407,A", "29222407,AT"), "line 2, column alt: unknown value"),
        (BOOSTDM.replace("29222407", "near"), "not a whole number"),
        (PUBLISHED.replace("T1151M", "R1151W"), "1 of 2 protein changes differ, first R1151W at chr2:29222407:G>A"),
        (PUBLISHED.replace("\t2\t", "\t7\t"), "ALK is on chr2"),
        ("gene,position,alt,score,class\nEGFR,1,A,0.5,driver\n", "says nothing of the panel's chromosomes or genes"),
    ],
)  # fmt: skip
def test_faulty_boostdm_tables(text: str, words: str, tmp_path: Path, slice_of: Cut, capsys: Captured) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text)
    assert slice_of("boostdm", path, tmp_path / "out") == 2
    error = capsys.readouterr().err
    assert words in error
    assert "table.csv" in error


CSQ = (
    "Allele|Consequence|SYMBOL|HGVSc|CIViC Variant Name|CIViC Molecular Profile Name|CIViC Entity Type|CIViC Entity ID|"
    "CIViC Entity Status|CIViC Entity Significance|CIViC Entity Direction|CIViC Entity Disease|CIViC Entity Therapies|"
    "CIViC Evidence Level"
)
CIVIC_HEADER = (
    "##fileDate=20200301\n##reference=hs37d5.fa\n##contig=<ID=2,length=243199373>\n"
    f'##INFO=<ID=CSQ,Number=.,Type=String,Description="Consequence annotations from CIViC. Format: {CSQ}">\n'
)


def civic_record(
    pos: int, coding: str, name: str, eid: int, *, status: str = "accepted"
) -> tuple[str, int, str, str, str]:
    csq = (
        f"A|missense_variant|ALK|ENST00000389048.3:{coding}|{name}|ALK_{name}|evidence|{eid}|{status}|RESISTANCE|SUPPORTS|"
        "Invented_tumour|Invented_drug&Other_drug|C"
    )
    return ("2", pos, "C", "T", f"CSQ={csq}")


def test_civic_vcf_is_placed_by_names_because_it_is_on_grch37(tmp_path: Path, slice_of: Cut, capsys: Captured) -> None:
    lines = [
        civic_record(29443613, "c.3604G>A", "G1202R", 9001),
        civic_record(29443614, "c.3604G>A", "G1202R", 9002, status="submitted"),
        civic_record(29443615, "c.3586C>A", "L1196M", 9003),
    ]
    assert slice_of("civic", plain_vcf(tmp_path / "c.vcf", lines, header=CIVIC_HEADER), tmp_path / "out") == 0
    assert "left out: 1 items that are not accepted" in capsys.readouterr().err
    found = entries(tmp_path / "out", "civic")
    ways = {variant.name for change in ("G1202R", "L1196M") for variant in variants_for_protein(PANEL, "ALK", change)}
    assert set(found) == ways
    assert found["chr2:29220747:C>T"]["ITEMS"].startswith("EID9001~Resistance~Supports~Invented drug, Other drug~C")


CIVIC_TSV = (
    "molecular_profile\tdisease\ttherapies\tevidence_type\tevidence_direction\tevidence_level\tsignificance\t"
    "evidence_status\tevidence_id\n"
    "ALK G1202R\tInvented\tDrug A\tPredictive\tSupports\tC\tResistance\taccepted\t12\n"
    "EML4::ALK Fusion AND ALK C1156Y AND ALK L1198F\tInvented\tDrug A\tPredictive\tSupports\tC\tSensitivity/Response\t"
    "accepted\t9\n"
    "ALK Fusion\tInvented\tDrug A\tPredictive\tSupports\tA\tSensitivity/Response\taccepted\t5\n"
    "ALK Q1202R\tInvented\tDrug A\tPredictive\tSupports\tC\tResistance\taccepted\t13\n"
    "BRAF V600E\tInvented\tDrug B\tPredictive\tSupports\tA\tSensitivity/Response\taccepted\t1\n"
)


def test_civic_table(tmp_path: Path, slice_of: Cut, capsys: Captured) -> None:
    path = tmp_path / "evidence.tsv"
    path.write_text(CIVIC_TSV)
    assert slice_of("civic", path, tmp_path / "out") == 0
    notes = capsys.readouterr().err
    assert "1 changes that the reporting transcript does not have" in notes
    assert "2 items about a fusion" in notes
    found = entries(tmp_path / "out", "civic")
    assert "EID12~Resistance" in found["chr2:29220747:C>T"]["ITEMS"]
    assert found["chr2:29222392:C>T"]["PROFILE"] == "EML4::ALK Fusion AND ALK C1156Y AND ALK L1198F"
    path.write_text("a\tb\n1\t2\n")
    assert slice_of("civic", path, tmp_path / "out") == 2
    assert "is no table of CIViC's evidence" in capsys.readouterr().err


def test_unknown_source(tmp_path: Path, slice_of: Cut, capsys: Captured) -> None:
    assert slice_of("dbsnp", tmp_path, tmp_path) == 2
    assert "no such annotation source; found 'dbsnp'; expected one of gnomad, clinvar, boostdm, civic" in (
        capsys.readouterr().err
    )


def test_later_slice_replaces_the_earlier_and_a_fault_leaves_it(slices: Path, tmp_path: Path, slice_of: Cut) -> None:
    before = (slices / "gnomad" / "slice.vcf.gz").read_bytes()
    assert slice_of("gnomad", tmp_path / "absent", slices) == 2
    assert (slices / "gnomad" / "slice.vcf.gz").read_bytes() == before
    assert slice_of("gnomad", plain_vcf(tmp_path / "n.vcf", [(*G2032R, "AF=0.5")]), slices) == 0
    assert set(entries(slices, "gnomad")) == {"chr6:117317184:C>T"}
    assert sorted(path.name for path in slices.iterdir()) == ["clinvar", "gnomad"]
