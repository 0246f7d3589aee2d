"""A claim beside a number: agrees, disagrees, or cannot be tested from what is published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["agrees", "disagrees", "cannot be tested"]


@dataclass(frozen=True)
class Finding:
    """What we get for one claim."""

    ours: str
    verdict: Verdict
    note: str = ""


def judged(agrees: bool, ours: str, note: str = "") -> Finding:
    """A finding that agrees or does not."""
    return Finding(ours, "agrees" if agrees else "disagrees", note)


def untestable(ours: str, note: str) -> Finding:
    """A finding that says nothing about the claim, and why."""
    return Finding(ours, "cannot be tested", note)
