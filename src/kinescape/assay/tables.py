"""``ic50.tsv``, ``fits.tsv`` and ``wells.tsv``: what a screen says, for scripts.

A number never carries a sign: ``qualifier`` says ``=``, ``>`` (beyond the top dose), ``<`` (below the lowest) or
``na``, and the number beside it is then the estimate or the bound. An open end of an interval is ``inf`` or ``0``;
what is not known is ``na``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from kinescape.assay.misfit import misfit
from kinescape.assay.outcome import QUALIFIER, Outcome
from kinescape.assay.quality import PlateQuality
from kinescape.assay.screen import Screen, VariantResult
from kinescape.files import write_text

NOT_KNOWN = "na"

IC50_COLUMNS = (
    "variant",
    "drug",
    "n_experiments",
    "ic50_relative_nM",
    "ci_low_nM",
    "ci_high_nM",
    "ic50_absolute_nM",
    "qualifier",
    "fold",
    "fold_ci_low",
    "fold_ci_high",
    "class",
    "n_censored",
    "absolute_qualifier",
    "fold_qualifier",
    "n_fold_experiments",
    "class_of_estimate",
    "rules",
)
"""Scripts rely on the first twelve; the probabilities per cut, reason and warnings follow these."""

ABSOLUTE_COLUMNS = ("ic50_absolute_ci_low_nM", "ic50_absolute_ci_high_nM")
"""The interval of the absolute IC50, last in ``ic50.tsv`` and ``fits.tsv``; its qualifier is ``absolute_qualifier``."""

EVIDENCE_COLUMNS = ("ic50", "ic50_low", "ic50_high", "unit")
"""The same value once more in one cell (``>3000``), as the knowledge base takes it: ``kinescape kb add --from``."""

FIT_COLUMNS = (
    "experiment",
    "variant",
    "drug",
    "model",
    "wells",
    "qualifier",
    "ic50_relative_nM",
    "ci_low_nM",
    "ci_high_nM",
    "fitted_ic50_nM",
    "absolute_qualifier",
    "ic50_absolute_nM",
    "top",
    "bottom",
    "slope",
    "asymmetry",
    "rss",
    "df",
    "flat_rss",
    "flat_p",
    "lack_of_fit_p",
    "untreated_signal",
    "lowest_dose_nM",
    "top_dose_nM",
    "flagged_wells",
    "bootstrap_low_nM",
    "bootstrap_high_nM",
    "reason",
    "warnings",
    *ABSOLUTE_COLUMNS,
)


def number(value: float | None, digits: int = 6) -> str:
    """A number as it is written: significant digits, ``inf`` and ``na`` in words."""
    if value is None or math.isnan(value):
        return NOT_KNOWN
    return f"{value:.{digits}g}"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Tab-separated text. Tabs and line ends inside a cell become blanks."""
    lines = ["\t".join(columns)]
    lines += ["\t".join(" ".join(cell.split()) for cell in row) for row in rows]
    return "\n".join(lines) + "\n"


def write_tables(screen: Screen, folder: Path) -> None:
    """Write the three tables into ``folder``."""
    write_text(folder / "ic50.tsv", ic50_table(screen))
    write_text(folder / "fits.tsv", fits_table(screen))
    write_text(folder / "wells.tsv", wells_table(screen))


def cuts_of(screen: Screen) -> list[float]:
    """The finite cuts of the rule set, ascending."""
    return [fold_class.up_to for fold_class in screen.rule_set.classes if math.isfinite(fold_class.up_to)]


def ic50_table(screen: Screen) -> str:
    """One row per variant and drug."""
    cuts = cuts_of(screen)
    chances = (f"p_fold_above_{cut:g}" for cut in cuts)
    columns = [*IC50_COLUMNS, *chances, "reason", "warnings", *EVIDENCE_COLUMNS, *ABSOLUTE_COLUMNS]
    return table(columns, (_ic50_row(screen, result, cuts) for result in screen.results))


def _ic50_row(screen: Screen, result: VariantResult, cuts: Sequence[float]) -> list[str]:
    relative, fold = result.relative, result.fold
    is_reference = result.variant == screen.settings.reference
    return [
        result.variant,
        result.drug,
        str(relative.experiments),
        number(relative.ic50),
        number(relative.low),
        number(relative.high),
        number(result.absolute.ic50),
        relative.qualifier,
        *(number(v) for v in (fold.fold, fold.low, fold.high)),
        result.fold_class,
        str(relative.censored),
        result.absolute.qualifier,
        fold.qualifier,
        str(fold.experiments),
        result.class_of_estimate,
        screen.rule_set.id,
        *(NOT_KNOWN if is_reference else number(fold.above(cut), 3) for cut in cuts),
        relative.reason or (fold.reason if not is_reference else ""),
        "; ".join(result.warnings),
        NOT_KNOWN if relative.qualifier == NOT_KNOWN else relative.qualifier.replace("=", "") + number(relative.ic50),
        *(number(end) if 0 < end < math.inf else "" for end in (relative.low, relative.high)),
        "nM",
        *(number(end) for end in (result.absolute.low, result.absolute.high)),
    ]


