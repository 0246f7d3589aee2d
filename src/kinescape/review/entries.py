"""One verdict of one person on one call, and the list of them that ``review.json`` is.

The list only grows. Every entry carries the checksum of the entry before it, so that an entry that was changed or taken
out afterwards is found when the file is read. That guards against slips, not against a person who computes the
checksums anew: a name in this file is no electronic signature.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

import msgspec

from kinescape.errors import InputError
from kinescape.records import Record

SCHEMA_VERSION = "1.0"
Verdict = Literal["accept", "reject", "unsure"]
VERDICTS: tuple[Verdict, ...] = ("accept", "reject", "unsure")
FIRST = ""
"""What stands in place of a checksum before the first entry."""
LONGEST_NAME, LONGEST_NOTE = 100, 2000

_ENCODER = msgspec.json.Encoder(order="deterministic")
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


class ReviewEntry(Record, frozen=True, kw_only=True):
    """One verdict."""

    call: str
    """Call id (``chr2:29220747:C>T``)."""
    name: str
    """The call as readers know it (``ALK G1202R``)."""
    fingerprint: str
    """Checksum of the call and its numbers at the time (:func:`kinescape.review.calls.fingerprint`)."""
    verdict: Verdict
    by: str
    note: str = ""
    date: str
    """UTC, as ``2026-11-23T09:30:00Z``."""
    previous: str = FIRST
    """SHA-256 of the entry before this one; empty for the first."""


class Review(Record, frozen=True, kw_only=True):
    """All verdicts on one sample, the oldest first."""

    schema_version: Literal["1.0"] = "1.0"
    sample: str
    entries: tuple[ReviewEntry, ...] = ()
    last: str = FIRST
    """SHA-256 of the last entry, which no other entry vouches for."""


def checksum(entry: ReviewEntry) -> str:
    """SHA-256 of an entry."""
    return hashlib.sha256(_ENCODER.encode(entry)).hexdigest()


def extended(review: Review, added: Sequence[ReviewEntry]) -> Review:
    """``review`` with entries at its end, each bound to the one before it. Entries that stand there already are left
    out, so that one file can be imported twice."""
    entries = list(review.entries)
    there = {_content(entry) for entry in entries}
    for entry in added:
        if _content(entry) in there:
            continue
        there.add(_content(entry))
        previous = checksum(entries[-1]) if entries else FIRST
        entries.append(msgspec.structs.replace(entry, previous=previous))
    return msgspec.structs.replace(review, entries=tuple(entries), last=checksum(entries[-1]) if entries else FIRST)


def _content(entry: ReviewEntry) -> ReviewEntry:
    return msgspec.structs.replace(entry, previous=FIRST)


def broken_link(review: Review) -> int | None:
    """Number of the first entry (from 0) that does not follow the one before it, or of entries where the last one is
    not the one that was written; None where all is as it was."""
    previous = FIRST
    for number, entry in enumerate(review.entries):
        if entry.previous != previous:
            return number
        previous = checksum(entry)
    return None if review.last == previous else len(review.entries)


def now() -> str:
    """This moment as an entry's date."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def checked(entry: ReviewEntry) -> ReviewEntry:
    """``entry`` where its text can be taken.

    Raises
    ------
    InputError
        A field cannot be taken.
    """
    wrong = fault(entry)
    if wrong is not None:
        raise InputError(f"the review's {wrong[0]} cannot be taken", found=wrong[1], expected=wrong[2])
    return entry


def fault(entry: ReviewEntry) -> tuple[str, str, str] | None:
    """(field, what stands there, what should) where an entry's text cannot be taken; else None."""
    if not entry.by.strip() or len(entry.by) > LONGEST_NAME or not entry.by.isprintable():
        return "by", entry.by, f"the reviewer's name, one line of at most {LONGEST_NAME} characters"
    if len(entry.note) > LONGEST_NOTE or not entry.note.replace("\n", "").isprintable():
        return "note", entry.note, f"plain text of at most {LONGEST_NOTE} characters"
    if not _is_date(entry.date):
        return "date", entry.date, "UTC as 2026-11-23T09:30:00Z, not in the future"
    return None


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return False
    # A clock may be wrong by a day or a time zone, not by more.
    return (moment - datetime.now(UTC)).total_seconds() < 86_400
