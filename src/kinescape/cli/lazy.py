"""Groups of verbs whose modules are imported only when a verb is used, so that help is quick."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click

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
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if self.verbs:
            with formatter.section("Commands"):
                formatter.write_dl([(verb, text) for verb, (_, text) in self.verbs.items()])
