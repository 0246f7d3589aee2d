"""What the default mode sees beyond single bases: one event with one name, and why an aligner missed a change."""

from __future__ import annotations

from pathlib import Path

import pytest
from e2e_samples import SHALLOW, make

from kinescape.cli.main import main
from kinescape.records import Call, SampleResult
from kinescape.report.result import read_result

pytestmark = pytest.mark.aligners


@pytest.fixture(scope="module")
def reads(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Two bases of one codon, an insertion, a change in the last base of the forward mate, two germline variants."""
    folder = tmp_path_factory.mktemp("events")
    truth = make(
        folder,
        "events",
        5,
        pairs=1500,
        haplotypes=[
            {"name": "codon", "fraction": 0.06, "changes": ["ALK:G1269S"]},
            {"name": "insertion", "fraction": 0.06, "changes": ["ALK:T1151dup"]},
            {"name": "at_the_end", "fraction": 0.06, "changes": ["ALK:c.3522C>A"]},
        ],
        germline=[{"change": "ALK:c.3600G>C", "genotype": "het"}],
    )
    return [str(truth.files[0]), str(truth.files[1])]


def analysed(reads: list[str], out: Path, *options: str) -> SampleResult:
    assert main(["run", "--fastq", *reads, "-o", str(out), "--sample", "events", *SHALLOW, *options]) == 0
    return read_result(out / "samples" / "events" / "result.json")


def named(result: SampleResult, protein: str) -> Call:
    return next(call for call in result.calls if call.consequence and call.consequence.protein == protein)


@pytest.fixture(scope="module")
def default(reads: list[str], tmp_path_factory: pytest.TempPathFactory) -> SampleResult:
    return analysed(reads, tmp_path_factory.mktemp("default"))


def test_two_bases_of_one_codon_are_one_event(default: SampleResult) -> None:
    call = named(default, "G1269S")
    assert call.evidence == "strong"
    assert (call.variant.ref, call.variant.alt) == ("TCC", "ACT")
    assert len(call.parts) == 2
    assert call.vaf == pytest.approx(0.06, abs=0.03)
    assert all(part not in {each.variant.name for each in default.calls} for part in call.parts)
    (state,) = {known.state for known in default.known_positions if known.protein == "G1269S"}
    assert state == "detected"


def test_lofreqs_mode_names_the_bases_apart(reads: list[str], tmp_path: Path) -> None:
    result = analysed(reads, tmp_path, "--mode", "lofreq")
    assert not any(call.parts for call in result.calls)
    assert {call.variant.pos for call in result.calls if call.evidence == "strong"} >= {29209815, 29209817}


def test_insertion_is_named_as_duplication(default: SampleResult) -> None:
    call = named(default, "T1151dup")
    assert call.evidence == "strong"
    assert call.consequence is not None
    assert call.consequence.hgvs_c == "c.3451_3453dup"


def test_fragments_are_counted_once(default: SampleResult) -> None:
    for call in default.calls:
        if call.evidence == "strong":
            assert call.alt_fragments <= call.fragments <= 1500
            assert call.alt_fragments / call.fragments == pytest.approx(call.vaf, abs=0.02)
    heterozygous = next(c for c in default.calls if c.consequence and c.consequence.hgvs_c == "c.3600G>C")
    assert heterozygous.vaf == pytest.approx(0.5, abs=0.06)


def test_change_in_the_last_base_of_the_mates_is_kept_by_both_aligners(default: SampleResult) -> None:
    call = named(default, "F1174L")
    assert call.evidence == "strong"
    one, two = call.by_aligner
    assert one.vaf == pytest.approx(two.vaf, abs=0.002)


def test_without_the_end_mask_the_clipping_aligner_misses_it_and_the_reason_says_so(
    reads: list[str], tmp_path: Path
) -> None:
    call = named(analysed(reads, tmp_path, "--end-mask", "0"), "F1174L")
    assert call.evidence == "weak"
    assert "weak_evidence" in call.filters
    bwa, bowtie2 = call.by_aligner
    assert not bwa.filters
    assert bowtie2.alt_count < 0.7 * bwa.alt_count
    assert "with bowtie2" in call.reason
    assert "supporting reads are clipped before the position" in call.reason
