"""Groups of verbs whose modules are imported only when a verb is used, so that help is quick.

Every verb is reached through them, so what holds for all verbs is done here: no path may be empty, and no input is
overwritten by the output.
"""

from __future__ import annotations

import functools
import importlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from kinescape.errors import InputError

Verbs = Mapping[str, tuple[str, str]]
"""Verb -> (``module:command``, one line of help), in the order in which they are shown."""


class LazyGroup(click.Group):
    """A click group over a table of verbs."""

    def __init__(
        self, *args: Any, verbs: Verbs | None = None, hidden_verbs: Verbs | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.verbs: Verbs = verbs or {}
        self.hidden_verbs: Verbs = hidden_verbs or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = self.verbs.get(cmd_name) or self.hidden_verbs.get(cmd_name)
        if entry is None:
            return None
        module, _, name = entry[0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        _refuse_empty_paths(command)
        _keep_inputs(command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if self.verbs:
            with formatter.section("Commands"):
                formatter.write_dl([(verb, text) for verb, (_, text) in self.verbs.items()])


class GivenPath(click.Path):
    """A path that is UTF-8 and not empty.

    ``Path("")`` is the current folder, which nobody means who passes a variable that is not set.
    """

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value in ("", b""):
            self.fail("is empty; expected a path", param, ctx)
        try:
            os.fspath(value).encode("utf-8") if not isinstance(value, bytes) else value.decode("utf-8")
        except UnicodeError:
            # Results name the files they were made of, and are UTF-8.
            self.fail("is not UTF-8; expected a path whose name is", param, ctx)
        return super().convert(value, param, ctx)


class OutputFolder(GivenPath):
    """A folder that a command writes as a whole. What must not be replaced is refused before anything is calculated."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from kinescape.output_folder import check_output_folder

        path = Path(super().convert(value, param, ctx))
        check_output_folder(path, ctx.command_path.partition(" ")[2] if ctx else "")
        return path


class OutputFile(GivenPath):
    """A file that a command writes. Where it cannot be written is told before anything is calculated.

    With ``allow_dash``, ``-`` is the standard output.
    """

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from kinescape.output_folder import check_output_file

        path = Path(super().convert(value, param, ctx))
        if not (self.allow_dash and str(path) == "-"):
            check_output_file(path)
        return path


class OutputPrefix(GivenPath):
    """The beginning of the names of files that a command writes. Where these cannot be is told before anything is
    calculated."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from kinescape.output_folder import check_output_prefix

        prefix = str(super().convert(value, param, ctx))
        check_output_prefix(prefix)
        return prefix


class FolderToAddTo(GivenPath):
    """A folder that a command puts files into, or makes. Where it cannot is told before anything is calculated."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from kinescape.output_folder import check_folder_to_add_to

        path = Path(super().convert(value, param, ctx))
        check_folder_to_add_to(path)
        return path


def _refuse_empty_paths(command: click.Command) -> None:
    for parameter in command.params:
        kind = parameter.type
        if isinstance(kind, click.Path) and not isinstance(kind, GivenPath):
            parameter.type = GivenPath(
                exists=kind.exists,
                file_okay=kind.file_okay,
                dir_okay=kind.dir_okay,
                writable=kind.writable,
                readable=kind.readable,
                resolve_path=kind.resolve_path,
                allow_dash=kind.allow_dash,
                path_type=kind.type,
                executable=kind.executable,
            )
    if isinstance(command, click.Group):
        for each in command.commands.values():
            _refuse_empty_paths(each)


def _keep_inputs(command: click.Command) -> None:
    """Let a command refuse ``-o FILE`` where FILE is one of its inputs."""
    for each in command.commands.values() if isinstance(command, click.Group) else ():
        _keep_inputs(each)
    output = next((each for each in command.params if "-o" in each.opts), None)
    call = command.callback
    if output is None or call is None or hasattr(call, "__wrapped__"):
        return
    inputs = {str(each.name) for each in command.params if isinstance(each.type, click.Path) and each is not output}

    @functools.wraps(call)
    def checked(*arguments: Any, **values: Any) -> Any:
        target = values.get(str(output.name))
        if target and Path(target).is_file():
            for name in inputs & values.keys():
                value = values[name]
                for path in value if isinstance(value, tuple | list) else (value,):
                    _keep(path, Path(target))
        return call(*arguments, **values)

    command.callback = checked


def _keep(path: Any, target: Path) -> None:
    """An InputError where an input (a path, or an option that was not given) is the file to be written."""
    if path and Path(path).is_file() and target.samefile(path):
        raise InputError("is an input and would be overwritten", file=path, expected="another name after -o")
