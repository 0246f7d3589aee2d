"""From a table of raw facts to ``evidence.tsv``: cells are split and renamed, and nothing is judged.

A fact table has one line per statement as its source gives it: several drugs in a cell, several substitutions in a
cell (``I1171T/N/S``), a censored value as text, a direction in words. :func:`evidence_of` rewrites each line as one row
per change and drug. What cannot be rewritten is carried over as it stands, because finding it is the task of the lint;
correcting it is the task of a person (:mod:`kinescape.resistance.curation`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kinescape.resistance.changes import in_order, is_change
from kinescape.resistance.claims import COLUMNS
from kinescape.resistance.drugs import CLASS_PREFIX, NOT_STATED, Drugs
from kinescape.rules import RuleSet
from kinescape.tables import Row, read_table

FACT_COLUMNS = (
    "row",
    "gene",
    "variants",
    "cis_required",
    "fusion",
    "drug",
    "kind",
    "system",
    "value_nM",
    "wt_value_nM",
    "fold_vs_wt",
    "fold_is",
    "direction",
    "level",
    "source",
    "record",
    "note",
)

_KINDS = (
    # (pattern of the fact's kind, kind here); the first that fits
    (r"in_vitro_(IC50|GI50)", r"in_vitro_\1"),
    (r"clinical_observation\b.*", "clinical_case"),
    (r"clinical trial\b.*", "clinical_trial"),
    (r"clinical case\b.*", "clinical_case"),
    (r"clinical(\+in_vitro)? cohort\b.*", "clinical_cohort"),
    (r"xenograft\b.*", "in_vivo"),
    (r"(in vitro selection|cell line)\b.*", "preclinical"),
    (r"review\b.*", "review"),
)
_CIVIC_KINDS = {"A": "clinical_cohort", "B": "clinical_cohort", "C": "clinical_case", "D": "preclinical", "E": "expert"}
_DIRECTIONS = (
    (r"not sensitivity\b.*", "reduced"),
    (r"(sensitivity|sensitive|response)\b.*", "sensitive"),
    (r"(resistance|resistant|highly resistant|reported resistance mutation)\b.*", "resistant"),
    (r"reduced\b.*", "reduced"),
    (r"(observed|selected|frequency increases|majority of)\b.*", "observed"),
)
_FUSIONS = (
    (r"EML4(::|-)ALK\b.*", "EML4::ALK"),
    (r"NPM1?(::|-)ALK\b.*", "NPM1::ALK"),
    (r"HIP1(::|-)ALK\b.*", "HIP1::ALK"),
    (r"CD74(::|-)ROS1\b.*", "CD74::ROS1"),
    (r"ALK fusion\b.*", "ALK fusion"),
    (r"ROS1 fusion\b.*", "ROS1 fusion"),
)
_CLASS_WORDS = {
    "(any ALK resistance mutation)": "any",
    "(compound mutations)": "compound",
    "EML4-ALK and AMPLIFICATION": "amplification",
}


@dataclass(frozen=True)
class Evidence:
    """One line of ``evidence.tsv`` as text, with the line of the fact table it came from."""

    line: int
    cells: dict[str, str]


def read_facts(path: Path) -> list[Row]:
    """Read a fact table."""
    return read_table(path, required=FACT_COLUMNS)


def evidence_of(facts: Iterable[Row], drugs: Drugs, rules: RuleSet, *, date: str, curator: str) -> list[Evidence]:
    """Rewrite facts as rows of evidence: one per change and drug, with ids ``E0098``, or ``E0098a``, ``E0098b`` ...

    ``date`` and ``curator`` are written where the fact gives none. ``status`` stays empty: a conversion verifies
    nothing.
    """
    rows: list[Evidence] = []
    for fact in facts:
        pairs = [
            (variants, drug)
            for variants in _variants(fact.text("variants", ""))
            for drug in _drugs(fact.text("drug", ""), drugs)
        ]
        for number, (variants, drug) in enumerate(pairs):
            suffix = "abcdefghijklmnopqrstuvwxyz"[number] if len(pairs) > 1 else ""
            cells = _cells(fact, variants, drug, rules)
            cells |= {"row": fact.text("row") + suffix, "date": _date(fact, date), "curator": curator}
            rows.append(Evidence(fact.line, cells))
    return rows


def table_text(rows: Iterable[Evidence]) -> str:
    """The rows as the text of ``evidence.tsv``."""
    lines = ["\t".join(COLUMNS)]
    lines += ["\t".join(row.cells[column] for column in COLUMNS) for row in rows]
    return "\n".join(lines) + "\n"


def _cells(fact: Row, variants: str, drug: str, rules: RuleSet) -> dict[str, str]:
    level = fact.text("level", "")
    censoring, value = _number(fact.text("value_nM", ""))
    fold_censoring, fold = _number(fact.text("fold_vs_wt", ""))
    kind = _kind(fact.text("kind", ""), level)
    stated = fact.text("direction", "")
    direction = _first(_DIRECTIONS, stated.casefold(), "unclear")
    if fold:
        direction = rules.direction(float(fold), fold_censoring or "=")
    system, disease = _system_and_disease(fact, kind)
    fusion = _fusion(fact.text("fusion", ""), disease)
    compound = "+" in variants and fact.text("cis_required", "") != "no (trans)"
    return {
        "gene": fact.text("gene", ""),
        "variants": variants,
        "cis_required": "yes" if compound else "no",
        "fusion": fusion,
        "disease": disease,
        "drug": drug,
        "kind": kind,
        "system": system,
        "value": value,
        "unit": "nM" if value else "",
        "censoring": (censoring or fold_censoring or "=") if value or fold else "",
        "wt_value": _plain(fact.text("wt_value_nM", "")),
        "fold": fold,
        "fold_basis": fact.text("fold_is", "none") if fold else "none",
        "top_dose": "",
        "direction": direction,
        "level": _level(level),
        "source": _source(fact.text("source", "")),
        "record": _record(fact, level),
        "status": "",
        "note": _note(fact, stated),
    }


def _variants(cell: str) -> list[str]:
    if cell in _CLASS_WORDS:
        return [_CLASS_WORDS[cell]]
    if ";" in cell:  # seen together in one patient, not known to share a molecule
        return [part.strip() for part in cell.split(";")]
    if "+" in cell:
        parts = tuple(cell.split("+"))
        return ["+".join(in_order(parts))] if all(is_change(part) for part in parts) else [cell]
    several = re.fullmatch(r"([A-Z]\d+)([A-Z](?:/[A-Z])+)", cell)
    if several:
        return [several[1] + letter for letter in several[2].split("/")]
    return [f"{cell}(any)"] if re.fullmatch(r"[A-Z]\d+", cell) else [cell]


def _drugs(cell: str, drugs: Drugs) -> list[str]:
    if not cell:
        return [NOT_STATED]
    generation = re.fullmatch(r"\(class: (\w+)-generation TKIs\)", cell)
    if generation:
        return [CLASS_PREFIX + generation[1]]
    names = []
    for part in (part.strip() for part in cell.split(",")):
        drug = drugs.find(part)
        names.append(drug.name if drug else part)
    return names


def _kind(text: str, level: str) -> str:
    if text == "CIViC predictive item":
        letter = re.search(r"CIViC ([A-E])", level)
        return _CIVIC_KINDS[letter[1]] if letter else text
    return _first(_KINDS, text, text)


def _system_and_disease(fact: Row, kind: str) -> tuple[str, str]:
    system, kind_text = fact.text("system", ""), fact.text("kind", "")
    if kind_text == "CIViC predictive item":
        return "", system
    described = re.search(r"\((.*)\)", kind_text)
    detail = described[1] if described else re.sub(r"[_ ]", " ", kind_text) if not kind.startswith("in_vitro") else ""
    return system or detail, ""


def _fusion(text: str, disease: str) -> str:
    named = _first(_FUSIONS, text, "")
    if not named and disease == "Neuroblastoma":
        return "none (full-length)"
    return named


def _level(text: str) -> str:
    civic = re.match(r"CIViC ([A-E])\b", text)
    if civic:
        return civic[1]
    return re.sub(r" \(.*\)$", "", text)


def _record(fact: Row, level: str) -> str:
    rating = re.search(r"rating (\d)", level)
    record = re.sub(r" \((number read.*)\)", "", fact.text("record", ""))
    return f"{record} (rating {rating[1]})" if rating else record


def _source(text: str) -> str:
    return text.removeprefix("doi-pending: ")


def _note(fact: Row, stated: str) -> str:
    parts = [fact.text("note", "")]
    if not fact.text("fold_vs_wt", "") and _first(_DIRECTIONS, stated.casefold(), "") != stated.casefold():
        plain = stated.casefold() in {"resistance", "sensitivity/response", ""}
        parts.append("" if plain else f"source: {stated}")
    profile = fact.text("fusion", "")
    # A profile that names the change itself is kept where it does not repeat the column.
    if re.search(r"\d{3,}", profile) and not _same_words(profile, fact.text("variants", "")):
        parts.append(f"profile: {profile}")
    if ";" in fact.text("variants", ""):
        parts.append(f"seen in one plasma: {fact.text('variants')}, cis: {fact.text('cis_required', 'unknown')}")
    if "number read" in fact.text("record", ""):
        parts.append("number read from the text of the evidence item")
    return "; ".join(part for part in parts if part)


def _same_words(profile: str, variants: str) -> bool:
    named = set(re.findall(r"[A-Z]\d{3,}[A-Z]*", profile))
    return named <= set(re.findall(r"[A-Z]\d{3,}[A-Z]*", variants))


def _date(fact: Row, date: str) -> str:
    if "CIViC" in fact.text("record", ""):
        return "2021-02"  # the release of CIViC that the fact table was taken from
    year = re.search(r"\b(20\d\d)\b", fact.text("source", ""))
    return year[1] if year else date


def _number(text: str) -> tuple[str, str]:
    match = re.fullmatch(r"([<>]?)\s*([0-9.]+)", text.replace(",", ""))
    return (match[1], _plain(match[2])) if match else ("", "")


def _plain(text: str) -> str:
    return text.removesuffix(".0")


def _first(patterns: Iterable[tuple[str, str]], text: str, otherwise: str) -> str:
    for pattern, replacement in patterns:
        match = re.fullmatch(pattern, text, flags=re.IGNORECASE)
        if match:
            return match.expand(replacement)
    return otherwise
