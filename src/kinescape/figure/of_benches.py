"""The pictures of a cohort and of the bench's assays, as SVG."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kinescape.drawing import svg_of
from kinescape.errors import InputError
from kinescape.figure.catalogue import Choice

if TYPE_CHECKING:
    from kinescape.assay.screen import Screen
    from kinescape.assay.wells import Well
    from kinescape.cohort.model import Cohort


def swimmer(sources: tuple[Path, ...], _choice: Choice) -> str:
    """One bar per patient."""
    from kinescape.cohort.figures.swimmer import swimmer_figure

    return svg_of(swimmer_figure(_cohort(sources)))


def oncoprint(sources: tuple[Path, ...], _choice: Choice) -> str:
    """Changes by patient."""
    from kinescape.cohort.figures.oncoprint import oncoprint_figure

    return svg_of(oncoprint_figure(_cohort(sources)))


def timelines(sources: tuple[Path, ...], _choice: Choice) -> str:
    """Allele fractions under therapy."""
    from kinescape.cohort.figures.timeline import timeline_figure

    return svg_of(timeline_figure(_cohort(sources)))


def counts(sources: tuple[Path, ...], _choice: Choice) -> str:
    """Samples at failure."""
    from kinescape.cohort.figures.counted import stacked_counts_figure

    cohort, body = _summary(sources)
    return svg_of(stacked_counts_figure(body["counts"], simulated=cohort.simulated))


def shares(sources: tuple[Path, ...], _choice: Choice) -> str:
    """Shares of mutated samples."""
    from kinescape.cohort.figures.counted import shares_figure

    cohort, body = _summary(sources)
    return svg_of(shares_figure(body["counts"], simulated=cohort.simulated))


def pfs(sources: tuple[Path, ...], _choice: Choice) -> str:
    """Progression-free survival by mutation."""
    return _curve(sources, "pfs", "by_mutation")


def pfs_by_line(sources: tuple[Path, ...], _choice: Choice) -> str:
    """Progression-free survival by line."""
    return _curve(sources, "pfs", "by_line")


def os_all(sources: tuple[Path, ...], _choice: Choice) -> str:
    """Overall survival."""
    return _curve(sources, "os", "all")


def os_from_sample(sources: tuple[Path, ...], _choice: Choice) -> str:
    """Overall survival from the sample on."""
    return _curve(sources, "os", "from_sample")


def _curve(sources: tuple[Path, ...], outcome: str, which: str) -> str:
    from kinescape.cohort.summary_report import survival_figure

    cohort, body = _summary(sources)
    part = body[outcome][which]
    if not part["estimable"]:
        raise InputError(
            f"there is nothing to draw: {part['reason']}", expected="a cohort in which it can be estimated"
        )
    return svg_of(survival_figure(part, simulated=cohort.simulated))


def _cohort(sources: tuple[Path, ...]) -> Cohort:
    from kinescape.cohort.load import load_cohort

    return load_cohort(_path(sources))


def _summary(sources: tuple[Path, ...]) -> tuple[Cohort, Any]:
    from kinescape.cohort.summary import summarise

    cohort = _cohort(sources)
    return cohort, summarise(cohort, [])


def curves(sources: tuple[Path, ...], choice: Choice) -> str:
    """Dose-response of one drug."""
    return _drug_curves(_screen(_wells(sources, choice), choice), choice, "Viability (% of untreated)")


def _drug_curves(screen: Screen, choice: Choice, label: str) -> str:
    from kinescape.assay.figures.curves import drug_figure

    names = {drug.lower(): drug for drug in screen.drugs}
    if choice.drug.lower() not in ("", *names) or (not choice.drug and len(names) > 1):
        raise InputError(
            "which drug?", found=choice.drug or "several", expected="--drug, one of " + ", ".join(screen.drugs)
        )
    return svg_of(drug_figure(screen, names.get(choice.drug.lower(), screen.drugs[0]), label=label), tight=True)


def ic50(sources: tuple[Path, ...], choice: Choice) -> str:
    """Table of IC50s."""
    from kinescape.assay.figures.heatmap import ic50_heatmap

    return svg_of(ic50_heatmap(_screen(_wells(sources, choice), choice)), tight=True)


def plate(sources: tuple[Path, ...], choice: Choice) -> str:
    """The first plate whose wells have places."""
    from kinescape.assay.figures.plate import plate_figure

    wells = _wells(sources, choice)
    for experiment, number in dict.fromkeys((well.experiment, well.plate) for well in wells):
        members = [well for well in wells if (well.experiment, well.plate) == (experiment, number)]
        figure = plate_figure(members, f"{experiment}, plate {number}" if number else experiment)
        if figure is not None:
            return svg_of(figure, tight=True)
    raise InputError("there is nothing to draw", expected="wells with a place on their plate")


def growth(sources: tuple[Path, ...], choice: Choice) -> str:
    """Growth curves."""
    from kinescape.assay.figures.growth import growth_figure
    from kinescape.assay.growth import experiment_rates, read_counts, variant_growth

    rates, missing = experiment_rates(read_counts(_path(sources)))
    if not rates:
        raise InputError("no growth rate can be had", found=missing[0] if missing else None)
    return svg_of(growth_figure(rates, variant_growth(rates, choice.reference), choice.reference), tight=True)


def blot(sources: tuple[Path, ...], choice: Choice) -> str:
    """Dose-response of phosphorylation."""
    from kinescape.assay.blots import as_wells, normalised, read_lanes

    wells = as_wells(normalised(read_lanes(_path(sources))))
    return _drug_curves(_screen(wells, choice), choice, "Phospho/total (% of untreated)")


def blot_lanes(sources: tuple[Path, ...], choice: Choice) -> str:
    """The image with its bands."""
    from kinescape.assay.blot_image import measure, read_image
    from kinescape.assay.figures.lanes import lanes_figure

    if choice.lanes is None:
        raise InputError("how many lanes has the blot?", expected="--lanes")
    image, limit = read_image(_path(sources))
    return svg_of(lanes_figure(image, measure(image, limit, lanes=choice.lanes, bands=1, radius=None)), tight=True)


def _wells(sources: tuple[Path, ...], choice: Choice) -> list[Well]:
    from kinescape.assay.inputs import read_wells

    return read_wells(sources, layout=choice.layout, decimal=choice.decimal)


def _screen(wells: list[Well], choice: Choice) -> Screen:
    from kinescape.assay.screen import Settings, analyse_screen
    from kinescape.rules import PACKAGED, read_rules

    return analyse_screen(wells, read_rules(PACKAGED).rule_set(), Settings(reference=choice.reference))


def _path(sources: tuple[Path, ...]) -> Path:
    if len(sources) != 1:
        raise InputError("this picture is made from one source", found=len(sources), expected=1)
    return sources[0]
