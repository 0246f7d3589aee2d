"""The background of a panel as a picture: rates by substitution, and what each site allows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kinescape.call.background_summary import REFERENCE_FRAGMENTS, BackgroundSummary
from kinescape.drawing import STYLE, new_figure, save_figure
from kinescape.palette import ALIGNERS, FURTHER, INK, UNKNOWN

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKS = {"bwa": "o", "bowtie2": "^"}
OTHER_MARK = "s"
BESIDE = 1.4
"""A site less than this far above the global threshold is named to the right of its mark, clear of the line."""
SUBSTITUTIONS = tuple(f"{ref}>{alt}" for ref in "CTGA" for alt in "ACGT" if ref != alt)


def write_background_figure(paths: Sequence[Path], table: pd.DataFrame, summary: BackgroundSummary) -> None:
    """Write the picture to every path (``.svg``, ``.png``, ``.pdf``)."""
    figure = background_figure(table, summary)
    for path in paths:
        save_figure(figure, path)


def background_figure(table: pd.DataFrame, summary: BackgroundSummary) -> Figure:
    """The picture.

    Parameters
    ----------
    table
        Rows of the background with their ``threshold`` (:func:`~kinescape.call.background_summary.with_thresholds`).
    """
    import matplotlib as mpl

    with mpl.rc_context(STYLE):
        figure = new_figure(11, 7.6)
        figure.set_layout_engine("constrained")
        upper, lower = figure.subplots(2, 1, height_ratios=(1, 1))
        _rates(upper, table)
        _thresholds(lower, table, summary)
        controls = "patients' samples in place of controls" if summary.from_samples else "healthy controls"
        number = f"{summary.controls} {controls}" if summary.controls > 1 else f"1 {controls.removesuffix('s')}"
        mark = "SIMULATED: " if summary.simulated else ""
        figure.suptitle(f"{mark}Background learned from {number}", fontsize=12, color=INK, x=0.01, ha="left")
    return figure


def _rates(axes: Axes, table: pd.DataFrame) -> None:
    """Sites of every substitution: their rate, with the quartiles and the mean of all."""
    aligners = list(dict.fromkeys(table["aligner"]))
    named = table["ref"] + ">" + table["alt"]
    lowest = 2e-6
    for number, aligner in enumerate(aligners):
        shift = (number - (len(aligners) - 1) / 2) * 0.38
        for column, substitution in enumerate(SUBSTITUTIONS):
            part = table[(table["aligner"] == aligner) & (named == substitution)]
            rates = np.maximum(part["rate"].to_numpy(), lowest)
            if not len(rates):
                continue
            colour = ALIGNERS.get(aligner, FURTHER)
            # Spread by rank, not by chance: the same table gives the same picture.
            jitter = ((np.arange(len(rates)) * 0.618034) % 1 - 0.5) * 0.26
            axes.scatter(column + shift + jitter, rates, s=5, color=colour, alpha=0.35, linewidths=0, rasterized=True)
            low, middle, high = np.quantile(rates, (0.25, 0.5, 0.75))
            axes.plot([column + shift] * 2, [low, high], color=INK, linewidth=2.2, solid_capstyle="butt")
            axes.plot(
                column + shift,
                middle,
                marker=MARKS.get(aligner, OTHER_MARK),
                color=colour,
                markeredgecolor=INK,
                markersize=6,
                linestyle="none",
                label=aligner if column == 0 else None,
            )
    axes.set_yscale("log")
    axes.set_xticks(range(len(SUBSTITUTIONS)), SUBSTITUTIONS)
    axes.set_xlim(-0.6, len(SUBSTITUTIONS) - 0.4)
    axes.set_ylabel("Share of fragments")
    axes.set_title("Expected error by substitution (plus strand): sites, median and quartiles", fontsize=10, loc="left")
    axes.legend(loc="upper right", frameon=False, fontsize=9, ncols=len(aligners))
    _plain(axes)


def _thresholds(axes: Axes, table: pd.DataFrame, summary: BackgroundSummary) -> None:
    """Share of the sites whose own threshold is at most x, and the global threshold."""
    right = max(2.0 * summary.threshold, float(table["threshold"].max()) * 1.2)
    for aligner, part in table.groupby("aligner", sort=False):
        values = np.sort(part["threshold"].to_numpy())
        shares = np.arange(1, len(values) + 1) / len(values)
        colour = ALIGNERS.get(str(aligner), FURTHER)
        style = "-" if aligner == table["aligner"].iloc[0] else "--"
        axes.step(
            [*values * 100, right * 100],
            [*shares, 1.0],
            where="post",
            color=colour,
            linestyle=style,
            label=str(aligner),
        )
        above = part[part["threshold"] > summary.threshold].nlargest(3, "threshold")
        if aligner == table["aligner"].iloc[0]:
            for row, (_, site) in enumerate(above.iterrows()):
                beside_the_line = site["threshold"] < BESIDE * summary.threshold
                axes.annotate(
                    f"{site['chrom']}:{site['pos']:,} {site['ref']}>{site['alt']}",
                    (site["threshold"] * 100, 1.0),
                    xytext=(4 if beside_the_line else -4, -14 - 12 * row),
                    textcoords="offset points",
                    fontsize=8,
                    ha="left" if beside_the_line else "right",
                    color=INK,
                )
                axes.plot(site["threshold"] * 100, 1.0, "x", color=INK, markersize=5)
    axes.axvline(summary.threshold * 100, color=INK, linewidth=1)
    axes.annotate(
        f"global threshold {summary.threshold:.2%}\n= {summary.factor:g} × {summary.highest:.5f} mismatches per base",
        (summary.threshold * 100, 0.5),
        xytext=(6, 0),
        textcoords="offset points",
        fontsize=9,
        va="center",
        color=INK,
    )
    axes.set_xscale("log")
    ticks = [tick for tick in (0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1, 1.5, 2, 3, 5, 10) if tick <= right * 100]
    axes.set_xticks(ticks, [f"{tick:g}%" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlim(float(table["threshold"].min()) * 80, right * 100)
    axes.set_ylim(0, 1.04)
    axes.set_ylabel("Share of sites")
    axes.set_xlabel(f"Smallest allele fraction above the site's background, at {REFERENCE_FRAGMENTS:,} fragments")
    axes.set_title("What the sites allow", fontsize=10, loc="left")
    axes.legend(loc="center left", frameon=False, fontsize=9)
    _plain(axes)


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color=UNKNOWN, linewidth=0.5, alpha=0.6)
    axes.set_axisbelow(True)
