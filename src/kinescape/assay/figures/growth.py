"""Growth curves: counts of every experiment on a log scale with the fitted rates, and rates over the reference's."""

from __future__ import annotations

import math
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kinescape.assay.figures.style import SETTINGS, variant_colours
from kinescape.assay.growth import ExperimentRate, VariantGrowth
from kinescape.palette import GRID, PALE


def growth_figure(rates: Sequence[ExperimentRate], growth: Sequence[VariantGrowth], reference: str) -> Figure:
    """Left: counts over the count at the start of the fit, single experiments faint, and the mean rate with its 95%
    band. Right: ratio of rates with its 95% interval."""
    variants = [g.variant for g in growth]
    colours = variant_colours(variants, reference)
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(6.6, 2.9), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=(1.35, 1))
        for item in growth:
            _curves(left, [r for r in rates if r.variant == item.variant], item, colours[item.variant])
        left.set_yscale("log", base=2)
        left.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        left.set_xlabel("Time (h)")
        left.set_ylabel("Cells over start")
        left.legend(frameon=False, fontsize=7, loc="upper left")
        _ratios(right, [g for g in growth if g.variant != reference], colours, reference)
    return figure


def _curves(axis: Axes, rates: Sequence[ExperimentRate], growth: VariantGrowth, colour: str) -> None:
    for rate in rates:
        start = math.exp(rate.intercept + rate.rate * float(rate.times.min()))
        axis.plot(rate.times, rate.counts / start, "o", ms=3, color=colour, alpha=0.3, mew=0)
        line = np.array([rate.times.min(), rate.times.max()])
        fitted = np.exp(rate.intercept + rate.rate * line) / start
        axis.plot(line, fitted, color=colour, lw=0.6, alpha=0.3)
    first = min(float(rate.times.min()) for rate in rates)
    last = max(float(rate.times.max()) for rate in rates)
    time = np.linspace(first, last, 60)
    since = time - first
    if math.isfinite(growth.low) and math.isfinite(growth.high):
        low, high = np.exp(growth.low * since), np.exp(growth.high * since)
        axis.fill_between(time, low, high, color=colour, alpha=0.18, lw=0)
    name = f"{growth.variant} (n = {growth.experiments})"
    axis.plot(time, np.exp(growth.rate * since), color=colour, lw=1.6, label=name)


def _ratios(axis: Axes, growth: Sequence[VariantGrowth], colours: dict[str, str], reference: str) -> None:
    axis.axvline(1.0, color=GRID, lw=1.0)
    for row, item in enumerate(growth):
        if math.isnan(item.ratio):
            axis.text(1.0, row, " not comparable", fontsize=7, va="center", color=PALE)
            continue
        colour = colours[item.variant]
        axis.plot([item.ratio], [row], "o", ms=5, color=colour)
        if not math.isnan(item.low) and not math.isnan(item.ratio_low):
            axis.plot([item.ratio_low, item.ratio_high], [row, row], color=colour, lw=1.5)
    axis.set_yticks(range(len(growth)), [item.variant for item in growth])
    axis.set_ylim(len(growth) - 0.5, -0.5)
    axis.set_xlabel(f"Growth rate over {reference} (95% interval)")
