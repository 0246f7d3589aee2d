"""How many samples and patients were mutated at failure, by inhibitor, generation and previous inhibitors.

Only samples drawn at relapse are counted (those during treatment beyond progression are not), each once, under the line
at whose failure it was drawn. A sample that was not tested is neither mutated nor without mutation.
"""

from __future__ import annotations

import numpy as np

from kinescape.cohort.json_numbers import Json, finite
from kinescape.cohort.model import Cohort
from kinescape.cohort.stats.proportions import chi_square_test, exact_p, odds_ratio, wilson_interval
from kinescape.cohort.stats.records import Booleans, Integers

GENERATION_LABELS = {"first": "first generation", "second": "second generation", "third": "third generation",
                     "fourth": "fourth generation", "next": "next generation"}  # fmt: skip


def relapse_samples(cohort: Cohort) -> Integers:
    """Rows of the samples that were drawn at the failure of a kinase inhibitor."""
    samples = cohort.samples
    linked = (samples.timepoint == "relapse") & (samples.line >= 0)
    rows = np.flatnonzero(linked)
    return rows[cohort.lines.is_tki[samples.line[rows]]]


def count_samples(cohort: Cohort) -> Json:
    """All counts of the summary."""
    rows = relapse_samples(cohort)
    lines, line = cohort.lines, cohort.samples.line[rows]
    agent, generation = lines.agent[line], lines.generation[line]
    labels = np.array(
        [GENERATION_LABELS.get(name, "unknown generation") for name in generation.tolist()], dtype=np.str_
    )
    previous = lines.tki_number[line] - 1
    return {
        "unit": "samples drawn at relapse on a kinase inhibitor, each under the inhibitor that failed",
        "samples": _total(cohort),
        "relapse_samples": _cell(cohort, rows),
        "patients": _patients(cohort, rows),
        "by_inhibitor": _compared(cohort, rows, agent.tolist(), _by_first_line(agent, generation)),
        "by_generation": _compared(cohort, rows, labels.tolist(), list(GENERATION_LABELS.values())),
        "crizotinib_against_second_generation": _crizotinib(cohort, rows, agent, generation),
        "by_previous_tkis": _compared(
            cohort, rows, np.where(previous > 0, "more than one TKI", "first TKI").tolist(), ["first TKI"]
        ),
        "by_number_of_previous_tkis": _compared(cohort, rows, [f"{count}" for count in previous.tolist()], []),
        "by_gene": _compared(cohort, rows, cohort.patients.gene[cohort.samples.patient[rows]].tolist(), []),
        "note": "samples of one patient are counted as if independent; exact p are two-sided (Fisher, Freeman-Halton)",
    }


def _total(cohort: Cohort) -> Json:
    names, counts = np.unique(cohort.samples.timepoint, return_counts=True)
    return {"all": len(cohort.samples), **dict(zip(names.tolist(), counts.tolist(), strict=True))}


def _cell(cohort: Cohort, rows: Integers) -> Json:
    """Mutated, none above the limit, not tested; the share of mutated among tested with Wilson's interval."""
    result, mutated = cohort.samples.has_result[rows], cohort.samples.mutated[rows]
    count, tested = int((mutated & result).sum()), int(result.sum())
    low, high = wilson_interval(count, tested)
    return {
        "mutated": count,
        "none_above_limit": tested - count,
        "not_tested": int(rows.size) - tested,
        "tested": tested,
        "share": count / tested if tested else None,
        "ci_low": low if tested else None,
        "ci_high": high if tested else None,
    }


def _patients(cohort: Cohort, rows: Integers) -> Json:
    """Patients with at least one mutated relapse sample, among patients with at least one tested one."""
    samples = cohort.samples
    result = rows[samples.has_result[rows]]
    tested = np.unique(samples.patient[result])
    mutated = np.unique(samples.patient[result[samples.mutated[result]]])
    low, high = wilson_interval(mutated.size, tested.size)
    return {
        "all": len(cohort.patients),
        "tested": int(tested.size),
        "mutated": int(mutated.size),
        "share": mutated.size / tested.size if tested.size else None,
        "ci_low": low if tested.size else None,
        "ci_high": high if tested.size else None,
    }


def _by_first_line(agent: np.ndarray, generation: np.ndarray) -> list[str]:
    """Agents in the order of their generation, then by name."""
    rank = list(GENERATION_LABELS)
    pairs = sorted(
        {
            (rank.index(g) if g in rank else len(rank), a)
            for a, g in zip(agent.tolist(), generation.tolist(), strict=True)
        }
    )
    return [name for _, name in pairs]


def _compared(cohort: Cohort, rows: Integers, labels: list[str], order: list[str]) -> Json:
    """Counts of every label and one exact test over all of them."""
    array = np.array(labels, dtype=np.str_)
    present = set(array.tolist())
    names = [name for name in order if name in present] + sorted(present - set(order))
    cells = {name: _cell(cohort, rows[array == name]) for name in names}
    return {"groups": cells, **_tested(cells, "Fisher-Freeman-Halton, two-sided")}


def _tested(cells: dict[str, Json], exact: str) -> Json:
    """The exact p; where there are too many tables for it, Pearson's chi-square instead."""
    mutated = [int(str(cell["mutated"])) for cell in cells.values()]
    without = [int(str(cell["none_above_limit"])) for cell in cells.values()]
    p = exact_p(mutated, without)
    large = chi_square_test(mutated, without) if p is None else None
    return {"exact_p": p, "chi_square_p": large, "test": exact if large is None else "Pearson's chi-square"}


def _crizotinib(cohort: Cohort, rows: Integers, agent: np.ndarray, generation: np.ndarray) -> Json:
    first: Booleans = agent == "crizotinib"
    second: Booleans = generation == "second"
    cells = {"crizotinib": _cell(cohort, rows[first]), "second generation": _cell(cohort, rows[second])}
    a, b = cells["second generation"], cells["crizotinib"]
    ratio = odds_ratio(int(str(a["mutated"])), int(str(a["none_above_limit"])), int(str(b["mutated"])),
                       int(str(b["none_above_limit"])))  # fmt: skip
    return {"groups": cells, **_tested(cells, "Fisher, two-sided"), "odds_ratio": finite(ratio)}
