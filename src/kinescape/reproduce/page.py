"""The page of a reproduction: claims beside numbers, then the figures."""

from __future__ import annotations

import base64
from collections import Counter
from pathlib import Path

from kinescape.files import write_text
from kinescape.report.environment import environment, whole_page
from kinescape.reproduce.claims import Claim, study
from kinescape.reproduce.found import Found
from kinescape.reproduce.pictures import Picture, pictures
from kinescape.reproduce.verdict import Verdict

VERDICTS: tuple[Verdict, ...] = ("disagrees", "agrees", "cannot be tested")
"""In the order of the page: what stands against the paper is not hidden below what agrees."""
MARKS = {
    "agrees": ("pass", "agrees"),
    "disagrees": ("resistance", "disagrees"),
    "cannot be tested": ("not_assessable", "cannot be tested"),
}
BASES = {
    "published": "computed from figures that the paper prints",
    "simulated": "simulated, the published figure is the truth that was put in",
    "chosen": "simulated, the size was chosen by this project because the paper prints none",
    "model": "molecular model on a real structure",
}


def write_page(found: Found, claims: list[Claim], out: Path, path: Path) -> None:
    """Write the page; one file, nothing from any network."""
    shown = pictures(found, out)
    counts = Counter(claim.finding.verdict for claim in claims)
    context = {
        "study": study()["study"],
        "scale": found.scale,
        "simulated": bool(found.truth),
        "claims": claims,
        "sections": list(dict.fromkeys(claim.section for claim in claims)),
        "counts": [(verdict, MARKS[verdict][0], counts[verdict]) for verdict in VERDICTS],
        "marks": {verdict: mark for verdict, (mark, _) in MARKS.items()},
        "against": [claim for claim in claims if claim.finding.verdict == "disagrees"],
        "bases": BASES,
        "chain": found.chain,
        "pictures": [(picture, _address(picture)) for picture in shown],
    }
    template = environment().get_template("reproduction.html")
    write_text(path, whole_page(template, context, "kinescape – research use only – simulated data"))


def _address(picture: Picture) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(picture.file.read_bytes()).decode("ascii")
