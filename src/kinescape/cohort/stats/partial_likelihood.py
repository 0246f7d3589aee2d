"""Cox's partial likelihood with its derivatives, for records in counting-process form.

Ties by Efron's method (Efron 1977): the l-th of d events tied at one time sees the risk set less ``l/d`` of the tied
records. Strata have their own risk sets (Kalbfleisch and Prentice, section 4.4). Delayed entry and covariates that
change over time are records ``(entry, time]`` (Andersen and Gill 1982).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinescape.cohort.stats.records import Floats, Integers, Survival


@dataclass(frozen=True)
class Derivatives:
    """Log-likelihood, score (p,), information (p, p), and the information's own derivative (p, p, p) if asked."""

    loglik: float
    score: Floats
    information: Floats
    third: Floats | None


class RiskSets:
    """The risk sets of one stratum, prepared once for every evaluation."""

    def __init__(self, data: Survival, covariates: Floats) -> None:
        order = np.argsort(data.time, kind="stable")
        data, self.x = data.where(order), covariates[order]
        self.rows = order
        self.event_rows = np.flatnonzero(data.event)
        self.moments, self.starts, self.moment_of = np.unique(
            data.time[self.event_rows], return_index=True, return_inverse=True
        )
        ties = np.bincount(self.moment_of, minlength=self.moments.size)
        rank = np.arange(self.event_rows.size) - self.starts[self.moment_of]
        self.fraction = rank / ties[self.moment_of]
        self.first = np.searchsorted(data.time, self.moments, side="left")
        self.data = data
        if data.entry is not None:
            self.entry_order = np.argsort(data.entry, kind="stable")
            self.entry_first = np.searchsorted(data.entry[self.entry_order], self.moments, side="left")

    def sums(self, values: Floats) -> Floats:
        """Sum of ``values`` (n, q) over the risk set that each event sees: shape (events, q)."""
        total = _tail_sums(values)[self.first]
        if self.data.entry is not None:
            total = total - _tail_sums(values[self.entry_order])[self.entry_first]
        tied = np.add.reduceat(values[self.event_rows], self.starts, axis=0)
        return np.asarray(total[self.moment_of] - self.fraction[:, None] * tied[self.moment_of], dtype=np.float64)

    def derivatives(self, beta: Floats, third: bool) -> Derivatives:
        """Everything at one coefficient vector."""
        n, p = self.x.shape
        if not self.event_rows.size:
            return Derivatives(0.0, np.zeros(p), np.zeros((p, p)), np.zeros((p, p, p)) if third else None)
        eta = self.x @ beta
        shift = float(eta.max())
        weight = np.exp(eta - shift)[:, None]
        weighted = weight * self.x
        pairs = (weighted[:, :, None] * self.x[:, None, :]).reshape(n, p * p)
        sums = self.sums(np.hstack((weight, weighted, pairs)))
        zero = sums[:, 0]
        mean = sums[:, 1 : 1 + p] / zero[:, None]
        square = (sums[:, 1 + p :] / zero[:, None]).reshape(-1, p, p)
        loglik = float(np.sum(eta[self.event_rows] - shift - np.log(zero)))
        score = (self.x[self.event_rows] - mean).sum(axis=0)
        information = square.sum(axis=0) - mean.T @ mean
        moment = self._third_moments(weight, pairs, zero, mean, square) if third else None
        return Derivatives(loglik, score, information, moment)

    def _third_moments(self, weight: Floats, pairs: Floats, zero: Floats, mean: Floats, square: Floats) -> Floats:
        """Sum over events of the weighted third central moments of the covariates."""
        n, p = self.x.shape
        triples = (pairs[:, :, None] * self.x[:, None, :]).reshape(n, p**3)
        cube = (self.sums(triples) / zero[:, None]).reshape(-1, p, p, p)
        mixed = np.einsum("ej,ekl->ejkl", mean, square)
        mixed = mixed + mixed.transpose(0, 2, 1, 3) + mixed.transpose(0, 2, 3, 1)
        central = cube - mixed + 2 * np.einsum("ej,ek,el->ejkl", mean, mean, mean)
        return np.asarray(central.sum(axis=0), dtype=np.float64)

    def score_residuals(self, beta: Floats) -> Floats:
        """Contribution of every record to the score (n, p), in the order of the input (Lin and Wei 1989)."""
        n, p = self.x.shape
        residuals = np.zeros((n, p))
        if not self.event_rows.size:
            return residuals
        eta = self.x @ beta
        weight = np.exp(eta - eta.max())
        sums = self.sums(np.hstack((weight[:, None], weight[:, None] * self.x)))
        mean = sums[:, 1:] / sums[:, :1]
        hazard = 1 / sums[:, 0]
        steps = np.column_stack((hazard, hazard[:, None] * mean))
        cumulative = np.vstack((np.zeros(1 + p), np.cumsum(np.add.reduceat(steps, self.starts, axis=0), axis=0)))
        seen = cumulative[np.searchsorted(self.moments, self.data.time, side="right")]
        if self.data.entry is not None:
            seen = seen - cumulative[np.searchsorted(self.moments, self.data.entry, side="right")]
        residuals -= weight[:, None] * (self.x * seen[:, :1] - seen[:, 1:])
        # The tied events count only by 1 - l/d in the risk set of the l-th of them, and share the mean of all of them.
        lessened = np.add.reduceat(self.fraction[:, None] * steps, self.starts, axis=0)[self.moment_of]
        rows = self.event_rows
        residuals[rows] += weight[rows, None] * (self.x[rows] * lessened[:, :1] - lessened[:, 1:])
        ties = np.bincount(self.moment_of)[:, None]
        shared = (np.add.reduceat(mean, self.starts, axis=0) / ties)[self.moment_of]
        residuals[rows] += self.x[rows] - shared
        back = np.empty((n, p))
        back[self.rows] = residuals
        return back


def _tail_sums(values: Floats) -> Floats:
    """Row i: sum of rows i .. n-1; one row of zeros at the end."""
    tail = np.zeros((values.shape[0] + 1, values.shape[1]))
    tail[:-1] = np.cumsum(values[::-1], axis=0)[::-1]
    return tail


class PartialLikelihood:
    """Cox's partial likelihood of n records with p covariates, summed over strata."""

    def __init__(self, data: Survival, covariates: Floats, strata: Integers | None = None) -> None:
        self.centre = covariates.mean(axis=0)
        centred = covariates - self.centre
        stratum = np.zeros(len(data), dtype=np.int64) if strata is None else strata
        self.members = [np.flatnonzero(stratum == number) for number in np.unique(stratum)]
        self.parts = [RiskSets(data.where(rows), centred[rows]) for rows in self.members]
        self.shape = covariates.shape
        self.spread = np.sqrt(np.mean(centred**2, axis=0))

    def at(self, beta: Floats, *, third: bool = False) -> Derivatives:
        """Derivatives at ``beta``, summed over strata."""
        found = [part.derivatives(beta, third) for part in self.parts]
        p = self.shape[1]
        moment = sum((one.third for one in found if one.third is not None), np.zeros((p, p, p))) if third else None
        return Derivatives(
            sum(one.loglik for one in found),
            sum((one.score for one in found), np.zeros(p)),
            sum((one.information for one in found), np.zeros((p, p))),
            moment,
        )

    def score_residuals(self, beta: Floats) -> Floats:
        """Score residuals of all records (n, p), in the order of the input."""
        residuals = np.zeros(self.shape)
        for rows, part in zip(self.members, self.parts, strict=True):
            residuals[rows] = part.score_residuals(beta)
        return residuals
