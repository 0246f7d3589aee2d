"""UMIs in read names and in reads: where they are found, how they are taken out, what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kinescape.errors import InputError
from kinescape.reads.pairs import ReadPairs, read_pairs
from kinescape.reads.read_structure import parse_read_structure, parse_read_structures
from kinescape.reads.umi import UmiSource

ADAPTER = "AGATCGGAAGAGCACACGTC"


def code(umi: str) -> int:
    value = 0
    for base in umi:
        value = value << 2 | "ACGT".index(base)
    return value


def read(
    folder: Path,
    names: list[str],
    mates_1: list[str],
    mates_2: list[str] | None = None,
    source: UmiSource | None = None,
    quality: str = "I",
) -> ReadPairs:
    paths = (folder / "a_R1.fastq", folder / "a_R2.fastq")
    for path, mates in zip(paths, (mates_1, mates_2 or mates_1), strict=True):
        path.write_text("".join(f"@{n} x\n{s}\n+\n{quality * len(s)}\n" for n, s in zip(names, mates, strict=True)))
    return read_pairs(*paths, umi=source or UmiSource())


def test_header_umis_of_all_forms(tmp_path: Path) -> None:
    for last, codes, lengths in (
        ("ACGTACGT", (code("ACGTACGT"), 0), (8, 0)),
        ("ACGT+TTGA", (code("ACGT"), code("TTGA")), (4, 4)),
        ("ACGT-TTGA", (code("ACGT"), code("TTGA")), (4, 4)),
        ("rAACC+TTGA", (code("GGTT"), code("TTGA")), (4, 4)),
    ):
        umis = read(tmp_path, [f"M:1:F:1:2:3:4:{last}"], ["ACGTTGCA"]).umis
        assert umis is not None
        assert umis.codes.tolist() == [list(codes)]
        assert umis.lengths == lengths
        assert umis.usable.all()


@pytest.mark.parametrize(
    ("names", "what", "line"),
    [
        (["M:1:2203"], "does not end in a UMI", 1),
        (["noumi"], "does not end in a UMI", 1),
        (["M:ACGT+"], "does not end in a UMI", 1),
        (["M:ACGT+AC+GT"], "does not end in a UMI", 1),
        (["M:ACGT", "M:ACGTA"], "UMIs differ in length", 5),
        (["M:ACGT", "M:ACGT+ACGT"], "UMIs differ in length", 5),
        (["M:" + "A" * 32], "UMI is too long", None),
    ],
)
def test_names_without_a_umi_are_refused(tmp_path: Path, names: list[str], what: str, line: int | None) -> None:
    with pytest.raises(InputError, match=what) as caught:
        read(tmp_path, names, ["ACGTTGCA"] * len(names))
    assert caught.value.line == line


def test_umi_with_n_is_counted_and_left_out(tmp_path: Path) -> None:
    umis = read(tmp_path, ["M:ACGT", "M:ACNT"], ["ACGTTGCA"] * 2).umis
    assert umis is not None
    assert (umis.usable.tolist(), umis.without, umis.low_quality) == ([True, False], 1, 0)


def test_read_umis_leave_the_reads(tmp_path: Path) -> None:
    source = UmiSource(parse_read_structures("4M2S+T 3M+T"))
    pairs = read(tmp_path, ["p"], ["ACGTNNGGGTTTCC"], ["TTAGGAAACCC"], source)
    assert pairs.umis is not None
    assert pairs.umis.codes.tolist() == [[code("ACGT"), code("TTA")]]
    assert (pairs.mates.sequence(pairs.mate_1[0]), pairs.mates.sequence(pairs.mate_2[0])) == ("GGGTTTCC", "GGAAACCC")
    (chunk,) = pairs.qualities_1
    assert len(chunk.values) == 8
    assert pairs.tally_1.longest == 8


def test_low_quality_n_and_short_reads(tmp_path: Path) -> None:
    source = UmiSource(parse_read_structures("8M+T +T"))
    low = read(tmp_path, ["p"], ["ACGTACGTGGGTTTCC"], source=source, quality="4").umis  # Q19
    assert low is not None
    assert (low.usable.any(), low.low_quality) == (False, 1)
    least = read(tmp_path, ["p"], ["ACGTACGTGGGTTTCC"], source=source, quality="5").umis  # Q20
    assert least is not None
    assert least.usable.all()
    pairs = read(tmp_path, ["p", "q", "r"], ["ACNTACGTGGGTTTCC", "ACGT", "ACGTACGT"], source=source)
    assert pairs.umis is not None
    assert (pairs.umis.usable.tolist(), pairs.umis.without) == ([False, False, True], 2)
    # A read that is all UMI still is a read, of one base.
    assert pairs.mates.lengths[pairs.mate_1].tolist() == [8, 1, 1]


def test_read_through_is_cut_before_the_other_mates_umi(tmp_path: Path) -> None:
    """Mate 2 runs through the insert into the reverse complement of mate 1's UMI, and then into the adapter."""
    insert, umi = "GATTACAGGCTTAACCGTACGGATCTTCAA", "ACGGTCAA"
    turned = str.maketrans("ACGT", "TGCA")
    back = insert.translate(turned)[::-1]
    mate_1 = umi + insert + ADAPTER
    mate_2 = back + umi.translate(turned)[::-1] + ADAPTER
    pairs = read(tmp_path, ["p"], [mate_1], [mate_2], UmiSource(parse_read_structures("8M+T +T")))
    assert pairs.mates.sequence(pairs.mate_1[0]) == insert
    assert pairs.mates.sequence(pairs.mate_2[0]) == back


@pytest.mark.parametrize("text", ["8M", "T+8M", "8M142T", "M+T", "0M+T", "8B+T", "", "+T+T"])
def test_structures_that_cannot_be_followed(text: str) -> None:
    with pytest.raises(InputError, match="read structure"):
        parse_read_structure(text)


@pytest.mark.parametrize("text", ["8M+T", "+T +T", "8M+T +T +T"])
def test_structures_come_in_pairs_with_a_umi(text: str) -> None:
    with pytest.raises(InputError):
        parse_read_structures(text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(umis=st.lists(st.text("ACGT", min_size=6, max_size=6), min_size=1, max_size=20))
def test_header_and_read_agree(tmp_path: Path, umis: list[str]) -> None:
    template = "GATTACAGGCTTAACC"
    header = read(tmp_path, [f"M:{umi}" for umi in umis], [template] * len(umis)).umis
    source = UmiSource(parse_read_structures("6M+T +T"))
    inside = read(tmp_path, [f"M{n}" for n in range(len(umis))], [umi + template for umi in umis], source=source).umis
    assert header is not None
    assert inside is not None
    assert np.array_equal(header.codes, inside.codes)
    assert header.codes[:, 0].tolist() == [code(umi) for umi in umis]
