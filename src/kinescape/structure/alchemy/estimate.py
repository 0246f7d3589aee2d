"""Free energies from windows by MBAR (Shirts & Chodera 2008, doi:10.1063/1.2978177), and when there is none to tell.

Checks as recommended by Klimovich, Shirts & Mobley 2015 (doi:10.1007/s10822-015-9840-9): overlap of neighbouring
windows of at least 0.03; forward and backward estimates; first against second half of the samples.
"""

from __future__ import annotations

import logging
import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from kinescape.errors import InputError
from kinescape.structure.analysis.errors import inefficiency

Floats = NDArray[np.float64]

LEAST_OVERLAP = 0.03
"""Of neighbouring windows in the overlap matrix (Klimovich 2015, section on overlap)."""
LEAST_SAMPLES = 20
"""Independent samples of a window below which an error is no error."""
LARGEST_HYSTERESIS = 2.0
"""kT between forward and backward exponential averages of two neighbours (these lag; beyond that they have not met)."""
LARGEST_DRIFT = 4.0
"""Standard errors between the halves of the samples (and never less than :data:`SMALLEST_DRIFT`)."""
SMALLEST_DRIFT = 0.5
"""kT by which the halves, or two replicas, may differ in any case."""

GAS_KCAL = 0.00198720425864083
"""Gas constant in kcal/mol/K."""


@dataclass(frozen=True)
class FreeEnergy:
    """Last window minus first, in kT. ``value`` and ``error`` are None where ``refused`` says why.

    ``overlap`` is MBAR's (windows, windows) matrix; ``forward`` and ``backward`` exponential averages of each pair of
    neighbours, in kT; ``halves`` the estimate by the first and by the second half of the samples; ``samples`` the
    independent ones by window.
    """

    value: float | None
    error: float | None
    refused: tuple[str, ...]
    overlap: Floats
    forward: Floats
    backward: Floats
    halves: tuple[float, float]
    samples: tuple[int, ...]

    def kcal(self, temperature: float = 300.0) -> tuple[float, float] | None:
        """Value and error in kcal/mol; None where refused."""
        if self.value is None or self.error is None:
            return None
        unit = GAS_KCAL * temperature
        return self.value * unit, self.error * unit

    def refused_by(self, reasons: Sequence[str]) -> FreeEnergy:
        """The same, with no number told where another look gave reasons; unchanged without any."""
        return replace(self, value=None, error=None, refused=(*self.refused, *reasons)) if reasons else self


def free_energy(reduced: Sequence[Floats]) -> FreeEnergy:
    """The free energy between the first and the last window.

    Parameters
    ----------
    reduced
        Per window sampled, (windows, samples): reduced potentials of its samples in every window
        (:func:`.windows.sample_windows`).

    Raises
    ------
    InputError
        Shapes that do not fit, or energies of a window in itself that are not finite.
    """
    windows = len(reduced)
    if windows < 2 or any(each.ndim != 2 or each.shape[0] != windows or not each.shape[1] for each in reduced):
        raise InputError(
            "reduced potentials", found=str([each.shape for each in reduced]), expected="(windows, samples) per window"
        )
    if any(not np.isfinite(each[number]).all() for number, each in enumerate(reduced)):
        raise InputError("a reduced potential of a window in itself is not finite")
    thin = [_independent(each, number) for number, each in enumerate(reduced)]
    counts = tuple(each.shape[1] for each in thin)
    value, error, overlap = _mbar(thin)
    halves = tuple(_mbar([np.array_split(each, 2, axis=1)[part] for each in thin]) for part in (0, 1))
    forward = np.array([_zwanzig(thin[n][n + 1] - thin[n][n]) for n in range(windows - 1)])
    backward = np.array([-_zwanzig(thin[n + 1][n] - thin[n + 1][n + 1]) for n in range(windows - 1)])
    refused: list[str] = []
    neighbours = [min(overlap[n, n + 1], overlap[n + 1, n]) for n in range(windows - 1)]
    if (worst := int(np.argmin(neighbours))) >= 0 and not neighbours[worst] >= LEAST_OVERLAP:
        refused.append(
            f"windows {worst + 1} and {worst + 2} overlap by {neighbours[worst]:.3f}, less than {LEAST_OVERLAP}: "
            "put windows between them"
        )
    if min(counts) < LEAST_SAMPLES:
        refused.append(f"window {int(np.argmin(counts)) + 1} has {min(counts)} independent samples: sample longer")
    hysteresis = np.abs(forward - backward)
    if not float(hysteresis.max()) <= LARGEST_HYSTERESIS:
        place = int(np.argmax(hysteresis))
        refused.append(
            f"forward and backward between windows {place + 1} and {place + 2} differ by {hysteresis[place]:.1f} kT"
        )
    # A window of one sample, refused above, has no second half.
    if min(counts) > 1 and not all(math.isfinite(each) for each in (value, halves[0][0], halves[1][0])):
        refused.append("MBAR does not converge on these windows")
    drift = abs(halves[0][0] - halves[1][0])
    if math.isfinite(drift) and not drift <= max(
        LARGEST_DRIFT * math.hypot(halves[0][1], halves[1][1]), SMALLEST_DRIFT
    ):
        refused.append(f"first and second half of the samples differ by {drift:.1f} kT: not converged")
    return FreeEnergy(
        value=None if refused else value,
        error=None if refused else error,
        refused=tuple(refused),
        overlap=overlap,
        forward=forward,
        backward=backward,
        halves=(halves[0][0], halves[1][0]),
        samples=counts,
    )


def _independent(energies: Floats, own: int) -> Floats:
    """Every g-th sample, g by the difference of energy to the neighbouring window."""
    other = own + 1 if own + 1 < len(energies) else own - 1
    series = np.asarray(energies[other] - energies[own], dtype=np.float64)
    if not np.isfinite(series).all() or float(np.ptp(series)) == 0.0:
        return energies
    step = math.ceil(inefficiency(series))
    return np.asarray(energies[:, ::step], dtype=np.float64)


def _zwanzig(work: Floats) -> float:
    """-ln <exp(-work)>, in kT."""
    return float(-(logsumexp(-work) - math.log(len(work))))


def _mbar(reduced: Sequence[Floats]) -> tuple[float, float, Floats]:
    """Free energy of the last window over the first with its error in kT, and the overlap matrix.

    No numbers and no overlap where a window has no samples or the equations are not solved.
    """
    counts = np.array([each.shape[1] for each in reduced])
    if not counts.all():
        return math.nan, math.inf, np.eye(len(counts))
    with _quiet():
        from pymbar import MBAR
        from pymbar.utils import ConvergenceError, ParameterError

        try:
            # By pymbar's most careful solver: its usual one can stop short of the solution with few samples, and raise.
            solved: Any = MBAR(np.concatenate(reduced, axis=1), counts, solver_protocol="robust")
            differences = solved.compute_free_energy_differences()
            overlap = np.asarray(solved.compute_overlap()["matrix"], dtype=np.float64)
        except (ConvergenceError, ParameterError):
            return math.nan, math.inf, np.eye(len(counts))
    return float(differences["Delta_f"][0, -1]), float(differences["dDelta_f"][0, -1]), overlap


@contextmanager
def _quiet() -> Iterator[None]:
    # pymbar logs that JAX is missing, and warns of windows that do not overlap: that is checked here.
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
