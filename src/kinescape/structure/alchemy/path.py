"""From the wild type to the mutant: what each window has of either side chain.

First the old side chain loses its charges; then it goes and the new one comes, behind soft cores; then the new one gets
its charges. So no charge ever stands without the repulsion that keeps it apart from others.
"""

from __future__ import annotations

from kinescape.errors import InputError

OLD_CHARGES, OLD_STERICS = "lambda_old_charges", "lambda_old_sterics"
NEW_CHARGES, NEW_STERICS = "lambda_new_charges", "lambda_new_sterics"
"""1: as in the side chain's own end; 0: not felt by anything else."""
CHANGE = "lambda_change"
"""0: shared atoms and their bonded terms as in the wild type; 1: as in the mutant."""
CHARGING = 0.2
"""Of the path for the old charges, and as much for the new ones."""

State = dict[str, float]


def state_at(s: float) -> State:
    """The parameters at ``s`` from 0 (wild type) to 1 (mutant)."""
    swap = _clipped((s - CHARGING) / (1.0 - 2.0 * CHARGING))
    return {
        OLD_CHARGES: _clipped(1.0 - s / CHARGING),
        OLD_STERICS: round(1.0 - swap, 12),
        NEW_STERICS: swap,
        NEW_CHARGES: _clipped((s - 1.0 + CHARGING) / CHARGING),
        CHANGE: _clipped(s),
    }


def path(windows: int) -> list[State]:
    """So many states, evenly along the path, both ends among them.

    Raises
    ------
    InputError
        Fewer than two.
    """
    if windows < 2:
        raise InputError("windows", found=windows, expected="2 or more")
    return [state_at(number / (windows - 1)) for number in range(windows)]


def _clipped(value: float) -> float:
    # Rounded, so that an end is an end: 1 - 0.2/0.2 and the like.
    return round(min(max(value, 0.0), 1.0), 12)
