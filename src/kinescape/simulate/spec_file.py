"""A specification read from YAML; every fault is named by file, line and key."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import yaml

from kinescape.errors import InputError
from kinescape.panel.load import packaged_panels
from kinescape.simulate.spec import SampleSpec, SpecError

MAX_BYTES = 1_000_000
"""Longest specification read: it is a page of text, not data."""

_PROBLEM = re.compile(r"^(?P<what>.*?)(?: - at `(?:key in )?\$(?P<path>.*)`)?$", re.DOTALL)
_STEP = re.compile(r"\.(?P<key>[^.\[\]]+)|\[(?P<index>\d+|\.\.\.)\]")


class _Loader(yaml.SafeLoader):
    """Safe YAML that also reads ``1e-6`` as a number, as YAML 1.2 does."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?[0-9][0-9_]*(\.[0-9]*)?[eE][-+]?[0-9]+$"), list("-+0123456789")
)


@dataclass(frozen=True)
class SpecFile:
    """A specification with the place it was read from."""

    path: Path
    spec: SampleSpec
    root: yaml.Node

    def located(self, fault: SpecError) -> InputError:
        """The same fault, with file and line."""
        return InputError(
            fault.what,
            file=self.path,
            line=line_of(self.root, fault.key),
            found=fault.found,
            expected=fault.expected,
        )


def read_spec(path: Path) -> SpecFile:
    """Read and check a specification; paths in it are taken relative to its folder.

    Raises
    ------
    InputError
        No such file, not YAML, a key unknown, missing, doubled, or with a value of the wrong type or range.
    """
    root, content = _parse(path)
    try:
        spec = to_spec(content)
    except SpecError as fault:
        raise InputError(
            fault.what, file=path, line=line_of(root, fault.key), found=fault.found, expected=fault.expected
        ) from None
    if spec.off_target.fasta is not None:
        fasta = str(path.parent / spec.off_target.fasta)
        spec = msgspec.structs.replace(spec, off_target=msgspec.structs.replace(spec.off_target, fasta=fasta))
    if spec.panel not in packaged_panels() and (path.parent / spec.panel).is_dir():
        spec = msgspec.structs.replace(spec, panel=str(path.parent / spec.panel))
    return SpecFile(path, spec, root)


def to_spec(content: object) -> SampleSpec:
    """A specification from plain dictionaries and lists; SpecError names the key that is wrong."""
    if not isinstance(content, dict):
        raise SpecError("", "is not a list of keys", expected="'sample: ...', 'pairs: ...' and so on")
    try:
        return msgspec.convert(content, SampleSpec)
    except msgspec.ValidationError as problem:
        raise _fault(str(problem), content) from None


def line_of(root: yaml.Node, key: str) -> int:
    """1-based line at which a key such as ``pcr.cycles`` stands, or else the part that should hold it."""
    node, line = root, root.start_mark.line
    for step in _STEP.finditer("." + key):
        if step["key"] is not None and isinstance(node, yaml.MappingNode):
            found = [pair for pair in node.value if pair[0].value == step["key"]]
            if not found:
                break
            line, node = found[0][0].start_mark.line, found[0][1]
        elif (step["index"] or "").isdigit() and isinstance(node, yaml.SequenceNode):
            if int(step["index"]) >= len(node.value):
                break
            node = node.value[int(step["index"])]
            line = node.start_mark.line
        else:
            break
    return int(line) + 1


def _parse(path: Path) -> tuple[yaml.Node, object]:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise InputError("no such file", file=path, expected="a specification in YAML") from None
    except OSError as problem:
        raise InputError(f"cannot be read ({problem.strerror})", file=path) from None
    if len(data) > MAX_BYTES:
        raise InputError("is too long for a specification", file=path, found=f"{len(data)} bytes")
    try:
        loader = _Loader(data.decode("utf-8-sig"))
        root = loader.get_single_node()
        if root is None:
            raise InputError("is empty", file=path, expected="a specification in YAML")
        _refuse_doubled_keys(root, path, set())
        return root, loader.construct_document(root)
    except UnicodeDecodeError:
        raise InputError("is not UTF-8 text", file=path, expected="a specification in YAML") from None
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        what = getattr(problem, "problem", None) or "malformed"
        raise InputError(f"not YAML ({what})", file=path, line=mark.line + 1 if mark else None) from None
    except (ValueError, RecursionError) as problem:
        raise InputError(f"not a specification ({problem})", file=path) from None


def _refuse_doubled_keys(node: yaml.Node, path: Path, seen: set[int]) -> None:
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key, value in node.value:
            if str(key.value) in keys:
                raise InputError(f"key '{key.value}' stands twice", file=path, line=key.start_mark.line + 1)
            keys.add(str(key.value))
            _refuse_doubled_keys(value, path, seen)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _refuse_doubled_keys(value, path, seen)


def _fault(text: str, content: dict[Any, Any]) -> SpecError:
    """msgspec's message (``Expected `int`, got `str` - at `$.pcr.cycles```) as one of ours."""
    match = _PROBLEM.match(text)
    what, key = (match["what"], (match["path"] or "").lstrip(".")) if match else (text, "")
    named = re.search(r"(?P<kind>unknown|missing required) field `(?P<field>[^`]+)`", what)
    if named:
        whole = f"{key}.{named['field']}" if key else named["field"]
        return SpecError(whole, "unknown key" if named["kind"] == "unknown" else "missing")
    expected = re.sub(r"^Expected ", "", what).split(", got ")[0].replace("`", "")
    return SpecError(key, "wrong value", found=_value_at(content, key), expected=expected)


def _value_at(content: object, key: str) -> object:
    for step in _STEP.finditer("." + key):
        try:
            if step["key"] is not None:
                content = content[step["key"]]  # type: ignore[index]
            elif step["index"].isdigit():
                content = content[int(step["index"])]  # type: ignore[index]
        except (LookupError, TypeError):
            return None
    return content
