"""Cox models and competing risks of a survival table, as they stand in ``survival.json``."""

from __future__ import annotations

import numpy as np

from kinescape.cohort.json_numbers import Json, finite
from kinescape.cohort.stats.competing import FIRST, OTHER, cumulative_incidence, gray_test
from kinescape.cohort.stats.cox import CoxFit, NotEstimableError, fit_cox
from kinescape.cohort.stats.records import Floats
from kinescape.cohort.survival_records import SurvivalTable


def cox_json(table: SurvivalTable, *, firth: bool, reason: str = "") -> Json:
    """Cox model of the groups (the first one is the reference) and covariates, stratified where there are strata."""
    rows = np.flatnonzero(table.strata >= 0) if table.strata is not None else np.arange(len(table.data))
    group = table.group[rows]
    indicators = [(group == code).astype(np.float64) for code in range(1, len(table.groups))]
    covariates = (
        np.column_stack([*indicators, table.covariates[rows]]) if len(table.groups) > 1 else (table.covariates[rows])
    )
    names = [*table.groups[1:], *table.covariate_names]
    if covariates.shape[1] == 0:
        return {"coef": None, "se": None, "loglik": None, "names": [], "reason": "there is one group only"}
    strata = None if table.strata is None else table.strata[rows]
    cluster = None if table.cluster is None else table.cluster[rows]
    data = table.data.where(rows)
    try:
        fit = fit_cox(data, covariates, strata=strata, cluster=cluster, firth=firth)
        if fit.monotone:
            reason = "the likelihood has no maximum (a group without events, or separated from the other)"
            fit = fit_cox(data, covariates, strata=strata, cluster=cluster, firth=True)
    except NotEstimableError as problem:
        return {"coef": None, "se": None, "loglik": None, "names": names, "reason": f"not estimable: {problem}"}
    return _fit_json(fit, names, table.groups[0], reason)


def _fit_json(fit: CoxFit, names: list[str], reference: str, reason: str) -> Json:
    def listed(values: Floats | None) -> list[float | None] | None:
        return None if values is None else [finite(value) for value in values.tolist()]

    penalised = fit.method == "Firth"
    return {
        "names": names,
        "reference": reference,
        "coef": listed(fit.coef),
        "se": listed(fit.se),
        "robust_se": listed(fit.robust_se),
        "hazard_ratio": listed(np.exp(fit.coef)),
        "ci_low": listed(np.exp(fit.low)),
        "ci_high": listed(np.exp(fit.high)),
        "p": listed(fit.p),
        "loglik": [fit.loglik[0], fit.loglik[1]],
        "likelihood_ratio": fit.likelihood_ratio,
        "score": fit.score,
        "wald": fit.wald,
        "n": fit.n,
        "events": fit.events,
        "method": "Firth's penalised likelihood, profile intervals"
        if penalised
        else "partial likelihood, Efron's ties",
        "reason": reason if penalised else "",
    }


def competing_json(table: SurvivalTable, withheld: str) -> Json | None:
    if table.other_event is None:
        return None
    cause = np.where(table.data.event, FIRST, np.where(table.other_event, OTHER, 0)).astype(np.int64)
    body: Json = {"incidence": {}, "gray": None}
    incidence: Json = {}
    for code, name in enumerate(table.groups):
        mine = table.group == code
        found = cumulative_incidence(table.data.time[mine], cause[mine])
        incidence[name] = {
            "time": found.time.tolist(),
            "incidence": found.incidence.tolist(),
            "se": found.se.tolist(),
            "ci_low": [finite(value) for value in found.low.tolist()],
            "ci_high": [finite(value) for value in found.high.tolist()],
        }
    body["incidence"] = incidence
    if len(table.groups) > 1:
        gray = gray_test(table.data.time, cause, table.group, len(table.groups))
        body["gray"] = {"chisq": gray.chisq, "df": gray.df, "p": None if withheld else gray.p, "p_withheld": withheld}
    return body
