"""From a table to ``survival.json``, the picture, and the lines that are printed."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from kinescape import __version__
from kinescape.cohort.json_numbers import Json
from kinescape.cohort.survival import analyse
from kinescape.cohort.survival_records import Request
from kinescape.cohort.survival_table import read_survival_table
from kinescape.output_folder import output_folder


def write_survival(path: Path, request: Request, out: Path, *, title: str = "", figures: bool = True) -> list[str]:
    """Analyse a table and write ``out``; returns the lines to print."""
    table = read_survival_table(path, request)
    body: Json = {
        "format": "kinescape survival 1",
        "kinescape_version": __version__,
        "research_use_only": True,
        "table": path.name,
        "request": dataclasses.asdict(request),
        **analyse(table, request),
    }
    with output_folder(out, "cohort survival") as folder:
        write_json(folder / "survival.json", body)
        if figures:
            from kinescape.cohort.figures.km import kaplan_meier_figure
            from kinescape.drawing import save_formats

            label = f"Time ({request.unit})" if request.unit else f"Time ({request.time})"
            heading = title or f"{request.time} by {request.group}"
            save_formats(kaplan_meier_figure(body, title=heading, time_label=label), folder / "km")
    return summary_lines(body, out)


def write_json(path: Path, body: object) -> None:
    """Indented JSON; NaN and infinity are refused."""
    path.write_text(json.dumps(body, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def summary_lines(body: Any, out: Path) -> list[str]:
    """What the terminal shows of an analysis."""
    lines = [f"{body['n']} records, {body['events']} events, {body['omitted_rows']} rows left out"]
    for name, arm in body["groups"].items():
        median = body["medians"][name]["text"]
        lines.append(f"  {name}: n {arm['n']}, events {arm['events']}, median {median}")
    head = body["headline"]
    shown = f"p = {head['p']:.4g}" if head["p"] is not None else head["reason"]
    lines.append(f"{head['test']}: {shown}")
    for key, label in (("logrank", "log-rank test, unadjusted"), ("logrank_stratified", "stratified log-rank test")):
        test = body[key]
        if test is not None and test["chisq"] is not None:
            p = f"p = {test['p']:.4g}" if test["p"] is not None else f"p withheld: {test['p_withheld']}"
            lines.append(f"{label}: chi-square {test['chisq']:.4f} on {test['df']} df, {p}")
    cox = body["cox"]
    for place, name in enumerate(cox["names"] if cox["coef"] else []):
        low, high = (cox[side][place] for side in ("ci_low", "ci_high"))
        interval = f"{low:.3g}–{high:.3g}" if low is not None and high is not None else "not estimable"
        lines.append(f"hazard ratio {name}: {cox['hazard_ratio'][place]:.3g} ({interval}), {cox['method']}")
    lines += [f"note: {note}" for note in body["notes"]]
    lines.append(f"written: {out / 'survival.json'}")
    return lines
