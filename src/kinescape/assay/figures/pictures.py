"""All pictures of a screen, written beside its tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from kinescape.assay.figures.curves import drug_figure
from kinescape.assay.figures.heatmap import ic50_heatmap
from kinescape.assay.figures.plate import plate_figure
from kinescape.assay.figures.style import file_names, mark_simulated, save
from kinescape.assay.screen import Screen
from kinescape.assay.wells import Well


def write_pictures(
    screen: Screen, folder: Path, suffix: str, *, label: str = "Viability (% of untreated)"
) -> list[Path]:
    """``curves_<drug>`` for every drug and ``ic50`` with the table as a picture; returns the files."""
    written = []
    for drug, name in file_names(screen.drugs).items():
        path = folder / f"curves_{name}.{suffix}"
        figure = drug_figure(screen, drug, label=label)
        if screen.simulated:
            mark_simulated(figure)
        save(figure, path)
        written.append(path)
    path = folder / f"ic50.{suffix}"
    figure = ic50_heatmap(screen)
    if screen.simulated:
        mark_simulated(figure)
    save(figure, path)
    return [*written, path]


def write_plates(wells: Sequence[Well], folder: Path, suffix: str) -> list[Path]:
    """``plate_<experiment>_<plate>`` for every plate whose wells have places."""
    plates: dict[tuple[str, str], list[Well]] = defaultdict(list)
    for well in wells:
        plates[well.experiment, well.plate].append(well)
    written = []
    names = file_names(["\t".join(part for part in key if part) for key in plates])
    for (experiment, plate), members in plates.items():
        title = f"{experiment}, plate {plate}" if plate else experiment
        figure = plate_figure(members, title)
        if figure is not None:
            if any(well.simulated for well in members):
                mark_simulated(figure)
            name = names["\t".join(part for part in (experiment, plate) if part)]
            path = folder / f"plate_{name}.{suffix}"
            save(figure, path)
            written.append(path)
    return written
