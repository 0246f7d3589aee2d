"""``review.json`` beside a result: read, checked, and made longer."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from kinescape.errors import InputError
from kinescape.files import write_bytes
from kinescape.records import SampleResult
from kinescape.review.calls import fingerprint
from kinescape.review.entries import Review, ReviewEntry, broken_link, extended, fault

REVIEW = "review.json"

_Kind = TypeVar("_Kind")
_ENCODER = msgspec.json.Encoder(order="deterministic")


class PageReview(msgspec.Struct, frozen=True, kw_only=True):
    """What a sample's page hands out: verdicts that are not in ``review.json`` yet."""

    kinescape_review: str
    """Version of this form, ``1.0``."""
    sample: str
    entries: tuple[ReviewEntry, ...]


def read_review(folder: Path, sample: str) -> Review:
    """The review of the sample in ``folder``; an empty one where nobody wrote one yet.

    Raises
    ------
    InputError
        The file is not a review, belongs to another sample, or was changed by hand.
    """
    path = folder / REVIEW
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Review(sample=sample)
    except OSError as problem:
        raise InputError(f"cannot be read ({problem.strerror})", file=path) from None
    review = _decoded(content, Review, path)
    if review.sample != sample:
        raise InputError("is the review of another sample", file=path, found=review.sample, expected=f"'{sample}'")
    try:
        number = broken_link(review)
    except UnicodeEncodeError:
        raise InputError("holds text that is not Unicode", file=path) from None
    if number is not None:
        place = f"$.entries[{number}].previous" if number < len(review.entries) else "$.last"
        raise InputError(
            f"{place}: does not follow from the entries before it: one was changed or taken out",
            file=path,
            expected="a file that only `kinescape review` writes",
        )
    return review


def review_or_fault(folder: Path, sample: str) -> tuple[Review, str]:
    """The review as :func:`read_review` gives it; where it is faulty an empty one, and what is wrong with it in words.

    Pages are made with this: a faulty review must neither be shown nor stop an analysis, and its fault must be seen.
    """
    try:
        return read_review(folder, sample), ""
    except InputError as problem:
        return Review(sample=sample), str(InputError(problem.what, file=REVIEW, found=problem.found))


def add_entries(folder: Path, sample: str, made: Callable[[Review], Sequence[ReviewEntry]]) -> tuple[Review, int]:
    """Append to a review, one writer at a time.

    Parameters
    ----------
    made
        Gives the entries to add, from the review as it stands.

    Returns
    -------
    The review as it is now, and how many entries are new.
    """
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = read_review(folder, sample)
        after = extended(before, made(before))
        if len(after.entries) > len(before.entries):
            write_bytes(folder / REVIEW, msgspec.json.format(_ENCODER.encode(after), indent=2) + b"\n", durable=True)
    finally:
        os.close(lock)
    return after, len(after.entries) - len(before.entries)


def read_page_review(path: Path, result: SampleResult) -> tuple[ReviewEntry, ...]:
    """Entries of a file that a sample's page handed out, all of them checked against the result.

    Raises
    ------
    InputError
        Not such a file, another sample, an unknown call, or a call that is not what the reviewer saw.
    """
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise InputError(f"cannot be read ({problem.strerror})", file=path) from None
    given = _decoded(content, PageReview, path)
    if given.kinescape_review != "1.0":
        raise InputError("$.kinescape_review: unknown version", file=path, found=given.kinescape_review, expected="1.0")
    if given.sample != result.sample.sample:
        raise InputError(
            "is the review of another sample", file=path, found=given.sample, expected=f"'{result.sample.sample}'"
        )
    if not given.entries:
        raise InputError("holds no verdict", file=path, expected="one or more entries")
    prints = {call.variant.name: fingerprint(result, call) for call in result.calls}
    for number, entry in enumerate(given.entries):
        where = f"$.entries[{number}]"
        if entry.call not in prints:
            raise InputError(
                f"{where}.call: no such call in this result", file=path, found=entry.call, expected=", ".join(prints)
            )
        if entry.fingerprint != prints[entry.call]:
            raise InputError(
                f"{where}.fingerprint: the call has changed since it was looked at",
                file=path,
                found=entry.fingerprint,
                expected=f"{prints[entry.call]} (look again, on the page of this result)",
            )
        wrong = fault(entry)
        if wrong is not None:
            raise InputError(f"{where}.{wrong[0]}: cannot be taken", file=path, found=wrong[1], expected=wrong[2])
    return given.entries


def _decoded(content: bytes, kind: type[_Kind], path: Path) -> _Kind:
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.ValidationError as problem:
        raise InputError(f"is not a review ({problem})", file=path) from None
    except RecursionError:
        raise InputError("is nested deeper than a review is", file=path) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise InputError(f"is not JSON ({problem})", file=path, expected="a review") from None
