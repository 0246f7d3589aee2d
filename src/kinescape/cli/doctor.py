"""`kinescape doctor`: what is installed, what is wrong with it, and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kinescape.errors import EXIT_FAILURE, EXIT_OK

if TYPE_CHECKING:
    from kinescape.engine.doctor import Finding


@click.command()
@click.option("--reference", type=click.Path(path_type=Path), help="Look at this genome FASTA and its indexes, too.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def doctor(reference: Path | None, as_json: bool) -> int:
    """Versions and health of every program, package, index, source and cache, and what to do about each fault.

    The text can be copied into a bug report: it names folders of this machine, and no samples. Exit code 1 where
    something is broken that a run needs.
    """
    from kinescape.engine.doctor import examine

    found = examine(reference)
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2))
    else:
        _print(found)
    return EXIT_FAILURE if any(each.state == "fault" for each in found) else EXIT_OK


def _print(found: list[Finding]) -> None:
    width = max(len(each.what) for each in found)
    part = ""
    for each in found:
        if each.part != part:
            click.echo(("" if not part else "\n") + each.part)
            part = each.part
        mark = {"ok": "ok   ", "note": "note ", "fault": "FAULT"}[each.state]
        click.echo(f"  {mark} {each.what:<{width}}  {each.found}")
        if each.remedy:
            click.echo(f"        {'':<{width}}  -> {each.remedy}")
    faults, notes = (sum(each.state == state for each in found) for state in ("fault", "note"))
    click.echo(f"\n{faults} faults, {notes} notes")
