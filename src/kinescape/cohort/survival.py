"""The whole analysis of a survival table, with defaults that hold at fifteen patients.

The rules, in the order in which they decide what is shown:

- the headline p is a test that needs no large numbers: the permutation log-rank test inside strata, or with delayed
  entry or a status that changes over time the risk-set test;
- the plain log-rank test is shown and labelled as unadjusted; its p, which rests on large numbers, is withheld where
  an arm has fewer than ten events;
- below ten events per arm, or where the likelihood has no maximum, hazard ratios come from Firth's penalised
  likelihood;
- what cannot be estimated is null with a reason, a median that was not reached is null, nothing is ever infinite.
"""

from __future__ import annotations

import math

import numpy as np

from kinescape.cohort.json_numbers import Json, finite
from kinescape.cohort.stats.kaplan_meier import Curve, kaplan_meier, quantile, restricted_mean
from kinescape.cohort.stats.logrank import LogRank, log_rank
from kinescape.cohort.stats.permutation import permutation_log_rank
from kinescape.cohort.stats.records import Booleans, Integers, Survival
from kinescape.cohort.stats.risk_sets import risk_set_test
from kinescape.cohort.stats.tails import normal_quantile, normal_two_sided_p
from kinescape.cohort.survival_models import competing_json, cox_json
from kinescape.cohort.survival_records import Request, SurvivalTable
from kinescape.errors import InputError

LEVEL = 0.05
"""The usual level; it decides nothing here, but a test that cannot reach it is called out."""

FEWEST_EVENTS = 10
"""Events that every arm needs before a p that rests on large numbers, or an unpenalised hazard ratio, is shown."""


def analyse(table: SurvivalTable, request: Request) -> Json:
    """Everything that is asked of one table, as it stands in ``survival.json``."""
    data, names = table.data, table.groups
    arms = {name: data.where(table.group == code) for code, name in enumerate(names)}
    events = np.array([int(arm.event.sum()) for arm in arms.values()])
    few = _why_few(names, events)
    withheld = "" if request.asymptotic else few
    curves = {name: kaplan_meier(arm) for name, arm in arms.items() if len(arm)}
    by_log = {name: kaplan_meier(arm, "log") for name, arm in arms.items() if len(arm)}
    tau = _tau(table, request)
    plain = log_rank(data, table.group, len(names))
    exact = _exact(table)
    stratified = _stratified(table, withheld)
    return {
        "n": len(data),
        "events": int(events.sum()),
        "groups": {name: {"n": len(arm), "events": int(arm.event.sum())} for name, arm in arms.items()},
        "headline": _headline(exact, stratified, table),
        "logrank": {
            **_logrank_json(plain, names, withheld),
            "label": "unadjusted: line of therapy and other strata are not taken into account",
        },
        "logrank_weighted": _weighted(table, request, withheld),
        "logrank_stratified": stratified,
        "exact": exact,
        "medians": {name: _median_json(curves[name], by_log[name]) for name in curves},
        "tau": tau,
        "rmst": {name: _rmst_json(curve, tau) for name, curve in curves.items()} if tau else {},
        "rmst_difference": _rmst_difference(curves, tau, withheld) if tau else None,
        "cox": cox_json(table, firth=bool(few) and not request.asymptotic, reason=few),
        "competing": competing_json(table, withheld),
        "curves": {name: _curve_json(curves[name], by_log[name], request.interval) for name in curves},
        "risk_table": risk_table(arms, float(data.time.max())),
        "omitted": table.omitted[:100],
        "omitted_rows": len(table.omitted),
        "notes": _notes(table, exact),
    }


def _why_few(names: list[str], events: Integers) -> str:
    place = int(np.argmin(events))
    if events[place] >= FEWEST_EVENTS:
        return ""
    return f"group '{names[place]}' has {events[place]} events, fewer than {FEWEST_EVENTS}"


