"""The clinical claims of Villa et al. 2024, and what their counts can bear."""

from __future__ import annotations

from typing import Any

from kinescape.reproduce.found import Found
from kinescape.reproduce.verdict import Finding, judged, untestable

CLEAR = 0.05


def crizotinib_share(found: Found) -> Finding:
    first, second = _cells(found, "crizotinib_against_second_generation")
    ours = f"{_share(first)}; {_share(second)}"
    return judged((_counts(first), _counts(second)) == ((1, 6), (4, 8)), ours)


def crizotinib_difference(found: Found) -> Finding:
    return _difference(found, "crizotinib_against_second_generation")


def first_inhibitor_share(found: Found) -> Finding:
    first, later = _cells(found, "by_previous_tkis")
    return judged((_counts(first), _counts(later)) == ((2, 9), (5, 9)), f"{_share(first)}; {_share(later)}")


def inhibitors_difference(found: Found) -> Finding:
    return _difference(found, "by_previous_tkis")


def _difference(found: Found, name: str) -> Finding:
    p = found.cohort["counts"][name]["exact_p"]
    first, second = _cells(found, name)
    note = (
        f"The shares are as published; {_counts(first)[0]} of {_counts(first)[1]} and {_counts(second)[0]} of "
        f"{_counts(second)[1]} are not told apart from chance. Samples of one patient are counted as if independent."
    )
    return judged(p < CLEAR, f"Fisher's exact p {p:.2f}", note if p >= CLEAR else "")


def progression_free(found: Found) -> Finding:
    headline = found.cohort["pfs"]["by_mutation"]["headline"]
    ours = f"p {headline['p']:.2f} ({headline['test']})" if headline["p"] is not None else headline["reason"]
    return untestable(
        ours,
        "The times of single patients are not published; our course is simulated without an effect. Mutated samples "
        "come from "
        "later lines, which are shorter anyway: the comparison must be made inside lines, as here.",
    )


def overall(found: Found) -> Finding:
    part = found.cohort["os"]["from_sample"]["headline"]
    ours = f"from the first sample: p {part['p']:.2f}" if part["p"] is not None else str(part["reason"])
    return untestable(
        ours,
        "The times of single patients are not published. From diagnosis, patients who are ever mutated must have "
        "lived to be "
        "sampled (immortal time), so that comparison is refused here; survival from the first sample is shown.",
    )


def relapses_by_line(found: Found) -> Finding:
    first, later = _cells(found, "by_previous_tkis")
    numbers = (_counts(first)[1], _counts(later)[1])
    began = found.cohort["patients"]["first_line_inhibitor"]
    ours = f"{numbers[0]} and {numbers[1]}; {began} patients began with an inhibitor"
    return judged(numbers == (9, 9), ours, "Laid out so; the patients are simulated.")


def _cells(found: Found, name: str) -> tuple[Any, Any]:
    first, second = found.cohort["counts"][name]["groups"].values()
    return first, second


def _counts(cell: Any) -> tuple[int, int]:
    return int(cell["mutated"]), int(cell["tested"])


def _share(cell: Any) -> str:
    interval = f"95% CI {cell['ci_low']:.0%} to {cell['ci_high']:.0%}"
    return f"{cell['mutated']} of {cell['tested']} ({cell['share']:.0%}, {interval})"
