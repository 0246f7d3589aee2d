"""Filters on calls: what each looks at, and how two runs follow each other."""

from dataclasses import replace

from kinescape.call.candidate import Candidate
from kinescape.call.filtering import FilteredCall, apply_filters
from kinescape.call.lofreq import filtered
from kinescape.call.settings import CallSettings, FilterSettings, QualityCorrection, StrandCorrection

SNV = Candidate("chrT", 9, "A", "C", 100, 1000, 0.02, 0, (490, 490, 10, 10), high_quality_count=20)
INDEL = replace(SNV, reference="AC", alternative="A", high_quality_count=None, homopolymer=1)
BIASED = replace(SNV, strand_bias=80, dp4=(490, 490, 20, 0))


def failed(candidates, settings):
    calls, _ = apply_filters([FilteredCall(candidate) for candidate in candidates], settings)
    return [call.failed for call in calls]


def test_no_filter():
    assert failed([SNV, INDEL], FilterSettings()) == [(), ()]


def test_thresholds_by_type():
    settings = FilterSettings(min_snv_quality=101, min_indel_quality=100)
    assert failed([SNV, INDEL], settings) == [("min_snvqual_101",), ()]


def test_coverage_and_frequency():
    shallow, rare = replace(SNV, depth=9), replace(SNV, allele_frequency=0.005)
    settings = FilterSettings(min_coverage=10, min_frequency=0.006)
    assert failed([SNV, shallow, rare], settings) == [(), ("min_dp_10",), ("min_af_0.006000",)]
    assert failed([replace(SNV, allele_frequency=0.0059997)], settings) == [()], "printed as 0.006000"


def test_strand_bias_of_snvs_and_on_request_of_indels():
    biased_indel = replace(INDEL, strand_bias=80, dp4=(490, 490, 20, 0))
    settings = FilterSettings(strand=StrandCorrection())
    assert failed([SNV, BIASED, biased_indel], settings) == [(), ("sb_fdr",), ()]
    settings = FilterSettings(strand=StrandCorrection(rule="bonf", include_indels=True))
    assert failed([SNV, BIASED, biased_indel], settings) == [(), ("sb_bonf",), ("sb_bonf",)]


def test_the_compound_rule_spares_what_stands_on_both_strands():
    both = replace(SNV, strand_bias=80, dp4=(490, 490, 20, 5))
    assert failed([both], FilterSettings(strand=StrandCorrection())) == [()]
    assert failed([both], FilterSettings(strand=StrandCorrection(compound=False))) == [("sb_fdr",)]


def test_quality_corrections_count_their_own_type():
    weak = replace(SNV, quality=21)
    settings = FilterSettings(snv_quality=QualityCorrection("bonf"), indel_quality=QualityCorrection("holm", 1e-11))
    assert failed([weak, INDEL], settings) == [(), ("indelqual_holm",)]
    assert failed([weak, SNV], settings) == [("snvqual_bonf",), ()]
    fixed = FilterSettings(snv_quality=QualityCorrection("fdr", 0.01, n_tests=10**9))
    assert failed([SNV, replace(SNV, quality=111)], fixed) == [("snvqual_fdr",), ()]


def test_a_high_quality_does_not_lose_the_frequency_filter():
    """The fault of LoFreq 2.1.5: FDR, a QUAL above 3080 and --af-min in one command passed every frequency."""
    certain, rare = replace(SNV, quality=49314), replace(SNV, allele_frequency=0.0014)
    settings = FilterSettings(min_frequency=0.006, snv_quality=QualityCorrection("fdr", 0.001))
    assert failed([certain, rare], settings) == [(), ("min_af_0.006000",)]


def test_a_second_run_sees_what_passed_the_first():
    weak = replace(SNV, quality=30)
    settings = CallSettings(further=FilterSettings(snv_quality=QualityCorrection("bonf", 1e-9)))
    calls, lines = filtered([weak, SNV], settings, snv_tests=300, indel_tests=1)
    assert [call.failed for call in calls] == [("min_snvqual_44",), ()], "one test is left in the second run"
    assert [line.name for line in lines] == [
        "min_dp_10",
        "sb_fdr",
        "min_snvqual_44",
        "min_indelqual_20",
        "snvqual_bonf",
    ]


def test_a_fixed_number_of_tests_needs_no_final_threshold():
    settings = CallSettings(default_filter=False)
    settings = replace(settings, snv=replace(settings.snv, bonferroni=1), indel=replace(settings.indel, bonferroni=1))
    calls, lines = filtered([replace(SNV, quality=21)], settings, snv_tests=3000, indel_tests=1)
    assert calls[0].passed
    assert lines == []


def test_nothing_to_filter():
    full = FilterSettings(10, 0.1, 5, 5, QualityCorrection("fdr"), QualityCorrection("fdr"), StrandCorrection())
    calls, lines = apply_filters([], full)
    assert calls == []
    assert len(lines) == 7
