"""Cis, trans, mixed or undeterminable: power first, then the interval of the cis fraction."""

from __future__ import annotations

from dataclasses import dataclass

from kinescape.phase.likelihood import PhaseErrors, cis_fraction, shown_shares
from kinescape.records import PhaseState

MIN_EXPECTED = 8.0
"""Fragments of the rarer variant that must be expected over both sites before anything is said."""
CIS_ABOVE = 0.75
"""Cis: the whole interval of the cis fraction lies above."""
TRANS_BELOW = 0.25
"""Trans: the whole interval lies below."""
MIXED_ABOVE, MIXED_BELOW = 0.05, 0.95
"""Mixed: the whole interval lies between."""


@dataclass(frozen=True)
class PairVerdict:
    """The verdict over one pair of variants. The fraction is None where nothing could be estimated."""

    verdict: PhaseState
    reason: str
    cis_fraction: float | None
    ci_low: float | None
    ci_high: float | None


def pair_verdict(counts: tuple[int, int, int, int], errors: PhaseErrors, molecules: int | None) -> PairVerdict:
    """Judge one pair from the fragments that show both sites.

    Parameters
    ----------
    counts
        Fragments that show (both variants, only the first, only the second, none).
    molecules
        Input genome copies, None when unknown.
    """
    n11, n10, n01, _ = counts
    total = sum(counts)
    if total == 0:
        return PairVerdict("undeterminable", "no fragment spans both positions", None, None, None)
    rarer = min(n11 + n10, n11 + n01)
    informative = rarer if molecules is None else rarer / (1.0 + total / max(1, molecules))
    if informative < MIN_EXPECTED:
        cause = "too few fragments" if rarer < MIN_EXPECTED else "too few input molecules"
        return PairVerdict(
            "undeterminable",
            f"{cause} carry the rarer variant ({informative:.1f} independent ones, {MIN_EXPECTED:.0f} are needed)",
            *(None, None, None),
        )
    chance = _shown_by_chance(counts, errors)
    if chance > 0.5 * rarer:
        return PairVerdict(
            "undeterminable",
            f"errors and chimeras alone would show {chance:.0f} fragments with both, of {rarer} with the rarer variant",
            *(None, None, None),
        )
    estimate = cis_fraction(counts, errors, molecules)
    value, low, high = estimate.value, estimate.low, estimate.high
    if low > CIS_ABOVE:
        return PairVerdict("cis", _order(counts), value, low, high)
    if high < TRANS_BELOW:
        return PairVerdict("trans", "different molecules", value, low, high)
    if low > MIXED_ABOVE and high < MIXED_BELOW:
        return PairVerdict("mixed", "found together and apart", value, low, high)
    return PairVerdict(
        "undeterminable", f"the cis fraction may lie anywhere from {low:.0%} to {high:.0%}", value, low, high
    )


def _shown_by_chance(counts: tuple[int, int, int, int], errors: PhaseErrors) -> float:
    """Fragments expected to show both variants if no molecule carried both."""
    n11, n10, n01, _ = counts
    total = sum(counts)
    share_a, share_b = (n11 + n10) / total, (n11 + n01) / total
    if share_a + share_b > 1.0:
        return 0.0
    return float(total * shown_shares(0.0, share_a, share_b, errors)[0])


def _order(counts: tuple[int, int, int, int]) -> str:
    """For a cis pair: which variant came first, where their shares tell.

    The shares are compared by the fragments with only one of the two (McNemar's comparison, 1947): the variant that is
    also found alone is the older one.
    """
    _, n10, n01, _ = counts
    apart = n10 + n01
    if apart and abs(n10 - n01) > 4.0 * apart**0.5 and max(n10, n01) > 3 * min(n10, n01):
        first = "first" if n10 > n01 else "second"
        return f"nested: the {first} variant is also found without the other, so it came earlier"
    return "same molecules"
