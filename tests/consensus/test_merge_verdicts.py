"""Strong, weak and filtered, and the reason in words."""

from __future__ import annotations

from kinescape.consensus.merge import verdict
from kinescape.records import AlignerCall, Parameters


def aligner_call(aligner: str, filters: tuple[str, ...] = (), **numbers: int | float) -> AlignerCall:
    values: dict[str, int | float] = {"depth": 9000, "alt_count": 90, "vaf": 0.01, "qual": 400, "strand_bias": 0}
    values |= numbers
    return AlignerCall(
        aligner=aligner, dp4=(4455, 4455, 45, 45), filters=filters, candidate="not_called" not in filters, **values
    )  # type: ignore[arg-type]


def test_both_pass() -> None:
    assert verdict((aligner_call("bwa"), aligner_call("bowtie2")), Parameters(), (55, 55)) == ("strong", (), "")


def test_one_passes_and_the_reason_names_the_other_with_its_numbers() -> None:
    evidence, filters, reason = verdict(
        (aligner_call("bwa"), aligner_call("bowtie2", ("min_vaf",), vaf=0.0052)), Parameters(), (55, 55)
    )
    assert evidence == "weak"
    assert filters == ("weak_evidence", "min_vaf")
    assert reason == "bowtie2: allele fraction 0.520% is below 0.60%"


def test_none_passes_and_every_reason_stays() -> None:
    evidence, filters, reason = verdict(
        (
            aligner_call("bwa", ("min_depth", "min_vaf"), depth=4200, vaf=0.004),
            aligner_call("bowtie2", ("not_called", "min_depth"), depth=4100, qual=12),
        ),
        Parameters(),
        (55, 54),
    )
    assert evidence == "filtered"
    assert filters == ("min_depth", "min_vaf", "not_called")
    assert "bwa: depth 4,200 is below 5,000, allele fraction 0.400% is below 0.60%" in reason
    assert "bowtie2: not called by LoFreq's model (QUAL 12, 54 needed)" in reason
