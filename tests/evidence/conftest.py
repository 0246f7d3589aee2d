"""One simulated sample, run through the real aligners with its reads kept."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from evidence_runs import Kept, kept_run


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KINESCAPE_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("KINESCAPE_ANNOTATION", str(tmp_path_factory.mktemp("annotation")))
        yield


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """Two changes in cis and a deletion, three amplicons, and one fragment in two hundred of something else."""
    return kept_run(tmp_path_factory.mktemp("kept"))
