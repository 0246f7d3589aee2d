"""The samples of a run against each other, in the words of the run page."""

from __future__ import annotations

from typing import Any

from kinescape.identity.agreement import PairAgreement
from kinescape.identity.check import IdentityCheck
from kinescape.identity.contamination import ALL_OTHERS, Contamination
from kinescape.report.wording import percent

MOST_SAMPLES = 40
"""Samples that a matrix shows; a larger run has its tables as files."""
SIGNS = {"agree": "=", "differ": "≠", "doubtful": "?", "cannot_be_told": "·"}
VERDICTS = {
    "agree": "one person",
    "differ": "two people",
    "doubtful": "a genotype differs",
    "cannot_be_told": "cannot be told",
}
COPIES = {0: "0", 1: "1", 2: "2", -1: "–"}


def identity_context(check: IdentityCheck) -> dict[str, Any]:
    """What the template prints."""
    same = [pair for pair in check.pairs if pair.expected == "same"]
    told = [pair for pair in same if pair.verdict in ("agree", "differ")]
    usual = [each for each in check.contaminations if each.donor != ALL_OTHERS]
    limits = [each.limit for each in check.contaminations if each.limit is not None and each.state == "not_seen"]
    small = len(check.samples) <= MOST_SAMPLES
    return {
        "check": check,
        "concerns": check.concerns,
        "summary": _summary(check, same, told, usual, limits),
        "same": same,
        "verdicts": VERDICTS,
        "copies": COPIES,
        "genotypes": small and bool(check.germline_sites),
        "agreement": _agreement_matrix(check) if small and check.germline_sites else None,
        "mixtures": _mixture_matrix(check) if small and any(each.sites for each in usual) else None,
        "hidden": len(check.samples) > MOST_SAMPLES,
    }


def _summary(
    check: IdentityCheck,
    same: list[PairAgreement],
    told: list[PairAgreement],
    usual: list[Contamination],
    limits: list[float],
) -> list[str]:
    sites = len(check.germline_sites)
    if not sites:
        text = "No position of the panel shows a germline difference between the people of this run. "
        return [text + "Whether samples were swapped cannot be told from the reads."]
    lines = [f"{sites} position{'s' if sites > 1 else ''} with a germline difference between the people of this run."]
    if same:
        power = max(pair.power for pair in same)
        lines.append(
            f"Pairs of samples said to be of one patient: {len(told)} of {len(same)} can be told. "
            f"A swap with an unrelated person would change a genotype in at most {percent(power)} of cases."
        )
    open_pairs = sum(each.state == "cannot_be_told" for each in usual)
    tail = f", the others down to a share of {percent(min(limits))} to {percent(max(limits))}" if limits else ""
    lines.append(
        f"Mixture of one sample with another: cannot be told for {open_pairs:,} of {len(usual):,} ordered pairs{tail}."
    )
    return lines


def _agreement_matrix(check: IdentityCheck) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """(sample, cells): (sign, words, class) for every other sample; itself is empty."""
    by_pair = {frozenset((pair.a, pair.b)): pair for pair in check.pairs}
    rows = []
    for one in check.samples:
        cells = []
        for other in check.samples:
            pair = by_pair.get(frozenset((one, other))) if one != other else None
            if pair is None:
                cells.append(("", "", "self"))
                continue
            kind = "alarm" if pair.concern else "same" if pair.expected == "same" else ""
            words = f"{pair.a} and {pair.b}: {VERDICTS[pair.verdict]}, {pair.equal} of {pair.sites} sites equal"
            cells.append((SIGNS[pair.verdict], words, kind))
        rows.append((one, cells))
    return rows


def _mixture_matrix(check: IdentityCheck) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """(recipient, cells): one for every donor, the last one for all others together."""
    by_pair = {(each.recipient, each.donor): each for each in check.contaminations}
    rows = []
    for recipient in check.samples:
        cells = []
        for donor in (*check.samples, ALL_OTHERS):
            each = by_pair.get((recipient, donor))
            if each is None:
                cells.append(("", "", "self"))
            elif each.state in ("seen", "suspected"):
                sign = percent(each.share) + ("?" if each.state == "suspected" else "")
                words = f"{recipient} holds {percent(each.low)} to {percent(each.high)} of {donor}"
                cells.append((sign, words, "alarm"))
            elif each.state == "not_seen":
                limit = percent(each.limit)
                cells.append((f"<{limit}", f"{donor} in {recipient}: not seen, limit {limit}", ""))
            else:
                cells.append(("·", f"{donor} in {recipient}: cannot be told, {each.sites} sites", ""))
        rows.append((recipient, cells))
    return rows
