"""Results into a folder: tables, pictures and page, all or nothing; and the lines that the command line prints."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from kinescape.assay.blot_image import measure, read_image, volumes_table
from kinescape.assay.blots import Lane, as_wells, basal_folds, basal_table, lanes_table, normalised
from kinescape.assay.comparison import compared
from kinescape.assay.figures.growth import growth_figure
from kinescape.assay.figures.lanes import lanes_figure
from kinescape.assay.figures.pictures import write_pictures, write_plates
from kinescape.assay.figures.style import save
from kinescape.assay.growth import Count, experiment_rates, growth_table, rates_table, variant_growth
from kinescape.assay.growth_inhibition import growth_inhibition_table, growth_inhibitions
from kinescape.assay.page import screen_page
from kinescape.assay.quality import COPY, plate_qualities
from kinescape.assay.screen import Screen, Settings, analyse_screen
from kinescape.assay.tables import plates_table, write_tables
from kinescape.assay.wells import Well
from kinescape.errors import InputError
from kinescape.files import write_text
from kinescape.output_folder import output_folder
from kinescape.rules import RuleSet

NO_PICTURES = "none"


def write_screen(screen: Screen, wells: Sequence[Well], output: Path, *, pictures: str, page: bool) -> list[str]:
    """Everything that ``assay fit`` writes."""
    qualities = plate_qualities(wells)
    with output_folder(output, "assay fit") as folder:
        write_tables(screen, folder)
        write_text(folder / "plates.tsv", plates_table(qualities))
        curves = [outcome.curve for outcome in screen.outcomes]
        write_text(folder / "gr.tsv", growth_inhibition_table(growth_inhibitions(curves, wells)))
        if pictures != NO_PICTURES:
            write_pictures(screen, folder / "pictures", pictures)
            write_plates(wells, folder / "pictures", pictures)
        if page:
            write_text(folder / "screen.html", screen_page(screen, "Dose-response screen"))
    lines = [f"{len(screen.results)} IC50s from {len(screen.outcomes)} curves: {output / 'ic50.tsv'}"]
    bounds = sum(r.relative.qualifier in {"<", ">"} for r in screen.results)
    missing = sum(r.relative.qualifier == "na" for r in screen.results)
    if bounds:
        lines.append(f"{bounds} beyond the tested doses")
    if missing:
        lines.append(f"{missing} not estimable (the reason stands in ic50.tsv)")
    lines += [f"{q.name}: {warning}" for q in qualities for warning in q.warnings if warning.startswith(COPY)]
    if screen.simulated:
        lines.append("simulated data (page and pictures say so)")
    if page:
        lines.append(f"page to open: {output / 'screen.html'}")
    return lines


def write_quality(wells: Sequence[Well], output: Path, *, pictures: str) -> list[str]:
    """Everything that ``assay qc`` writes."""
    qualities = plate_qualities(wells)
    with output_folder(output, "assay qc") as folder:
        write_text(folder / "plates.tsv", plates_table(qualities))
        if pictures != NO_PICTURES:
            write_plates(wells, folder, pictures)
    lines = []
    for quality in qualities:
        z_prime = "na" if math.isnan(quality.z_prime) else f"{quality.z_prime:.2f}"
        cv = "na" if math.isnan(quality.replicate_cv) else f"{quality.replicate_cv:.1%}"
        lines.append(f"{quality.name}: Z' {z_prime}, replicate CV {cv}" + "".join(f"; {w}" for w in quality.warnings))
    return lines


def write_comparison(
    wells: Sequence[Well],
    output: Path,
    *,
    reference: str,
    extended: bool,
    share: Sequence[str],
    replicate_noise: bool = True,
) -> list[str]:
    """Everything that ``assay compare`` writes."""
    tables, weights = compared(
        wells, reference=reference, extended=extended, share=share, replicate_noise=replicate_noise
    )
    with output_folder(output, "assay compare") as folder:
        for name, text in tables.items():
            write_text(folder / name, text)
    return [*(f"{name}: {text.count(chr(10)) - 1} rows" for name, text in tables.items()), f"weights: {weights}"]


def write_growth(
    counts: Sequence[Count],
    output: Path,
    *,
    reference: str,
    window: tuple[float, float],
    pictures: str,
    file: Path | None = None,
) -> list[str]:
    """Everything that ``assay growth`` writes; ``file`` is where the counts come from."""
    rates, missing = experiment_rates(counts, start=window[0], end=window[1])
    if not rates:
        raise InputError("no growth rate can be had", file=file, found=missing[0] if missing else None)
    growth = variant_growth(rates, reference)
    with output_folder(output, "assay growth") as folder:
        write_text(folder / "growth.tsv", growth_table(growth))
        write_text(folder / "rates.tsv", rates_table(rates))
        if pictures != NO_PICTURES:
            save(growth_figure(rates, growth, reference), folder / f"growth.{pictures}")
    lines = list(missing)
    for item in growth:
        doubling = item.doubling()[0]
        text = f"{item.variant}: doubling time {doubling:.1f} h"
        if not math.isnan(item.ratio):
            text += f", {item.ratio:.2f} times as fast as {reference}"
            text += (
                "" if math.isnan(item.ratio_low) else f" (95% interval {item.ratio_low:.2f} to {item.ratio_high:.2f})"
            )
        lines.append(text)
    return lines


def write_blots(
    lanes: Sequence[Lane], rule_set: RuleSet, settings: Settings, output: Path, *, pictures: str
) -> list[str]:
    """Everything that ``assay blot`` writes: the dose-response tables are those of a screen."""
    relative = normalised(lanes)
    folds = basal_folds(lanes, settings.reference)
    treated = any(lane.dose > 0 for lane in lanes)
    screen = analyse_screen(as_wells(relative), rule_set, settings) if treated else None
    with output_folder(output, "assay blot") as folder:
        write_text(folder / "lanes.tsv", lanes_table(relative))
        write_text(folder / "basal.tsv", basal_table(folds))
        if screen is not None:
            write_tables(screen, folder)
            if pictures != NO_PICTURES:
                write_pictures(screen, folder / "pictures", pictures, label="Phospho/total (% of untreated)")
    lines = [f"{len(lanes)} lanes: {output / 'lanes.tsv'}"]
    if screen is not None:
        lines.append(f"{len(screen.results)} IC50s of phosphorylation: {output / 'ic50.tsv'}")
    for variant, fold in folds.items():
        low, high = fold.interval()
        interval = "" if math.isnan(low) else f" (95% interval {10**low:.2f} to {10**high:.2f})"
        lines.append(f"{variant}: basal phosphorylation {10**fold.estimate:.2f} times {settings.reference}{interval}")
    return lines


def write_lanes(path: Path, output: Path, *, lanes: int, bands: int, radius: int | None, pictures: str) -> list[str]:
    """Everything that ``assay lanes`` writes."""
    image, limit = read_image(path)
    try:
        volumes = measure(image, limit, lanes=lanes, bands=bands, radius=radius)
    except InputError as problem:
        raise InputError(problem.what, file=path, found=problem.found, expected=problem.expected) from None
    with output_folder(output, "assay lanes") as folder:
        write_text(folder / "bands.tsv", volumes_table(volumes))
        if pictures != NO_PICTURES:
            save(lanes_figure(image, volumes), folder / f"lanes.{pictures}")
    lines = [f"{len(volumes)} bands in {lanes} lanes: {output / 'bands.tsv'}"]
    full = [f"lane {v.lane} band {v.band}" for v in volumes if v.saturated]
    if full:
        lines.append("saturated, volume is a lower bound: " + ", ".join(full))
    return lines
