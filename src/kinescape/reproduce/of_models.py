"""The modelling claims of Villa et al. 2024, where structures are at hand."""

from __future__ import annotations

from kinescape.reproduce.found import Found
from kinescape.reproduce.verdict import Finding, untestable


def model_of(found: Found, claim: str) -> Finding:
    """What a molecular model gave for a claim, or why there is none."""
    finding = found.models.get(claim)
    if isinstance(finding, Finding):
        return finding
    return untestable("not run", found.why_no_models)
