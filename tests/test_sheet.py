"""The sample sheet: what is accepted, and every fault by line and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from kinescape.errors import InputError
from kinescape.sheet import checked_sample_name, read_sheet, single_sample


def write(folder: Path, text: str, name: str = "sheet.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_three_columns_are_enough_and_paths_are_relative_to_the_sheet(tmp_path: Path) -> None:
    (tmp_path / "a_1.fq").write_text("")
    sheet = write(tmp_path, "sample,fastq_1,fastq_2\nA,a_1.fq,/elsewhere/a_2.fq\n")
    (sample,) = read_sheet(sheet)
    assert sample.fastq_1 == tmp_path / "a_1.fq"
    assert sample.fastq_2 == Path("/elsewhere/a_2.fq")
    assert (sample.info.role, sample.info.cfdna_ng, sample.simulated) == ("plasma", None, False)


def test_known_columns_are_read_and_unknown_ones_kept(tmp_path: Path) -> None:
    sheet = write(
        tmp_path,
        "sample,patient,fastq_1,fastq_2,therapy,cfdna_ng,role,tube,simulated\n"
        "A,P1,1.fq,2.fq,lorlatinib,12.5,control,K2-EDTA,yes\n",
    )
    (sample,) = read_sheet(sheet)
    info = sample.info
    assert (info.patient, info.therapy, info.cfdna_ng, info.role) == ("P1", "lorlatinib", 12.5, "control")
    assert info.extra == {"tube": "K2-EDTA"}
    assert sample.simulated


def test_tab_separated_with_byte_order_mark(tmp_path: Path) -> None:
    sheet = write(tmp_path, "\ufeffsample\tfastq_1\tfastq_2\n\nA\t1.fq\t2.fq\n", "sheet.tsv")
    assert [each.info.sample for each in read_sheet(sheet)] == ["A"]


@pytest.mark.parametrize(
    "text", ["sample;fastq_1;fastq_2\r\nA;1.fq;2.fq\r\n", "Sample\tFASTQ_1\tfastq_2\nA\t1.fq\t2.fq"]
)
def test_separator_and_case_of_the_header_are_forgiven(tmp_path: Path, text: str) -> None:
    (sample,) = read_sheet(write(tmp_path, text))
    assert (sample.info.sample, sample.fastq_2.name, sample.line) == ("A", "2.fq", "sheet.csv, line 2")


HEADER = "sample,fastq_1,fastq_2,cfdna_ng,role,simulated\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["is empty"]),
        (HEADER, ["has no samples"]),
        ("sample,fastq_1,fastq2\nA,1,2\n", ["line 1", "column 'fastq_2' is missing"]),
        ("sample,sample,fastq_1,fastq_2\nA,A,1,2\n", ["column 'sample' stands twice"]),
        (HEADER + "A,1,2,,,\nA,3,4,,,\n", ["line 3", "column sample", "stands twice, first in line 2"]),
        (HEADER + "A,1,2,,,\na,3,4,,,\n", ["line 3", "stands twice"]),
        (HEADER + "A,1,2,,,\nB,2,3,,,\n", ["line 3", "column fastq_1", "already used in line 2"]),
        (HEADER + "A,1,2,,\n", ["line 2", "wrong number of cells", "found 5", "6 cells"]),
        (HEADER + "A,1,2,ten,,\n", ["column cfdna_ng", "not a number", "'ten'"]),
        (HEADER + "A,1,2,-3,,\n", ["column cfdna_ng", "not a positive number"]),
        (HEADER + "A,1,2,inf,,\n", ["column cfdna_ng", "not a finite number"]),
        (HEADER + "A,1,2,,tissue,\n", ["column role", "one of plasma, control"]),
        (HEADER + "A,1,2,,,maybe\n", ["column simulated", "yes or no"]),
        (HEADER + "A,,2,,,\n", ["column fastq_1", "empty cell"]),
        (HEADER + "../A,1,2,,,\n", ["column sample", "not usable as a sample name"]),
        (HEADER + "<script>,1,2,,,\n", ["column sample", "not usable as a sample name"]),
        (HEADER + '"A,1,2,,,\n', ["malformed table"]),
    ],
)
def test_faults_are_named_by_line_and_column(tmp_path: Path, text: str, words: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        read_sheet(write(tmp_path, text))
    for word in ("sheet.csv", *words):
        assert word in str(caught.value)


def test_binary_file_is_no_sheet(tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    path.write_bytes(b"sample,fastq_1,fastq_2\n\xff\xfe\x00\n")
    with pytest.raises(InputError, match="not UTF-8"):
        read_sheet(path)


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "a b", "..", "-x", "ä", "x" * 101, "a\nb"])
def test_names_that_would_not_do_as_a_folder(name: str) -> None:
    with pytest.raises(InputError):
        checked_sample_name(name)


def test_name_of_a_single_pair_comes_from_its_file() -> None:
    assert single_sample(Path("x/P7_L001_R1_001.fastq.gz"), Path("b"), None, None).info.sample == "P7_L001"
    assert single_sample(Path("P7_1.fq"), Path("b"), None, 3.0).info.cfdna_ng == 3.0


@pytest.mark.parametrize("text", ["2024-02-29", "2024-02", "2024", "", " 2022-02-20 "])
def test_dates_whole_and_in_part(tmp_path: Path, text: str) -> None:
    (sample,) = read_sheet(write(tmp_path, f"sample,fastq_1,fastq_2,date\nA,1.fq,2.fq,{text}\n"))
    assert sample.info.date == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "2024-13-01",
        "2024-02-30",
        "2023-02-29",
        "01/02/2024",
        "1.2.2024",
        "2024-13",
        "0000",
        "24-02-01",
        "soon",
        "45322",
    ],
)
def test_a_date_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    sheet = write(tmp_path, f"sample,fastq_1,fastq_2,date\nA,1.fq,2.fq,2024-01-01\nB,3.fq,4.fq,{text}\n")
    with pytest.raises(InputError) as caught:
        read_sheet(sheet)
    said = str(caught.value)
    assert said.startswith(
        f"{sheet}, line 3, column date: not a date of the calendar; found '{text}'; expected an ISO date"
    )
