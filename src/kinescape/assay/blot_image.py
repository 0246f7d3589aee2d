"""Band volumes from the picture of a blot: lanes, bands, background taken off.

The background is a rolling ball (Sternberg 1983) wider than a band is high. Lanes are the given number of equal-width
strips between the outermost bands, or are found as peaks of the column profile; a band is a stretch of rows around a
peak of the profile over all lanes, the same for every lane, so that an empty lane is measured where its band would be.
A saturated band cannot be quantified, and says so.
"""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kinescape.assay.tables import number, table
from kinescape.errors import InputError

Image = NDArray[np.float64]

IMAGE_SIGNATURES = (b"\x89PNG", b"\xff\xd8\xff", b"II*\0", b"MM\0*")
"""First bytes of PNG, JPEG and TIFF (either byte order)."""
MAX_PIXELS = 60_000_000
"""Pixels of the largest picture read: a film scanned at 600 dpi has 35 million on A4."""
SATURATED_SHARE = 0.01
"""Share of a band's pixels at the detector's limit above which its volume is only a lower bound."""
BAND_FOOT = 0.1
"""A band ends where the profile has fallen to this share of its peak."""


GROUND_ROUNDS = 8
"""Times that pixels far above the ground are left out of it: bands may cover a third of a picture."""


@dataclass(frozen=True)
class BandVolume:
    """One band in one lane. Box in pixels, half-open; ``volume`` above background, in grey levels times pixels."""

    lane: int
    band: int
    left: int
    right: int
    top: int
    bottom: int
    volume: float
    background: float
    saturated: bool


def read_image(path: Path) -> tuple[Image, float]:
    """Grey levels with bands bright, and the largest level that the detector can give.

    Raises
    ------
    InputError
        No such file, or not an image.
    """
    from skimage import io

    if not path.is_file():
        raise InputError("no such file", file=path)
    with path.open("rb") as handle:
        start = handle.read(4)
    if not start.startswith(IMAGE_SIGNATURES):
        raise InputError("is not an image", file=path, expected="TIFF, PNG or JPEG")
    try:
        # Opened here, so that it is closed also where a reader of pictures breaks off.
        with warnings.catch_warnings(), path.open("rb") as handle:
            # Where a picture is damaged its readers warn before they fail, of the damage and of one another.
            warnings.simplefilter("ignore")
            raw = np.asarray(io.imread(handle))
    except Exception:
        raise InputError("is not an image", file=path, expected="a whole TIFF, PNG or JPEG") from None
    if not np.issubdtype(raw.dtype, np.number) and raw.dtype != np.bool_:
        raise InputError("is not a picture of a blot", file=path, found=f"values of kind {raw.dtype}")
    if math.prod(raw.shape[:2]) > MAX_PIXELS:
        raise InputError("is larger than a picture of a blot", file=path, found=f"shape {raw.shape}")
    if not np.isfinite(raw).all():
        raise InputError("holds grey levels that are not finite numbers", file=path)
    if raw.dtype == np.bool_:
        raise InputError("is not a picture of a blot", file=path, found="black and white", expected="grey levels")
    if raw.ndim == 3:
        raw = raw[..., :3].mean(axis=2).astype(raw.dtype)
    if raw.ndim != 2 or min(raw.shape) < 10:
        raise InputError("is not a picture of a blot", file=path, found=f"shape {raw.shape}")
    limit = float(np.iinfo(raw.dtype).max) if np.issubdtype(raw.dtype, np.integer) else float(raw.max())
    image = raw.astype(np.float64)
    # Film and most exports show dark bands on a light ground: the ground is the commoner level.
    if np.median(image) > 0.5 * limit:
        image = limit - image
    return image, limit


def subtract_background(image: Image, radius: int) -> Image:
    """Rolling-ball background taken off. The ball lies under the grain of the picture, so what remains of the ground is
    taken off too: its median over the pixels that are not far above it. Ground then averages 0."""
    from skimage.restoration import rolling_ball

    above = np.maximum(image - rolling_ball(image, radius=radius), 0.0)
    ground = above.ravel()
    for _ in range(GROUND_ROUNDS):
        low, middle = np.quantile(ground, [0.16, 0.5])
        ground = ground[ground <= middle + 2.0 * (middle - low)]
    return np.asarray(above - np.median(ground), dtype=np.float64)


