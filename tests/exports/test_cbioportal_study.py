"""A study folder against the rules of cBioPortal's validator."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from cbioportal_rules import facts_of, faults, table_of
from example_results import (
    EXAMPLES,
    below_depth,
    compound_cis,
    earlier_sample,
    missing_amplicon,
    no_calls,
    trans_clones,
    weak_call,
)
from results_at_hand import odd

from kinescape.errors import InputError
from kinescape.exports.cbioportal import export_study
from kinescape.records import AmpliconCoverage, SampleResult


def rows_of(path: Path, skip: int = 0) -> list[dict[str, str]]:
    return table_of(path, [], skip)[1]


def without_gene(result: SampleResult, gene: str) -> SampleResult:
    """The same sample with no reads on any amplicon of ``gene``."""

    def bare(amplicon: AmpliconCoverage) -> AmpliconCoverage:
        return msgspec.structs.replace(amplicon, state="not_covered") if amplicon.gene == gene else amplicon

    return msgspec.structs.replace(result, amplicons=tuple(bare(each) for each in result.amplicons))


def test_a_study_of_all_examples_breaks_no_rule(tmp_path: Path) -> None:
    results = [*(make() for make in EXAMPLES.values()), earlier_sample(), odd()]
    export_study(results, "kinescape_test", tmp_path / "study")
    assert faults(tmp_path / "study") == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_study_of_one_sample_breaks_no_rule(name: str, tmp_path: Path) -> None:
    export_study([EXAMPLES[name]()], "one", tmp_path / "study")
    assert faults(tmp_path / "study") == []


def test_the_rules_find_faults(tmp_path: Path) -> None:
    """The checker is worth something: broken copies of a good study are found out."""
    export_study([compound_cis(), weak_call()], "good", tmp_path / "study")
    broken = {
        "data_clinical_sample.txt": ("SIM01-relapse\tSIM01-relapse", "SIM 01\tSIM01-relapse"),
        "data_mutations.txt": ("Missense_Mutation", "Missense"),
        "meta_study.txt": ("name: ", "nom: "),
        "case_lists/cases_sequenced.txt": ("SIM01-relapse", "nobody"),
        "data_timeline_specimen.txt": ("\t0\t0\t", "\t2023-05-11\t\t"),
        "data_gene_panel_matrix.txt": ("kinescape_", "another_"),
    }
    for name, (old, new) in broken.items():
        path = tmp_path / "study" / name
        good = path.read_text(encoding="utf-8")
        assert old in good, name
        path.write_text(good.replace(old, new, 1), encoding="utf-8")
        assert faults(tmp_path / "study"), name
        path.write_text(good, encoding="utf-8")
    assert faults(tmp_path / "study") == []


def test_the_samples_of_a_patient_stand_in_time(tmp_path: Path) -> None:
    export_study([compound_cis(), earlier_sample(), weak_call()], "course", tmp_path / "study")
    specimens = rows_of(tmp_path / "study" / "data_timeline_specimen.txt")
    assert [(row["SAMPLE_ID"], row["START_DATE"]) for row in specimens] == [
        ("SIM01-first", "0"),
        ("SIM01-relapse", "445"),
    ]
    treatments = rows_of(tmp_path / "study" / "data_timeline_treatment.txt")
    assert [(row["AGENT"], row["TREATMENT_TYPE"], row["STOP_DATE"]) for row in treatments] == [
        ("CRIZOTINIB", "Targeted Therapy", ""),
        ("BRIGATINIB", "Targeted Therapy", ""),
    ]
    patients = rows_of(tmp_path / "study" / "data_clinical_patient.txt", 4)
    assert {row["PATIENT_ID"]: row["SAMPLE_COUNT"] for row in patients} == {"SIM-P01": "2", "SIM-P04": "1"}


def test_without_dates_there_is_no_timeline(tmp_path: Path) -> None:
    export_study([weak_call()], "undated", tmp_path / "study")
    assert list((tmp_path / "study").glob("*timeline*")) == []
    assert not (tmp_path / "study" / "data_clinical_patient.txt").read_text(encoding="utf-8").count("OS_")


def test_a_gene_that_was_not_covered_is_not_profiled(tmp_path: Path) -> None:
    export_study([without_gene(no_calls(), "ROS1"), trans_clones()], "genes", tmp_path / "study")
    panels = {row["SAMPLE_ID"]: row["mutations"] for row in rows_of(tmp_path / "study" / "data_gene_panel_matrix.txt")}
    assert panels == {"SIM09-relapse": "kinescape_alk-ros1_ALK", "SIM06-relapse": "kinescape_alk-ros1_ALK_ROS1"}
    facts = facts_of(tmp_path / "study" / "gene_panels" / "kinescape_alk-ros1_ALK.txt", [])
    assert facts["gene_list"] == "ALK"


def test_a_failed_sample_does_not_count_as_sequenced(tmp_path: Path) -> None:
    export_study([below_depth(), missing_amplicon()], "failed", tmp_path / "study")
    facts = facts_of(tmp_path / "study" / "case_lists" / "cases_sequenced.txt", [])
    assert facts["case_list_ids"] == "SIM12-dropout"
    rows = rows_of(tmp_path / "study" / "data_clinical_sample.txt", 4)
    told = {row["SAMPLE_ID"]: (row["GATE"], row["NOT_ASSESSED"]) for row in rows}
    assert told["SIM13-shallow"][0] == "fail"
    assert "below depth" in told["SIM13-shallow"][1]
    assert "not covered" in told["SIM12-dropout"][1]


def test_names_that_the_portal_does_not_take_get_others(tmp_path: Path) -> None:
    plus = msgspec.structs.replace(no_calls(), sample=msgspec.structs.replace(no_calls().sample, sample="a+b"))
    under = msgspec.structs.replace(no_calls(), sample=msgspec.structs.replace(no_calls().sample, sample="a_b"))
    export_study([plus, under], "names", tmp_path / "study")
    rows = rows_of(tmp_path / "study" / "data_clinical_sample.txt", 4)
    assert len({row["SAMPLE_ID"] for row in rows}) == 2
    assert {row["SAMPLE_STATED"] for row in rows} == {"a+b", "a_b"}
    assert faults(tmp_path / "study") == []


@pytest.mark.parametrize("identifier", ["", "a b", "ü", "../x"])
def test_an_identifier_that_is_none_is_refused(identifier: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not an identifier"):
        export_study([no_calls()], identifier, tmp_path / "study")
    assert list(tmp_path.iterdir()) == []
