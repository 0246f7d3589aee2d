"""Which logistic curves can be fitted, and the box that each parameter is kept in."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kinescape.assay.logistic import ASYMMETRY, BOTTOM, LOG_IC50, PARAMETERS, SLOPE, TOP
from kinescape.errors import InputError

Array = NDArray[np.float64]

ModelName = Literal["4pl", "3pl", "5pl"]
MODELS: tuple[ModelName, ...] = ("4pl", "3pl", "5pl")
"""4pl: top, bottom, IC50, slope. 3pl: bottom fixed at 0 (drc's LL.3). 5pl: and an asymmetry."""

EXTRAPOLATION_DECADES = 2.0
"""How far beyond the tested doses an IC50 is looked for; a profile that is still open there counts as open."""


@dataclass(frozen=True)
class Box:
    """Bounds of a curve's parameters.

    ``top`` and ``bottom`` are fractions of the untreated signal (the mean at dose 0, else the highest mean); ``ic50``
    is in nM, or None for the tested doses and two decades beyond either side. Equal ends fix a parameter.
    """

    top: tuple[float, float] = (0.5, 1.5)
    bottom: tuple[float, float] = (0.0, 1.0)
    ic50: tuple[float, float] | None = None
    slope: tuple[float, float] = (0.1, 10.0)
    asymmetry: tuple[float, float] = (0.1, 10.0)

    def __post_init__(self) -> None:
        for name in ("top", "bottom", "slope", "asymmetry", "ic50"):
            ends = getattr(self, name)
            if ends is not None and not ends[0] <= ends[1]:
                raise InputError(f"bounds of {name} are the wrong way round", found=f"{ends[0]}, {ends[1]}")
        if self.slope[0] <= 0 or self.asymmetry[0] <= 0 or (self.ic50 is not None and self.ic50[0] <= 0):
            raise InputError("slope, asymmetry and IC50 are positive", expected="lower bounds above 0")

    def for_model(self, model: ModelName) -> Box:
        """The box with what the model fixes: no asymmetry but in ``5pl``, bottom at 0 in ``3pl``."""
        box = self if model == "5pl" else replace(self, asymmetry=(1.0, 1.0))
        return replace(box, bottom=(0.0, 0.0)) if model == "3pl" else box

    def arrays(self, doses: Array, reference: float) -> tuple[Array, Array]:
        """Lower and upper bounds in the kernels' order and units, for tested ``doses`` (nM) and an untreated signal."""
        positive = doses[doses > 0]
        if self.ic50 is None:
            reach = 10.0**EXTRAPOLATION_DECADES
            ic50 = (float(positive.min()) / reach, float(positive.max()) * reach)
        else:
            ic50 = self.ic50
        lower, upper = np.empty(PARAMETERS), np.empty(PARAMETERS)
        for side, array in ((0, lower), (1, upper)):
            array[TOP] = _scaled(self.top[side], reference)
            array[BOTTOM] = _scaled(self.bottom[side], reference)
            array[LOG_IC50] = math.log(ic50[side])
            array[SLOPE] = self.slope[side]
            array[ASYMMETRY] = self.asymmetry[side]
        return lower, upper


UNBOUNDED = Box(top=(-math.inf, math.inf), bottom=(-math.inf, math.inf), slope=(1e-3, 1e3), asymmetry=(1e-2, 1e2))
"""As good as no bounds: to compare with programs that have none."""


def _scaled(fraction: float, reference: float) -> float:
    return fraction * reference if math.isfinite(fraction) else fraction


def free_parameters(lower: Array, upper: Array) -> int:
    """How many parameters are not fixed by equal bounds."""
    return int(np.count_nonzero(lower < upper))
