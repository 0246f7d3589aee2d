"""How good a plate is, before any curve is believed.

Z' is Zhang, Chung and Oldenburg's (1999), the signal window Sittampalam's (1997); both need wells at either end of the
signal: cells without drug, and killed cells (``positive``) or wells without cells (``blank``). Edge effect, drift and
replicate scatter compare wells with others of the same content, so they need no controls; edge and drift need the
wells' places.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kinescape.assay.plates import SHAPES, well_place
from kinescape.assay.wells import Well

Array = NDArray[np.float64]

GOOD_Z_PRIME = 0.5
"""Zhang et al. 1999: an excellent assay."""
LARGE_EDGE = 0.10
LARGE_DRIFT = 0.15
LARGE_CV = 0.20
"""Shares of the signal above which a warning is given, if they are also significant at 1%."""
CLEAR_P = 0.01
COPY = "reads the same as"
"""Start of the warning of a plate that is a copy of another."""
QUIET_SHARE = 0.2
"""Groups below this share of the untreated signal are left out of the replicate CV: their mean is near the floor."""


@dataclass(frozen=True)
class PlateQuality:
    """One plate. NaN where the plate does not allow a statement; ``notes`` say why."""

    experiment: str
    plate: str
    wells: int
    high: str
    low: str
    z_prime: float
    signal_window: float
    signal_to_background: float
    replicate_cv: float
    edge_effect: float
    edge_p: float
    row_drift: float
    row_p: float
    column_drift: float
    column_p: float
    warnings: tuple[str, ...]

    @property
    def name(self) -> str:
        """As the command line prints it."""
        return f"{self.experiment} plate {self.plate or '1'}"


def plate_qualities(wells: Sequence[Well]) -> list[PlateQuality]:
    """Quality of every plate (experiment and plate name) in order of appearance."""
    plates: dict[tuple[str, str], list[Well]] = defaultdict(list)
    for well in wells:
        plates[well.experiment, well.plate].append(well)
    first: dict[tuple[tuple[str, float], ...], str] = {}
    found = []
    for (experiment, plate), members in plates.items():
        quality = _quality(experiment, plate, members)
        readings = tuple(sorted((well.position, well.signal) for well in members if well.position))
        if len({signal for _, signal in readings}) > 1:
            other = first.setdefault(readings, quality.name)
            if other != quality.name:
                quality = replace(quality, warnings=(f"{COPY} {other} in every well", *quality.warnings))
        found.append(quality)
    return found


def _quality(experiment: str, plate: str, wells: Sequence[Well]) -> PlateQuality:
    warnings: list[str] = []
    high_name, high = _controls(wells, ("vehicle", "untreated"))
    low_name, low = _controls(wells, ("positive", "blank"))
    z_prime, window, ratio = _window(high, low)
    if math.isnan(z_prime):
        warnings.append("Z' not assessable: it needs two wells each of untreated cells and of killed cells or blanks")
    elif z_prime < GOOD_Z_PRIME:
        warnings.append(f"Z' {z_prime:.2f} is below {GOOD_Z_PRIME}")
    cv = replicate_cv(wells)
    if cv > LARGE_CV:
        warnings.append(f"replicates scatter by {cv:.0%}")
    edge, edge_p, drifts = math.nan, math.nan, ((math.nan, math.nan), (math.nan, math.nan))
    deviations = relative_deviations(wells)
    if deviations is None:
        warnings.append("edge effect and drift not assessable: no well positions, or too few replicates")
    else:
        places, values = deviations
        edge, edge_p = _edge(places, values, _plate_size(wells))
        drifts = _drift(places[:, 0], values), _drift(places[:, 1], values)
        if abs(edge) > LARGE_EDGE and edge_p < CLEAR_P:
            warnings.append(f"edge wells read {edge:+.0%} against inner wells of the same content")
        for name, (drift, p) in zip(("rows", "columns"), drifts, strict=True):
            if abs(drift) > LARGE_DRIFT and p < CLEAR_P:
                warnings.append(f"signal drifts by {drift:+.0%} over the {name}")
    (row_drift, row_p), (column_drift, column_p) = drifts
    return PlateQuality(
        *(experiment, plate, len(wells), high_name, low_name, z_prime, window, ratio, cv),
        *(edge, edge_p, row_drift, row_p, column_drift, column_p, tuple(warnings)),
    )


def _controls(wells: Sequence[Well], roles: Sequence[str]) -> tuple[str, Array]:
    """The first of the roles that has two wells, and its signals. Of several variants the one with most wells."""
    for role in roles:
        by_variant: dict[str, list[float]] = defaultdict(list)
        for well in wells:
            if well.role == role:
                by_variant[well.variant].append(well.signal)
        best = max(by_variant.values(), key=len, default=[])
        if len(best) >= 2:
            return role, np.array(best)
    return "none", np.array([])


def _window(high: Array, low: Array) -> tuple[float, float, float]:
    """Z', signal window and signal to background."""
    if high.size < 2 or low.size < 2:
        return math.nan, math.nan, math.nan
    gap = abs(float(high.mean() - low.mean()))
    sd_high, sd_low = float(high.std(ddof=1)), float(low.std(ddof=1))
    z_prime = 1 - 3 * (sd_high + sd_low) / gap if gap > 0 else -math.inf
    window = (gap - 3 * (sd_high + sd_low)) / sd_high if sd_high > 0 else math.inf
    background = float(low.mean())
    return z_prime, window, float(high.mean()) / background if background > 0 else math.inf


