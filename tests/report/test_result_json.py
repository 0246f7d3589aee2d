"""result.json: what is written is read back, and a fault is named by its place in the file."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from example_results import EXAMPLES, compound_cis, no_calls, weak_call

from kinescape.errors import InputError, KinescapeError
from kinescape.records import DrugState, SampleResult
from kinescape.report.result import read_result, result_schema, write_result
from kinescape.report.schema import SCHEMA_FILE, schema_text

PUBLISHED = Path(__file__).parents[2] / "docs" / "schema" / SCHEMA_FILE


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_result_is_read_back_as_it_was_written(name: str, tmp_path: Path) -> None:
    result = EXAMPLES[name]()
    write_result(tmp_path / "result.json", result)
    assert read_result(tmp_path / "result.json") == result
    assert read_result(tmp_path) == result, "a sample's folder does as well"


def test_the_same_result_gives_the_same_bytes(tmp_path: Path) -> None:
    result = compound_cis()
    turned = msgspec.structs.replace(result, annotation_sources=dict(reversed(result.annotation_sources.items())))
    write_result(tmp_path / "a.json", result)
    write_result(tmp_path / "b.json", turned)
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_result_keeps_the_published_schema(name: str, tmp_path: Path) -> None:
    schema = json.loads(PUBLISHED.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    write_result(tmp_path / "result.json", EXAMPLES[name]())
    jsonschema.Draft202012Validator(schema).validate(json.loads((tmp_path / "result.json").read_text()))


def test_the_published_schema_is_the_one_of_the_classes() -> None:
    assert PUBLISHED.read_text() == schema_text(), "run: kinescape report --schema > docs/schema/" + SCHEMA_FILE


def test_the_schema_names_itself_and_describes_its_fields() -> None:
    schema = result_schema()
    assert schema["$id"] == "urn:kinescape:schema:result:1.1"
    assert schema["title"]
    call = schema["$defs"]["Call"]
    assert "PASS" in call["properties"]["filters"]["description"]
    assert "schema_version" in schema["$defs"]["SampleResult"]["required"]
    assert "``" not in json.dumps(schema)
    assert ":class:" not in json.dumps(schema)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda d: d["calls"][0].update(vaf="much"),
            "$.calls[0].vaf: wrong kind of value; found 'str'; expected float",
        ),
        (lambda d: d["calls"][1].pop("variant"), "$.calls[1]: object missing required field 'variant'"),
        (lambda d: d["gate"].update(status="good"), "$.gate.status: invalid enum value 'good'"),
        (lambda d: d.pop("simulated"), "$: object missing required field 'simulated'"),
        (lambda d: d.pop("schema_version"), "$: object missing required field 'schema_version'"),
        (lambda d: d.update(research_use_only=False), "$.research_use_only: invalid enum value False"),
        (lambda d: d.update(schema_version="2.0"), "$.schema_version: this version of the result is not understood"),
        (lambda d: d.update(schema_version="1.2"), "$.schema_version: this version of the result is not understood"),
        (lambda d: d.update(schema_version="newest"), "$.schema_version: this version of the result is not understood"),
        (lambda d: d["calls"][0].update(vaf=1.5), "$.calls[0].vaf: the allele fraction must lie within its interval"),
        (
            lambda d: d["calls"][2].update(filters=["min_depth"]),
            "$.calls[2].filters: strong evidence passes every filter",
        ),
        (lambda d: d["calls"][3].update(filters=["min_depth"]), "$.calls[3].filters: weak evidence must carry"),
        (lambda d: d["calls"][0].update(filters=[]), "$.calls[0].filters: a filtered variant must carry the reasons"),
        (lambda d: d["calls"].append(d["calls"][0]), "$.calls[5].variant: stands twice"),
        (
            lambda d: next(k for k in d["known_positions"] if k["protein"] == "L1196M").update(lod95=None),
            "lod95: 'not_detected' needs a limit of detection",
        ),
        (
            lambda d: next(k for k in d["known_positions"] if k["protein"] == "F1174L").update(vaf=None),
            "vaf: 'detected' needs an allele fraction",
        ),
        (lambda d: d["coverage"][0]["depth"].append(1), "$.coverage[0].lod95: has 76 values for 77 depths"),
        (lambda d: d["amplicons"][0].update(end=1), "$.amplicons[0].end: lies before the start"),
        (lambda d: d["phases"][0].update(n10=-1), "$.phases[0].n11: counts of molecules cannot be below 0"),
        (
            lambda d: d["phases"][0].update(variant_b=d["phases"][0]["variant_a"]),
            "$.phases[0].variant_b: is the same variant",
        ),
        (lambda d: d["drugs"][0].update(assessed_positions=99), "$.drugs[0].assessed_positions: more positions"),
        (lambda d: d["drugs"][0].update(variants=[]), "$.drugs[0].variants: 'reduced_activity' must name the variants"),
        (
            lambda d: d["drugs"][1].update(assessed_positions=0),
            "$.drugs[1].state: 'none_found' although no known position could be assessed",
        ),
    ],
)
def test_a_fault_is_named_by_its_json_path(change: Any, told: str, tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    write_result(path, weak_call())
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    with pytest.raises(InputError) as caught:
        read_result(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is not JSON"),
        (b'{"schema_version": "1.0"', "is not JSON"),
        (b"\xff\xfe\x00", "is not JSON"),
        (b"[]", "wrong kind of value; found 'array'; expected object"),
        (b'{"schema_version": 1}', "$.schema_version: wrong kind of value"),
    ],
)
def test_what_is_no_result_is_said_to_be_none(content: bytes, told: str, tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"result\.json") as caught:
        read_result(path)
    assert told in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.json: no such file"):
        read_result(tmp_path / "nothing.json")
    with pytest.raises(InputError, match=r"result\.json: no such file"):
        read_result(tmp_path)


def _with_first_drug(result: SampleResult, **fields: Any) -> SampleResult:
    drug: DrugState = msgspec.structs.replace(result.drugs[0], **fields)
    return msgspec.structs.replace(result, drugs=(drug, *result.drugs[1:]))


@pytest.mark.parametrize(
    "broken",
    [
        _with_first_drug(no_calls(), state="resistance"),
        msgspec.structs.replace(no_calls(), qc=msgspec.structs.replace(no_calls().qc, q30_fraction=math.nan)),
        msgspec.structs.replace(no_calls(), kinescape_version="\ud800"),
    ],
    ids=["rule", "not a number", "not text"],
)
def test_a_result_that_would_not_come_back_is_not_written(broken: SampleResult, tmp_path: Path) -> None:
    with pytest.raises(KinescapeError):
        write_result(tmp_path / "result.json", broken)
    assert list(tmp_path.iterdir()) == []
