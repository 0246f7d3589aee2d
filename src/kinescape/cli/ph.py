"""A pH on the command line."""

from __future__ import annotations

import math
from typing import Any

import click


class _Ph(click.FloatRange):
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        # Not a number is in every range, to click.
        if math.isnan(number):
            self.fail(f"{value!r} is no pH; expected a number from 0 to 14", param, ctx)
        return number


PH = _Ph(0, 14)
