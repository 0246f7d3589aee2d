"""FASTQ reading: what comes through, and what is refused with which words."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinescape.errors import InputError
from kinescape.reads.fastq import fastq_blocks

Record = tuple[str, str, str]

names = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="/"), min_size=1, max_size=20)
records = st.lists(
    st.tuples(names, st.text("ACGTN", min_size=1, max_size=40)).flatmap(
        lambda pair: st.tuples(
            st.just(pair[0]),
            st.just(pair[1]),
            st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=len(pair[1]), max_size=len(pair[1])),
        )
    ),
    min_size=1,
    max_size=30,
)


def fastq_text(items: list[Record], line_end: str = "\n") -> bytes:
    return "".join(f"@{n}{line_end}{s}{line_end}+{line_end}{q}{line_end}" for n, s, q in items).encode()


def read_back(path: Path, block_bytes: int) -> list[Record]:
    items = []
    for block in fastq_blocks(path, block_bytes):
        for i in range(len(block)):
            start, length, quality = block.sequence_start[i], block.length[i], block.quality_start[i]
            sequence = block.buffer[start : start + length].tobytes().decode()
            qualities = block.buffer[quality : quality + length].tobytes().decode()
            items.append((block.name(i), sequence, qualities))
    return items


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("packed", [False, True])
@given(items=records, block_bytes=st.sampled_from([64, 200, 4096]))
def test_any_records_come_through_whatever_the_block_size(
    tmp_path_factory: pytest.TempPathFactory, items: list[Record], block_bytes: int, packed: bool, line_end: str
) -> None:
    path = tmp_path_factory.mktemp("fastq") / "reads.fastq"
    content = fastq_text(items, line_end)
    path.write_bytes(gzip.compress(content) if packed else content)
    assert read_back(path, block_bytes) == items


def test_last_line_without_line_end_and_lower_case_are_accepted(tmp_path: Path) -> None:
    path = tmp_path / "reads.fastq"
    path.write_bytes(b"@r1 1:N:0:ACGT\nacgtn.\n+r1\nIIIIII\n@r2/1\nACG\n+\nIII")
    assert read_back(path, 4096) == [("r1", "ACGTNN", "IIIIII"), ("r2", "ACG", "III")]
    block = next(iter(fastq_blocks(path)))
    assert block.read_number.tolist() == [1, 1]


def test_several_gzip_members_are_one_file(tmp_path: Path) -> None:
    path = tmp_path / "reads.fastq.gz"
    path.write_bytes(gzip.compress(b"@a\nA\n+\nI\n") + gzip.compress(b"@b\nC\n+\nI\n"))
    assert [name for name, _, _ in read_back(path, 4096)] == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ["is empty"]),
        (b"\n\n", ["is empty"]),
        (b">contig\nACGT\n", ["is FASTA", "line 1"]),
        (b"@r\nACGT\n+\nIIII\nACGT\n", ["line 5", "does not start with '@'"]),
        (b"@r\nACGT\n+\nIIII\n@s\nAC!T\n+\nIIII\n", ["line 6", "not a base", "'AC!T'"]),
        (b"@r\nACGT\n-\nIIII\n", ["line 3", "does not start with '+'"]),
        (b"@r\nACGT\n+\nIII\n", ["line 4", "differ in length"]),
        (b"@r\nACGT\n+\nII\x1fI\n", ["line 4", "quality out of range", "Phred+33"]),
        (b"@r\n\n+\n\n", ["line 2", "without bases"]),
        (b"@r\nACGT\n+\nIIII\n@s\nACGT\n+", ["line 5", "ends within a record"]),
        (b"BAM\x01\x00\x00", ["alignment file"]),
        (b"@r\n\x00\x00\x00\n", ["binary file"]),
    ],
)
def test_malformed_files_are_named_by_line(tmp_path: Path, content: bytes, words: list[str]) -> None:
    path = tmp_path / "bad.fastq"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_back(path, 4096)
    for word in (str(path), *words):
        assert word in str(caught.value)


def test_line_numbers_hold_over_blocks(tmp_path: Path) -> None:
    path = tmp_path / "bad.fastq"
    path.write_bytes(b"@r\nACGT\n+\nIIII\n" * 1000 + b"@s\nACGT\n+\nIII\n")
    with pytest.raises(InputError, match="line 4004"):
        read_back(path, 100)


def test_truncated_gzip_says_so(tmp_path: Path) -> None:
    path = tmp_path / "cut.fastq.gz"
    path.write_bytes(gzip.compress(b"@r\nACGTACGTTGCA\n+\nIIIIIIIIIIII\n" * 5000)[:-20])
    with pytest.raises(InputError, match="truncated"):
        read_back(path, 1 << 20)


def test_damaged_gzip_says_so(tmp_path: Path) -> None:
    content = bytearray(gzip.compress(b"@r\nACGTACGTTGCA\n+\nIIIIIIIIIIII\n" * 5000))
    content[len(content) // 2] ^= 0xFF
    content[len(content) // 2 + 1] ^= 0xFF
    path = tmp_path / "damaged.fastq.gz"
    path.write_bytes(bytes(content))
    with pytest.raises(InputError):
        read_back(path, 1 << 20)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_back(tmp_path / "absent.fastq", 100)
    with pytest.raises(InputError, match="is a folder"):
        read_back(tmp_path, 100)
