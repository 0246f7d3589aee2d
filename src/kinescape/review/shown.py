"""A result as pages that show it beside others have it: with what people said of its calls."""

from __future__ import annotations

from pathlib import Path

import msgspec

from kinescape.records import SampleResult
from kinescape.review.file import review_or_fault
from kinescape.review.states import reviewed

FAULTY = "verdicts unknown: the review is faulty"


def with_verdicts(result: SampleResult, folder: Path) -> SampleResult:
    """``result`` with the verdicts that lie in its ``folder``; evidence, filters and states stay as they were computed.

    A review that is faulty is not believed, and every call says so.
    """
    review, fault = review_or_fault(folder, result.sample.sample)
    if not fault:
        return reviewed(result, review)
    calls = tuple(msgspec.structs.replace(call, inspected=FAULTY) for call in result.calls)
    return msgspec.structs.replace(result, calls=calls)
