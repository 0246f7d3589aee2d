"""Where results cannot be written is told by every verb before it reads or calculates anything."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from kinescape.cli.lazy import FolderToAddTo, OutputFile, OutputFolder, OutputPrefix
from kinescape.cli.lod import lod
from kinescape.cli.main import kinescape, main, unwritable_output

ENDINGS = {"background": ".parquet", "collate": ".duckdb", "export": ".tsv", "figure": ".svg"}
INPUTS = {("review",)}
"""Whose -o is the folder of results that are there."""


def verbs(command: click.Command, context: click.Context, name: tuple[str, ...]) -> Iterator[tuple[str, click.Command]]:
    """Every verb that writes where -o says, the hidden ones and ``simulate lod`` too."""
    if isinstance(command, click.Group):
        for verb in [*command.list_commands(context), *getattr(command, "hidden_verbs", ())]:
            below = command.get_command(context, verb)
            assert below is not None
            yield from verbs(below, click.Context(below, parent=context, info_name=verb), (*name, verb))
    if name not in INPUTS and any("-o" in each.opts for each in command.params):
        yield " ".join(name), command


VERBS = dict(verbs(kinescape, click.Context(kinescape, info_name="kinescape"), ())) | {"simulate lod": lod}


def output_of(command: click.Command) -> click.Parameter:
    return next(each for each in command.params if "-o" in each.opts)


def words(command: click.Command, absent: Path) -> list[str]:
    """What the verb demands besides its output: files that are not there, and any word for the rest."""
    said: list[str] = []
    for each in command.params:
        if not (each.required or isinstance(each, click.Argument)) or "-o" in each.opts:
            continue
        kind = each.type
        if isinstance(kind, click.Choice):
            value = str(kind.choices[0])
        elif isinstance(kind, click.Path):
            # Where click itself looks whether an input is there, any file is.
            value = str(Path(__file__) if kind.exists else absent)
        else:
            value = "1" if isinstance(kind, click.types.IntParamType | click.types.FloatParamType) else "nothing"
        said += [value] if isinstance(each, click.Argument) else [each.opts[0], value]
    return said


def place(verb: str, path: Path) -> str:
    return f"{path}{ENDINGS.get(verb, '')}"


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("where", ["below a file", "the other kind"])
def test_an_output_that_cannot_be_is_told_before_the_work(
    verb: str, where: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command, output = VERBS[verb], output_of(VERBS[verb])
    file = tmp_path / "file"
    file.write_text("mine")
    if where == "below a file":
        given, expected = place(verb, file / "new" / "out"), "cannot be made"
    elif isinstance(output.type, OutputFile) or verb == "export":
        given, expected = place(verb, tmp_path / "folder"), "is a folder"
        Path(given).mkdir()
    elif isinstance(output.type, OutputPrefix):
        given, expected = f"{tmp_path}/", "is a folder"
    else:
        given, expected = str(file), "is a file"
    before = sorted(tmp_path.rglob("*"))
    extra = ["--format", "tsv"] if verb == "export" else []
    code = main(
        [*verb.split(), *(extra or words(command, tmp_path / "absent")), *(["x"] if extra else []), "-o", given]
    )
    said = capsys.readouterr().err
    assert code == 2, said
    (told,) = said.splitlines()
    assert told.startswith("kinescape: error: ")
    assert expected in told
    assert "absent" not in told
    assert file.read_text() == "mine"
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("given", [["-o", "{}"], ["-o{}"], ["--output", "{}"], ["--out", "{}"], ["--out={}"]])
def test_what_the_system_refuses_while_writing_is_named_as_it_was_given(given: list[str], tmp_path: Path) -> None:
    problem = OSError(errno.ENAMETOOLONG, "File name too long", str(tmp_path / "out.tsv"))
    path = str(tmp_path / "out.tsv")
    assert unwritable_output(problem, ["verb", "in", *(each.format(path) for each in given)]) == path
    assert unwritable_output(problem, ["verb", path]) is None


def test_every_verb_says_what_its_output_is() -> None:
    assert len(VERBS) >= 36
    for verb, command in VERBS.items():
        if verb != "export":  # By its format a file or a folder: looked at when that is known.
            assert isinstance(output_of(command).type, OutputFile | OutputFolder | OutputPrefix | FolderToAddTo), verb
