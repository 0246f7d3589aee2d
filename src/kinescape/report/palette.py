"""The colours of states and drugs, the same on every page and in every picture.

Drugs have the colours of Okabe and Ito (jfly.uni-koeln.de/color) and of Tol's "muted" scheme (technical note
SRON/EPS/TN/09-002), both made to be told apart by colour-blind readers. No colour is the only carrier: a drug's name
and a state's shape and words always stand beside it.
"""

from __future__ import annotations

import re

DRUG_COLOURS: dict[str, str] = {
    "crizotinib": "#0072b2",
    "ceritinib": "#56b4e9",
    "alectinib": "#009e73",
    "brigatinib": "#e69f00",
    "ensartinib": "#ddcc77",
    "lorlatinib": "#d55e00",
    "entrectinib": "#cc79a7",
    "repotrectinib": "#882255",
    "zotizalkib": "#44aa99",
    "taletrectinib": "#6a5acd",
    "cabozantinib": "#999933",
    "foretinib": "#117733",
}
OTHER_DRUG = "#7a7f87"
"""A drug without a colour of its own."""


def drug_colour(drug: str) -> str:
    """Colour of a drug, whatever its capitals."""
    return DRUG_COLOURS.get(drug.strip().lower(), OTHER_DRUG)


def drug_in(text: str) -> str | None:
    """The first drug that a free text such as the therapy of a sample names; None where it names none we know."""
    for word in re.findall(r"[a-z]+", text.lower()):
        if word in DRUG_COLOURS:
            return str(word)
    return None
