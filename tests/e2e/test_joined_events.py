"""Several changes of one molecule at one place are one event with one name, from the reads to every output.

The expected names are worked out by hand from the coding sequence (ALK NM_004304.5, ROS1 NM_002944.2), codon by codon,
and not by the program's own naming.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pysam
import pytest
from e2e_samples import SHALLOW, make

from kinescape.cli.main import main
from kinescape.records import Call, SampleResult
from kinescape.report.result import read_result

pytestmark = pytest.mark.aligners


@dataclass(frozen=True)
class Expected:
    """One event: its VCF spelling on the plus strand (both genes lie on the minus strand) and its names."""

    spec: tuple[str, ...]
    variant: str
    hgvs_c: str
    hgvs_p: str
    parts: int


EVENTS = (
    # E1161 GAA, L1162 CTG; GAT is Asp and ATG is Met: both residues change.
    Expected(
        ("ALK:c.3483_3484delinsTA",),
        "chr2:29222375:GT>TA",
        "c.3483_3484delinsTA",
        "p.(Glu1161_Leu1162delinsAspMet)",
        2,
    ),
    # G1202 GGA, D1203 GAC; GGT is Gly still and AAC is Asn: only D1203N is a change of the protein. In cis with L1196M.
    Expected(
        ("ALK:c.3606_3607delinsTA", "ALK:c.3586C>A"),
        "chr2:29220744:CT>TA",
        "c.3606_3607delinsTA",
        "p.(Asp1203Asn)",
        2,
    ),
    # G1202 GGA: AAA is Lys. Beside the event above, on other molecules.
    Expected(("ALK:c.3604_3605delinsAA",), "chr2:29220746:CC>TT", "c.3604_3605delinsAA", "p.(Gly1202Lys)", 2),
    # C1237 TGT, Q1238 CAG: T(GTCA)G becomes TTG, Leu. The aligners place gap and mismatch differently.
    Expected(
        ("ALK:c.3710_3713delinsT",),
        "chr2:29214014:TGAC>A",
        "c.3710_3713delinsT",
        "p.(Cys1237_Gln1238delinsLeu)",
        4,
    ),
    # N2008 AAC, I2009 ATx: A(ACA)Tx becomes ACA (Thr), CTx (Leu). BWA-MEM shows three bases, Bowtie2 a loss and a gain.
    Expected(
        ("ROS1:c.6023_6025delinsCAC",),
        "chr6:117317253:TGT>GTG",
        "c.6023_6025delinsCAC",
        "p.(Asn2008_Ile2009delinsThrLeu)",
        5,
    ),
    # G2031 GGA, G2032 GGA, D2033 GAC: G(GAGG)A... becomes GCA (Ala) in a frame shorter by two, stop nine codons on.
    Expected(
        ("ROS1:c.6092_6095delinsCA",),
        "chr6:117317183:CCTC>TG",
        "c.6092_6095delinsCA",
        "p.(Gly2031AlafsTer9)",
        2,
    ),
)


@dataclass(frozen=True)
class Analysed:
    result: SampleResult
    folder: Path


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> Analysed:
    """The events, and two neighbouring bases (c.3804T>G, c.3805G>A) that change on different molecules."""
    folder = tmp_path_factory.mktemp("joined")
    haplotypes = [
        {"name": f"event{number}", "fraction": 0.06, "changes": list(event.spec)} for number, event in enumerate(EVENTS)
    ]
    for number, change in enumerate(("ALK:c.3804T>G", "ALK:c.3805G>A")):
        haplotypes.append({"name": f"apart{number}", "fraction": 0.06, "changes": [change]})
    truth = make(folder, "joined", 5, pairs=1500, haplotypes=haplotypes)
    reads = [str(file) for file in truth.files[:2]]
    assert main(["run", "--fastq", *reads, "-o", str(folder / "out"), "--sample", "joined", *SHALLOW]) == 0
    samples = folder / "out" / "samples" / "joined"
    return Analysed(read_result(samples / "result.json"), samples)


def call_at(result: SampleResult, variant: str) -> Call:
    return next(call for call in result.calls if call.variant.name == variant)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.hgvs_c)
def test_is_one_strong_call_with_one_name(analysed: Analysed, event: Expected) -> None:
    call = call_at(analysed.result, event.variant)
    assert call.evidence == "strong"
    assert call.consequence is not None
    assert (call.consequence.hgvs_c, call.consequence.hgvs_p) == (event.hgvs_c, event.hgvs_p)
    assert call.vaf == pytest.approx(0.06, abs=0.02)
    assert call.vaf_low < call.vaf < call.vaf_high
    assert all(numbers.alt_count > 0 for numbers in call.by_aligner)
    assert len(call.parts) == event.parts
    assert not {call.name for call in (each.variant for each in analysed.result.calls)} & set(call.parts)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.hgvs_c)
def test_is_counted_on_fragments_that_show_all_of_it(analysed: Analysed, event: Expected) -> None:
    call = call_at(analysed.result, event.variant)
    assert call.fragments <= 1500
    assert call.alt_fragments / call.fragments == pytest.approx(call.vaf, abs=0.01)


def test_nothing_else_is_called_beside_the_events(analysed: Analysed) -> None:
    put_in = {event.variant for event in EVENTS} | {"chr2:29220765:G>T", "chr2:29209818:A>C", "chr2:29209817:C>T"}
    assert {call.variant.name for call in analysed.result.calls if call.evidence == "strong"} == put_in


def test_neighbours_on_different_molecules_stay_apart(analysed: Analysed) -> None:
    pair = {"chr2:29209817:C>T", "chr2:29209818:A>C"}
    assert all(not call_at(analysed.result, name).parts for name in pair)
    (phase,) = [each for each in analysed.result.phases if {each.variant_a, each.variant_b} == pair]
    assert phase.verdict == "trans"


def test_an_event_is_phased_as_one(analysed: Analysed) -> None:
    pair = {"chr2:29220744:CT>TA", "chr2:29220765:G>T"}
    (phase,) = [each for each in analysed.result.phases if {each.variant_a, each.variant_b} == pair]
    assert phase.verdict == "cis"
    assert phase.n11 > 40


def test_known_changes_inside_an_event_are_detected(analysed: Analysed) -> None:
    states = {known.protein: known for known in analysed.result.known_positions if known.gene == "ALK"}
    assert states["E1161D"].state == "detected"
    assert states["E1161D"].reason == "as part of E1161_L1162delinsDM, one event"
    assert (states["D1203N"].state, states["D1203N"].reason) == ("detected", "")
    assert call_at(analysed.result, "chr2:29222375:GT>TA").known == "ALK E1161D"


def test_a_known_base_inside_another_change_of_the_protein_is_not_detected_and_says_why(analysed: Analysed) -> None:
    states = {known.protein: known for known in analysed.result.known_positions if known.gene == "ALK"}
    assert states["G1202K"].state == "detected"
    assert states["G1202R"].state == "not_detected"
    assert states["G1202R"].lod95 is not None
    expected = "its bases are changed as part of G1202K, one event that is another change of the protein"
    assert states["G1202R"].reason == expected


def test_the_vcf_spells_it_as_one_line_with_its_parts(analysed: Analysed) -> None:
    with pysam.VariantFile(str(analysed.folder / "variants.vcf.gz")) as variants:
        lines = {f"{line.chrom}:{line.pos}:{line.ref}>{line.alts[0]}": line for line in variants if line.alts}
    for event in EVENTS:
        line = lines[event.variant]
        assert list(line.filter) == ["PASS"]
        assert len(str(line.info["PARTS"]).split("|")) == event.parts
    assert "PARTS" not in lines["chr2:29220765:G>T"].info


def test_the_page_names_it_and_what_it_was_called_as(analysed: Analysed) -> None:
    page = (analysed.folder / "report.html").read_text()
    for event in EVENTS:
        assert event.hgvs_c in page
        assert event.hgvs_p in page
    assert page.count("<dt>One event</dt>") == len(EVENTS)


def test_both_residues_of_an_event_are_one_clone_for_the_drugs(analysed: Analysed) -> None:
    (lorlatinib,) = [drug for drug in analysed.result.drugs if (drug.gene, drug.drug) == ("ALK", "Lorlatinib")]
    assert "E1161D+L1162M (VAF" in lorlatinib.summary
