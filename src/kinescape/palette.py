"""The one palette: every colour of every page and picture stands here, as data.

Drug colours are the same everywhere. They began as the sets of Okabe and Ito (jfly.uni-koeln.de/color) and of Tol
(technical note SRON/EPS/TN/09-002) and were moved apart until any two of them differ by at least 12 units of CIEDE2000,
seen with normal vision and with protanopia and deuteranopia as Machado, Oliveira and Fernandes simulate them (IEEE
Trans Vis Comput Graph 2009;15:1291); the tests hold that. No colour is the only carrier of anything: a drug's name and
a state's shape and words always stand beside it.
"""

from __future__ import annotations

import colorsys
import hashlib
import re

DRUG_COLOURS: dict[str, str] = {
    "crizotinib": "#0f46ac",
    "ceritinib": "#07a2ff",
    "alectinib": "#789b6e",
    "brigatinib": "#ffc431",
    "ensartinib": "#e8c49a",
    "lorlatinib": "#971a00",
    "entrectinib": "#bc688c",
    "repotrectinib": "#864766",
    "zotizalkib": "#44a7b8",
    "taletrectinib": "#485dff",
    "cabozantinib": "#609b05",
    "foretinib": "#263f36",
    "iruplinalkib": "#636c4d",
    "zidesamtinib": "#c3ccff",
    "neladalkib": "#70025a",
    "chemotherapy": "#bdbdbd",
}
CHEMOTHERAPY = "chemotherapy"
FURTHER_DRUGS: tuple[str, ...] = tuple(
    "#" + "".join(f"{round(255 * part):02x}" for part in colorsys.hls_to_rgb(hue / 24, 0.58, 0.3)) for hue in range(24)
)
"""Dull colours of drugs that are not listed: which one, the name alone decides."""
OTHER_DRUG = "#7a7f87"
"""Where a therapy is stated but names no drug."""

BLACK, WHITE, PAPER = "#000000", "#ffffff", "#ffffff"
INK, PALE, GRID, FAINT_LINE = "#222222", "#6b6b6b", "#e3e3e3", "#d0d0d0"
"""Lettering, lesser lettering, lines of a grid, bases of bars; in pictures on white."""
UNKNOWN, NOT_TESTED, TESTED = "#bdbdbd", "#ffffff", "#e6e6e6"
SHADE = "#dfe5ec"
"""Below a limit of detection."""
PLATE_GROUND = "#eeeeee"

SERIES: tuple[str, ...] = ("#3174da", "#871500", "#4e7e7f", "#47003e", "#a2693d", "#0331b1", "#643d43", "#1e0000")
"""Lines and their names on white, in the order of use."""
SERIES_DARK: tuple[str, ...] = (
    *("#50cdff", "#d18d06", "#24f2b6", "#aa8fa4", "#ffe93e", "#4983f0", "#9c846e", "#b7fffd"),
)
"""The same lines on dark paper."""

WITHOUT, MUTATED = "#a6cee3", "#d55e00"
"""No mutation above the limit; mutated."""
GENES: dict[str, str] = {"ALK": "#0072b2", "ROS1": "#009e73"}
ALIGNERS: dict[str, str] = {"bwa": "#0072b2", "bowtie2": "#d55e00"}
PROMISED, MEASURED, FURTHER = "#0072b2", "#d55e00", "#009e73"

CLASSES: dict[str, str] = {
    "sensitised": "#92c5de",
    "sensitive": "#f7f7f7",
    "moderate": "#fddba0",
    "resistant": "#e08214",
    "highly_resistant": "#b35806",
    "uncertain": "#d9d9d9",
    "reference": "#ffffff",
    "na": "#ffffff",
}
"""Classes of folds, blue to brown: told apart by any colour vision, and in grey print by lightness."""
UNKNOWN_CLASS = "#c7b9d8"
WELLS: dict[str, str] = {
    "untreated": "#000000",
    "vehicle": "#000000",
    "blank": "#d55e00",
    "positive": "#cc79a7",
    "day0": "#009e73",
}
"""Outlines of control wells."""

REFERENCE_MODEL, CHANGED_RESIDUE, MUTANT_MODEL, LIGAND_MODEL = "#9aa3ad", "#c8501e", "#1f6fb2", "#1f8a4c"
"""Molecular models: the unmutated one, residues that were changed, a mutant, the ligand."""
MODEL_INK, MODEL_NOTE, CHANGED_LABEL, REFERENCE_ARM, ERROR_BAR = "#1d2329", "#4a525b", "#8f3410", "#3b434c", "#8a929b"
MODEL_STATES: tuple[str, ...] = (
    *("#9aa3ad", "#3a8bd8", "#b06fd0", "#2fa08a", "#d09a2f", "#d0607a", "#6f7fe0", "#7fa03a", "#a0703a"),
)
"""States side by side in the page of models, the unmutated one first."""
CONTACTS: dict[str, str] = {
    "hydrogen bond": "#1f6fb2",
    "salt bridge": "#b3261e",
    "pi": "#7b4fa3",
    "cation": "#7b4fa3",
    "halogen bond": "#0f7b6c",
    "hydrophobic": "#8a6d1f",
    "van der Waals": "#8b929a",
    "water bridge": "#3d8fd1",
}
"""Kinds of contacts between ligand and protein; their names stand beside them."""
OTHER_CONTACT = "#555555"

