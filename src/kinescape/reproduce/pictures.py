"""The paper's figures, drawn again from what was run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from kinescape.assay.figures.curves import ChosenPanel, chosen_figure
from kinescape.assay.screen import Screen
from kinescape.drawing import svg_of
from kinescape.figure.standalone import stand_alone
from kinescape.files import write_text
from kinescape.records import Call, SampleResult
from kinescape.report.course import course_of
from kinescape.report.figures.lollipop import lollipop
from kinescape.report.figures.phase import phase_picture
from kinescape.report.figures.time_course import time_course
from kinescape.reproduce.found import Found, strong
from kinescape.reproduce.models import CONTACTS
from kinescape.reproduce.models import FOLDER as STRUCTURES

FOLDER = "pictures"

PANELS = (  # Fig. 2 b to o: letter, which screen, variant, drug
    *(("b", "viability", "L1198R", "Crizotinib"), ("c", "blot", "L1198R", "Crizotinib")),
    *(("d", "viability", "E1154K", "Lorlatinib"), ("e", "blot", "E1154K", "Lorlatinib")),
    *(("f", "viability", "C1237Y", "Brigatinib"), ("g", "blot", "C1237Y", "Brigatinib")),
    *(("h", "viability", "L1196P", "Lorlatinib"), ("i", "blot", "L1196P", "Lorlatinib")),
    *(("j", "viability", "L1196P", "Lorlatinib"), ("k", "viability", "C1237Y", "Lorlatinib")),
    *(("l", "viability", "L1196P", "Zotizalkib"), ("m", "viability", "C1237Y", "Zotizalkib")),
    *(("n", "viability", "L1196P", "Repotrectinib"), ("o", "viability", "C1237Y", "Repotrectinib")),
)
COLUMNS = 4
RESEARCH = "research use only"
MODEL = "A static model on 2XP2, not dynamics; the ligand stays where the crystal has it."
ABOUT = f"SIMULATED DATA · {RESEARCH}"

COURSE = (  # file, title, text
    ("swimmer", "Fig. 1a: treatment and response", "Simulated patients by time on treatment; a diamond is a sample."),
    (
        "counts_by_inhibitor",
        "Fig. 1b: samples after each inhibitor",
        "Mutated, and none above the limit: a sample without a finding is bounded by its limit of detection.",
    ),
    ("shares", "Fig. 1c: shares of mutated samples", "With intervals and exact p, which pie charts do not show."),
    (
        "pfs_by_mutation",
        "Fig. 1d: progression-free survival, all",
        "Simulated times, without an effect of mutation put in.",
    ),
    ("pfs_by_mutation_ALK", "Fig. 1e: progression-free survival, ALK", "Simulated times, as above."),
)
FIG_2A = ("Fig. 2a: changes found in the kinase domain", "All samples together; the ribbon is one sample's coverage.")
FIG_2BO = (
    "Fig. 2b to o: viability and phosphorylation",
    "Simulated plates and blots, Table 2 as truth; mean and s.e.m. over experiments, bands are 95% intervals.",
)


@dataclass(frozen=True)
class Picture:
    """One picture of the page: where it stands, what it redraws, and what it shows in words."""

    file: Path
    title: str
    text: str


def pictures(found: Found, out: Path) -> list[Picture]:
    """Write what is drawn here, and list all pictures in the order of the paper."""
    folder = out / FOLDER
    cohort, screen = out / "cohort", out / "screen"
    listed = [Picture(cohort / f"{name}.svg", title, text) for name, title, text in COURSE]
    for name, title, text, draw in (("fig2a", *FIG_2A, _lollipop), ("fig2bo", *FIG_2BO, _panels)):
        listed += _written(folder, name, title, text, draw(found))
    listed += [
        Picture(
            screen / "pictures" / "ic50.svg", "Table 2 as a picture", "Classes by rule villa-2-10; > stays a bound."
        ),
        Picture(
            out / "growth" / "growth.svg",
            "Supplementary Figs. 5c, 8: growth",
            "Simulated counts; only the direction is published.",
        ),
    ]
    if found.background is not None:
        listed.append(
            Picture(out / "controls" / "background.svg", "Supplementary Fig. 10: background of healthy controls",
                    "Simulated controls with 0.0024 mismatches per base.")
        )  # fmt: skip
    for sample, title in (
        ("SIM01-P1", "Patient 1: L1196M and G1202R"),
        ("SIM06-P1", "Patient 6: C1235R and C1237Y"),
    ):
        listed += _written(
            folder, f"phase_{sample}", title, "Fragments that show both positions.", _phase(found, sample)
        )
    listed += _written(
        folder, "course_SIM04", "Patient 4 over time", "An arrow is a limit of detection.", _course(found)
    )
    contacts = out / STRUCTURES / "M01" / CONTACTS
    listed += [
        Picture(contacts / f"ligand-{name}.svg", f"Fig. 3b: crizotinib and its neighbours, {name}", MODEL)
        for name in ("WT", "L1198R")
    ]
    listed.append(Picture(contacts / "map.svg", "Fig. 3b: contacts by residue", MODEL))
    return [picture for picture in listed if picture.file.is_file()]


def _written(folder: Path, name: str, title: str, text: str, svg: str | None) -> list[Picture]:
    if svg is None:
        return []
    path = folder / f"{name}.svg"
    write_text(path, svg)
    return [Picture(path, title, text)]


def _lollipop(found: Found) -> str | None:
    """One result that holds the strongest call of every change of the cohort."""
    best: dict[str, Call] = {}
    deepest: SampleResult | None = None
    for result in found.plasma:
        calls = strong(result)
        for call in calls:
            if call.variant.name not in best or call.vaf > best[call.variant.name].vaf:
                best[call.variant.name] = call
        if calls and deepest is None:
            deepest = result
    if deepest is None:
        return None
    drawn = lollipop(msgspec.structs.replace(deepest, calls=tuple(best.values())), "ALK")
    return None if drawn is None else stand_alone(str(drawn), ABOUT if found.truth else RESEARCH)


def _panels(found: Found) -> str:
    screens: dict[str, tuple[Screen, str]] = {
        "viability": (found.screen, "Viability (% of untreated)"),
        "blot": (found.blots, "p-ALK/ALK (% of untreated)"),
    }
    chosen = [
        ChosenPanel(letter, screens[kind][0], variant, drug, screens[kind][1]) for letter, kind, variant, drug in PANELS
    ]
    return svg_of(chosen_figure(chosen, COLUMNS), tight=True)


def _phase(found: Found, sample: str) -> str | None:
    result = found.results.get(sample)
    drawn = None if result is None else phase_picture(result)
    return None if drawn is None else stand_alone(str(drawn), ABOUT if found.truth else RESEARCH)


def _course(found: Found) -> str | None:
    if "SIM04-P2" not in found.results:
        return None
    course = course_of(found.results["SIM04-P2"], (found.results["SIM04-P1"],))
    drawn = time_course(course) if course else None
    return None if drawn is None else stand_alone(str(drawn), ABOUT if found.truth else RESEARCH)