def _groups(wells: Sequence[Well]) -> list[list[Well]]:
    groups: dict[tuple[object, ...], list[Well]] = defaultdict(list)
    for well in wells:
        groups[well.variant, well.drug, well.dose, well.role].append(well)
    return [group for group in groups.values() if len(group) > 1]


def replicate_cv(wells: Sequence[Well]) -> float:
    """Pooled coefficient of variation of wells with the same content; NaN without replicates."""
    untreated = [well.signal for well in wells if well.control]
    floor = QUIET_SHARE * float(np.mean(untreated)) if untreated else 0.0
    squares, degrees = 0.0, 0
    for group in _groups(wells):
        signal = np.array([well.signal for well in group])
        if signal.mean() > max(floor, 0.0):
            squares += float(signal.var(ddof=1) / signal.mean() ** 2) * (signal.size - 1)
            degrees += signal.size - 1
    return math.sqrt(squares / degrees) if degrees else math.nan


def relative_deviations(wells: Sequence[Well]) -> tuple[NDArray[np.int64], Array] | None:
    """(row, column) and signal over the mean of wells of the same content, minus 1; None if fewer than 12."""
    places, values = [], []
    for group in _groups([well for well in wells if well.position]):
        signal = np.array([well.signal for well in group])
        if signal.mean() <= 0:
            continue
        scale = math.sqrt(signal.size / (signal.size - 1))  # the mean holds the well itself
        for well, value in zip(group, signal / signal.mean() - 1, strict=True):
            places.append(well_place(well.position))
            values.append(float(value) * scale)
    if len(values) < 12:
        return None
    return np.array(places), np.array(values)


def _plate_size(wells: Sequence[Well]) -> tuple[int, int]:
    places = [well_place(well.position) for well in wells if well.position]
    small = all(row < 8 and column < 12 for row, column in places)
    return SHAPES[96] if small else SHAPES[384]


def _edge(places: NDArray[np.int64], values: Array, size: tuple[int, int]) -> tuple[float, float]:
    """Mean of edge wells minus inner wells, and Welch's P value."""
    last_row, last_column = size[0] - 1, size[1] - 1
    edge = (places[:, 0] % last_row == 0) | (places[:, 1] % last_column == 0)
    a, b = values[edge], values[~edge]
    if a.size < 3 or b.size < 3:
        return math.nan, math.nan
    error_a, error_b = float(a.var(ddof=1)) / a.size, float(b.var(ddof=1)) / b.size
    difference, error = float(a.mean() - b.mean()), error_a + error_b
    if error == 0.0:
        return difference, 1.0 if difference == 0 else 0.0
    degrees = error**2 / (error_a**2 / (a.size - 1) + error_b**2 / (b.size - 1))
    return difference, 2 * float(special.stdtr(degrees, -abs(difference) / math.sqrt(error)))


def _drift(place: NDArray[np.int64], values: Array) -> tuple[float, float]:
    """Change over the whole span of rows or columns by least squares, and its P value."""
    x = place - place.mean()
    span, spread = float(np.ptp(place)), float(x @ x)
    if span == 0:
        return math.nan, math.nan
    slope = float(x @ values) / spread
    residuals = values - values.mean() - slope * x
    degrees = values.size - 2
    error = math.sqrt(float(residuals @ residuals) / degrees / spread)
    if error == 0.0:
        return slope * span, 1.0 if slope == 0 else 0.0
    return slope * span, 2 * float(special.stdtr(degrees, -abs(slope) / error))
