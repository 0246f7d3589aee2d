"""Numbers as JSON can hold them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Json = dict[str, object]


def finite(value: float | np.floating[Any] | None) -> float | None:
    """A number for JSON: None where it is not finite."""
    return None if value is None or not math.isfinite(value) else float(value)
