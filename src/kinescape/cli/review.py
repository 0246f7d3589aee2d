"""``kinescape review``: what people say of the calls after looking at the reads."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from kinescape.errors import InputError


@click.command()
@click.argument("sample", type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Folder of a run; SAMPLE is then a sample's name.")
@click.option("--call", help="The call: ALK:G1202R, ALK:c.3604G>A, chr2:29220747:C>T or chr2-29220747-C-T.")
@click.option("--verdict", type=click.Choice(["accept", "reject", "unsure"]))
@click.option("--by", help="Name of the reviewer.")
@click.option("--note", default="", help="Why.")
@click.option(
    "--import",
    "page_review",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Take the verdicts that a page handed out.",
)
@click.option("--list", "listing", is_flag=True, help="List the calls and their verdicts; nothing is written.")
def review(
    sample: Path,
    out: Path | None,
    call: str | None,
    verdict: Literal["accept", "reject", "unsure"] | None,
    by: str | None,
    note: str,
    page_review: Path | None,
    listing: bool,
) -> None:
    """Record a verdict on a call of SAMPLE (a sample's folder, its result.json, or with -o its name).

    Verdicts stand in review.json beside the result, which only grows. Every later page shows them; no computed state is
    changed by them.
    """
    from kinescape.cli.tables import print_table
    from kinescape.engine.reviewing import find_sample, show_review
    from kinescape.report.result import read_result
    from kinescape.review.calls import find_call, new_entry
    from kinescape.review.file import add_entries, read_page_review, read_review
    from kinescape.review.states import inspections, table

    one = call is not None or verdict is not None or by is not None or bool(note)
    if one + (page_review is not None) + listing != 1:
        raise InputError("give one of --list, --import FILE, or a verdict (--call, --verdict and --by)")
    folder = find_sample(sample, out)
    result = read_result(folder)
    name = result.sample.sample
    if listing:
        header, rows = table(result, read_review(folder, name))
        print_table("", header, rows)
        return
    if page_review is not None:
        entries = read_page_review(page_review, result)
    else:
        if not call or not verdict or not by:
            raise InputError("a verdict needs --call, --verdict and --by")
        entries = (new_entry(result, find_call(result.calls, call, folder), verdict, by, note),)
    now, added = add_entries(folder, name, lambda _: entries)
    states = inspections(result, now)
    for path in show_review(folder, result, now):
        click.echo(str(path), err=True)
    for id_ in dict.fromkeys(entry.call for entry in entries):
        click.echo(f"{states[id_].name}\t{id_}\t{states[id_].words}")
    click.echo(f"{added} of {len(entries)} verdicts are new; {len(now.entries)} in {folder / 'review.json'}", err=True)
