"""``kinescape cohort summary``: everything that is said of a cohort, as it stands in ``summary.json``."""

from __future__ import annotations

from collections import Counter

import numpy as np

from kinescape import __version__
from kinescape.cohort.counts import count_samples
from kinescape.cohort.days import DAYS_PER_MONTH
from kinescape.cohort.json_numbers import Json
from kinescape.cohort.model import Cohort
from kinescape.cohort.outcomes import (
    line_states,
    os_delayed_entry,
    os_from_diagnosis,
    os_from_sample,
    os_time_varying,
    pfs_by_line,
    pfs_by_mutation,
)
from kinescape.cohort.response import RULE, best_responses
from kinescape.cohort.survival import analyse
from kinescape.cohort.survival_records import Request, SurvivalTable

RELAPSE_ONLY = (
    "only lines that failed and whose failure was sampled are compared: the curves describe how long failing lines "
    "lasted, not the progression-free survival of everybody treated"
)

REFUSED = (
    "overall survival from diagnosis of ever-mutated against never-mutated patients is refused: a patient can only "
    "become mutated by living long enough to relapse and be sampled (immortal-time bias: without any effect it finds "
    "one in 16% of simulated cohorts of 15 patients and in 28% of 150, instead of 5%)"
)

OS_STRATA = (
    "compared inside the number of inhibitors that had failed: later lines are more often mutated and nearer to death"
)

ASKED = Request("days", "event", "group", unit="days")


def summarise(cohort: Cohort, notes: list[str]) -> Json:
    """Counts, responses, progression-free and overall survival, with the reasons for what is not said."""
    return {
        "format": "kinescape cohort summary 1",
        "kinescape_version": __version__,
        "research_use_only": True,
        "simulated": cohort.simulated,
        "calendar": cohort.calendar,
        "patients": _patients(cohort),
        "lines": _lines(cohort),
        "counts": count_samples(cohort),
        "best_response": _best_responses(cohort),
        "variants": _variants(cohort),
        "pfs": progression_free_survival(cohort),
        "os": overall_survival(cohort),
        "notes": notes,
    }


def analysed(table: SurvivalTable | None, label: str, *notes: str) -> Json:
    """A survival analysis under its label; without records only the reason."""
    if table is None:
        return {"label": label, "estimable": False, "reason": "there are no such records"}
    body = analyse(table, ASKED)
    body["notes"] = [*notes, *_as_list(body["notes"])]
    return {"label": label, "estimable": True, **body}


def _described(body: Json, reason: str) -> Json:
    """Curves without a test, where a comparison would mean nothing."""
    for key in ("logrank", "exact", "cox", "rmst_difference", "logrank_stratified"):
        body[key] = None
    return {**body, "headline": {"test": "", "p": None, "reason": reason}}


def _as_list(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []


def progression_free_survival(cohort: Cohort) -> Json:
    """By mutation at failure (all, and per driver gene), and of all inhibitor lines by their number."""
    genes = sorted(set(cohort.patients.gene.tolist()))
    states, tki = line_states(cohort), cohort.lines.is_tki
    unsampled = int((tki & (states < 0)).sum())
    sampling = f"{RELAPSE_ONLY}; {unsampled} of {int(tki.sum())} inhibitor lines have no tested relapse sample"
    unit = "the unit is the line of therapy; labels are permuted inside the number of the inhibitor line"
    by_gene = {
        gene: analysed(
            pfs_by_mutation(cohort, gene), f"PFS of sampled {gene} lines by mutation at failure", unit, sampling
        )
        for gene in genes
    }
    return {
        "definition": "first day of the inhibitor to progression or death from any cause; without either censored at "
        "the next line or at last contact",
        "by_mutation": analysed(pfs_by_mutation(cohort), "PFS of sampled lines by mutation at failure", unit, sampling),
        "by_mutation_and_gene": by_gene if len(genes) > 1 else {},
        "by_line": _described(
            analysed(pfs_by_line(cohort), "PFS of all inhibitor lines", "all inhibitor lines, sampled or not"),
            "not tested: one patient has lines in several groups, and later lines exist only for patients who had "
            "earlier ones",
        ),
    }


def overall_survival(cohort: Cohort) -> Json:
    """Of everybody from diagnosis; by mutation only in ways that do not count time before it was known."""
    return {
        "definition": "diagnosis to death from any cause; the living are censored at last contact",
        "all": analysed(os_from_diagnosis(cohort), "Overall survival from diagnosis"),
        "ever_mutated_from_diagnosis": {"refused": True, "reason": REFUSED, "p": None},
        "from_sample": analysed(
            os_from_sample(cohort),
            "Survival from the first tested relapse sample",
            "the clock starts at the sample",
            OS_STRATA,
        ),
        "delayed_entry": analysed(
            os_delayed_entry(cohort),
            "OS from diagnosis, under observation from first sample on",
            OS_STRATA,
        ),
        "time_varying": analysed(
            os_time_varying(cohort),
            "OS from diagnosis, status changing at first mutated sample",
            "under observation from the first tested sample on; a later sample without mutation does not undo the "
            "status",
            OS_STRATA,
        ),
    }


def _patients(cohort: Cohort) -> Json:
    patients = cohort.patients
    follow = patients.last_contact - patients.diagnosis
    return {
        "n": len(patients),
        "by_gene": dict(sorted(Counter(patients.gene.tolist()).items())),
        "died": int(patients.died.sum()),
        "median_follow_up_months": float(np.median(follow)) / DAYS_PER_MONTH if len(patients) else None,
        "first_line_inhibitor": int(np.sum(cohort.lines.is_tki & (cohort.lines.number == 1))),
    }


def _lines(cohort: Cohort) -> Json:
    lines = cohort.lines
    beyond = int(np.sum(lines.is_tki & (lines.stop > lines.progression + BEYOND_DAYS)))
    return {
        "n": len(lines),
        "tki": int(lines.is_tki.sum()),
        "by_agent": dict(sorted(Counter(lines.agent.tolist()).items())),
        "treatment_beyond_progression": beyond,
        "beyond_progression_rule": f"the inhibitor went on for more than {BEYOND_DAYS} days after progression",
    }


BEYOND_DAYS = 28
"""Days after progression from which going on counts as treatment beyond progression (a visit's delay is not)."""


def _best_responses(cohort: Cohort) -> Json:
    found: dict[str, Counter[str]] = {}
    for line, best in best_responses(cohort.responses, cohort.lines).items():
        if cohort.lines.is_tki[line]:
            found.setdefault(str(cohort.lines.agent[line]), Counter())[best] += 1
    order = ("CR", "PR", "SD", "PD", "NE")
    return {
        "rule": RULE,
        "by_agent": {agent: {name: counts[name] for name in order} for agent, counts in sorted(found.items())},
    }


def _variants(cohort: Cohort) -> Json:
    variants, samples = cohort.variants, cohort.samples
    names = [
        f"{gene} {protein}" for gene, protein in zip(variants.gene.tolist(), variants.protein.tolist(), strict=True)
    ]
    owners: dict[str, set[int]] = {}
    for name, patient in zip(names, samples.patient[variants.sample].tolist(), strict=True):
        owners.setdefault(name, set()).add(patient)
    ranked = sorted(owners, key=lambda name: (-len(owners[name]), name))
    return {"patients_by_variant": {name: len(owners[name]) for name in ranked[:200]}, "distinct": len(owners)}
