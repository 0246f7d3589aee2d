"""Simulated samples that the end-to-end tests run through the real aligners."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from e2e_samples import SHALLOW, Simulated, make

from kinescape.cli.main import main


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Indexes are built once for the session, in a cache of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KINESCAPE_CACHE", str(tmp_path_factory.mktemp("cache")))
        # What a developer has installed must not reach the tests.
        patch.setenv("KINESCAPE_ANNOTATION", str(tmp_path_factory.mktemp("annotation")))
        yield


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    """``compound``: two changes in cis, two in trans, one deletion. ``gap``: no change, and no ROS1 exon 41."""
    folder = tmp_path_factory.mktemp("simulated")
    compound = make(
        folder,
        "compound",
        1,
        pairs=1200,
        haplotypes=[
            {"name": "cis", "fraction": 0.06, "changes": ["ALK:c.3586C>A", "ALK:c.3604G>A"]},
            {"name": "one", "fraction": 0.06, "changes": ["ALK:c.3710G>A"]},
            {"name": "two", "fraction": 0.05, "changes": ["ALK:c.3703T>C"]},
            {"name": "deletion", "fraction": 0.05, "changes": ["ROS1:c.6094_6096del"]},
        ],
    )
    gap = make(folder, "gap", 2, pairs={"default": 900, "ROS1_E41": 0})
    sheet = folder / "sheet.csv"
    sheet.write_text(
        "sample,patient,fastq_1,fastq_2,therapy,cfdna_ng,role,simulated\n"
        "compound,P1,compound_R1.fastq.gz,compound_R2.fastq.gz,brigatinib,16.5,plasma,yes\n"
        "gap,P2,gap_R1.fastq.gz,gap_R2.fastq.gz,,,plasma,yes\n"
    )
    out = folder / "out"
    assert main(["run", str(sheet), "-o", str(out), *SHALLOW]) == 0
    return Simulated(folder, sheet, out, compound, gap)
