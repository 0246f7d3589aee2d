"""How much of one sample may lie in another: the share that fits the other's alleles, with its interval.

A site is informative for a pair where the donor has an allele (a fifth of its reads or more) that the recipient's
person does not have. The recipient shows it at ``share x donor's fraction`` plus the background of the site; counts
follow a beta-binomial whose dispersion holds the input molecules and the spread of the background (the model of
:mod:`kinescape.call.beta_binomial`). The interval is that of the profile likelihood, the limit what would be found in
95 of 100 cases. Known resistance changes are left out: they come again and again without any contact of samples.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from kinescape.identity.counts import BASES, RunCounts
from kinescape.identity.genotypes import FEWEST_READS
from kinescape.records import Call

State = Literal["seen", "suspected", "not_seen", "cannot_be_told"]

DONOR_FRACTION, RECIPIENT_FRACTION = 0.2, 0.1
"""An allele of the donor has at least the one, one that the recipient's person lacks at most the other."""
FEWEST_OTHERS = 5
"""Samples without the allele from which its background is learned; with fewer it is that of the positions' table."""
SPREAD_KNOWN, SPREAD_UNKNOWN = 0.5, 1.0
"""Least coefficient of variation of a background that was learned, and that of one that was not."""
USUAL_MOLECULES = 3000.0
"""Where the input is not stated: 10 ng."""
ERROR_OF_RUN = 0.05
TELLING_LIMIT = 0.05
"""A pair whose limit lies above it cannot be told: a sample may be mixed and would not show it."""
ALL_OTHERS = "(all others)"
"""The donor that is the mean of all samples of other people: index hopping."""
SHARES = np.concatenate([[0.0], np.geomspace(1e-5, 0.5, 240)])
"""Shares of contamination that are tried."""
NEGLIGIBLE = 0.0005
"""A share up to this is no contamination: the backgrounds of sites are not known better. Chosen by this project."""
CHI_SQUARE_95 = 3.841458820694124
"""95% point of chi-square with one degree of freedom."""
SUPPORT = 0.01
CARRIED_OVER, TIMES = 0.05, 10.0
"""A finding up to the one is told beside a sample that has the same change at this many times its fraction."""


@dataclass(frozen=True)
class SharedFinding:
    """A change that both samples have; allele fractions in the recipient and in the donor."""

    name: str
    here: float
    there: float

    def __str__(self) -> str:
        return f"{self.name} ({self.here:.2%} here, {self.there:.1%} there)"


@dataclass(frozen=True)
class Contamination:
    """What a donor may have left in a recipient."""

    recipient: str
    donor: str
    state: State
    sites: int
    """Informative alleles."""
    supporting: int
    """Of them, those that lie above their background by themselves (one-sided, 1%)."""
    share: float | None
    """Share of the recipient's molecules that fits best."""
    low: float | None
    high: float | None
    """Its 95% interval."""
    limit: float | None
    """The share that would be found with 95% probability; None: none would."""
    p: float | None
    """Against a negligible share, one-sided, for this pair alone."""
    log_likelihood: float
    fits_as_well: tuple[str, ...]
    """Other donors that explain the same within 1.92 units of log-likelihood."""
    alleles: tuple[str, ...]
    shared_findings: tuple[SharedFinding, ...]
    """Findings of the recipient that the donor has at ten times the fraction or more."""


@dataclass(frozen=True)
class _Alleles:
    """(site, base) pairs that some have and others lack, over all samples."""

    names: tuple[str, ...]
    site: NDArray[np.int64]
    count: NDArray[np.int64]
    depth: NDArray[np.int64]
    share: NDArray[np.float64]
    """All [samples, alleles]."""


def contaminations(run: RunCounts) -> list[Contamination]:
    """Every ordered pair of samples of different people, and every sample against all others."""
    alleles = _alleles(run)
    tests = sum(len(_donors(run, recipient)) + 1 for recipient in range(len(run.samples)))
    found: list[Contamination] = []
    for recipient in range(len(run.samples)):
        mine = list(_of_recipient(run, alleles, recipient, max(1, tests)))
        found += [_with_alternatives(each, mine) for each in mine]
    return found


def _alleles(run: RunCounts) -> _Alleles:
    shares, depth = run.shares(), run.depth()
    enough = depth >= FEWEST_READS
    highest = np.where(enough[:, :, None], shares, 0.0).max(axis=0, initial=0.0)
    lowest = np.where(enough[:, :, None], shares, 1.0).min(axis=0, initial=1.0)
    site, base = np.nonzero((highest >= DONOR_FRACTION) & (lowest <= RECIPIENT_FRACTION) & ~run.known[:, None])
    names = tuple(
        f"{run.sites[s][0]}:{run.sites[s][1]}:{BASES[b]}" for s, b in zip(site.tolist(), base.tolist(), strict=True)
    )
    return _Alleles(names, site, run.counts[:, site, base], depth[:, site], shares[:, site, base])


