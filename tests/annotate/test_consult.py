"""What calls are told: a record, no record, or not consulted; and what is set aside as the population's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from annotate_samples import CLINVAR, COMMON, G1202R, G2032R, PANEL, T1151M, plain_vcf

from kinescape.annotate.consult import NO_ANNOTATIONS, Annotations, annotate_calls, load_annotations
from kinescape.annotate.folder import PACKAGED
from kinescape.errors import InputError
from kinescape.panel.hgvs import describe
from kinescape.records import NOT_CONSULTED, Call, Variant
from kinescape.tables import read_table

Cut = Callable[..., int]
CIVIC_TABLE = Path(__file__).parents[1] / "data" / "annotate" / "civic_2019.tsv"
LARGEST = 1e-5


@pytest.fixture(autouse=True)
def _no_user_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINESCAPE_ANNOTATION", str(tmp_path / "none"))


def variant(place: tuple[str, int, str, str]) -> Variant:
    return Variant(chrom=place[0], pos=place[1], ref=place[2], alt=place[3])


def call(place: tuple[str, int, str, str], evidence: str = "strong") -> Call:
    filters = {"strong": (), "weak": ("weak_evidence", "min_vaf"), "filtered": ("min_vaf",)}[evidence]
    return Call(
        variant=variant(place),
        consequence=describe(PANEL, variant(place)),
        evidence=evidence,  # type: ignore[arg-type]
        filters=filters,
        reason="bwa: too little" if filters else "",
        vaf=0.1,
        vaf_low=0.09,
        vaf_high=0.11,
        by_aligner=(),
    )


def annotated(
    found: Annotations, *calls: Call, largest: float = LARGEST, known: Callable[[str, str], bool] = lambda g, p: False
) -> tuple[Call, ...]:
    return annotate_calls(calls, found, PANEL, largest, known)


def test_record_no_record_and_not_consulted(slices: Path) -> None:
    found = load_annotations(slices, PANEL)
    assert found.sources() == {
        "gnomAD": "9.9 (2020-02-29)",
        "ClinVar": "9.9 (2020-02-29)",
        "BoostDM": NOT_CONSULTED,
        "CIViC": "01-Oct-2019 (2019-10-01), excerpt",
    }
    said = found.of(variant(G1202R))
    assert said["gnomAD"] == "no record in gnomAD 9.9"
    assert said["ClinVar"].startswith(
        "Pathogenic/Likely pathogenic (no assertion); conditions: Invented tumour, not provided; VariationID 1"
    )
    assert said["BoostDM"] == NOT_CONSULTED
    assert said["CIViC"].startswith("on record as ALK G1202R; PubMed 22277784, 23729361")
    assert "oncogenicity: Oncogenic (Invented tumour)" in found.of(variant(G2032R))["ClinVar"]
    assert found.of(variant(T1151M))["gnomAD"] == (
        "allele fraction 1.9e-05 (19 of 1,000,000 alleles), largest in one group 5e-05 (sas)"
    )
    assert "does not list it" in found.of(variant(COMMON))["CIViC"]


def test_place_outside_a_slice_was_not_consulted(slices: Path, tmp_path: Path, slice_of: Cut) -> None:
    assert slice_of("clinvar", plain_vcf(tmp_path / "c.vcf", CLINVAR[:1]), slices) == 0
    said = load_annotations(slices, PANEL).of(variant(G2032R))["ClinVar"]
    assert said == "not consulted (the slice of ClinVar 9.9 does not reach this place)"


def test_common_variant_is_filtered_with_the_reason(slices: Path) -> None:
    found = load_annotations(slices, PANEL)
    (strong, weak, filtered) = annotated(found, *(call(COMMON, each) for each in ("strong", "weak", "filtered")))
    assert strong.filters == ("gnomad_af",)
    assert strong.reason == "gnomAD 9.9: allele fraction 0.3 in the population is not below 1e-05"
    assert weak.filters == ("weak_evidence", "min_vaf", "gnomad_af")
    assert filtered.reason == f"bwa: too little; {strong.reason}"
    assert {each.evidence for each in (strong, weak, filtered)} == {"filtered"}
    assert annotated(found, call(COMMON), largest=0.31)[0].filters == ()
    assert annotated(found, call(COMMON), largest=0.3)[0].filters == ("gnomad_af",)
    assert annotated(found, call(COMMON), largest=1)[0].evidence == "strong"


def test_t1151m_is_kept_and_flagged(slices: Path) -> None:
    (kept,) = annotated(load_annotations(slices, PANEL), call(T1151M))
    assert (kept.evidence, kept.filters) == ("strong", ())
    assert kept.annotations["gnomAD"].endswith(
        "At or above 1e-05, and kept all the same: ALK T1151M is a known change of the panel"
    )


def test_change_of_the_knowledge_base_is_kept(slices: Path) -> None:
    asked: list[tuple[str, str]] = []

    def known(gene: str, protein: str) -> bool:
        asked.append((gene, protein))
        return True

    (kept,) = annotated(load_annotations(slices, PANEL), call(COMMON), known=known)
    assert asked == [("ALK", "R1212C")]
    assert kept.evidence == "strong"
    assert "ALK R1212C is in the knowledge base" in kept.annotations["gnomAD"]


def test_nothing_is_filtered_without_gnomad() -> None:
    (kept,) = annotated(NO_ANNOTATIONS, call(COMMON))
    assert kept.evidence == "strong"
    assert set(kept.annotations.values()) == {NOT_CONSULTED}


def test_user_folder_is_the_default(slices: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_annotations(None, PANEL).sources()["gnomAD"] == NOT_CONSULTED
    monkeypatch.setenv("KINESCAPE_ANNOTATION", str(slices))
    assert load_annotations(None, PANEL).sources()["gnomAD"] == "9.9 (2020-02-29)"


def test_folder_without_slices_and_damaged_slices(slices: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no annotation slices"):
        load_annotations(tmp_path / "absent", PANEL)
    path = slices / "gnomad" / "slice.vcf.gz"
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(InputError, match="not the slice that its manifest describes"):
        load_annotations(slices, PANEL)
    path.unlink()
    with pytest.raises(InputError, match="no such file"):
        load_annotations(slices, PANEL)


def test_civic_words_group_items(tmp_path: Path, slice_of: Cut) -> None:
    path = tmp_path / "e.tsv"
    row = "{}\tDrug A\tSupports\t{}\t{}\t{}\n"
    path.write_text(
        "molecular_profile\ttherapies\tevidence_direction\tevidence_level\tsignificance\tevidence_id\n"
        + row.format("ALK G1202R", "C", "Resistance", 9)
        + row.format("ALK G1202R", "D", "Resistance", 10)
        + row.format("ALK L1196M AND ALK G1202R", "C", "Sensitivity/Response", 2)
        + "ALK G1202R\tDrug B\tDoes Not Support\tC\tResistance\t11\n"
    )
    assert slice_of("civic", path, tmp_path / "out") == 0
    assert load_annotations(tmp_path / "out", PANEL).of(variant(G1202R))["CIViC"] == (
        "Sensitivity/response: Drug A [of ALK L1196M AND ALK G1202R] (EID2 level C); "
        "Resistance: Drug A (EID9 level C, EID10 level D); Does not support resistance: Drug B (EID11 level C)"
    )


def test_packaged_excerpt_is_what_its_readme_says() -> None:
    found = load_annotations(None, PANEL).slices["civic"]
    assert "26 nucleotide changes" in (PACKAGED / "civic" / "README.md").read_text()
    rows = read_table(CIVIC_TABLE, required=("gene", "protein", "chrom", "pos", "ref", "alt", "pubmed"))
    expected = {
        Variant(chrom=r.text("chrom"), pos=r.integer("pos"), ref=r.text("ref"), alt=r.text("alt")): r for r in rows
    }
    assert set(found.entries) == set(expected)
    for each, entry in found.entries.items():
        row = expected[each]
        assert entry.info == {"PROFILE": f"{row.text('gene')} {row.text('protein')}", "PMID": row.text("pubmed")}
        consequence = describe(PANEL, each)
        assert consequence is not None
        assert (consequence.gene, consequence.protein) == (row.text("gene"), row.text("protein"))
    assert (found.manifest.licence, found.manifest.date, found.manifest.complete) == ("CC0 1.0", "2019-10-01", False)
