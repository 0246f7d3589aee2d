"""Mutations by patient: which change was ever found in whom, and who was not tested."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from kinescape.cohort.model import Cohort
from kinescape.drawing import STYLE, new_figure
from kinescape.palette import FAINT_LINE, GENES, INK, MUTATED, NOT_TESTED, PALE, TESTED

MOST_PATIENTS, MOST_CHANGES = 80, 40


def oncoprint_figure(cohort: Cohort) -> Figure:
    """Rows: protein changes by how many patients had them; columns: patients, sorted by them."""
    found = _found(cohort)
    counts: dict[str, int] = {}
    for changes in found.values():
        for change in changes:
            counts[change] = counts.get(change, 0) + 1
    ranked = sorted(counts, key=lambda name: (-counts[name], name))[:MOST_CHANGES]
    rank = {name: place for place, name in enumerate(ranked)}
    patients = sorted(
        range(len(cohort.patients)),
        key=lambda row: (
            [place not in {rank.get(name) for name in found.get(row, {})} for place in range(len(ranked))],
            str(cohort.patients.gene[row]),
            str(cohort.patients.name[row]),
        ),
    )
    shown = patients[:MOST_PATIENTS]
    with mpl.rc_context(STYLE):
        width, height = 2.6 + 0.27 * len(shown), 1.75 + 0.24 * (len(ranked) + 1)
        figure = new_figure(max(width, 6.4), height)
        left = 1.15 / figure.get_figwidth()
        axes = figure.add_axes((left, 0.95 / height, 0.27 * len(shown) / figure.get_figwidth(), 1 - 1.4 / height))
        _grid(axes, cohort, shown, ranked, found)
        _dress(axes, cohort, shown, ranked, counts)
        title = "Mutations by patient" + (" (SIMULATED)" if cohort.simulated else "")
        figure.text(0.02, 1 - 0.2 / height, title, fontsize=10.5, fontweight="bold", va="center")
        _key(figure, cohort, height)
    return figure


def _found(cohort: Cohort) -> dict[int, dict[str, float]]:
    """Patient -> change -> highest allele fraction."""
    found: dict[int, dict[str, float]] = {}
    variants = cohort.variants
    owners = cohort.samples.patient[variants.sample].tolist()
    for owner, gene, protein, vaf in zip(
        owners, variants.gene.tolist(), variants.protein.tolist(), variants.vaf.tolist(), strict=True
    ):
        mine = found.setdefault(owner, {})
        name = f"{gene} {protein}"
        mine[name] = max(vaf, mine.get(name, 0.0))
    return found


def _grid(axes: Any, cohort: Cohort, shown: list[int], changes: list[str], found: dict[int, dict[str, float]]) -> None:
    tested = set(cohort.samples.patient[cohort.samples.has_result].tolist())
    for x, patient in enumerate(shown):
        gene = str(cohort.patients.gene[patient])
        axes.add_patch(Rectangle((x + 0.08, 0.12), 0.84, 0.76, facecolor=GENES.get(gene, PALE), edgecolor="none"))
        for y, change in enumerate(changes, 1):
            vaf = found.get(patient, {}).get(change)
            colour = MUTATED if vaf is not None else TESTED if patient in tested else NOT_TESTED
            edge = "none" if patient in tested else FAINT_LINE
            axes.add_patch(Rectangle((x + 0.08, y + 0.08), 0.84, 0.84, facecolor=colour, edgecolor=edge, linewidth=0.6))
            if vaf is not None:
                axes.text(x + 0.5, y + 0.5, _percent(vaf), ha="center", va="center", fontsize=5.5, color=INK)


def _percent(vaf: float) -> str:
    return f"{100 * vaf:.1f}" if vaf < 0.0995 else f"{100 * vaf:.0f}"


def _dress(axes: Any, cohort: Cohort, shown: list[int], changes: list[str], counts: dict[str, int]) -> None:
    axes.set_xlim(0, max(len(shown), 1))
    axes.set_ylim(len(changes) + 1, 0)
    axes.set_xticks(
        np.arange(len(shown)) + 0.5, [str(cohort.patients.name[row]) for row in shown], rotation=90, fontsize=7.5
    )
    axes.set_yticks(np.arange(len(changes) + 1) + 0.5, ["driver", *changes], fontsize=8)
    right = axes.secondary_yaxis("right")
    right.set_yticks(np.arange(1, len(changes) + 1) + 0.5, [str(counts[name]) for name in changes], fontsize=8)
    right.tick_params(length=0)
    right.spines["right"].set_visible(False)
    axes.tick_params(length=0)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)


def _key(figure: Figure, cohort: Cohort, height: float) -> None:
    genes = sorted(set(cohort.patients.gene.tolist()))
    handles = [Patch(facecolor=GENES.get(gene, PALE), label=f"{gene} fusion") for gene in genes]
    handles += [
        Patch(facecolor=MUTATED, label="found (highest VAF, %)"),
        Patch(facecolor=TESTED, label="tested, not above the limit"),
        Patch(facecolor=NOT_TESTED, edgecolor=FAINT_LINE, label="not tested"),
    ]
    figure.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0.01, 0.01 / height), frameon=False, fontsize=7.5, ncols=3,
        columnspacing=1.2, handlelength=1.2,
    )  # fmt: skip
