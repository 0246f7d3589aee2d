"""``kinescape report``: a sample's page from its ``result.json``, without the reads."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("result", type=click.Path(path_type=Path), required=False)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The page  [report.html beside the result].")
@click.option(
    "--history",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Another sample of the same patient (result.json or folder), shown beside; may be given several times.",
)
@click.option("--no-igv", is_flag=True, help="Leave the kept reads and their viewer out of the page.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of result.json and stop.")
def report(result: Path | None, output: Path | None, history: tuple[Path, ...], no_igv: bool, schema: bool) -> None:
    """Make a sample's page again from its result.

    RESULT is a result.json or a sample's folder. FASTQ and panel are not needed; kept reads and a review that lie
    beside the result are shown with it.
    """
    from kinescape.report.schema import schema_text

    if schema:
        click.echo(schema_text(), nl=False)
        return
    if result is None:
        raise click.UsageError("RESULT is missing: a result.json or a sample's folder")

    from kinescape.files import write_text
    from kinescape.report.beside import read_beside
    from kinescape.report.page import render_sample
    from kinescape.report.result import read_result

    read = read_result(result)
    folder = result if result.is_dir() else result.parent
    beside = read_beside(folder, read, viewer=not no_igv)
    page = render_sample(read, tuple(read_result(path) for path in history), beside=beside)
    path = output or folder / "report.html"
    write_text(path, page)
    click.echo(str(path))
