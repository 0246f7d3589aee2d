"""What a run found, in a few lines for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from kinescape.demo import Comparison
from kinescape.engine.plan import Outcome
from kinescape.records import Call, SampleResult


def print_outcomes(outcomes: Sequence[Outcome], out: Path) -> None:
    """One line per sample on stdout, faults on stderr, and where the page is."""
    width = max(len(outcome.sample) for outcome in outcomes)
    for outcome in outcomes:
        result = outcome.result
        if result is not None:
            click.echo(f"{outcome.sample:<{width}}  {result.gate.status:<7}  {findings(result)}")
    for outcome in outcomes:
        if outcome.state == "failed":
            click.echo(f"kinescape: error: sample {outcome.sample}: {outcome.error}", err=True)
    if any(outcome.state != "failed" for outcome in outcomes):
        click.echo(f"open {out / 'index.html'}")


NAMED = 10
"""Names of a list that are shown before the rest is counted."""


def print_left_over(names: Sequence[str], out: Path) -> None:
    """The samples of earlier sheets whose results lie in the folder still: nothing of this run, and not removed."""
    if not names:
        return
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    lie = "1 other sample lies" if len(names) == 1 else f"{len(names)} other samples lie"
    click.echo(
        f"not of this run: {lie} in {out / 'samples'}, left as before: {', '.join(names[:NAMED])}{more} "
        "(collate takes them too, with in_sheet = false)",
        err=True,
    )


def print_comparison(rows: Sequence[Comparison], outcomes: Sequence[Outcome], out: Path) -> None:
    """What was found against what was put in, the failures, and the page to open."""
    click.echo("SIMULATED samples: found against put in (allele fractions)")
    width = max(len(row.sample) for row in rows)
    for row in rows:
        put_in = "  -   " if row.put_in is None else f"{row.put_in:6.2%}"
        found = "  -   " if row.found is None else f"{row.found:6.2%}"
        note = row.evidence or ("not found" if row.assessable else "not covered: the amplicon was left out")
        sign = "ok " if row.as_expected else "!! "
        click.echo(f"{sign} {row.sample:<{width}}  put in {put_in}  found {found}  {note:<9} {row.name}")
    controls = [each.result for each in outcomes if each.role == "control" and each.state != "failed"]
    quiet = sum(not any(call.evidence == "strong" for call in each.calls) for each in controls if each)
    expected = sum(row.as_expected for row in rows)
    click.echo(f"{expected} of {len(rows)} as expected; {quiet} of {len(controls)} healthy controls without a call")
    for outcome in outcomes:
        if outcome.state == "failed":
            click.echo(f"kinescape: error: sample {outcome.sample}: {outcome.error}", err=True)
    click.echo(f"open {out / 'index.html'}")


def findings(result: SampleResult) -> str:
    """Strong and weak calls in one line, or what was looked at."""
    strong = [named(call) for call in result.calls if call.evidence == "strong" and _matters(call)]
    weak = [named(call) for call in result.calls if call.evidence == "weak" and _matters(call)]
    parts = []
    if strong:
        parts.append(", ".join(strong))
    if weak:
        parts.append("weak: " + ", ".join(weak))
    if not parts:
        assessed = [known for known in result.known_positions if known.state == "not_detected"]
        limits = [known.lod95 for known in assessed if known.lod95 is not None]
        if not limits:
            return "nothing could be assessed"
        total = sum(known.state != "not_on_panel" for known in result.known_positions)
        parts.append(f"none found at {len(assessed)} of {total} known positions (limit {max(limits):.2%})")
    return "; ".join(parts)


def named(call: Call) -> str:
    """``ALK G1202R 3.8%``."""
    if call.consequence is None:
        return f"{call.variant.name} {call.vaf:.2%}"
    name = call.consequence.protein or call.consequence.hgvs_c
    return f"{call.consequence.gene} {name} {call.vaf:.2%}"


def _matters(call: Call) -> bool:
    """Changes of the protein and of splice sites; the rest stands in the report."""
    return call.consequence is None or call.consequence.kind not in ("synonymous", "intronic", "utr")