def _logrank_json(result: LogRank, names: list[str], withheld: str) -> Json:
    body: Json = {"chisq": result.chisq, "df": result.df, "p": result.p}
    if result.df == 0:
        body |= {"chisq": None, "p": None, "p_withheld": "not estimable: at no event time are two groups at risk"}
    elif withheld:
        body |= {"p": None, "p_withheld": f"{withheld}; the p of this test rests on large numbers"}
    body["n"] = int(result.n.sum())
    body["observed"] = dict(zip(names, result.observed.tolist(), strict=True))
    body["expected"] = dict(zip(names, result.expected.tolist(), strict=True))
    return body


def _stratified(table: SurvivalTable, withheld: str) -> Json | None:
    if table.strata is None:
        return None
    kept = table.strata >= 0
    result = log_rank(table.data.where(kept), table.group[kept], len(table.groups), strata=table.strata[kept])
    body = _logrank_json(result, table.groups, withheld)
    body["strata"] = len(table.strata_names)
    body["informative_strata"] = result.informative_strata
    return body


def _weighted(table: SurvivalTable, request: Request, withheld: str) -> Json | None:
    if request.rho == 0 and request.gamma == 0:
        return None
    result = log_rank(table.data, table.group, len(table.groups), rho=request.rho, gamma=request.gamma)
    return {**_logrank_json(result, table.groups, withheld), "rho": request.rho, "gamma": request.gamma}


def _exact(table: SurvivalTable) -> Json:
    """The test that needs no large numbers."""
    rows = np.flatnonzero(table.strata >= 0) if table.strata is not None else np.arange(len(table.data))
    data, group = table.data.where(rows), table.group[rows]
    strata = None if table.strata is None else table.strata[rows]
    if data.entry is not None and bool(np.any(data.entry > 0)):
        if len(table.groups) != 2:
            return {"p": None, "method": "not estimable", "reason": "with entry times only two groups are compared"}
        found = risk_set_test(data, group, strata)
        return {
            "p": found.p,
            "method": "risk sets (mid-p)",
            "observed": found.observed,
            "expected": found.expected,
            "events": found.events,
            "smallest_p": found.smallest,
            "reason": found.reason,
        }
    whole = data if data.entry is None else type(data)(data.time, data.event)
    result = permutation_log_rank(whole, group, len(table.groups), strata)
    return {
        "p": result.p,
        "method": result.method,
        "statistic": result.statistic,
        "assignments": result.assignments,
        "permutations": result.permutations,
        "strata": result.strata,
        "informative_strata": result.informative_strata,
        "reason": result.reason,
    }


def _headline(exact: Json, stratified: Json | None, table: SurvivalTable) -> Json:
    if len(table.groups) < 2:
        return {"test": "", "p": None, "reason": "one group: nothing is compared"}
    inside = " inside strata" if table.strata is not None else ""
    if exact["p"] is not None:
        kind = "risk-set test" if "risk sets" in str(exact["method"]) else "permutation log-rank test"
        return {"test": f"{kind}{inside}", "p": exact["p"], "reason": ""}
    large = "asymptotic" in str(exact["reason"])
    if large and stratified is not None and stratified["p"] is not None:
        return {"test": "stratified log-rank test", "p": stratified["p"], "reason": exact["reason"]}
    if large and table.strata is None:
        plain = log_rank(table.data, table.group, len(table.groups))
        return {"test": "log-rank test", "p": plain.p, "reason": exact["reason"]}
    return {"test": f"permutation log-rank test{inside}", "p": None, "reason": f"not estimable: {exact['reason']}"}


def _median_json(curve: Curve, by_log: Curve) -> Json:
    middle, log = quantile(curve), quantile(by_log)
    return {
        "median": middle.value,
        "ci_low": middle.low,
        "ci_high": middle.high,
        "ci_kind": "log-log",
        "ci_low_log": log.low,
        "ci_high_log": log.high,
        "text": median_text(middle.value, middle.low, middle.high),
    }


def median_text(value: float | None, low: float | None, high: float | None) -> str:
    """``31 (95% CI 13-NR)``; NR: not reached."""
    shown = [f"{one:.4g}" if one is not None else "NR" for one in (value, low, high)]
    return f"{shown[0]} (95% CI {shown[1]}–{shown[2]})"


