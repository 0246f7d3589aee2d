"""``kinescape report``: a sample's page or PDF from its ``result.json``, without the reads."""

from __future__ import annotations

from pathlib import Path

import click

from kinescape.cli.lazy import OutputFile


@click.command()
@click.argument("result", type=click.Path(path_type=Path), required=False)
@click.option("-o", "--output", type=OutputFile(), help="The page  [report.html beside the result].")
@click.option(
    "--history",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Another sample of the same patient (result.json or folder), shown beside; may be given several times.",
)
@click.option("--pdf", is_flag=True, help="A PDF for print in place of the page  [report.pdf beside the result].")
@click.option(
    "--template",
    type=click.Path(path_type=Path),
    help="Your own page: a Jinja2 template over the sample's view  [its name without .j2, beside the result].",
)
@click.option("--dump-view", is_flag=True, help="Print the view that --template sees (JSON) and stop.")
@click.option("--no-igv", is_flag=True, help="Leave the kept reads and their viewer out of the page.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of result.json and stop.")
def report(
    result: Path | None,
    output: Path | None,
    history: tuple[Path, ...],
    pdf: bool,
    template: Path | None,
    dump_view: bool,
    no_igv: bool,
    schema: bool,
) -> None:
    """Make a sample's page again from its result, or a PDF, or a page of your own.

    RESULT is a result.json or a sample's folder. FASTQ and panel are not needed; kept reads and a review that lie
    beside the result are shown with it.
    """
    from kinescape.report.schema import schema_text

    if schema:
        click.echo(schema_text(), nl=False)
        return
    if result is None:
        raise click.UsageError("RESULT is missing: a result.json or a sample's folder")

    if pdf + dump_view + (template is not None) + bool(history) > 1:
        raise click.UsageError("--pdf, --template, --dump-view and --history exclude each other")
    if pdf or dump_view or template is not None:
        _other_than_the_page(result, output, template, dump_view)
        return

    from kinescape.files import write_text
    from kinescape.report.beside import read_beside
    from kinescape.report.page import render_sample
    from kinescape.report.result import read_result, read_with_verdicts

    read = read_result(result)
    folder = result if result.is_dir() else result.parent
    beside = read_beside(folder, read, viewer=not no_igv)
    others = tuple(read_with_verdicts(path) for path in history)
    page = render_sample(read, others, beside=beside)
    path = output or folder / "report.html"
    write_text(path, page)
    click.echo(str(path))


def _other_than_the_page(result: Path, output: Path | None, template: Path | None, dump_view: bool) -> None:
    from kinescape.files import write_text
    from kinescape.report.result import read_result

    read = read_result(result)
    folder = result if result.is_dir() else result.parent
    if dump_view:
        from kinescape.exports.own_template import view_text

        click.echo(view_text(read), nl=False)
        return
    if template is not None:
        from kinescape.exports.own_template import render_template

        path = output or folder / template.name.removesuffix(".j2")
        write_text(path, render_template(template, read))
    else:
        from kinescape.exports.pdf import write_pdf

        path = output or folder / "report.pdf"
        write_pdf(path, read)
    click.echo(str(path))
