"""Folders of slices of annotation sources."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from annotate_samples import CLINVAR, GNOMAD, bgzip_vcf

from kinescape.cli.main import main


@pytest.fixture
def slices(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder with slices of invented gnomAD and ClinVar files."""
    folder = tmp_path / "annotation"
    for source, lines in (("gnomad", GNOMAD), ("clinvar", CLINVAR)):
        # One record far from the panel on each chromosome, so that both are spoken of.
        far = [(chrom, 1000, "A", "C", "AF=0.1") for chrom in ("chr2", "chr6")]
        path = bgzip_vcf(tmp_path / f"{source}.vcf.gz", [*lines, *far])
        assert cut(source, path, folder) == 0
    capsys.readouterr()
    return folder


def cut(source: str, path: Path, folder: Path, *more: str) -> int:
    return main(
        ["annot", "slice", source, str(path), "-o", str(folder), "--version", "9.9", "--date", "2020-02-29", *more]
    )


@pytest.fixture
def slice_of() -> Callable[..., int]:
    """``kinescape annot slice`` with an invented version and date."""
    return cut
