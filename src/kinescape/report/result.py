"""``result.json``: written, read back and checked. It is the one source of truth for pages and exports.

The file is UTF-8 JSON, one :class:`kinescape.records.SampleResult`, indented by two blanks. The same result gives the
same bytes: members stand in the order of the classes, dictionaries sorted by key.
"""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from kinescape.errors import InputError, KinescapeError
from kinescape.files import write_bytes
from kinescape.records import SCHEMA_VERSION, SampleResult
from kinescape.report.check import faults
from kinescape.report.schema import result_schema
from kinescape.review.shown import with_verdicts

__all__ = ["FILE_NAME", "read_result", "read_with_verdicts", "result_schema", "write_result"]

FILE_NAME = "result.json"

_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(SampleResult)


class _Versioned(msgspec.Struct):
    """The one member that is read before all others."""

    schema_version: str


def write_result(path: Path, result: SampleResult) -> None:
    """Write ``result`` as JSON.

    Raises
    ------
    KinescapeError
        The result breaks a rule of :mod:`kinescape.report.check`, or would not be read back as it is (a number that is
        not finite, text that is not Unicode).
    """
    for place, what in faults(result):
        raise KinescapeError(f"result of sample '{result.sample.sample}', {place}: {what}")
    try:
        content = _ENCODER.encode(result)
        same = _DECODER.decode(content) == result
    except (msgspec.MsgspecError, UnicodeEncodeError) as problem:
        raise KinescapeError(f"result of sample '{result.sample.sample}' cannot be written ({problem})") from problem
    if not same:
        raise KinescapeError(f"result of sample '{result.sample.sample}' cannot be written without loss")
    write_bytes(path, msgspec.json.format(content, indent=2) + b"\n")


def read_result(path: Path) -> SampleResult:
    """Read a ``result.json``, or the one in a sample's folder.

    Raises
    ------
    InputError
        No such file, not JSON, written for another schema version, or a fault: then with its JSON path.
    """
    if path.is_dir():
        path = path / FILE_NAME
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise InputError("no such file", file=path, expected=f"a {FILE_NAME} or a sample's folder") from None
    except OSError as problem:
        raise InputError(f"cannot be read ({problem.strerror})", file=path) from None
    _check_version(path, content)
    try:
        result = _DECODER.decode(content)
    except msgspec.ValidationError as problem:
        raise _input_error(path, str(problem)) from None
    for place, what in faults(result):
        raise InputError(f"{place}: {what}", file=path)
    return result


def read_with_verdicts(path: Path) -> SampleResult:
    """As :func:`read_result`, with the verdicts that lie beside it (:func:`.review.shown.with_verdicts`)."""
    return with_verdicts(read_result(path), path if path.is_dir() else path.parent)


def _check_version(path: Path, content: bytes) -> None:
    try:
        version = msgspec.json.decode(content, type=_Versioned).schema_version
    except msgspec.ValidationError as problem:
        raise _input_error(path, str(problem)) from None
    except RecursionError:
        raise InputError("is nested deeper than a result is", file=path) from None
    except msgspec.DecodeError as problem:
        raise InputError(f"is not JSON ({problem})", file=path, expected="the result of one sample") from None
    except UnicodeDecodeError:
        raise InputError("is not UTF-8 text", file=path, expected="the result of one sample") from None
    if not _readable(version):
        raise InputError(
            "$.schema_version: this version of the result is not understood here",
            file=path,
            found=version,
            expected=f"{SCHEMA_VERSION}, or an older one of the same first number",
        )


def _readable(version: str) -> bool:
    """Same major version, and no newer minor one: that might hold a state which this program would leave out."""
    match = re.fullmatch(r"(\d{1,4})\.(\d{1,4})", version)
    major, minor = (int(part) for part in SCHEMA_VERSION.split("."))
    return match is not None and int(match[1]) == major and int(match[2]) <= minor


def _input_error(path: Path, message: str) -> InputError:
    """msgspec's sentence (``Expected `int`, got `str` - at `$.a[0]```) as an InputError with the JSON path in front."""
    what, _, place = message.partition(" - at ")
    place = place.strip("`") or "$"
    types = re.fullmatch(r"Expected `(.+)`, got `(.+)`", what)
    if types:
        return InputError(f"{place}: wrong kind of value", file=path, found=types[2], expected=types[1])
    return InputError(f"{place}: {what[:1].lower()}{what[1:].replace('`', chr(39))}", file=path)
