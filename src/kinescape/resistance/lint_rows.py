"""Faults of single rows of ``evidence.tsv``: each check reads one row and says what is wrong with it.

Cells are read as text, because a row that cannot be typed has faults worth naming all the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from kinescape.errors import InputError
from kinescape.resistance.changes import residues_named
from kinescape.resistance.claims import claim_of
from kinescape.resistance.drugs import Drugs
from kinescape.resistance.lint_cells import cell, number, said
from kinescape.rules import RuleSet
from kinescape.tables import Row

ROUNDING = 0.0051
"""Folds are written to two decimals; half a unit of the last one is no fault."""
RELATIVE_ROUNDING = 0.005

_OTHER_PAPER = re.compile(r"(earlier|prior|previous|other|another) (reference|paper|report|study)|cross-study", re.I)
_SECOND_HAND = re.compile(r"\babstract\b|\breview\b|page excerpt|summary page", re.I)
_DATE = re.compile(r"(19|20)\d\d(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
_PROFILE = re.compile(r"profile: ([^;]*)")


def typed(row: Row) -> Iterator[str]:
    """Cells that are missing, no number, or none of the allowed words (an empty status is counted over the table)."""
    probe = Row(row.file, row.line, row.cells | {"status": cell(row, "status") or "unverified"})
    try:
        claim_of(probe)
    except InputError as problem:
        yield said(problem)


def drug_known(row: Row, drugs: Drugs) -> Iterator[str]:
    """Several drugs in one cell, an alias instead of the name, or a name that ``drugs.tsv`` does not have."""
    name = cell(row, "drug")
    if not name or drugs.known(name):
        return
    parts = [part.strip() for part in re.split(r"[,/;]", name)]
    drug = drugs.find(name)
    if len(parts) > 1:
        yield f"several drugs in one cell: '{name}'"
    elif drug is not None:
        yield f"drug is written by an alias: '{name}', expected '{drug.name}'"
    else:
        yield f"unknown drug '{name}'"


def residues(row: Row, proteins: Mapping[str, str]) -> Iterator[str]:
    """Reference residues that the protein does not have, also in cells and profiles that are no plain change."""
    gene = cell(row, "gene")
    if gene not in proteins:
        yield f"unknown gene '{gene}', expected one of {', '.join(proteins)}"
        return
    protein = proteins[gene]
    for letter, place in residues_named(cell(row, "variants")):
        if place > len(protein):
            yield f"{gene} has {len(protein)} residues, '{letter}{place}' lies beyond"
        elif protein[place - 1] != letter:
            yield f"wrong reference residue: {gene} {place} is {protein[place - 1]}, not {letter}"


def compound(row: Row) -> Iterator[str]:
    """A compound that does not require cis, or a single change that does."""
    several, cis = "+" in cell(row, "variants"), cell(row, "cis_required")
    if several and cis == "no":
        yield "a compound needs cis_required yes; changes on different molecules are rows of their own"
    if not several and cis == "yes":
        yield "cis_required is yes for a single change"


def numbers(row: Row) -> Iterator[str]:
    """Values without unit or censoring, numbers that are not above zero, a fold without a basis."""
    value, fold = number(row, "value"), number(row, "fold")
    for column in ("value", "wt_value", "fold", "top_dose", "fold_low", "fold_high"):
        found = number(row, column)
        if found is not None and found <= 0:
            yield f"{column} is not above zero"
    if value is not None and not cell(row, "unit"):
        yield "value has no unit"
    censoring, basis = cell(row, "censoring"), cell(row, "fold_basis")
    if (value is not None or fold is not None) and not censoring:
        yield "value or fold has no censoring sign (=, > or <)"
    if value is None and fold is None and censoring:
        yield "censoring sign without value or fold"
    if fold is None and basis in {"derived", "stated"}:
        yield f"fold_basis is {basis} and there is no fold"
    if fold is not None and basis == "none":
        yield "there is a fold and fold_basis is none"


def top_dose(row: Row) -> Iterator[str]:
    """A value that is censored elsewhere than at its top dose, or lies beyond it uncensored."""
    value, top, censoring = number(row, "value"), number(row, "top_dose"), cell(row, "censoring")
    if value is None or top is None:
        return
    if censoring == ">" and value != top:
        yield f"censored at {value:g} while the top dose is {top:g}"
    if censoring != ">" and value > top:
        yield f"value {value:g} lies beyond the top dose {top:g} and is not censored (write >{top:g})"


def fold_agrees(row: Row) -> Iterator[str]:
    """A derived fold that is not value / wt_value, or that lacks one of the two."""
    if cell(row, "fold_basis") != "derived":
        return
    value, wild, fold = number(row, "value"), number(row, "wt_value"), number(row, "fold")
    if fold is None:
        return
    if value is None or not wild:
        yield "fold is derived, but value or wt_value is missing: a fold is formed within one study"
        return
    expected = value / wild
    if abs(fold - expected) > max(ROUNDING, RELATIVE_ROUNDING * expected):
        yield f"fold {fold:g} is not value / wt_value = {expected:.4g}"


def one_study(row: Row) -> Iterator[str]:
    """A fold whose unmutated value comes from elsewhere: another source, another fusion variant, an earlier paper."""
    if number(row, "fold") is None:
        return
    wild_source, source = cell(row, "wt_source"), cell(row, "source")
    if wild_source and wild_source != source:
        yield f"cross-study fold: wt_value is from {wild_source}, value from {source}"
    if cell(row, "fold_basis") != "derived":
        return
    told = " ".join(cell(row, column) for column in ("record", "note", "system"))
    if _OTHER_PAPER.search(told):
        yield "cross-study fold: the record says that the value comes from another paper than the unmutated one"
    if " vs " in cell(row, "system"):
        yield f"fold over two systems: '{cell(row, 'system')}'"


def direction_agrees(row: Row, rules: RuleSet) -> Iterator[str]:
    """A direction that contradicts the fold beside it."""
    fold, direction = number(row, "fold"), cell(row, "direction")
    if fold is None or fold <= 0 or not direction:
        return
    expected = rules.direction(fold, cell(row, "censoring") or "=")
    if direction != expected:
        yield f"direction '{direction}' contradicts fold {fold:g}, which is '{expected}' under {rules.id}"


def status_fits(row: Row) -> Iterator[str]:
    """Rows from reviews and abstracts that are not marked unverified."""
    status = cell(row, "status")
    told = " ".join(cell(row, column) for column in ("kind", "level", "record"))
    if status in {"unverified", "disputed"} or not _SECOND_HAND.search(told):
        return
    yield "taken from a review, an abstract or flattened text: status must be unverified" + (
        f", not {status}" if status else ""
    )


def date_fits(row: Row) -> Iterator[str]:
    """A date that is no year, month or day."""
    date = cell(row, "date")
    if date and not _DATE.fullmatch(date):
        yield f"date '{date}' is not YYYY, YYYY-MM or YYYY-MM-DD"


def profile_fits(row: Row) -> Iterator[str]:
    """A change that is another one than the molecular profile that the source names."""
    profile = _PROFILE.search(cell(row, "note"))
    if profile is None:
        return
    changes = cell(row, "variants").split("+")
    for token in re.findall(r"\b[A-Z]\d{3,}[A-Za-z]*", profile[1]):
        place = re.match(r"[A-Z]\d+", token)
        same_place = [change for change in changes if place and change.startswith(place[0])]
        if same_place and not any(_same_change(token, change) for change in same_place):
            yield f"the source's profile is {token}, the row says {'+'.join(changes)}"


def registered_faults(row: Row, register: Mapping[str, str]) -> Iterator[str]:
    """A row that leans on a record known to be faulty, without being marked disputed."""
    if cell(row, "status") == "disputed":
        return
    # The items that a row names: "CIViC EID1345 (rating 4)" must not be found in "CIViC EID13451".
    named = re.findall(r"CIViC EID\d+|[^;,()]+", cell(row, "record"))
    for record in (name.strip() for name in named):
        if record in register:
            yield f"rests on {record}, a faulty record ({register[record]}): status must be disputed"


def _same_change(token: str, change: str) -> bool:
    tail, place = re.sub(r"^[A-Z]\d+", "", token).upper(), re.match(r"[A-Z]\d+", token)
    if not tail:
        return True
    if tail.startswith("INS"):
        return "ins" in change or "dup" in change
    return place is not None and change.upper() == place[0] + tail


PLAIN_CHECKS: tuple[Callable[[Row], Iterator[str]], ...] = (
    typed,
    compound,
    numbers,
    top_dose,
    fold_agrees,
    one_study,
    status_fits,
    date_fits,
    profile_fits,
)
"""Checks that need nothing but the row."""
