"""Whether the rotamers of a mutation's two side chains were sampled, in the windows where they are felt.

MBAR weighs what was seen. Where a side chain turns more slowly than a run is long, its rotamers are seen as often as
the start and chance had it, in all windows alike: windows overlap, forward and backward agree, halves agree, and the
free energy is that of some of the rotamers (Mobley, Chodera & Dill 2007, doi:10.1021/ct700032n). So rotamers are
counted, and by walkers: a walker is one configuration through time, in whatever window, and an exchange between windows
turns no side chain (Grossfield et al. 2018, doi:10.33011/livecoms.1.1.5067, on replica exchange).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.structure.alchemy.chis import Chi
from kinescape.structure.alchemy.estimate import LARGEST_DRIFT, LEAST_SAMPLES, SMALLEST_DRIFT
from kinescape.structure.alchemy.exchange import UNKNOWN, Ladder
from kinescape.structure.analysis.errors import inefficiency

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STATES = 3
NAMES = ("p", "t", "m")
"""Thirds of the circle: 0 to 120 degrees, 120 to 240, -120 to 0 (Lovell et al., Proteins 2000;40:389-408)."""
CORE = 2.0 / 3.0
"""Of a third, about its middle: a walker is in another state only once it was here. What merely crosses an edge and
comes back has not turned (transition-based assignment: Buchete & Hummer 2008, doi:10.1021/jp0761665; width ours).
"""


@dataclass(frozen=True)
class Rotamers:
    """One chi, in the end window in which its side chain is felt.

    ``shares`` (3) are the parts of the window's samples in each third, ``errors`` (3) their standard errors (NaN where
    a third was seen always or never: that shows none), ``halves`` (2, 3) the shares in either half. ``transitions``
    has, per walker, how often it changed its state in all windows. ``independent`` is how many draws of a rotamer the
    shares rest on; ``unrecorded`` how many samples of the window are from before angles were recorded.
    """

    chi: Chi
    window: int
    samples: int
    unrecorded: int
    shares: Floats
    errors: Floats
    halves: Floats
    transitions: tuple[int, ...]
    independent: float
    refused: tuple[str, ...]

    @property
    def name(self) -> str:
        """``LEU chi1 in window 1``."""
        return f"{self.chi.name} in window {self.window}"

    @property
    def unseen(self) -> float:
        """The share that a rotamer which was never seen may have all the same, by 95% (no draw of it in as many)."""
        return float(1.0 - math.pow(0.05, 1.0 / max(self.independent, 1.0)))

    @property
    def weight(self) -> float:
        """kT by which the free energy would move with one standard error of the most populated rotamer's share; where
        no other was seen, with as much of others as :attr:`unseen` leaves room for.
        """
        if not self.samples:
            return math.nan
        most = int(np.argmax(self.shares))
        if self.shares[most] == 1.0:
            return -math.log(1.0 - self.unseen)
        return float(self.errors[most] / self.shares[most])


def rotamers_of(ladder: Ladder, chis: Sequence[Chi]) -> tuple[Rotamers, ...]:
    """Every chi of both side chains in its end window: the old one's in the first, the new one's in the last.

    Parameters
    ----------
    chis
        As the ladder recorded them (:func:`.chis.chis_of`); none of glycine and alanine, and nothing is found then.
    """
    recorded = ladder.walkers[0] != UNKNOWN
    walkers = ladder.walkers[:, recorded]
    found = []
    for number, chi in enumerate(chis):
        window = 0 if chi.end == "old" else len(walkers) - 1
        angles = _by_walker(ladder.angles[:, number, recorded], walkers)
        found.append(_judged(chi, window, angles, walkers, int((~recorded).sum())))
    return tuple(found)


def apart(one: Rotamers, other: Rotamers) -> float | None:
    """kT by which two counts differ in the share of the rotamer that both have most of; infinite where one has
    none of it, None where errors explain it, or where either is refused by itself.
    """
    if one.refused or other.refused:
        return None
    return _apart(one.shares, one.errors, other.shares, other.errors)


def told_apart(drift: float) -> str:
    """The words for what :func:`apart` found."""
    return "differ altogether" if math.isinf(drift) else f"differ by {drift:.1f} kT"


def states_of(angles: Floats, period: float) -> Ints:
    """The state of one walker at each of its samples (0 to 2), by :data:`CORE`.

    ``angles`` in degrees, in the order of time. Before it was in any core, the third it is in.
    """
    third = period / STATES
    thirds = np.floor(np.mod(angles, period) / third).astype(np.int64) % STATES
    inside = np.abs(np.mod(angles, third) - third / 2.0) <= CORE * third / 2.0
    inside[:1] = True
    return np.asarray(thirds[np.maximum.accumulate(np.where(inside, np.arange(len(angles)), 0))])


def _by_walker(angles: Floats, walkers: Ints) -> Floats:
    """(windows, samples) -> (walkers, samples)."""
    found = np.empty_like(angles)
    np.put_along_axis(found, walkers, angles, axis=0)
    return found


def _judged(chi: Chi, window: int, angles: Floats, walkers: Ints, unrecorded: int) -> Rotamers:
    samples = angles.shape[1]
    if not samples:
        nothing = np.full(STATES, math.nan)
        why = f"{chi.name} was not recorded in any sample: sample longer, or anew in another folder"
        halves = np.full((2, STATES), math.nan)
        return Rotamers(chi, window + 1, 0, unrecorded, nothing, nothing, halves, (), 0.0, (why,))
    states = np.stack([states_of(each, chi.period) for each in angles])
    turned = np.diff(states, axis=1) != 0
    # A stay is a walker in one state from one turn to the next. What walkers began in is no draw but what the run was
    # started from: all of that together is one stay, number 0.
    begun = np.concatenate([np.zeros((len(states), 1), dtype=bool), turned], axis=1)
    stays = np.where(np.cumsum(begun, axis=1) > 0, np.cumsum(begun.ravel()).reshape(begun.shape), 0)
    here, own = (np.take_along_axis(each, walkers[window][None, :], axis=0)[0] for each in (states, stays))
    shares, errors, independent = _shares(here, own)
    middle = samples // 2
    parts = [_shares(here[part], own[part]) for part in (slice(0, middle), slice(middle, None))] if middle else []
    halves = np.stack([each[0] for each in parts]) if parts else np.full((2, STATES), math.nan)
    transitions = tuple(turned.sum(axis=1).tolist())
    refused = []
    if independent < LEAST_SAMPLES:
        refused.append(
            f"{chi.name} in window {window + 1} rests on {independent:.1f} independent rotamers, less than "
            f"{LEAST_SAMPLES} ({_told(shares)}; turns in all windows: {sum(transitions)}): sample longer"
        )
    elif (drift := _apart(parts[0][0], parts[0][1], parts[1][0], parts[1][1])) is not None:
        refused.append(
            f"{chi.name} in window {window + 1}: rotamers of the first and second half ({_told(parts[0][0])} and "
            f"{_told(parts[1][0])}) {told_apart(drift)}: not converged"
        )
    return Rotamers(
        chi, window + 1, samples, unrecorded, shares, errors, halves, transitions, independent, tuple(refused)
    )


def _shares(states: Ints, stays: Ints) -> tuple[Floats, Floats, float]:
    """Shares of the states, their standard errors, and the number of independent draws.

    Samples of one stay are one draw: the error is that of a mean over clusters, and draws are counted as Kish (1965)
    does where they weigh differently, (sum n)² / sum n². Where states follow one another more slowly in the window
    than stays do, the statistical inefficiency of the most populated one counts.
    """
    count = len(states)
    seen = np.stack([states == state for state in range(STATES)]).astype(np.float64)
    shares = seen.mean(axis=1)
    _, place, sizes = np.unique(stays, return_inverse=True, return_counts=True)
    away = np.stack([np.bincount(place, each - share) for each, share in zip(seen, shares, strict=True)])
    clustered = np.sqrt((away**2).sum(axis=1)) / count
    # A window that shows one state alone has no correlation to show.
    slow = np.array([inefficiency(each) if 0 < share < 1 else 1.0 for each, share in zip(seen, shares, strict=True)])
    errors = np.maximum(clustered, np.sqrt(shares * (1.0 - shares) * slow / count))
    errors[(shares == 0.0) | (shares == 1.0)] = math.nan
    independent = min(count**2 / float((sizes.astype(np.float64) ** 2).sum()), count / slow[int(np.argmax(shares))])
    return shares, errors, independent


def _apart(one: Floats, its: Floats, other: Floats, theirs: Floats) -> float | None:
    most = int(np.argmax(one + other))
    if not min(one[most], other[most]) > 0:
        return math.inf
    found = abs(math.log(one[most] / other[most]))
    error = math.hypot(*np.nan_to_num([its[most] / one[most], theirs[most] / other[most]]))
    return found if found > max(LARGEST_DRIFT * error, SMALLEST_DRIFT) else None


def _told(shares: Floats) -> str:
    return ", ".join(f"{name} {share:.2f}" for name, share in zip(NAMES, shares, strict=True))
