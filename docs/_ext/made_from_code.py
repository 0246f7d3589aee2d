"""Directives whose text is made from the program itself: the fields of result.json, and the packaged tables.

``{result-schema}`` lists every record of the JSON Schema of result.json with its fields.
"""

from __future__ import annotations

from typing import Any

import msgspec
from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

Json = dict[str, Any]


def kind_of(field: Json) -> list[nodes.Node]:
    """What may stand in a field, with links to the records."""
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        return [nodes.reference("", name, internal=True, refid=nodes.make_id(f"record {name}"))]
    if "anyOf" in field:
        parts: list[nodes.Node] = []
        for number, option in enumerate(field["anyOf"]):
            parts += [nodes.Text(" or ")] * bool(number) + kind_of(option)
        return parts
    if "enum" in field:
        return [nodes.Text("one of " + ", ".join(repr(value) for value in field["enum"]))]
    if field.get("type") == "array":
        if isinstance(field.get("items"), dict):
            return [nodes.Text("list of "), *kind_of(field["items"])]
        if "prefixItems" in field:
            parts = [nodes.Text("list of ")]
            for number, item in enumerate(field["prefixItems"]):
                parts += [nodes.Text(", ")] * bool(number) + kind_of(item)
            return parts
        return [nodes.Text("list")]
    if field.get("type") == "object" and isinstance(field.get("additionalProperties"), dict):
        return [nodes.Text("by name: "), *kind_of(field["additionalProperties"])]
    return [nodes.Text(str(field.get("type", "anything")))]


def row(cells: list[list[nodes.Node]]) -> nodes.row:
    made = nodes.row()
    for cell in cells:
        made += nodes.entry("", nodes.paragraph("", "", *cell))
    return made


def record_section(name: str, record: Json) -> nodes.section:
    """One record: what it is, and a table of its fields."""
    section = nodes.section(ids=[nodes.make_id(f"record {name}")])
    section += nodes.title(text=name)
    for text in str(record.get("description", "")).split("\n\n"):
        if text.strip():
            section += nodes.paragraph(text=" ".join(text.split()))
    table = nodes.table()
    group = nodes.tgroup(cols=3)
    table += group
    for width in (25, 50, 25):
        group += nodes.colspec(colwidth=width)
    group += nodes.thead("", row([[nodes.Text(text)] for text in ("field", "holds", "if not stated")]))
    body = nodes.tbody()
    group += body
    required = set(record.get("required", ()))
    for field, what in record.get("properties", {}).items():
        absent = "required" if field in required else repr(what.get("default", "empty"))
        body += row([[nodes.literal(text=field)], kind_of(what), [nodes.Text(absent)]])
    section += table
    return section


class ResultSchema(Directive):
    """Every record of result.json, the whole result first."""

    def run(self) -> list[nodes.Node]:
        from kinescape.records import SampleResult

        schemas, components = msgspec.json.schema_components([SampleResult], ref_template="#/$defs/{name}")
        top = schemas[0]["$ref"].rpartition("/")[2]
        names = [top, *sorted(name for name in components if name != top)]
        return [record_section(name, components[name]) for name in names]


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("result-schema", ResultSchema)
    return {"version": "1", "parallel_read_safe": True}
