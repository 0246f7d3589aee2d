"""`kinescape reinterpret`: old results with a newer knowledge base, without reads."""

from __future__ import annotations

from pathlib import Path

import click

from kinescape.cli.lazy import OutputFile


@click.command()
@click.argument("results", type=click.Path(exists=True, path_type=Path))
@click.option("--kb", "base", required=True, help="The newer knowledge base: a packaged name or a folder.")
@click.option("--panel", help="Panel of the run; default: the packaged panel of the name in each result.")
@click.option("-o", "--out", type=OutputFile(), help="TSV of every change.")
def reinterpret(results: Path, base: str, panel: str | None, out: Path | None) -> None:
    """List the samples of RESULTS (a run's folder or one result.json) whose drug states change under another base.

    Nothing in RESULTS is changed.
    """
    from kinescape.files import write_text
    from kinescape.panel.load import load_panel
    from kinescape.resistance import reinterpret as again
    from kinescape.resistance.base import load_knowledge_base

    kb = load_knowledge_base(base)
    used = load_panel(panel) if panel else None
    read = [again.reinterpret(path, kb, used) for path in again.find_results(results)]
    for result in read:
        if result.note:
            click.echo(f"{result.sample}: {result.note}", err=True)
        for change in result.changes:
            click.echo(f"{result.sample}\t{change.gene}\t{change.drug}\t{change.before} -> {change.after}")
            click.echo(f"{result.sample}: {change.summary} [{', '.join(change.rows)}]", err=True)
    changed = [result for result in read if result.changes]
    other = sum(result.other_rows for result in read)
    click.echo(
        f"{len(changed)} of {len(read)} samples change under {kb.name} {kb.version} ({kb.date}); "
        f"{other} drug states stay and rest on other rows"
    )
    if out is not None:
        write_text(out, again.table_text(read))