def _tau(table: SurvivalTable, request: Request) -> float | None:
    """Horizon of the restricted means: as asked, or the end of the arm that is followed for the shortest time."""
    ends = [float(table.data.time[table.group == code].max()) for code in np.unique(table.group)]
    shortest = min(ends)
    if request.tau is None:
        return shortest if shortest > 0 else None
    if not 0 < request.tau <= shortest:
        raise InputError(
            "tau lies beyond the follow-up of a group",
            file=table.file,
            found=request.tau,
            expected=f"up to {shortest:g}",
        )
    return request.tau


def _rmst_json(curve: Curve, tau: float) -> Json:
    mean = restricted_mean(curve, tau)
    half = normal_quantile() * mean.se
    return {"rmst": mean.value, "se": mean.se, "ci_low": max(0.0, mean.value - half), "ci_high": mean.value + half}


def _rmst_difference(curves: dict[str, Curve], tau: float, withheld: str) -> list[Json]:
    first, *others = curves
    base = restricted_mean(curves[first], tau)
    found: list[Json] = []
    for name in others:
        mean = restricted_mean(curves[name], tau)
        difference, se = mean.value - base.value, math.hypot(mean.se, base.se)
        half = normal_quantile() * se
        body: Json = {"group": name, "against": first, "difference": difference, "se": se}
        body |= {"ci_low": difference - half, "ci_high": difference + half}
        body["p"] = None if withheld or se == 0 else normal_two_sided_p(difference / se)
        if withheld:
            body["p_withheld"] = withheld
        found.append(body)
    return found


def _curve_json(curve: Curve, by_log: Curve, interval: str) -> Json:
    shown = by_log if interval == "log" else curve
    return {
        "time": curve.time.tolist(),
        "at_risk": curve.at_risk.astype(int).tolist(),
        "events": curve.events.astype(int).tolist(),
        "censored": curve.censored.astype(int).tolist(),
        "survival": curve.survival.tolist(),
        "se": [finite(value) for value in curve.se.tolist()],
        "ci_low": [finite(value) for value in shown.low.tolist()],
        "ci_high": [finite(value) for value in shown.high.tolist()],
        "ci_kind": interval,
    }


def nice_ticks(end: float, most: int = 7) -> list[float]:
    """Round numbers from 0 to ``end``, at most ``most`` of them."""
    if end <= 0:
        return [0.0]
    raw = end / (most - 1)
    scale = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * scale for factor in (1, 2, 2.5, 5, 10) if factor * scale >= raw)
    return [step * place for place in range(int(end / step + 1e-9) + 1)]


def risk_table(arms: dict[str, Survival], end: float) -> Json:
    """Numbers at risk at round times (at 0: just after it, so that who enters at 0 counts)."""
    times = nice_ticks(end)
    moments = np.maximum(np.array(times), 1e-9 * max(end, 1e-300))
    return {"time": times, **{name: arm.at_risk(moments).astype(int).tolist() for name, arm in arms.items()}}


def _notes(table: SurvivalTable, exact: Json) -> list[str]:
    notes = list(table.notes)
    if table.strata is not None:
        left: Booleans = table.strata < 0
        if left.any():
            notes.append(
                f"{int(left.sum())} records without a stratum are left out of the stratified tests and the model"
            )
    if table.data.entry is not None:
        notes.append("delayed entry: a record is at risk only after its entry; records that ended before are unseen")
    smallest = exact.get("smallest_p")
    if isinstance(smallest, float) and smallest > LEVEL:
        notes.append(
            f"no outcome of these data could have given p < {LEVEL}: the smallest possible p is {smallest:.2g}"
        )
    if exact["method"] == "Monte Carlo":
        notes.append(f"the permutation p is from {exact['permutations']} random permutations with a fixed seed")
    if exact["method"] in {"exact", "Monte Carlo"}:
        notes.append("the permutation test needs censoring that does not depend on the group")
    return notes
