"""From a cohort to ``summary.json``, tables, pictures and the interactive page."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kinescape.cohort.days import day_texts
from kinescape.cohort.model import Cohort
from kinescape.cohort.outcomes import line_states, progression_free
from kinescape.cohort.response import best_responses
from kinescape.cohort.summary import summarise
from kinescape.cohort.survival_report import write_json
from kinescape.errors import InputError
from kinescape.output_folder import output_folder

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CURVES = (
    ("pfs_by_mutation", ("pfs", "by_mutation")),
    ("pfs_by_line", ("pfs", "by_line")),
    ("os", ("os", "all")),
    ("os_from_sample", ("os", "from_sample")),
    ("os_delayed_entry", ("os", "delayed_entry")),
    ("os_time_varying", ("os", "time_varying")),
)
"""Pictures of curves, and where their numbers stand in the summary."""


def write_summary(
    cohort: Cohort, notes: list[str], out: Path, *, order: str, formats: tuple[str, ...], page: bool
) -> list[str]:
    """Write the whole folder; returns the lines to print."""
    body: Any = summarise(cohort, notes)
    with output_folder(out, "cohort summary") as folder:
        write_json(folder / "summary.json", body)
        write_line_table(cohort, folder / "lines.tsv")
        if formats:
            write_figures(cohort, body, folder, order=order, formats=formats)
        if page:
            from kinescape.cohort.page import write_page

            write_page(cohort, body, folder / "cohort.html")
    return summary_lines(cohort, body, out)


def write_line_table(cohort: Cohort, path: Path) -> None:
    """Every inhibitor line with what was derived for it; the table goes back into ``cohort survival``."""
    time, event = progression_free(cohort)
    states = line_states(cohort)
    best = best_responses(cohort.responses, cohort.lines)
    words = np.array(["none above the limit", "mutated", ""])
    lines = cohort.lines
    rows = np.flatnonzero(lines.is_tki)
    patient = lines.patient[rows]
    columns: dict[str, list[str]] = {
        "patient": cohort.patients.name[patient].tolist(),
        "gene": cohort.patients.gene[patient].tolist(),
        "agent": lines.agent[rows].tolist(),
        "generation": lines.generation[rows].tolist(),
        "tki_line": [str(number) for number in lines.tki_number[rows].tolist()],
        "start": day_texts(lines.start[rows], cohort.calendar),
        "progression": day_texts(lines.progression[rows], cohort.calendar),
        "best_response": [best.get(row, "") for row in rows.tolist()],
        "pfs_days": [f"{days:g}" for days in time[rows].tolist()],
        "pfs_event": ["1" if happened else "0" for happened in event[rows].tolist()],
        "mutation_at_failure": words[states[rows]].tolist(),
    }
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, delimiter="\t", lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def write_figures(cohort: Cohort, body: Any, folder: Path, *, order: str, formats: tuple[str, ...]) -> None:
    """All pictures, in every format asked for."""
    from kinescape.cohort.figures.counted import shares_figure, stacked_counts_figure
    from kinescape.cohort.figures.oncoprint import oncoprint_figure
    from kinescape.cohort.figures.swimmer import swimmer_figure
    from kinescape.cohort.figures.timeline import timeline_figure
    from kinescape.drawing import save_formats as save

    simulated = cohort.simulated
    save(swimmer_figure(cohort, order), folder / "swimmer", formats)  # type: ignore[arg-type]
    save(stacked_counts_figure(body["counts"], simulated=simulated), folder / "counts_by_inhibitor", formats)
    save(shares_figure(body["counts"], simulated=simulated), folder / "shares", formats)
    save(oncoprint_figure(cohort), folder / "oncoprint", formats)
    save(timeline_figure(cohort), folder / "timelines", formats)
    curves = [*CURVES, *((f"pfs_by_mutation_{gene}", ("pfs", "by_mutation_and_gene", gene))
                         for gene in body["pfs"]["by_mutation_and_gene"])]  # fmt: skip
    for name, path in curves:
        part = body
        for key in path:
            part = part[key]
        if not part["estimable"]:
            continue
        save(survival_figure(part, simulated=simulated), folder / name, formats)


def survival_figure(part: Any, *, simulated: bool) -> Figure:
    """Curves of one analysis of the summary; mutated and not mutated have the same colours in all of them."""
    from kinescape.cohort.figures.km import kaplan_meier_figure
    from kinescape.palette import SERIES

    return kaplan_meier_figure(
        part,
        title=part["label"] + (" (SIMULATED)" if simulated else ""),
        time_label="Days",
        colours={"mutated": SERIES[1], "none above the limit": SERIES[0]},
        footnote=_footnote(part["notes"]),
    )


def _footnote(notes: list[str]) -> str:
    """The first two notes, broken into lines that fit under a picture."""
    lines: list[str] = []
    for note in notes[:2]:
        words, line = note.split(), ""
        for word in words:
            if len(line) + len(word) > 118:
                lines.append(line)
                line = ""
            line = f"{line} {word}".strip()
        lines.append(line)
    return "\n".join(lines)


def summary_lines(cohort: Cohort, body: Any, out: Path) -> list[str]:
    """What the terminal shows."""
    counts = body["counts"]
    lines = ["SIMULATED cohort"] if cohort.simulated else []
    people, relapse = counts["patients"], counts["relapse_samples"]
    therapy = f"{body['lines']['n']} lines ({body['lines']['tki']} of inhibitors)"
    lines.append(f"{body['patients']['n']} patients, {therapy}, {counts['samples']['all']} samples")
    lines.append(f"mutated: {_share(relapse)} relapse samples, {_share(people)} patients")
    for key in ("crizotinib_against_second_generation", "by_previous_tkis"):
        part = counts[key]
        if not part["groups"]:
            continue
        shown = "; ".join(f"{name} {_share(cell)}" for name, cell in part["groups"].items())
        lines.append(f"  {shown}; exact p {_number(part['exact_p'])}")
    pfs = body["pfs"]["by_mutation"]
    if pfs["estimable"]:
        medians = "; ".join(f"{name}: {one['text']}" for name, one in pfs["medians"].items())
        lines.append(f"PFS by mutation at failure, median days: {medians}")
        lines.append(
            f"  {pfs['headline']['test']}: p {_number(pfs['headline']['p'])} {pfs['headline']['reason']}".rstrip()
        )
    lines.append("OS of ever-mutated patients from diagnosis: refused (immortal-time bias); instead:")
    for key in ("from_sample", "delayed_entry", "time_varying"):
        part = body["os"][key]
        shown = (
            f"{part['headline']['test']} p {_number(part['headline']['p'])}" if part["estimable"] else part["reason"]
        )
        lines.append(f"  {part['label']}: {shown}")
    lines += [f"note: {note}" for note in body["notes"]]
    lines.append(f"written: {out / 'summary.json'}")
    return lines


def _share(cell: Any) -> str:
    if not cell["tested"]:
        return "none tested"
    low, high = round(100 * cell["ci_low"]), round(100 * cell["ci_high"])
    return f"{cell['mutated']}/{cell['tested']} ({round(100 * cell['share'])}%, 95% CI {low}–{high}%)"


def _number(p: float | None) -> str:
    return "not estimable" if p is None else f"{p:.3g}"


def checked_formats(text: str) -> tuple[str, ...]:
    """Formats as asked, in a fixed order."""
    from kinescape.drawing import FORMATS

    asked = [name.strip() for name in text.split(",") if name.strip()]
    for name in asked:
        if name not in FORMATS:
            raise InputError("unknown format of pictures", found=name, expected="some of " + ", ".join(FORMATS))
    return tuple(name for name in FORMATS if name in asked)


def check_lines(cohort: Cohort | None, problems: list[InputError]) -> list[str]:
    """What ``cohort check`` says at the end."""
    if problems or cohort is None:
        return [f"{len(problems)} faults"]
    counts = f"{len(cohort.patients)} patients, {len(cohort.lines)} lines, {len(cohort.samples)} samples"
    label = "SIMULATED cohort: " if cohort.simulated else ""
    return [f"{label}{counts}, {cohort.variants.sample.size} variants: no fault found (times are {cohort.calendar})"]
