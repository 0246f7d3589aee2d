"""An option whose shell variable was not set: the empty string is no path, and never the current folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from hostile_kit import bench, survives

from kinescape.cli.lazy import OutputFile, OutputFolder
from kinescape.cli.main import kinescape

SHEET = b"sample,fastq_1,fastq_2\ns,a_R1.fastq.gz,a_R2.fastq.gz\n"
EMPTY = {
    "run": [
        *(["{sheet}", "-o", ""], ["", "-o", "{out}"], ["-o", "{out}", "--fastq", "", "{sheet}"]),
        *(["-o", "{out}", "--fastq", "{sheet}", ""], ["-o", "{out}", "--fastq", "a", "b", "--sample", ""]),
    ],
    "batch": [["{sheet}", "-o", ""], ["", "-o", "{out}"], ["{sheet}", "-o", "{out}", "--profile", ""]],
    "collate": [
        *(["{given}", "-o", ""], ["", "-o", "{out}.duckdb"], ["{given}", "", "-o", "{out}.duckdb"]),
        ["{given}", "-o", "{out}.duckdb", "--parquet", ""],
    ],
    "fetch": [["PRJNA1", "-o", ""], ["", "-o", "{out}"], ["PRJNA1", "-o", "{out}", "--portal", ""]],
}
SHARED = ("--reference", "--background", "--annotations", "--panel", "--kb", "--umi-read-structure")
CASES = [
    *((verb, case) for verb, cases in EMPTY.items() for case in cases),
    *((verb, ["{sheet}", "-o", "{out}", option, ""]) for verb in ("run", "batch") for option in SHARED),
]


@pytest.mark.parametrize(("verb", "arguments"), CASES, ids=lambda value: value if isinstance(value, str) else None)
def test_an_empty_path_is_one_clear_error(verb: str, arguments: list[str]) -> None:
    with bench() as folders:
        places = {"sheet": folders.write("sheet.csv", SHEET), "given": folders.given, "out": folders.out}
        code, said = survives([verb, *(each.format(**places) for each in arguments)])
        assert code == 2, said
        (told,) = [line for line in said.splitlines() if line.startswith(("kinescape: ", "Error: "))]
        assert any(word in told for word in ("empty", "found ''", "no accession")), told
        assert not folders.out.exists()


def paths(command: click.Command, context: click.Context, name: str) -> Iterator[tuple[str, click.Parameter]]:
    """Every parameter of every verb that is a path."""
    yield from ((name, each) for each in command.params if isinstance(each.type, click.Path))
    if isinstance(command, click.Group):
        for verb in command.list_commands(context):
            below = command.get_command(context, verb)
            assert below is not None
            yield from paths(below, click.Context(below, parent=context, info_name=verb), f"{name} {verb}")


def test_no_verb_takes_an_empty_path() -> None:
    context = click.Context(kinescape, info_name="kinescape")
    found = list(paths(kinescape, context, "kinescape"))
    assert len(found) > 80
    for name, parameter in found:
        with pytest.raises(click.UsageError, match="is empty"):
            parameter.type.convert("", parameter, context)
        if isinstance(parameter.type, OutputFolder | OutputFile):
            # The folder that one is in is refused as well, where a whole folder or a file is written.
            continue
        here = parameter.type.convert(".", parameter, context)
        assert Path(here) == Path(), name