@dataclass(frozen=True)
class _Recipient:
    """One sample, at the alleles that its person lacks. All arrays stand in the order of ``columns``."""

    name: str
    columns: NDArray[np.int64]
    depth: NDArray[np.int64]
    background: NDArray[np.float64]
    spread: NDArray[np.float64]
    molecules: float
    surface: NDArray[np.float64]
    """[alleles, shares]: log-likelihoods."""
    tails: NDArray[np.float64]
    tests: int


def _of_recipient(run: RunCounts, alleles: _Alleles, number: int, tests: int) -> Iterator[Contamination]:
    lacking = (alleles.depth[number] >= FEWEST_READS) & (alleles.share[number] <= RECIPIENT_FRACTION)
    columns = np.flatnonzero(lacking)
    background, spread = _background(run, alleles, number, columns)
    molecules = run.samples[number].molecules or USUAL_MOLECULES
    count, depth = alleles.count[number, columns], alleles.depth[number, columns]
    recipient = _Recipient(
        run.samples[number].name,
        columns,
        depth,
        background,
        spread,
        molecules,
        _log_likelihoods(count, depth, background, spread, molecules),
        _tails(count, depth, background, spread, molecules),
        tests,
    )
    donors = _donors(run, number)
    for donor in donors:
        fraction = np.where(alleles.depth[donor, columns] >= FEWEST_READS, alleles.share[donor, columns], 0.0)
        shared = _shared(run.samples[number].calls, run.samples[donor].calls)
        yield _estimate(recipient, run.samples[donor].name, fraction, fraction >= DONOR_FRACTION, alleles.names, shared)
    if donors:
        mean = alleles.share[donors][:, columns].mean(axis=0)
        yield _estimate(recipient, ALL_OTHERS, mean, mean >= RECIPIENT_FRACTION / 2, alleles.names, ())


def _donors(run: RunCounts, recipient: int) -> list[int]:
    patient = run.samples[recipient].patient
    return [
        donor
        for donor, other in enumerate(run.samples)
        if donor != recipient and not (patient and patient == other.patient)
    ]


