"""What the verdicts on a call come to now: the last word of every reviewer, as long as the call is still the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from kinescape.records import DrugState, SampleResult
from kinescape.review.calls import fingerprint, reader_name
from kinescape.review.entries import Review, ReviewEntry

State = Literal["none", "accept", "reject", "unsure", "disputed", "stale"]
STATE_WORDS: dict[State, str] = {
    "none": "not inspected by eye yet",
    "accept": "accepted on review",
    "reject": "rejected on review",
    "unsure": "unsure on review",
    "disputed": "reviewers disagree",
    "stale": "to be inspected again: the call has changed since",
}


@dataclass(frozen=True)
class Inspection:
    """One call.

    ``current``: the last entry of every reviewer, the oldest first. ``stale``: the same, of reviewers whose last entry
    speaks of numbers that the call no longer has. ``earlier``: every other entry on the call.
    """

    call: str
    name: str
    current: tuple[ReviewEntry, ...]
    stale: tuple[ReviewEntry, ...]
    earlier: tuple[ReviewEntry, ...]

    @property
    def state(self) -> State:
        """accept or reject where nobody says the opposite; unsure where nobody says either."""
        said = {entry.verdict for entry in self.current}
        if {"accept", "reject"} <= said:
            return "disputed"
        for verdict in ("reject", "accept", "unsure"):
            if verdict in said:
                return verdict
        return "stale" if self.stale else "none"

    @property
    def words(self) -> str:
        """The state in words."""
        return STATE_WORDS[self.state]


def sentence(entry: ReviewEntry) -> str:
    """``inspected by R. Reader on 2026-11-23: accept``."""
    return f"inspected by {entry.by} on {entry.date[:10]}: {entry.verdict}"


def inspections(result: SampleResult, review: Review) -> dict[str, Inspection]:
    """Call id -> what people said, for every call of the result."""
    return {
        call.variant.name: _inspection(call.variant.name, reader_name(call), fingerprint(result, call), review)
        for call in result.calls
    }


def orphans(result: SampleResult, review: Review) -> tuple[ReviewEntry, ...]:
    """Entries on calls that the result no longer has."""
    there = {call.variant.name for call in result.calls}
    return tuple(entry for entry in review.entries if entry.call not in there)


def _inspection(call: str, name: str, print_: str, review: Review) -> Inspection:
    entries = [entry for entry in review.entries if entry.call == call]
    last = {_person(entry): entry for entry in entries}
    latest = [entry for entry in entries if last[_person(entry)] is entry]
    return Inspection(
        call,
        name,
        tuple(entry for entry in latest if entry.fingerprint == print_),
        tuple(entry for entry in latest if entry.fingerprint != print_),
        tuple(entry for entry in entries if last[_person(entry)] is not entry),
    )


def _person(entry: ReviewEntry) -> str:
    return " ".join(entry.by.split()).casefold()


def doubts(result: SampleResult, inspected: dict[str, Inspection], drug: DrugState) -> tuple[str, ...]:
    """What has to be said of a drug's state because people rejected, or dispute, a call that it rests on.

    The state itself stays as it was computed: a verdict by eye is shown beside it and changes no rule.
    """
    resting = {*drug.variants, *(part.strip() for name in drug.variants for part in name.split("+"))}
    said = []
    for call in result.calls:
        named = call.consequence
        if named is None or named.gene != drug.gene or (named.protein or named.hgvs_c) not in resting:
            continue
        inspection = inspected[call.variant.name]
        who = ", ".join(dict.fromkeys(entry.by for entry in inspection.current if entry.verdict == "reject"))
        if inspection.state == "reject":
            said.append(f"Rests on {inspection.name}, which was rejected on review by {who}")
        elif inspection.state == "disputed":
            said.append(f"Rests on {inspection.name}, on which reviewers disagree (rejected by {who})")
    return tuple(said)


def reviewed(result: SampleResult, review: Review) -> SampleResult:
    """``result`` as pages and exports show it: calls say who looked at them, drugs what was said of their calls.

    Evidence, filters and states stay as they were computed.
    """
    if not review.entries:
        return result
    inspected = inspections(result, review)
    calls = tuple(msgspec.structs.replace(call, inspected=_said(inspected[call.variant.name])) for call in result.calls)
    drugs = tuple(
        msgspec.structs.replace(drug, cautions=(*doubts(result, inspected, drug), *drug.cautions))
        for drug in result.drugs
    )
    return msgspec.structs.replace(result, calls=calls, drugs=drugs)


def _said(inspection: Inspection) -> str:
    """Everything that stands for a call now, in one line."""
    said = [sentence(entry) + _note(entry) for entry in inspection.current]
    said += [f"{sentence(entry)}{_note(entry)} (stale: the call has changed since)" for entry in inspection.stale]
    return "; ".join(said)


def _note(entry: ReviewEntry) -> str:
    return f" ({' '.join(entry.note.split())})" if entry.note.strip() else ""


def table(result: SampleResult, review: Review) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """(header, rows): one row for every call and reviewer, calls that nobody looked at included."""
    header = ("call", "name", "evidence", "state", "verdict", "by", "date", "note")
    rows: list[tuple[str, ...]] = []
    inspected = inspections(result, review)
    for call in result.calls:
        each = inspected[call.variant.name]
        lead = (each.call, each.name, call.evidence, each.words)
        said = [(*lead, *_cells(entry)) for entry in each.current]
        said += [(*lead, *_cells(entry, " (stale)")) for entry in each.stale]
        rows += said or [(*lead, "", "", "", "")]
    rows += [
        (entry.call, entry.name, "", "no call of this result any more", *_cells(entry))
        for entry in orphans(result, review)
    ]
    return header, rows


def _cells(entry: ReviewEntry, mark: str = "") -> tuple[str, str, str, str]:
    return entry.verdict + mark, entry.by, entry.date, " ".join(entry.note.split())
