"""One palette: nothing has colours of its own, and what must be told apart can be, by colour-blind readers too."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.color import deltaE_ciede2000, rgb2lab

import kinescape
from kinescape import palette

PACKAGE = Path(kinescape.__file__).parent
COLOUR = re.compile(r"#(?:[0-9A-Fa-f]{8}|[0-9A-Fa-f]{6}|[0-9A-Fa-f]{3,4})\b(?!-)")
PAGES = ("report/templates/page.css", "data/cohort/page.html", "data/assay/screen.html")

# Machado, Oliveira & Fernandes 2009, IEEE TVCG 15:1291, severity 1.0, on linear RGB.
SIGHT = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}


def seen(colours: list[str], sight: str) -> np.ndarray:
    rgb = np.array([[int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)] for colour in colours])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    mixed = np.clip(linear @ SIGHT[sight].T, 0, 1)
    display = np.where(mixed <= 0.0031308, mixed * 12.92, 1.055 * mixed ** (1 / 2.4) - 0.055)
    return np.asarray(rgb2lab(display[None])[0])


def nearest(colours: dict[str, str], sight: str) -> tuple[float, tuple[str, str]]:
    lab = dict(zip(colours, seen(list(colours.values()), sight), strict=True))
    return min(
        (float(deltaE_ciede2000(lab[one], lab[other])), (one, other))
        for one, other in itertools.combinations(colours, 2)
    )


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize(
    ("name", "least"),
    [("DRUG_COLOURS", 12.0), ("SERIES", 15.0), ("SERIES_DARK", 15.0), ("ALIGNERS", 20.0), ("GENES", 10.0)],
)
def test_colours_are_told_apart(name: str, least: float, sight: str) -> None:
    held = getattr(palette, name)
    colours = held if isinstance(held, dict) else {str(place): colour for place, colour in enumerate(held)}
    distance, pair = nearest(colours, sight)
    assert distance >= least, pair


@pytest.mark.parametrize("sight", SIGHT)
def test_classes_of_folds_are_told_apart(sight: str) -> None:
    names = ("sensitised", "sensitive", "moderate", "resistant", "highly_resistant")
    distance, pair = nearest({name: palette.CLASSES[name] for name in names}, sight)
    assert distance >= 10, pair


@pytest.mark.parametrize("colour", palette.SERIES)
def test_lines_and_their_names_can_be_read_on_white(colour: str) -> None:
    assert palette.contrast(colour, palette.PAPER) >= 4.5


@pytest.mark.parametrize("colour", palette.SERIES_DARK)
def test_lines_and_their_names_can_be_read_on_dark(colour: str) -> None:
    assert palette.contrast(colour, palette.DARK["paper"]) >= 4.5


@pytest.mark.parametrize(("values", "name"), [(palette.LIGHT, "light"), (palette.DARK, "dark")], ids=["light", "dark"])
def test_words_of_states_can_be_read(values: dict[str, str], name: str) -> None:
    for ink in ("ink", "soft", "accent", "resist", "reduced", "none", "grey", "good"):
        assert palette.contrast(values[ink], values["paper"]) >= 4.5, ink
        ground = values.get(f"{ink}-bg")
        assert ground is None or palette.contrast(values[ink], ground) >= 4.5, ink


def test_contrast_is_that_of_the_guidelines() -> None:
    assert palette.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert palette.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # WebAIM's well-known example


@given(st.integers(0, 0xFFFFFF))
def test_words_on_any_ground_can_be_read(value: int) -> None:
    ground = f"#{value:06x}"
    assert palette.contrast(palette.ink_on(ground), ground) >= 4.5


@given(st.text(max_size=40))
def test_every_drug_has_a_colour_that_its_name_decides(drug: str) -> None:
    colour = palette.drug_colour(drug)
    assert re.fullmatch(r"#[0-9a-f]{6}", colour)
    assert palette.drug_colour(f" {drug} ") == colour or drug.strip() != drug


def test_a_drug_has_one_colour_whatever_its_capitals() -> None:
    assert (
        palette.drug_colour("Lorlatinib") == palette.drug_colour(" LORLATINIB ") == palette.DRUG_COLOURS["lorlatinib"]
    )
    assert palette.drug_colour("gilteritinib") == palette.drug_colour("Gilteritinib") in palette.FURTHER_DRUGS
    assert palette.drug_in("second line: Alectinib 600 mg") == "alectinib"
    assert palette.drug_in("chemotherapy, then brigatinib") == "brigatinib"
    assert palette.therapy_colour("watchful waiting") == palette.OTHER_DRUG


@pytest.mark.parametrize("name", sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py")))
def test_no_module_has_colours_of_its_own(name: str) -> None:
    if name == "palette.py":
        return
    code = (PACKAGE / name).read_text(encoding="utf-8")
    found = [text for text in re.findall(r"""["']([^"'\n]*)["']""", code) if COLOUR.search(text)]
    assert found == [], f"{name}: a colour belongs into palette.py"


@pytest.mark.parametrize("name", PAGES)
def test_no_page_has_colours_of_its_own(name: str) -> None:
    text = (PACKAGE / name).read_text(encoding="utf-8")
    assert [hit for hit in COLOUR.findall(text) if re.search(r"\d|[a-f]{3}", hit)] == []


def test_pages_and_pictures_show_a_drug_in_the_same_colour() -> None:
    from kinescape.cohort.figures.swimmer import drug_colour as in_cohort
    from kinescape.report.index import render_index

    style = render_index([])
    for drug, colour in palette.DRUG_COLOURS.items():
        assert in_cohort(drug) == colour
        assert f".drug-{drug} {{ color: {colour}; }}" in style
