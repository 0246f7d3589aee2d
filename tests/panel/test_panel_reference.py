"""Windows against the FASTA of a whole genome."""

from __future__ import annotations

import gzip
from pathlib import Path

import pysam
import pytest
from panel_samples import genome

from kinescape.errors import InputError
from kinescape.panel.model import Panel
from kinescape.panel.reference import compare_with_fasta


def test_equal(synthetic: Panel, tmp_path: Path) -> None:
    fasta = genome(synthetic, tmp_path / "genome.fa")
    assert compare_with_fasta(synthetic, fasta) == len(synthetic.windows[0].sequence)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["genome.fa"]  # nothing is left beside it


def test_compressed_and_other_chromosome_names(synthetic: Panel, tmp_path: Path) -> None:
    fasta = genome(synthetic, tmp_path / "genome.fa", name="S")
    pysam.tabix_compress(str(fasta), str(tmp_path / "genome.fa.gz"))
    assert compare_with_fasta(synthetic, tmp_path / "genome.fa.gz") == len(synthetic.windows[0].sequence)


def test_first_difference_is_named(synthetic: Panel, tmp_path: Path) -> None:
    fasta = genome(synthetic, tmp_path / "genome.fa", change_at=1099)
    base = synthetic.base("chrS", 1099)
    with pytest.raises(InputError, match=rf"window SYN first at chrS:1100 \(1 of .*found 'N'; expected {base}"):
        compare_with_fasta(synthetic, fasta)


def test_faults(synthetic: Panel, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        compare_with_fasta(synthetic, tmp_path / "absent.fa")
    with pytest.raises(InputError, match=r"has no chrS; found 'chr1, other'; expected chrS or S"):
        compare_with_fasta(synthetic, genome(synthetic, tmp_path / "other.fa", name="other"))
    with pytest.raises(InputError, match="chrS is shorter than window SYN"):
        compare_with_fasta(synthetic, genome(synthetic, tmp_path / "short.fa", length=1200))
    (tmp_path / "text.fa").write_text("this is no FASTA\n")
    with pytest.raises(InputError, match="cannot be read as FASTA"):
        compare_with_fasta(synthetic, tmp_path / "text.fa")
    with gzip.open(tmp_path / "plain.fa.gz", "wt") as handle:
        handle.write(">chrS\nACGT\n")
    with pytest.raises(InputError, match="cannot be read as FASTA"):
        compare_with_fasta(synthetic, tmp_path / "plain.fa.gz")
