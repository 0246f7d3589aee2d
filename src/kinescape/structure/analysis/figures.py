"""Figures of an analysis: RMSD over time as Fig. 3c of Villa et al. 2024, RMSF, occupancies."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kinescape.files import whole_file
from kinescape.palette import CHANGED_RESIDUE, ERROR_BAR, MODEL_NOTE, REFERENCE_ARM
from kinescape.structure.analysis.errors import average
from kinescape.structure.analysis.measure import RMSD_KIND, Measured

COLOURS = (REFERENCE_ARM, CHANGED_RESIDUE)
"""First arm (wild type), second arm (mutant)."""
MOST_SHOWN = 24
LETTERS_PER_INCH = 14.5
"""Of the label above a figure."""


def draw_rmsd(arms: Sequence[Measured], path: Path) -> None:
    """Backbone and ligand over time: every replica a thin line, their mean a thick one."""
    plt = _pyplot()
    names = [name for name in ("backbone", "ligand") if any((RMSD_KIND, name) in each.series for each in arms)]
    figure, panels = plt.subplots(1, len(names), figsize=(4.6 * len(names), 3.6), layout="constrained", squeeze=False)
    longest = max(float(each.times()[-1]) for each in arms)
    scale, unit = (1.0, "ns") if longest >= 0.1 else (1000.0, "ps")
    for axes, name in zip(panels[0], names, strict=True):
        for colour, each in zip(COLOURS, arms, strict=False):
            _, runs = each.series[RMSD_KIND, name]
            for run in runs:
                axes.plot(scale * each.times(), run, color=colour, linewidth=0.6, alpha=0.35 if len(runs) > 1 else 0.9)
            mean = np.mean(runs, axis=0)
            label = f"{each.arm.state} ({len(runs)} replica{'s' if len(runs) > 1 else ''})"
            axes.plot(scale * each.times(), mean, color=colour, linewidth=1.6, label=label)
        axes.set_ylim(bottom=0)
        axes.set_xlabel(f"time ({unit})")
        axes.set_ylabel(f"RMSD of the {name} (Å)")
    panels[0][0].legend(frameon=False, fontsize=8)
    _finish(figure, panels[0], arms, path)


def draw_rmsf(arms: Sequence[Measured], path: Path) -> None:
    """By residue; a band of one standard error where there are replicas. Gaps of the structure stay gaps."""
    plt = _pyplot()
    figure, axes = plt.subplots(figsize=(7.6, 3.4), layout="constrained")
    for colour, each in zip(COLOURS, arms, strict=False):
        numbers = sorted(each.rmsf)
        shown = np.arange(numbers[0], numbers[-1] + 1)
        values = [np.array(each.rmsf.get(number, [np.nan])) for number in shown.tolist()]
        mean = np.array([value.mean() for value in values])
        axes.plot(shown, mean, color=colour, linewidth=1.3, marker=".", markersize=3, label=each.arm.state)
        if len(each.arm.replicas) > 1:
            error = np.array(
                [value.std(ddof=1) / np.sqrt(len(value)) if len(value) > 1 else np.nan for value in values]
            )
            axes.fill_between(shown, mean - error, mean + error, color=colour, alpha=0.2, linewidth=0)
    axes.set_ylim(bottom=0)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_xlabel("residue")
    axes.set_ylabel("RMSF of CA (Å)")
    axes.legend(frameon=False, fontsize=8)
    _finish(figure, [axes], arms, path)


def draw_occupancies(arms: Sequence[Measured], kind: str, path: Path) -> None:
    """Part of the frames with a bond or contact, with one standard error; the most frequent ones."""
    plt = _pyplot()
    keys = sorted({key for each in arms for key in each.series if key[0] == kind}, key=lambda key: key[1])
    if len(keys) > MOST_SHOWN:
        weight = {key: max(_mean(each, key) for each in arms) for key in keys}
        chosen = set(sorted(keys, key=lambda key: -weight[key])[:MOST_SHOWN])
        keys = [key for key in keys if key in chosen]
    figure, axes = plt.subplots(figsize=(6.2, 1.3 + 0.3 * len(keys)), layout="constrained")
    height = 0.76 / len(arms)
    for number, (colour, each) in enumerate(zip(COLOURS, arms, strict=False)):
        places = np.arange(len(keys)) + (number - (len(arms) - 1) / 2) * height
        found = [average(each.series[key][1]) if key in each.series else None for key in keys]
        means = [value.mean if value else 0.0 for value in found]
        errors = [value.error if value and np.isfinite(value.error) else 0.0 for value in found]
        axes.barh(places, means, height * 0.92, xerr=errors, color=colour, ecolor=ERROR_BAR, label=each.arm.state)
    names = [" / ".join(dict.fromkeys(each.series[key][0] for each in arms if key in each.series)) for key in keys]
    axes.set_yticks(range(len(keys)), names, fontsize=8)
    axes.set_ylim(len(keys) - 0.5, -0.5)
    axes.set_xlim(0, 1.02)
    axes.set_xlabel(f"part of the frames with a {kind.partition(' (')[0]}")
    if len(arms) > 1:
        figure.legend(frameon=False, fontsize=8, ncols=2, loc="outside lower right")
    _finish(figure, [axes], arms, path)


def _mean(each: Measured, key: tuple[str, str]) -> float:
    return float(np.mean([run.mean() for run in each.series[key][1]])) if key in each.series else 0.0


def _finish(figure: Any, panels: Sequence[Any], arms: Sequence[Measured], path: Path) -> None:
    for axes in panels:
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    # About as many letters of 9 points as an inch holds; a longer label would run out of the picture.
    title = textwrap.fill(f"Simulation, {arms[0].arm.label}", int(LETTERS_PER_INCH * figure.get_figwidth()))
    figure.suptitle(title, x=0.01, ha="left", fontsize=9, color=MODEL_NOTE)
    import matplotlib.pyplot as plt

    with whole_file(path) as temporary:
        figure.savefig(temporary, dpi=150, metadata={"Date": None})
    plt.close(figure)


def _pyplot() -> Any:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams["svg.hashsalt"] = "kinescape"
    return plt
