"""How often each analysis cries wolf: cohorts without any effect of mutation, analysed many times.

The world that is simulated: every patient goes through lines of inhibitors; each line lasts an exponential time
that is shorter in later lines (``LINE_FACTORS``) and differs between patients; between lines a share of the
patients dies, after the last one everybody does, so that who lives longer fails more often. A patient is enrolled
at the failure of some line (``ENROLLED_AT``); at that failure and all later ones a sample is mutated with a
probability that is larger in later lines (``MUTATED_BY_LINE``), whatever the line's length. Mutation changes
nothing: what a test rejects at the 5% level is a false positive.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from kinescape.cohort.stats.logrank import log_rank
from kinescape.cohort.stats.permutation import permutation_log_rank
from kinescape.cohort.stats.records import Booleans, Floats, Integers, Survival
from kinescape.cohort.stats.risk_sets import RiskSetTest, risk_set_test

MUTATED_BY_LINE = (0.20, 0.55, 0.60, 0.60, 0.60)
"""Probability that the sample at the failure of the 1st, 2nd ... inhibitor is mutated (paper: 22% and 56%)."""

LINE_FACTORS = (1.0, 0.55, 0.4, 0.35, 0.3)
"""Mean duration of each line against the first."""

MEAN_FIRST_LINE = 12.0
"""Months."""

ENROLLED_AT = (0.55, 0.30, 0.15)
"""Probability that sampling starts at the failure of the 1st, 2nd, 3rd inhibitor (paper: 9 of 15 at the first)."""

GOES_ON = 0.75
"""Probability to live to the next line."""

MEAN_AFTER_LAST = 4.0
"""Months from the last failure to death."""

FOLLOW_UP = (24.0, 72.0)
"""Administrative censoring, uniform, months from diagnosis."""

LEVEL = 0.05


@dataclass(frozen=True)
class World:
    """One simulated cohort. Lines in arrays of one entry per failed and sampled line, by patient and line."""

    patient: Integers
    line: Integers
    duration: Floats
    failed_at: Floats
    mutated: Booleans
    end: Floats
    """Per patient: death or censoring, months from diagnosis."""
    died: Booleans


def simulate_world(random: np.random.Generator, patients: int) -> World:
    """A cohort of patients with at least one sampled failure each (relapse-only enrolment, as in the paper)."""
    rows: list[tuple[int, int, float, float, bool]] = []
    end, died = np.empty(patients), np.empty(patients, dtype=np.bool_)
    enrolled = 0
    while enrolled < patients:
        censored = float(random.uniform(*FOLLOW_UP))
        frailty = float(random.gamma(4.0, 0.25))
        clock, mine = 0.0, []
        begin = int(random.choice(len(ENROLLED_AT), p=ENROLLED_AT))
        for line, factor in enumerate(LINE_FACTORS):
            duration = float(random.exponential(MEAN_FIRST_LINE * factor * frailty))
            clock += duration
            if clock >= censored:
                break
            if line >= begin:
                mine.append((enrolled, line, duration, clock, bool(random.random() < MUTATED_BY_LINE[line])))
            if random.random() > GOES_ON:
                break
        death = clock + float(random.exponential(MEAN_AFTER_LAST)) if clock < censored else np.inf
        if not mine:
            continue
        rows += mine
        end[enrolled], died[enrolled] = min(death, censored), death < censored
        enrolled += 1
    columns = list(zip(*rows, strict=True))
    return World(
        np.array(columns[0]), np.array(columns[1]), np.array(columns[2]), np.array(columns[3]), np.array(columns[4]),
        end, died,
    )  # fmt: skip


def pfs_naive(world: World) -> float | None:
    """Log-rank test of all sampled lines, lines ignored."""
    return _plain(Survival(world.duration, np.ones(world.duration.size, dtype=np.bool_)), world.mutated)


def pfs_default(world: World, permutations: int) -> float | None:
    """Permutation log-rank test inside the number of the line: the default of ``cohort summary``."""
    data = Survival(world.duration, np.ones(world.duration.size, dtype=np.bool_))
    group = world.mutated.astype(np.int64)
    return permutation_log_rank(data, group, 2, world.line, permutations=permutations).p


def os_naive(world: World) -> float | None:
    """Ever mutated against never mutated, from diagnosis: what is refused."""
    ever = np.zeros(world.end.size, dtype=np.bool_)
    ever[world.patient[world.mutated]] = True
    return _plain(Survival(world.end, world.died), ever)


def os_from_sample(world: World, permutations: int) -> float | None:
    """Clock from the first sample, by its result, inside the line that had failed."""
    first = _first(world)
    data = Survival(world.end - world.failed_at[first], world.died)
    group = world.mutated[first].astype(np.int64)
    return permutation_log_rank(data, group, 2, _strata(world.line[first]), permutations=permutations).p


def os_delayed_entry(world: World) -> float | None:
    """Clock from diagnosis, entry at the first sample, by its result, inside the line that had failed."""
    first = _first(world)
    data = Survival(world.end, world.died, world.failed_at[first])
    return _reachable(risk_set_test(data, world.mutated[first].astype(np.int64), _strata(world.line[first])))


def os_time_varying(world: World) -> float | None:
    """Entry at the first sample; the status turns at the first mutated sample; inside the last failed line."""
    last = np.concatenate((world.patient[1:] != world.patient[:-1], [True]))
    end = np.where(last, world.end[world.patient], np.concatenate((world.failed_at[1:], [0.0])))
    event = world.died[world.patient] & last
    status = np.zeros(end.size, dtype=np.int64)
    for row in range(end.size):
        carried = row > 0 and world.patient[row] == world.patient[row - 1] and status[row - 1] == 1
        status[row] = int(world.mutated[row] or carried)
    return _reachable(risk_set_test(Survival(end, event, world.failed_at), status, world.line))


def os_time_varying_unstratified(world: World) -> float | None:
    """The same without strata: later lines are both mutated more often and closer to death."""
    return os_time_varying(replace(world, line=np.zeros_like(world.line)))


def _reachable(test: RiskSetTest) -> float | None:
    """The p of a test that could have reached the level at all."""
    return test.p if test.smallest is not None and test.smallest <= LEVEL else None


def _strata(line: Integers) -> Integers:
    """First, second, third or later, as ``cohort summary`` stratifies overall survival."""
    return np.minimum(line, 2)


def _first(world: World) -> Integers:
    return np.flatnonzero(np.concatenate(([True], world.patient[1:] != world.patient[:-1])))


def _plain(data: Survival, mutated: Booleans) -> float | None:
    result = log_rank(data, mutated.astype(np.int64), 2)
    return result.p if result.df else None


def study(patients: int, repeats: int, *, permutations: int = 999, seed: int = 1) -> dict[str, tuple[float, int]]:
    """Share of false positives among the runs in which a p exists, and their number, for every analysis."""
    analyses: dict[str, Callable[[World], float | None]] = {
        "PFS, plain log-rank (naive)": pfs_naive,
        "PFS, permutation inside line (default)": lambda world: pfs_default(world, permutations),
        "OS ever mutated from diagnosis (naive, refused)": os_naive,
        "OS time-varying status, lines ignored (naive)": os_time_varying_unstratified,
        "OS from first sample, permutation (default)": lambda world: os_from_sample(world, permutations),
        "OS delayed entry, risk-set test (default)": os_delayed_entry,
        "OS time-varying status, risk-set test (default)": os_time_varying,
    }
    random = np.random.default_rng(seed)
    hits, runs = dict.fromkeys(analyses, 0), dict.fromkeys(analyses, 0)
    for _ in range(repeats):
        world = simulate_world(random, patients)
        for name, analysis in analyses.items():
            p = analysis(world)
            if p is not None:
                runs[name] += 1
                hits[name] += p < LEVEL
    return {name: (hits[name] / max(1, runs[name]), runs[name]) for name in analyses}
