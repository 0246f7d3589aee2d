"""The sample sheet: which FASTQ files belong to which sample, and what is known of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kinescape.errors import InputError
from kinescape.records import SampleInfo
from kinescape.tables import Row, read_table

REQUIRED = ("sample", "fastq_1", "fastq_2")
KNOWN = (
    *("patient", "timepoint", "date", "therapy", "line", "cfdna_ng", "plasma_ml", "fragment_bp", "role", "simulated"),
)
ROLES = ("plasma", "control")
LARGEST_AMOUNT = 1e6
"""Largest amount believed of a sample: a milligram of cfDNA, a cubic metre of plasma, a fragment of a million bases."""
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")
_PART_OF_A_DATE = re.compile(r"\d{4}(-\d\d)?", re.ASCII)
_TRUE, _FALSE = ("yes", "true", "1"), ("no", "false", "0", "")


@dataclass(frozen=True)
class SheetSample:
    """One line of a sheet; the paths are absolute, or as given where they do not exist."""

    info: SampleInfo
    fastq_1: Path
    fastq_2: Path
    simulated: bool = False
    line: str = ""
    """Where in the sheet it stands, in words; empty for a pair given without a sheet."""


def is_sample_name(name: str) -> bool:
    """Whether a name may become a folder's name; only such names stand in a run's own files."""
    return _SAFE_NAME.fullmatch(name) is not None


def checked_sample_name(name: str, row: Row | None = None) -> str:
    """A sample name that may become a folder's name.

    Raises
    ------
    InputError
        Anything but letters, digits, ``.``, ``_``, ``+`` and ``-``, or a name that starts with a sign.
    """
    if is_sample_name(name):
        return name
    expected = "letters, digits, '.', '_', '+' and '-', starting with a letter or digit, at most 100"
    if row is not None:
        raise row.error("not usable as a sample name", column="sample", expected=expected)
    raise InputError("not usable as a sample name", found=name, expected=expected)


def read_sheet(path: Path) -> tuple[SheetSample, ...]:
    """Read a sample sheet (CSV, or TSV by its suffix). FASTQ paths are relative to the sheet's folder.

    Raises
    ------
    InputError
        Missing columns, a sample twice, a file in two samples, a value that is not of its column's kind.
    """
    rows = read_table(path, required=REQUIRED)
    if not rows:
        raise InputError("has no samples", file=path, expected="one line per sample")
    samples: dict[str, int] = {}
    files: dict[Path, int] = {}
    sheet = []
    for row in rows:
        name = checked_sample_name(row.text("sample"), row)
        # Names differ by case only on some file systems; the results of one would overwrite the other's.
        if name.lower() in samples:
            raise row.error(
                f"sample stands twice, first in line {samples[name.lower()]}", column="sample", expected="one line each"
            )
        samples[name.lower()] = row.line
        pair = []
        for column in ("fastq_1", "fastq_2"):
            file = _resolved(path, row, column)
            if file in files:
                raise row.error(
                    f"file is already used in line {files[file]}", column=column, expected="a file of its own"
                )
            files[file] = row.line
            pair.append(file)
        sheet.append(SheetSample(_info(row, name), pair[0], pair[1], _simulated(row), f"{path.name}, line {row.line}"))
    return tuple(sheet)


def _resolved(sheet: Path, row: Row, column: str) -> Path:
    given = row.text(column)
    if not given.isprintable():
        raise row.error("not usable as a file's name", column=column, expected="a name without control characters")
    try:
        path = Path(given).expanduser()
        beside = sheet.parent / path
        return (beside if beside.exists() or not path.exists() else path).absolute()
    except (OSError, RuntimeError, ValueError):
        # Longer than the file system allows; '~name' of a user who is not known.
        raise row.error("not usable as a file's name", column=column, expected="the path of a file") from None


def _info(row: Row, name: str) -> SampleInfo:
    role = row.choice("role", ROLES, "plasma")
    amounts = {}
    for column in ("cfdna_ng", "plasma_ml", "fragment_bp"):
        amounts[column] = row.optional_number(column)
        if amounts[column] is not None and not amounts[column] > 0:  # type: ignore[operator]
            raise row.error("not a positive number", column=column, expected="a number above 0")
        if amounts[column] is not None and amounts[column] > LARGEST_AMOUNT:  # type: ignore[operator]
            raise row.error("too large", column=column, expected=f"at most {LARGEST_AMOUNT:g}")
    return SampleInfo(
        sample=name,
        patient=row.text("patient", ""),
        role="control" if role == "control" else "plasma",
        timepoint=row.text("timepoint", ""),
        date=_date(row),
        therapy=row.text("therapy", ""),
        line=row.text("line", ""),
        cfdna_ng=amounts["cfdna_ng"],
        plasma_ml=amounts["plasma_ml"],
        fragment_bp=amounts["fragment_bp"],
        extra={key: value for key, value in row.cells.items() if key not in REQUIRED and key not in KNOWN},
    )


def _date(row: Row) -> str:
    """When the sample was taken: a date of the calendar, or only its year and month, or nothing."""
    text = row.text("date", "")
    if not text:
        return ""
    whole = f"{text}-01-01"[:10] if _PART_OF_A_DATE.fullmatch(text) else text
    try:
        date.fromisoformat(whole)
    except ValueError:
        expected = "an ISO date (2024-02-29), a year and month (2024-02), a year, or nothing"
        raise row.error("not a date of the calendar", column="date", expected=expected) from None
    return text


def _simulated(row: Row) -> bool:
    value = row.text("simulated", "").lower()
    if value not in (*_TRUE, *_FALSE):
        raise row.error("unknown value", column="simulated", expected="yes or no")
    return value in _TRUE


def single_sample(fastq_1: Path, fastq_2: Path, name: str | None, cfdna_ng: float | None) -> SheetSample:
    """One pair of files without a sheet; the name is taken from the first file's unless given."""
    if name is None:
        stem = re.sub(r"\.(fastq|fq)(\.gz)?$", "", fastq_1.name)
        name = re.sub(r"[._-]R?1(_001)?$", "", stem) or stem
    info = SampleInfo(sample=checked_sample_name(name), cfdna_ng=cfdna_ng)
    return SheetSample(info, fastq_1.absolute(), fastq_2.absolute())