def fits_table(screen: Screen) -> str:
    """One row per experiment, variant and drug."""
    return table(FIT_COLUMNS, (_fit_row(screen, outcome) for outcome in screen.outcomes))


def _fit_row(screen: Screen, outcome: Outcome) -> list[str]:
    curve, fit = outcome.curve, outcome.fit
    start = [curve.experiment, curve.variant, curve.drug, screen.settings.model, str(curve.points.signal.size)]
    if fit is None:
        empty = [NOT_KNOWN] * (len(FIT_COLUMNS) - len(start) - 5)
        said = [outcome.reason, "; ".join(outcome.warnings)]
        return [*start, QUALIFIER[outcome.state], *empty, *said, NOT_KNOWN, NOT_KNOWN]
    bootstrap = fit.bootstrap or (math.nan, math.nan)
    return [
        *start,
        QUALIFIER[outcome.state],
        number(outcome.ic50),
        number(fit.ic50_low),
        number(fit.ic50_high),
        number(fit.ic50, 9),
        QUALIFIER[outcome.absolute_state],
        number(outcome.absolute_ic50),
        number(fit.top, 9),
        number(fit.bottom, 9),
        number(fit.slope, 9),
        number(fit.asymmetry, 9),
        number(fit.rss, 10),
        str(fit.degrees),
        number(fit.flat_rss, 10),
        number(fit.flat_p, 3),
        number(misfit(fit).lack_p, 3),
        number(fit.points.reference),
        number(fit.points.smallest_dose),
        number(fit.points.largest_dose),
        str(int(screen.flags[curve.key].sum())),
        number(bootstrap[0]),
        number(bootstrap[1]),
        outcome.reason,
        "; ".join(outcome.warnings),
        number(fit.absolute_low),
        number(fit.absolute_high),
    ]


def wells_table(screen: Screen) -> str:
    """Every well with the curve's value, its residual, its weight and whether it is flagged."""
    columns = (
        *("experiment", "variant", "drug", "plate", "well", "replicate", "role", "dose_nM"),
        *("signal", "signal_above_blank", "fitted", "residual", "weight", "flagged", "line"),
    )
    rows = []
    for outcome in screen.outcomes:
        fit = outcome.fit
        fitted = None if fit is None else fit.at(fit.points.dose)
        for i, well in enumerate(outcome.curve.wells):
            signal = float(outcome.curve.points.signal[i])
            value = None if fitted is None else float(fitted[i])
            rows.append(
                [
                    well.experiment,
                    well.variant,
                    outcome.curve.drug,
                    well.plate or NOT_KNOWN,
                    well.position or NOT_KNOWN,
                    well.replicate,
                    well.role,
                    number(well.dose),
                    number(well.signal),
                    number(signal),
                    number(value),
                    number(None if value is None else signal - value),
                    number(None if fit is None else float(fit.weight[i]), 4),
                    "yes" if fit is not None and screen.flags[outcome.curve.key][i] else "no",
                    str(well.line),
                ]
            )
    return table(columns, rows)


def plates_table(plates: Sequence[PlateQuality]) -> str:
    """``plates.tsv``: one row per plate; ``na`` where a plate does not allow the statement, the warnings say why."""
    columns = (
        *("experiment", "plate", "wells", "high_control", "low_control", "z_prime", "signal_window"),
        *("signal_to_background", "replicate_cv", "edge_effect", "edge_p", "row_drift", "row_p"),
        *("column_drift", "column_p", "warnings"),
    )
    return table(
        columns,
        (
            [
                *(q.experiment, q.plate or "1", str(q.wells), q.high, q.low),
                *(number(v, 4) for v in (q.z_prime, q.signal_window, q.signal_to_background, q.replicate_cv)),
                *(number(v, 3) for v in (q.edge_effect, q.edge_p, q.row_drift, q.row_p, q.column_drift, q.column_p)),
                "; ".join(q.warnings),
            ]
            for q in plates
        ),
    )