def _background(
    run: RunCounts, alleles: _Alleles, recipient: int, columns: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Share at which the allele stands in samples that lack it, and the standard deviation of that share.

    The lower quartile of the other samples, so that a few contaminated ones do not hide each other; never less than
    what the table of positions expects, because the quartile of small counts lies too low.
    """
    stated = run.background[recipient, alleles.site[columns]]
    background = np.where(np.isfinite(stated), stated, 0.001)
    spread = SPREAD_UNKNOWN * background
    others = [number for number in range(len(run.samples)) if number != recipient]
    for place, column in enumerate(columns.tolist()):
        share = alleles.share[others, column]
        lacking = share[(share <= RECIPIENT_FRACTION) & (alleles.depth[others, column] >= FEWEST_READS)]
        if lacking.size >= FEWEST_OTHERS:
            low, middle = np.quantile(lacking, (0.25, 0.5))
            background[place] = max(float(low), float(background[place]))
            # Of a normal distribution the quartile lies 0.674 standard deviations from the median.
            spread[place] = max(SPREAD_KNOWN * background[place], float(middle - low) / 0.674)
    return background, spread


def _dispersion(mean: NDArray[np.float64], spread: NDArray[np.float64], molecules: float) -> NDArray[np.float64]:
    """Correlation of two reads of a site: they may be one molecule's, and share the site's background."""
    return np.clip(1 / molecules + spread**2 / (mean * (1 - mean)), 1e-9, 0.5)


def _shapes(
    mean: NDArray[np.float64], spread: NDArray[np.float64], molecules: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    scale = 1 / _dispersion(mean, spread, molecules) - 1
    return mean * scale, (1 - mean) * scale


def _log_likelihoods(
    count: NDArray[np.int64], depth: NDArray[np.int64], background: NDArray[np.float64], spread: NDArray[np.float64],
    molecules: float,
) -> NDArray[np.float64]:  # fmt: skip
    """[alleles, shares]: log-likelihood of each count if :data:`SHARES` of the reads were the allele."""
    mean = SHARES[None, :] + (1 - SHARES[None, :]) * background[:, None]
    a, b = _shapes(mean, spread[:, None], molecules)
    k, n = count[:, None], depth[:, None]
    return np.asarray(special.betaln(k + a, n - k + b) - special.betaln(a, b))


def _tails(
    count: NDArray[np.int64], depth: NDArray[np.int64], background: NDArray[np.float64], spread: NDArray[np.float64],
    molecules: float,
) -> NDArray[np.float64]:  # fmt: skip
    """Pr(as many or more) from the background alone, per allele."""
    a, b = _shapes(background, spread, molecules)
    return np.asarray(stats.betabinom.sf(count - 1, depth, a, b))


def _estimate(
    recipient: _Recipient,
    donor: str,
    fraction: NDArray[np.float64],
    informative: NDArray[np.bool_],
    names: tuple[str, ...],
    shared: tuple[SharedFinding, ...],
) -> Contamination:
    """``fraction``: that of each allele in the donor."""
    chosen = np.flatnonzero(informative)
    nothing = Contamination(
        recipient=recipient.name,
        donor=donor,
        state="cannot_be_told",
        sites=int(chosen.size),
        supporting=0,
        share=None,
        low=None,
        high=None,
        limit=None,
        p=None,
        log_likelihood=-math.inf,
        fits_as_well=(),
        alleles=tuple(names[recipient.columns[place]] for place in chosen.tolist()),
        shared_findings=shared,
    )
    if not chosen.size:
        return nothing
    profile = np.zeros(SHARES.size)
    for place in chosen.tolist():
        profile += np.interp(SHARES * fraction[place], SHARES, recipient.surface[place])
    best = int(profile.argmax())
    ratio = 2 * float(profile[best] - profile[SHARES <= NEGLIGIBLE].max())
    # The share lies at the edge of what is tested: half of the ratio's distribution lies there (Self & Liang 1987).
    p = 0.5 * float(stats.chi2.sf(ratio, 1)) if ratio > 0 else 1.0
    inside = SHARES[2 * (profile[best] - profile) <= CHI_SQUARE_95]
    limit = _limit(recipient, chosen, fraction[chosen])
    supporting = int((recipient.tails[chosen] < SUPPORT).sum())
    state: State = "cannot_be_told" if limit is None or limit > TELLING_LIMIT else "not_seen"
    if p < ERROR_OF_RUN / recipient.tests:
        state = "seen" if supporting >= 2 else "suspected"
    return replace(
        nothing,
        state=state,
        supporting=supporting,
        share=float(SHARES[best]),
        low=float(inside.min()),
        high=float(inside.max()),
        limit=limit,
        p=p,
        log_likelihood=float(profile[best] - profile[0]),
    )


def _limit(recipient: _Recipient, chosen: NDArray[np.int64], fraction: NDArray[np.float64]) -> float | None:
    """Smallest share whose expected signal stands as far above nothing as the test asks, and 1.645 deviations more."""
    needed = (float(special.ndtri(1 - ERROR_OF_RUN / recipient.tests)) + float(special.ndtri(0.95))) ** 2
    signal = np.maximum(SHARES[1:, None] - NEGLIGIBLE, 0.0) * fraction[None, :]
    mean = signal + (1 - signal) * recipient.background[chosen]
    variance = mean * (1 - mean) * (1 / recipient.depth[chosen] + 1 / recipient.molecules)
    power = (signal**2 / (variance + recipient.spread[chosen] ** 2)).sum(axis=1)
    reached = np.flatnonzero(power >= needed)
    return float(SHARES[1:][reached[0]]) if reached.size else None


def _with_alternatives(each: Contamination, all_of_recipient: list[Contamination]) -> Contamination:
    """Name the donors that explain the recipient as well as this one."""
    if each.state not in ("seen", "suspected"):
        return each
    others = tuple(
        other.donor
        for other in all_of_recipient
        if other is not each
        and other.state in ("seen", "suspected")
        and other.log_likelihood >= each.log_likelihood - 1.92
    )
    return replace(each, fits_as_well=others)


def _shared(mine: tuple[Call, ...], theirs: tuple[Call, ...]) -> tuple[SharedFinding, ...]:
    high = {call.variant: call.vaf for call in theirs}
    return tuple(
        SharedFinding(named(call), call.vaf, high[call.variant])
        for call in mine
        if call.vaf <= CARRIED_OVER and high.get(call.variant, 0.0) >= TIMES * call.vaf
    )


def named(call: Call) -> str:
    """``ALK G1202R``."""
    about = call.consequence
    return call.variant.name if about is None else f"{about.gene} {about.protein or about.hgvs_c}"