def measure(image: Image, limit: float, *, lanes: int, bands: int = 1, radius: int | None = None) -> list[BandVolume]:
    """Volumes of all bands in all lanes, left to right and top to bottom.

    Parameters
    ----------
    lanes, bands
        How many there are.
    radius
        Of the rolling ball, pixels; a fifth of the picture's height where None.
    """
    if lanes < 1 or bands < 1:
        raise InputError("a blot has at least one lane and one band", found=f"{lanes} lanes, {bands} bands")
    radius = radius or max(10, image.shape[0] // 5)
    clean = subtract_background(image, radius)
    if float(clean.max()) <= 0.0:
        raise InputError("no bands: the picture is even", expected="bands that stand out of the background")
    edges = lane_edges(clean, lanes)
    rows = band_rows(clean[:, edges[0] : edges[-1]], bands)
    volumes = []
    for lane, (left, right) in enumerate(itertools.pairwise(edges), start=1):
        for band, (top, bottom) in enumerate(rows, start=1):
            box = slice(top, bottom), slice(left, right)
            saturated = float(np.mean(image[box] >= limit)) > SATURATED_SHARE
            ground = float((image[box] - clean[box]).mean())
            volumes.append(
                BandVolume(lane, band, left, right, top, bottom, max(float(clean[box].sum()), 0.0), ground, saturated)
            )
    return volumes


def lane_edges(clean: Image, lanes: int) -> list[int]:
    """Column borders of the lanes: equal strips over the stretch of columns that holds signal."""
    profile = _smooth(clean.sum(axis=0), max(1, clean.shape[1] // (lanes * 8)))
    above = np.flatnonzero(profile > 0.05 * profile.max())
    left, right = int(above[0]), int(above[-1]) + 1
    if right - left < lanes * 3:
        raise InputError("too few columns hold signal", found=f"{right - left} pixels", expected=f"{lanes} lanes")
    # The outer lanes' bands start a margin inside their lane: half of the mean gap goes to either side.
    margin = round(0.08 * (right - left) / lanes)
    left, right = max(0, left - margin), min(clean.shape[1], right + margin)
    return [round(float(edge)) for edge in np.linspace(left, right, lanes + 1)]


def band_rows(clean: Image, bands: int) -> list[tuple[int, int]]:
    """Row ranges of the strongest bands, top to bottom."""
    profile = _smooth(clean.sum(axis=1), 2)
    left = profile.copy()
    ranges: list[tuple[int, int]] = []
    for _ in range(bands):
        peak = int(np.argmax(left))
        if left[peak] <= 0:
            raise InputError("fewer bands than asked for", found=len(ranges), expected=bands)
        foot = BAND_FOOT * left[peak]
        top, bottom = peak, peak + 1
        while top > 0 and left[top - 1] > foot:
            top -= 1
        while bottom < left.size and left[bottom] > foot:
            bottom += 1
        ranges.append((top, bottom))
        left[top:bottom] = 0.0
    return sorted(ranges)


def _smooth(profile: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    kernel = np.ones(2 * width + 1) / (2 * width + 1)
    return np.asarray(np.convolve(np.pad(profile, width, mode="edge"), kernel, mode="valid"))


def volumes_table(volumes: Sequence[BandVolume]) -> str:
    """``bands.tsv``: boxes in pixels (0-based, half-open)."""
    columns = ("lane", "band", "volume", "background_level", "saturated", "left", "right", "top", "bottom")
    return table(
        columns,
        (
            [
                *(str(v.lane), str(v.band), number(v.volume), number(v.background), "yes" if v.saturated else "no"),
                *(str(x) for x in (v.left, v.right, v.top, v.bottom)),
            ]
            for v in volumes
        ),
    )
