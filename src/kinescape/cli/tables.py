"""Tables on the terminal: drawn for a person, plain columns for a program."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click


def print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A drawn table on a terminal; aligned columns without lines where the output is read by a program."""
    if title:
        click.echo(f"\n{title}")
    if sys.stdout.isatty():
        from rich import box
        from rich.console import Console
        from rich.table import Table

        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
        for name in header:
            table.add_column(name, overflow="fold")
        for row in rows:
            table.add_row(*row)
        Console().print(table)
        return
    widths = [max(len(line[column]) for line in (header, *rows)) for column in range(len(header))]
    for line in (header, *rows):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
