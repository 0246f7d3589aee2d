"""The JSON Schema of ``result.json``, made from the classes of :mod:`kinescape.records` and the words in them."""

from __future__ import annotations

import ast
import inspect
import re
from typing import Any

import msgspec

from kinescape import records
from kinescape.records import SCHEMA_VERSION, SampleResult

SCHEMA_ID = f"urn:kinescape:schema:result:{SCHEMA_VERSION}"
"""A name, not an address: the schema is published in the repository and printed by ``kinescape report --schema``."""

SCHEMA_FILE = f"result-{SCHEMA_VERSION}.schema.json"


def result_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of ``result.json``; classes and fields are described in the words of the source."""
    (_,), definitions = msgspec.json.schema_components([SampleResult], ref_template="#/$defs/{name}")
    words = _field_words()
    for name, definition in definitions.items():
        for field, content in definition.get("properties", {}).items():
            if field in words.get(name, {}):
                content["description"] = words[name][field]
        if "description" in definition:
            definition["description"] = _plain(definition["description"])
    whole = definitions["SampleResult"]
    whole["properties"]["schema_version"]["const"] = SCHEMA_VERSION
    whole["required"] = ["schema_version", "research_use_only", *whole["required"]]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "kinescape result of one sample",
        "description": "Research use only. Positions are 1-based on the chromosome; fractions lie between 0 and 1.",
        "$ref": "#/$defs/SampleResult",
        "$defs": dict(sorted(definitions.items())),
    }


def schema_text() -> str:
    """The schema as it is published: indented JSON with a last line end."""
    return msgspec.json.format(msgspec.json.encode(result_schema()), indent=2).decode() + "\n"


def _field_words() -> dict[str, dict[str, str]]:
    """Class -> field -> the text that stands under the field in the source of ``records``."""
    words: dict[str, dict[str, str]] = {}
    for node in ast.parse(inspect.getsource(records)).body:
        if isinstance(node, ast.ClassDef):
            words[node.name] = _words_of(node)
    return words


def _words_of(node: ast.ClassDef) -> dict[str, str]:
    words: dict[str, str] = {}
    waiting: list[str] = []
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            waiting.append(statement.target.id)
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) and waiting:
            # One text may stand under several fields in a row ("read_length_1, read_length_2"): it belongs to the last.
            words[waiting[-1]] = _plain(str(statement.value.value))
            waiting = []
    return words


def _plain(text: str) -> str:
    """A docstring on one line, without the marks of reStructuredText."""
    text = re.sub(r":\w+:`~?([^`]*)`", r"\1", text)
    return " ".join(text.replace("``", "'").split())
