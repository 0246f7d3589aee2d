"""``kinescape figure``: every picture as a file, at the width and resolution that a journal asks for."""

from __future__ import annotations

from pathlib import Path

import click

from kinescape.cli.lazy import OutputFile

PATH = click.Path(path_type=Path)


@click.command()
@click.argument("name")
@click.argument("sources", nargs=-1, type=PATH)
@click.option("-o", "--output", type=OutputFile(), help="The picture: .svg, .pdf or .png.")
@click.option("--width-mm", type=click.FloatRange(20, 1000), help="Width  [the picture's own].")
@click.option("--dpi", type=click.IntRange(50, 1200), default=300, show_default=True, help="Resolution of a PNG.")
@click.option("--gene", default="", help="Gene of a sample's picture  [the first with a finding].")
@click.option("--patient", default="", help="Patient of a timeline.")
@click.option("--drug", default="", help="Drug of the curves.")
@click.option("--reference", default="WT", show_default=True, help="Variant that others are compared with.")
@click.option("--layout", type=PATH, help="What stands in which well, where the source is plates.")
@click.option("--decimal", type=click.Choice(["point", "comma"]), help="Decimal mark of plates  [what they show].")
@click.option("--lanes", type=click.IntRange(1), help="Lanes of a blot's image.")
@click.option("--panel", default="alk-ros1", show_default=True, help="Panel of a background.")
def figure(
    name: str, sources: tuple[Path, ...], output: Path | None, width_mm: float | None, dpi: int, **choice: object
) -> None:
    """Draw the picture NAME from SOURCES (a result, a run, a cohort's tables, a bench's table).

    `kinescape figure list` shows all names and what each is made from.
    """
    from kinescape.figure.catalogue import Choice, catalogue_lines

    if name == "list":
        click.echo("\n".join(catalogue_lines()))
        return
    if not sources or output is None:
        raise click.UsageError("a picture needs a source and -o FILE (see `kinescape figure list`)")

    from kinescape.figure.make import make_figure

    make_figure(name, sources, output, Choice(**choice), width_mm=width_mm, dpi=dpi)  # type: ignore[arg-type]
    click.echo(str(output))
