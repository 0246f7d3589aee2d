"""Which results are exported, and under which file names."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from kinescape.errors import InputError
from kinescape.records import SampleResult
from kinescape.report.result import FILE_NAME, read_result
from kinescape.review.file import review_or_fault
from kinescape.review.states import reviewed

_UNSAFE = re.compile(r"[^A-Za-z0-9._+-]+")
LONGEST_NAME = 100
"""Characters of a file's stem, as the sample sheet allows them."""


def read_results(sources: Sequence[Path]) -> list[SampleResult]:
    """The results behind ``sources``: each a ``result.json``, a sample's folder, or a whole run's folder.

    Raises
    ------
    InputError
        Nothing there, a fault in a result, or one sample twice.
    """
    found: dict[str, tuple[Path, SampleResult]] = {}
    for path in [path for source in sources for path in _result_files(source)]:
        result = read_result(path)
        # What people said of the calls goes along; a faulty review says nothing.
        result = reviewed(result, review_or_fault(path.parent if path.is_file() else path, result.sample.sample)[0])
        name = result.sample.sample
        if name in found:
            raise InputError(
                f"sample '{name}' is given twice, first as {found[name][0]}", file=path, expected="every sample once"
            )
        found[name] = (path, result)
    return [result for _, result in found.values()]


def _result_files(source: Path) -> list[Path]:
    samples = source / "samples"
    if samples.is_dir():
        paths = sorted(path / FILE_NAME for path in samples.iterdir() if (path / FILE_NAME).is_file())
        if not paths:
            raise InputError("no sample has a result", file=samples, expected=f"SAMPLE/{FILE_NAME}")
        return paths
    return [source]


def file_stem(name: str) -> str:
    """``name`` as the stem of a file inside one folder: no separators, no leading dot, never two for one.

    What the sample sheet admits stays as it is. Anything else loses its odd signs and gets eight digits of its own
    checksum, so that two such names cannot meet.
    """
    safe = _UNSAFE.sub("_", name).lstrip("._-+")[:LONGEST_NAME]
    if safe and safe == name:
        return name
    return f"{safe or 'sample'}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def known_identifiers(names: Iterable[str], allowed: str) -> dict[str, str]:
    """Names -> identifiers that hold only letters, digits and the signs in ``allowed``; no two names share one.

    Parameters
    ----------
    allowed
        Signs beside letters and digits, none of which means anything in a character class.
    """
    odd = re.compile(f"[^A-Za-z0-9{re.escape(allowed)}]+")
    made: dict[str, str] = {}
    for name in sorted(set(names)):
        stem = odd.sub("_", name)
        if stem != name or not stem:
            stem = f"{stem[:LONGEST_NAME] or 'sample'}_{hashlib.sha256(name.encode('utf-8')).hexdigest()[:8]}"
        made[name] = stem
    return made
