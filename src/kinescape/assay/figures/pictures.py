"""All pictures of a screen, written beside its tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from kinescape.assay.figures.curves import drug_figure
from kinescape.assay.figures.heatmap import ic50_heatmap
from kinescape.assay.figures.plate import plate_figure
from kinescape.assay.figures.style import safe_name, save
from kinescape.assay.screen import Screen
from kinescape.assay.wells import Well


def write_pictures(
    screen: Screen, folder: Path, suffix: str, *, label: str = "Viability (% of untreated)"
) -> list[Path]:
    """``curves_<drug>`` for every drug and ``ic50`` with the table as a picture; returns the files."""
    written = []
    for drug in screen.drugs:
        path = folder / f"curves_{safe_name(drug)}.{suffix}"
        save(drug_figure(screen, drug, label=label), path)
        written.append(path)
    path = folder / f"ic50.{suffix}"
    save(ic50_heatmap(screen), path)
    return [*written, path]


def write_plates(wells: Sequence[Well], folder: Path, suffix: str) -> list[Path]:
    """``plate_<experiment>_<plate>`` for every plate whose wells have places."""
    plates: dict[tuple[str, str], list[Well]] = defaultdict(list)
    for well in wells:
        plates[well.experiment, well.plate].append(well)
    written = []
    for (experiment, plate), members in plates.items():
        title = f"{experiment}, plate {plate}" if plate else experiment
        figure = plate_figure(members, title)
        if figure is not None:
            name = "_".join(safe_name(part) for part in (experiment, plate) if part)
            path = folder / f"plate_{name}.{suffix}"
            save(figure, path)
            written.append(path)
    return written