LIGHT: dict[str, str] = {
    "bg": "#f6f7f8",
    "paper": "#ffffff",
    "ink": "#1b2026",
    "soft": "#545e69",
    "line": "#d9dde2",
    "faint": "#f1f3f5",
    "accent": "#14507e",
    "resist": "#9a3103",
    "resist-bg": "#fdeee6",
    "reduced": "#755000",
    "reduced-bg": "#fcf3da",
    "none": "#0a527d",
    "none-bg": "#e5f1f9",
    "grey": "#4a535d",
    "grey-bg": "#eceff1",
    "good": "#0b5b4b",
    "good-bg": "#e2f3ee",
    "hatch": "#d3d8de",
    "blind": "#d5e3ee",
    "blind-edge": "#2f6d9c",
    "dark": "#d6dce2",
    "depth": "#dbe7e3",
    "depth-edge": "#3f7d6c",
    "domain": "#b9cbe0",
    "helix": "#cfc3e6",
    "motif": "#e9c9a0",
    "residue": "#d99a6c",
    "sim-a": "#ffe9a8",
    "sim-b": "#ffdf85",
    "sim-ink": "#4a3600",
    "mutated": "#d55e00",
    "unknown": "#bdbdbd",
    "without": "#ffffff",
}
"""CSS variables of the pages on light paper."""
DARK: dict[str, str] = {
    "bg": "#121518",
    "paper": "#1a1e22",
    "ink": "#e7eaed",
    "soft": "#a8b1bb",
    "line": "#353c44",
    "faint": "#22272c",
    "accent": "#8dc5ef",
    "resist": "#ffa37a",
    "resist-bg": "#3b2118",
    "reduced": "#f1c363",
    "reduced-bg": "#352b14",
    "none": "#8cc8f0",
    "none-bg": "#152a3a",
    "grey": "#b7bfc8",
    "grey-bg": "#2b3036",
    "good": "#7fd3bd",
    "good-bg": "#14322b",
    "hatch": "#3b424a",
    "blind": "#213a4e",
    "blind-edge": "#79b4de",
    "dark": "#363d45",
    "depth": "#223a33",
    "depth-edge": "#74bda8",
    "domain": "#3b5573",
    "helix": "#54487a",
    "motif": "#7a5a2c",
    "residue": "#a0653c",
    "sim-a": "#4a3d12",
    "sim-b": "#54461a",
    "sim-ink": "#ffe7a3",
    "mutated": "#d55e00",
    "unknown": "#7c858f",
    "without": "#ffffff",
}
"""The same on dark paper."""
PRINT: dict[str, str] = {"bg": "#ffffff", "ink": "#000000", "soft": "#444444", "line": "#c4c9cf"}
"""What differs from light paper where a page is printed."""


def drug_colour(drug: str) -> str:
    """Colour of a drug, whatever its capitals; one that is not listed has a dull colour that its name alone decides."""
    name = drug.strip().lower()
    return DRUG_COLOURS[name] if name in DRUG_COLOURS else FURTHER_DRUGS[place_of_further_drug(name)]


def place_of_further_drug(drug: str) -> int:
    """Place among :data:`FURTHER_DRUGS`, by the name alone."""
    return hashlib.sha256(drug.strip().lower().encode("utf-8")).digest()[0] % len(FURTHER_DRUGS)


def drug_in(text: str) -> str | None:
    """The first drug that a free text such as the therapy of a sample names; None where it names none we know."""
    for word in re.findall(r"[a-z]+", text.lower()):
        if word in DRUG_COLOURS and word != CHEMOTHERAPY:
            return str(word)
    return None


def therapy_colour(text: str) -> str:
    """Colour of a therapy by the first drug it names."""
    drug = drug_in(text)
    return OTHER_DRUG if drug is None else DRUG_COLOURS[drug]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (Web Content Accessibility Guidelines 2.2, "contrast ratio")."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def ink_on(ground: str) -> str:
    """Black or white, whichever is easier to read on ``ground``: always a contrast of at least 4.5."""
    return max((BLACK, WHITE), key=lambda ink: contrast(ink, ground))


def _luminance(colour: str) -> float:
    """Relative luminance (sRGB, IEC 61966-2-1)."""
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def css_variables(values: dict[str, str], series: tuple[str, ...] = ()) -> str:
    """``--ink: #1b2026; ... --tone0: #0069ad; ...``: declarations for a CSS rule."""
    named = {**values, **{f"tone{number}": colour for number, colour in enumerate(series)}}
    return " ".join(f"--{name}: {colour};" for name, colour in named.items())


def page_variables() -> str:
    """The rules that give every page its colours: light, dark where the system asks for it, and light on paper."""
    return (
        f":root {{ color-scheme: light dark; {css_variables(LIGHT, SERIES)} }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {css_variables(DARK, SERIES_DARK)} }} }}\n"
        f"@media print {{ :root {{ color-scheme: light; {css_variables(PRINT)} }} }}\n"
    )
