"""The sequencing claims of Villa et al. 2024, set against what was called, phased and followed."""

from __future__ import annotations

import numpy as np

from kinescape.records import NOT_CONSULTED, SampleResult
from kinescape.reproduce.found import Found, phase_between, protein, strong
from kinescape.reproduce.verdict import Finding, judged, untestable

BACKGROUND = 0.0024
THRESHOLD = 0.006
MEDIAN_COVERAGE = 24_687
VARIANTS = 10
TOLERANCE = 0.15
"""Relative difference up to which a simulated rate is the published one."""

NO_SLICES = (
    "No slice of these databases is installed; `kinescape annot fetch` brings ClinVar, BoostDM is not for download by "
    "a program."
)
NO_CONTROLS = "the deposit holds no healthy controls"


def background(found: Found) -> Finding:
    if found.background is None:
        return untestable("-", NO_CONTROLS)
    rates = found.background.mismatches_per_base
    ours = ", ".join(f"{name} {rate:.5f}" for name, rate in rates.items())
    close = all(abs(rate / BACKGROUND - 1) <= TOLERANCE for rate in rates.values())
    return judged(
        close,
        f"{ours} ({found.background.controls} controls)",
        "Put in: 0.0024 over all bases. Counted between the primers, where amplification errors are, it is a little "
        "more.",
    )


def threshold(found: Found) -> Finding:
    if found.background is None:
        return untestable("-", NO_CONTROLS)
    value = found.background.threshold
    return judged(
        abs(value / THRESHOLD - 1) <= TOLERANCE,
        f"{value:.2%} = {found.background.factor:g} x {found.background.highest:.5f}",
        "The paper says that 0.6% follows and not how; 2.5 times the background is the rule that gives it. Site by "
        "site, "
        f"{min(each.below_threshold for each in found.background.sites.values()):.1%} of substitutions allow a lower "
        f"one.",
    )


def healthy(found: Found) -> Finding:
    if not found.controls:
        return untestable("-", NO_CONTROLS)
    calls = sum(len(strong(result)) for result in found.controls)
    bound = 3.0 / len(found.controls)
    return judged(
        calls == 0,
        f"{calls} strong calls in {len(found.controls)} controls",
        f"0 of {len(found.controls)} alone bounds the rate at {min(bound, 1):.0%} per sample (rule of three); more "
        f"samples are "
        "in docs/sensitivity.md.",
    )


def samples(found: Found) -> Finding:
    counts, patients = found.cohort["counts"]["samples"], found.cohort["patients"]
    genes = patients["by_gene"]
    ours = (
        f"{patients['n']} patients ({genes['ALK']} ALK, {genes['ROS1']} ROS1), {counts['all']} samples: "
        f"{counts['relapse']} relapses, {counts['tbp']} beyond progression"
    )
    shape = (patients["n"], genes["ALK"], genes["ROS1"], counts["all"], counts["relapse"], counts["tbp"])
    return judged(shape == (15, 12, 3, 19, 18, 1), ours, "Laid out so; the patients are simulated.")


def coverage(found: Found) -> Finding:
    depths = [
        np.median([side.depth for side in call.by_aligner])
        for result in found.plasma
        if result.sample.timepoint == "relapse"
        for call in strong(result)
    ]
    if not depths:
        return untestable("no call", "no variant was called")
    low, median, high = np.percentile(depths, [25, 50, 75])
    ours = f"{median:,.0f}x (IQR {low:,.0f} to {high:,.0f}) over {len(depths)} calls"
    if found.scale.pairs_share < 1:
        return untestable(
            ours, "a quick run simulates fewer reads; the full run lays them out for the published median"
        )
    return judged(
        abs(median / MEDIAN_COVERAGE - 1) <= TOLERANCE, ours, "Reads were laid out for it. Depth is not sensitivity."
    )


def mutated(found: Found) -> Finding:
    relapse, patients = found.cohort["counts"]["relapse_samples"], found.cohort["counts"]["patients"]
    ours = (
        f"{relapse['mutated']} of {relapse['tested']} ({relapse['share']:.0%}, 95% CI {relapse['ci_low']:.0%} to "
        f"{relapse['ci_high']:.0%}); {patients['mutated']} of {patients['tested']} ({patients['share']:.0%})"
    )
    shape = (relapse["mutated"], relapse["tested"], patients["mutated"], patients["tested"])
    return judged(
        shape == (7, 18, 7, 15), ours, "Counted from the calls of the simulated reads, not from what was put in."
    )


def variants(found: Found) -> Finding:
    names = sorted(
        {protein(call) for result in found.plasma for call in strong(result)}, key=lambda name: int(name[1:-1])
    )
    expected = {each.name.rpartition(":")[2] for each in found.truth}
    note = f"{len(expected)} different base changes were put in." if expected else ""
    return judged(len(names) == VARIANTS, f"{len(names)}: {', '.join(names)}", note)


