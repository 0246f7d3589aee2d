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


FEWEST_WELLS = 12
LEAST_WITHIN = 0.1
"""Least share of the wells' spread over rows (or columns) that must lie within contents for a drift to be read."""
MOST_ALIKE = 0.95
"""Correlation of row and column within contents above which neither's drift is read."""
MOST_FALL = 0.95
"""Largest change, as a share of the level in the plate's middle, that is fitted from there to a corner."""
TAIL = 0.975
AXES = ("rows", "columns")
TOO_FEW = f"fewer than {FEWEST_WELLS} wells with places and a replicate"


@dataclass(frozen=True)
class Drift:
    """Change from the first row (or column) used to the last as a share of the first, with its P value. NaN where it
    cannot be assessed: then ``reason`` says why."""

    change: float
    p: float
    reason: str

    @classmethod
    def unknown(cls, reason: str) -> Drift:
        return cls(math.nan, math.nan, reason)


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
    edge, edge_p = math.nan, math.nan
    deviations = relative_deviations(wells)
    if deviations is None:
        warnings.append("edge effect not assessable: no well positions, or too few replicates")
    else:
        places, values = deviations
        edge, edge_p = _edge(places, values, _plate_size(wells))
        if abs(edge) > LARGE_EDGE and edge_p < CLEAR_P:
            warnings.append(f"edge wells read {edge:+.0%} against inner wells of the same content")
    row, column = drifts(wells)
    for name, drift in zip(AXES, (row, column), strict=True):
        if drift.reason:
            warnings.append(f"drift over the {name} not assessable: {drift.reason}")
        elif abs(drift.change) > LARGE_DRIFT and drift.p < CLEAR_P:
            warnings.append(f"signal drifts by {drift.change:+.0%} over the {name}")
    return PlateQuality(
        *(experiment, plate, len(wells), high_name, low_name, z_prime, window, ratio, cv),
        *(edge, edge_p, row.change, row.p, column.change, column.p, tuple(warnings)),
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
    if len(values) < FEWEST_WELLS:
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


def drifts(wells: Sequence[Well]) -> tuple[Drift, Drift]:
    """Change of the signal over the rows and over the columns.

    The model is ``signal = level of the content * (1 + b_row * row + b_column * column)``, by least squares over the
    wells that hold their content more than once, relative to its level (Gauss-Newton; each step regresses signal and
    place centred within content). What a dose does to the signal therefore never counts as drift; and where each
    content stands in one column, columns cannot be told from contents and nothing is said of them.
    """
    untreated = [well.signal for well in wells if well.control]
    floor = QUIET_SHARE * float(np.mean(untreated)) if untreated else 0.0
    groups = _groups([well for well in wells if well.position])
    groups = [g for g in groups if np.mean([well.signal for well in g]) > max(floor, 0.0)]
    if sum(len(g) for g in groups) < FEWEST_WELLS:
        return Drift.unknown(TOO_FEW), Drift.unknown(TOO_FEW)
    content = np.repeat(np.arange(len(groups)), [len(g) for g in groups])
    signal = np.array([well.signal for g in groups for well in g])
    places = np.array([well_place(well.position) for g in groups for well in g], dtype=np.float64)
    middle = (places.max(axis=0) + places.min(axis=0)) / 2
    places = places - middle
    within = places - _group_means(places, content)
    total = ((places - places.mean(axis=0)) ** 2).sum(axis=0)
    reasons = ["", ""]
    for axis, name in enumerate(AXES):
        if total[axis] == 0:
            reasons[axis] = f"all wells stand in one {name.removesuffix('s')}"
        elif float((within[:, axis] ** 2).sum()) < LEAST_WITHIN * total[axis]:
            reasons[axis] = f"wells of the same content stand in too few different {name} (doses lie along them)"
    free = [axis for axis in (0, 1) if not reasons[axis]]
    if len(free) == 2 and abs(np.corrcoef(within.T)[0, 1]) > MOST_ALIKE:
        reasons, free = ["rows and columns cannot be told apart in this layout"] * 2, []
    degrees = signal.size - len(groups) - len(free)
    if not free or degrees < 1:
        return Drift.unknown(reasons[0] or TOO_FEW), Drift.unknown(reasons[1] or TOO_FEW)
    slopes, errors = _slopes(signal, places[:, free], content, degrees)
    found = [Drift.unknown(reason) for reason in reasons]
    for slope, error, axis in zip(slopes, errors, free, strict=True):
        found[axis] = _change(slope, error, degrees, float(places[:, axis].max()), AXES[axis])
    return found[0], found[1]


def _group_means(values: Array, content: NDArray[np.int64]) -> Array:
    """Of each well, the mean over the wells of its content."""
    sums = np.zeros((int(content.max()) + 1, values.shape[1]))
    np.add.at(sums, content, values)
    return np.asarray((sums / np.bincount(content)[:, None])[content])


def _slopes(signal: Array, places: Array, content: NDArray[np.int64], degrees: int) -> tuple[Array, Array]:
    """Slopes per row or column as shares of the level in the plate's middle, and their standard errors."""
    slopes = np.zeros(places.shape[1])
    reach = np.abs(places).max(axis=0)

    def projected(values: Array, shape: Array) -> Array:
        """Values less their content's share of ``shape``."""
        share = _group_means(values * shape[:, None], content) / _group_means(shape[:, None] ** 2, content)
        return np.asarray(values - share * shape[:, None])

    design, residual = places, signal
    for _ in range(50):
        shape = 1.0 + places @ slopes
        level = _group_means((signal * shape)[:, None], content) / _group_means(shape[:, None] ** 2, content)
        design = projected(places, shape)
        residual = signal / level[:, 0] - shape
        step = np.linalg.lstsq(design, residual, rcond=None)[0]
        # A signal does not fall to nothing on the way across the plate.
        room = MOST_FALL / max(float(np.abs(slopes + step) @ reach), MOST_FALL)
        updated = (slopes + step) * room
        moved = float(np.abs(updated - slopes) @ reach)
        slopes = updated
        if moved < 1e-10:
            break
    variance = float(residual @ residual) / degrees
    return slopes, np.sqrt(variance * np.diag(np.linalg.inv(design.T @ design)))


def _change(slope: float, error: float, degrees: int, reach: float, name: str) -> Drift:
    """From the first row or column to the last, as a share of the first; not assessable where a drift worth a warning
    would be missed."""
    change = 2 * slope * reach / (1 - slope * reach)
    p = (0.0 if slope else 1.0) if error == 0.0 else 2 * float(special.stdtr(degrees, -abs(slope) / error))
    half = float(special.stdtrit(degrees, TAIL)) * 2 * error * reach
    if half > LARGE_DRIFT and p >= CLEAR_P:
        return Drift.unknown(f"{change:+.0%} give or take {half:.0%} over the {name} cannot be told from none")
    return Drift(change, p, "")
