"""The files of a dilution series: table and pictures."""

from __future__ import annotations

from pathlib import Path

from kinescape.engine.dilution import Dilution, rows_of
from kinescape.files import write_text
from kinescape.report.figures.dilution import DilutionPicture, write_dilution_figure

COLUMNS = ("fraction", "trials", "detected", "measured", "measured_low", "measured_high", "promised")


def write_dilution(prefix: Path, dilution: Dilution) -> tuple[Path, ...]:
    """Write ``PREFIX.tsv``, ``PREFIX.svg`` and ``PREFIX.png``."""
    table = prefix.with_name(prefix.name + ".tsv")
    pictures = (prefix.with_name(prefix.name + ".svg"), prefix.with_name(prefix.name + ".png"))
    write_text(table, dilution_table(dilution))
    rows = rows_of(dilution)
    picture = DilutionPicture(
        title=describe(dilution),
        fractions=tuple(row.fraction for row in rows),
        measured=tuple((row.low, row.measured, row.high) for row in rows),
        curve=dilution.curve,
        promised=dilution.promised,
        limit=(dilution.measured.value, dilution.measured.low, dilution.measured.high) if dilution.measured else None,
    )
    write_dilution_figure(pictures, picture)
    return (table, *pictures)


def describe(dilution: Dilution) -> str:
    """The series in one line."""
    series = dilution.series
    rule = (
        f"site background of {series.controls} controls"
        if series.controls
        else f"smallest allele fraction {series.parameters.min_vaf:.2%}"
    )
    return (
        f"SIMULATED dilution: {series.nanograms:g} ng, {series.pairs:,} pairs per amplicon, "
        f"{series.replicates} samples, {rule}"
    )


def dilution_table(dilution: Dilution) -> str:
    """The table as text: comment lines with the settings and the limits, then one line per fraction."""
    series, limit = dilution.series, dilution.measured
    lines = [
        f"# {describe(dilution)}",
        f"# {series.background:g} mismatches per base, site spread {series.site_spread:g}, seed {series.seed}",
        f"# promised lod95 {_number(dilution.promised)}",
        f"# measured lod95 {_number(limit.value if limit else None)} (95% interval "
        f"{_number(limit.low if limit else None)} to {_number(limit.high if limit else None)})",
        f"# strong calls that were not put in: {len(dilution.false_calls)} in {series.replicates} samples",
        "\t".join(COLUMNS),
    ]
    lines += [
        f"{row.fraction:.6g}\t{row.trials}\t{row.detected}\t{row.measured:.4f}\t{row.low:.4f}\t{row.high:.4f}"
        f"\t{row.promised:.4f}"
        for row in rows_of(dilution)
    ]
    return "\n".join(lines) + "\n"


def _number(value: float | None) -> str:
    return "." if value is None else f"{value:.5f}"
