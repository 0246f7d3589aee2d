"""Calls by their names, and what a verdict is bound to."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import msgspec

from kinescape.errors import InputError
from kinescape.records import Call, SampleResult
from kinescape.review.entries import ReviewEntry, Verdict, checked, now

_ENCODER = msgspec.json.Encoder(order="deterministic")


def fingerprint(result: SampleResult, call: Call) -> str:
    """Checksum of what a reviewer judged: the sample and its reads, the variant, and both aligners' numbers of it.

    It stays the same when a sample is analysed again with the same outcome, with whatever version or knowledge base,
    and changes with the reads, the counts, the filters or the evidence of the call.
    """
    content = {
        "sample": result.sample.sample,
        "inputs": [each.sha256 for each in result.inputs],
        "genome": result.panel.genome,
        "call": call.variant.name,
        "evidence": call.evidence,
        "filters": call.filters,
        "fragments": [call.fragments, call.alt_fragments],
        "by_aligner": [
            [each.aligner, each.depth, each.alt_count, each.qual, each.strand_bias, each.dp4, each.filters]
            for each in call.by_aligner
        ],
    }
    return hashlib.sha256(_ENCODER.encode(content)).hexdigest()


def reader_name(call: Call) -> str:
    """``ALK G1202R``; the coding or the genomic name where there is no protein change to name."""
    named = call.consequence
    if named is None:
        return call.variant.name
    return f"{named.gene} {named.protein or named.hgvs_c or call.variant.name}"


def names_of(call: Call) -> tuple[str, ...]:
    """Every name under which a call can be asked for: its id, ``chrom-pos-ref-alt``, and the names in its gene."""
    variant, named = call.variant, call.consequence
    names = [variant.name, f"{variant.chrom}-{variant.pos}-{variant.ref}-{variant.alt}"]
    if named is not None:
        inside = [text for text in (named.hgvs_c, named.hgvs_p, named.protein) if text]
        names += [f"{named.gene}:{text}" for text in inside] + inside + [text for text in (named.hgvs_g,) if text]
    return tuple(names)


def find_call(calls: Sequence[Call], asked: str, file: object = None) -> Call:
    """The one call that ``asked`` names; case and blanks do not count, ``ALK G1202R`` is ``ALK:G1202R``.

    Raises
    ------
    InputError
        No call or several have this name.
    """
    found = [call for call in calls if _folded(asked) in {_folded(name) for name in names_of(call)}]
    if len(found) == 1:
        return found[0]
    what = "several calls have this name" if found else "no call has this name"
    listed = ", ".join(f"{call.variant.name} ({reader_name(call)})" for call in found or calls)
    raise InputError(
        what,
        file=str(file) if file is not None else None,
        found=asked,
        expected=f"one of {listed}" if listed else "a call, but this sample has none",
    )


def _folded(name: str) -> str:
    return re.sub(r"[\s:]+", ":", name.strip()).casefold()


def new_entry(result: SampleResult, call: Call, verdict: Verdict, by: str, note: str, date: str = "") -> ReviewEntry:
    """A verdict on ``call`` as it stands now; dated now where no date is given.

    Raises
    ------
    InputError
        Name or note cannot be taken.
    """
    return checked(
        ReviewEntry(
            call=call.variant.name,
            name=reader_name(call),
            fingerprint=fingerprint(result, call),
            verdict=verdict,
            by=by.strip(),
            note=note.strip(),
            date=date or now(),
        )
    )
