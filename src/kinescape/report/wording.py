"""The words and numbers of the pages: one name for each state, one way to print each kind of number.

A state never says more than was looked at. "None found" and "not detected" are always printed with a limit of
detection; what was not looked at is named as such.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kinescape.records import Call, DrugState, KnownPosition
from kinescape.review.calls import reader_name

DRUG_STATES = {
    "resistance": "Resistance",
    "reduced_activity": "Reduced activity",
    "none_found": "None found",
    "not_assessable": "Not assessable",
}

NO_LOSS = "No loss on record"
"""In place of "None found" where changes were found that the records of this drug say leave it its activity."""


def drug_state_words(drug: DrugState) -> str:
    """The words of a drug's state."""
    return NO_LOSS if drug.state == "none_found" and drug.variants else DRUG_STATES[drug.state]


POSITION_STATES = {
    "detected": "Detected",
    "weak": "Weak evidence",
    "not_detected": "Not detected",
    "below_depth": "Below depth",
    "not_covered": "Not covered",
    "not_on_panel": "Not on panel",
}

POSITION_WORDS = {
    "detected": "passes every filter with both aligners",
    "weak": "passes with one aligner only",
    "not_detected": "not seen above the limit of detection that stands beside it",
    "below_depth": "too few reads to say anything",
    "not_covered": "the amplicon gave no usable reads here",
    "not_on_panel": "no amplicon of this design reaches it",
}

SILENT_STATES = ("below_depth", "not_covered", "not_on_panel")
"""States in which a position says nothing about the tumour."""

EVIDENCE = {"strong": "Strong evidence", "weak": "Weak evidence", "filtered": "Filtered"}

GATE = {"pass": "Pass", "limited": "Limited", "fail": "Fail"}

GATE_WORDS = {
    "pass": "The sample can answer the question at every covered position, down to its limits of detection.",
    "limited": "The sample can answer only a part of the question. What it cannot answer is listed below.",
    "fail": "The sample cannot answer the question. Anything found below is shown, but nothing that is missing counts.",
}

PHASE = {"cis": "In cis", "trans": "In trans", "mixed": "Mixed", "undeterminable": "Cannot be determined"}

PHASE_WORDS = {
    "cis": "on the same molecules",
    "trans": "on different molecules",
    "mixed": "partly on the same molecules",
    "undeterminable": "",
}

AMPLICON_STATES = {"covered": "Covered", "below_depth": "Below depth", "not_covered": "Not covered"}

CONSEQUENCES = {
    "missense": "missense",
    "synonymous": "synonymous",
    "nonsense": "nonsense",
    "inframe_deletion": "in-frame deletion",
    "inframe_insertion": "in-frame insertion",
    "inframe_delins": "in-frame deletion-insertion",
    "frameshift": "frameshift",
    "start_lost": "start lost",
    "stop_lost": "stop lost",
    "splice_site": "splice site",
    "intronic": "intronic",
    "utr": "untranslated region",
}


_INVISIBLE = re.compile(
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff]"
)
"""Control characters, and the marks that turn the direction of text or hide in it."""


def visible(text: str) -> str:
    """``text`` with invisible characters spelled out (``[U+202E]``): a name must not look like another one."""
    return _INVISIBLE.sub(lambda match: f"[U+{ord(match[0]):04X}]", text)


def call_name(call: Call) -> str:
    """``ALK G1202R``; the coding or the genomic name where there is no protein change to name."""
    return reader_name(call)


def short_call_name(call: Call) -> str:
    """The same without the gene."""
    named = call.consequence
    return call.variant.name if named is None else named.protein or named.hgvs_c or call.variant.name


def lowest_depth(call: Call) -> int | None:
    """The smaller depth of the aligners; None where no aligner gave numbers."""
    return min((numbers.depth for numbers in call.by_aligner), default=None)


def residue_number(protein: str) -> int | None:
    """``G1202R`` -> 1202; None where no residue is named."""
    match = re.search(r"\d{1,5}", protein)
    return int(match[0]) if match else None


def percent(fraction: float | None) -> str:
    """An allele fraction in percent: two decimals, one from 10% on, three below 0.1%."""
    if fraction is None:
        return "–"
    value = 100 * fraction
    decimals = 1 if value >= 10 else 2 if value >= 0.1 or value == 0 else 3
    return f"{value:.{decimals}f}%"


def whole(number: int | None) -> str:
    """``24,687``."""
    return "–" if number is None else f"{number:,}"


def plain(number: float | None) -> str:
    """A number with at most four digits that count (``5.2``, ``0.0024``)."""
    return "–" if number is None else f"{number:.4g}"


def lod_range(positions: list[KnownPosition]) -> str:
    """Limits of detection of the positions where nothing was detected: ``0.61%`` or ``0.61–1.20%``; empty if none."""
    limits = [p.lod95 for p in positions if p.state == "not_detected" and p.lod95 is not None]
    if not limits:
        return ""
    low, high = percent(min(limits)), percent(max(limits))
    return low if low == high else f"{low.removesuffix('%')}–{high}"


def lead(text: str) -> str:
    """The first sentence of a summary: what a reader needs at once."""
    first, stop, rest = text.partition(". ")
    return first + "." if stop and rest else text


def after_lead(text: str) -> str:
    """What follows the first sentence; empty where there is only one."""
    return text.removeprefix(lead(text)).strip()


def assessed_words(drug: DrugState) -> str:
    """``12 of 14`` known positions of the drug."""
    return f"{drug.assessed_positions} of {drug.known_positions}" if drug.known_positions else "none on record"


def whole_range(numbers: Sequence[int]) -> str:
    """``1,800–24,687``; one number where they are the same, empty where there is none."""
    if not numbers:
        return ""
    low, high = whole(min(numbers)), whole(max(numbers))
    return low if low == high else f"{low}–{high}"