def ros1(found: Found) -> Finding:
    cases = [result for result in found.plasma if "ROS1" in result.sample.extra.get("fusion", "")]
    calls = [protein(call) for result in cases for call in strong(result)]
    limits = [
        known.lod95 for result in cases for known in result.known_positions
        if known.gene == "ROS1" and known.state == "not_detected" and known.lod95
    ]  # fmt: skip
    unseen = {known.protein for result in cases for known in result.known_positions
              if known.gene == "ROS1" and known.state in {"not_covered", "not_on_panel", "below_depth"}}  # fmt: skip
    ours = f"{len(calls)} changes in {len(cases)} patients" + (f", down to {max(limits):.2%}" if limits else "")
    note = "No look is no answer: " + ", ".join(sorted(unseen)) + " lie outside the amplicons." if unseen else ""
    return judged(not calls and len(cases) == 3, ours, note)


def compound(found: Found) -> Finding:
    return _phase(found, "SIM01-P1", "L1196M", "G1202R", "cis")


def in_trans(found: Found) -> Finding:
    return _phase(found, "SIM06-P1", "C1235R", "C1237Y", "trans")


def unsolved(found: Found) -> Finding:
    return _phase(found, "SIM04-P1", "E1154K", "F1174L", "undeterminable")


def _phase(found: Found, sample: str, first: str, second: str, expected: str) -> Finding:
    result = found.results.get(sample)
    if result is None:
        return untestable("-", "the deposit does not say which run is which patient")
    phase = phase_between(result, first, second)
    if phase is None:
        return judged(False, "not both were called")
    ours = f"{phase.verdict}: {phase.n11:,} fragments with both, {phase.n10:,} and {phase.n01:,} with one"
    return judged(phase.verdict == expected, ours if phase.n11 + phase.n10 + phase.n01 else phase.verdict, phase.reason)


def beyond_progression(found: Found) -> Finding:
    if "SIM04-P1" not in found.results:
        return untestable("-", "the deposit does not say which run is which patient")
    before, after = found.results["SIM04-P1"], found.results["SIM04-P2"]
    first = {protein(call): call.vaf for call in strong(before)}
    later = {protein(call): call.vaf for call in strong(after)}
    gone = _state(after, "E1154K")
    if "E1154K" in later or "F1174L" not in later:
        return judged(False, f"E1154K {gone}; F1174L {'called' if 'F1174L' in later else _state(after, 'F1174L')}")
    ours = f"E1154K {first['E1154K']:.1%}, then {gone}; F1174L {first['F1174L']:.1%}, then {later['F1174L']:.1%}"
    return judged(later["F1174L"] < first["F1174L"], ours, "Gone means below the limit that stands beside it.")


def earlier_progression(found: Found) -> Finding:
    if "SIM14-P1" not in found.results:
        return untestable("-", "the deposit does not say which run is which patient")
    later = {protein(call): call.vaf for call in strong(found.results["SIM14-P2"])}
    before = _state(found.results["SIM14-P1"], "L1196P")
    ours = f"{before}; then {later.get('L1196P', 0):.1%}"
    return judged(before.startswith("not detected") and "L1196P" in later, ours)


def _state(result: SampleResult, name: str) -> str:
    known = next((each for each in result.known_positions if each.protein == name), None)
    if known is None:
        return "not on the list of known positions"
    text = known.state.replace("_", " ")
    return f"{text} (limit {known.lod95:.2%})" if known.lod95 is not None and known.state == "not_detected" else text


def databases(found: Found) -> Finding:
    calls = [call for result in found.plasma for call in strong(result) if protein(call) == "L1196P"]
    if not calls:
        return untestable("-", "L1196P was not called")
    said = {name: text for name, text in calls[0].annotations.items() if name.lower() in {"clinvar", "boostdm"}}
    ours = "; ".join(f"{name}: {text}" for name, text in said.items()) or NOT_CONSULTED
    if not said or all(text == NOT_CONSULTED for text in said.values()):
        return untestable(ours, NO_SLICES)
    listed = any("neuroblastoma" in text.lower() or "driver" in text.lower() for text in said.values())
    return judged(listed, ours)


def plain_chain(found: Found) -> Finding:
    if not found.chain:
        return untestable("not run", "the chain was left out of this run")
    every = [variant for result in found.chain for variant in result.variants]
    lost = [variant for variant in every if not variant.kept]
    ours = f"{len(every) - len(lost)} of {len(every)} kept with both aligners in {_listed(found)}"
    note = " ".join(f"{variant.put_in.name}: {variant.why}." for variant in lost)
    if lost:
        note += " kinescape aligns every distinct mate alone and finds them (S07)."
    return judged(not lost, ours, note)


def one_step_filter(found: Found) -> Finding:
    if not found.chain:
        return untestable("not run", "the chain was left out of this run")
    kept = {name: sum(each.kept[name] for each in found.chain) for name in ("bwa", "bowtie2")}
    loose = {name: sum(each.kept_in_one_step[name] for each in found.chain) for name in ("bwa", "bowtie2")}
    ours = "; ".join(f"{name}: {loose[name]} kept in one step, {kept[name]} at 0.6% or above" for name in kept)
    return judged(
        kept == loose,
        ours,
        "LoFreq 2.1.5 loses its bound on the allele fraction when the same command corrects for multiple tests and a "
        "call has a "
        "QUAL above about 3080. Whether the authors filtered in one step, the text does not say.",
    )


def _listed(found: Found) -> str:
    return ", ".join(each.sample for each in found.chain)


def deposit(found: Found) -> Finding:
    if found.truth:
        return untestable("not fetched", "Simulated reads were run. With a network, --reads sra runs the deposit.")
    return judged(bool(found.results), f"{len(found.results)} runs fetched and analysed")
