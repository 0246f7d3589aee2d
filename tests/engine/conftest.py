"""Four small simulated samples, and what a plain run makes of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from engine_runs import SHALLOW, Sheet, make_samples, write_sheet

from kinescape.cli.main import main


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Indexes are built once for the session, in a cache of its own; installed annotation must not reach the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KINESCAPE_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("KINESCAPE_ANNOTATION", str(tmp_path_factory.mktemp("annotation")))
        # What a killed process leaves lying is removed with the tests' own folders.
        patch.setenv("TMPDIR", str(tmp_path_factory.mktemp("scratch")))
        yield


@pytest.fixture(scope="session")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Sheet:
    folder = tmp_path_factory.mktemp("sheet")
    names = ("s0", "s1", "s2", "s3")
    make_samples(folder, names)
    path, out = write_sheet(folder / "sheet.csv", names), folder / "expected"
    assert main(["run", str(path), "-o", str(out), "--quiet", "--threads", "1", *SHALLOW]) == 0
    return Sheet(folder, path, names, out)
