"""``panel.yaml``: YAML read into values that know their line, so that a fault in it can be named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from kinescape.errors import InputError
from kinescape.panel.fasta import read_lines


@dataclass(frozen=True)
class Node:
    """A value of the manifest: text, a list of nodes, or keys with nodes. ``line`` is 1-based."""

    file: Path
    line: int
    value: str | list[Node] | dict[str, Node]

    def error(self, what: str, *, found: object = None, expected: object = None) -> InputError:
        """An :class:`InputError` that points at this value."""
        return InputError(what, file=self.file, line=self.line, found=found, expected=expected)

    def text(self) -> str:
        """The value as text without line breaks; InputError when it is empty, a list or a mapping."""
        if not isinstance(self.value, str) or not self.value.strip():
            raise self.error("not a text", expected="a text")
        return " ".join(self.value.split())

    def integer(self) -> int:
        """The value as a whole number."""
        try:
            return int(self.text())
        except ValueError:
            raise self.error("not a whole number", found=self.text(), expected="a whole number") from None

    def items(self) -> Iterator[Node]:
        """The nodes of a list."""
        if not isinstance(self.value, list):
            raise self.error("not a list", expected="a list")
        return iter(self.value)

    def mapping(self) -> dict[str, Node]:
        """The keys of a mapping, in their order."""
        if not isinstance(self.value, dict):
            raise self.error("not a mapping", expected="keys with values")
        return self.value

    def keys(self, required: Sequence[str], optional: Sequence[str] = ()) -> dict[str, Node]:
        """The keys of a mapping: all of ``required`` must be there, and nothing outside both lists."""
        found = self.mapping()
        for name, node in found.items():
            if name not in required and name not in optional:
                allowed = ", ".join([*required, *optional])
                raise node.error(f"unknown key '{name}'", expected=f"one of {allowed}")
        for name in required:
            if name not in found:
                raise self.error(f"key '{name}' is missing", expected=", ".join(required))
        return found


def read_manifest(path: Path) -> Node:
    """Read a YAML file; every value stays text, as it was written.

    Raises
    ------
    InputError
        File missing, not YAML, or a key that stands twice; with the line.
    """
    text = "\n".join(read_lines(path)) + "\n"
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else None
        raise InputError(f"is not YAML ({problem.problem})", file=path, line=line) from None
    except yaml.YAMLError as problem:
        raise InputError(f"is not YAML ({problem})".splitlines()[0], file=path) from None
    except RecursionError:
        raise InputError("is nested deeper than a manifest is", file=path) from None
    if root is None:
        raise InputError("is empty", file=path, expected="the panel's manifest")
    return _node(path, root, root.start_mark.line + 1, set())


def _node(path: Path, node: yaml.Node, line: int, seen: set[int]) -> Node:
    if id(node) in seen:
        # Aliases of aliases would unfold a page of text into gigabytes.
        raise InputError("an alias of YAML ('*name') is not read here", file=path, line=line)
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        values: dict[str, Node] = {}
        for key, value in node.value:
            key_line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise InputError("a key is not a text", file=path, line=key_line, expected="a text")
            if key.value in values:
                raise InputError(f"key '{key.value}' stands twice", file=path, line=key_line)
            values[key.value] = _node(path, value, key_line, seen)
        return Node(path, line, values)
    if isinstance(node, yaml.SequenceNode):
        return Node(path, line, [_node(path, item, item.start_mark.line + 1, seen) for item in node.value])
    return Node(path, line, str(node.value))
