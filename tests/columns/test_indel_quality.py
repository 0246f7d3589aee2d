"""Indel qualities by homopolymer length."""

import numpy as np

from alignment_files import Read as R
from alignment_files import loaded, write_bam, write_fasta
from kinescape.columns.indel_quality import (
    UniformQuality,
    dindel_by_position,
    run_lengths,
    with_dindel_quality,
    with_uniform_quality,
)
from kinescape.columns.reference import base_codes


def test_runs():
    assert run_lengths(base_codes("AACCCG")).tolist() == [2, 1, 3, 2, 1, 1]
    assert run_lengths(base_codes("")).tolist() == []


def test_the_base_before_a_run_gets_its_quality():
    # A run of four (43) starts after the first base; inside a run the quality is that of no run.
    assert dindel_by_position(base_codes("GAAAACT")).tolist() == [43, 44, 44, 44, 44, 44, 44]
    assert dindel_by_position(base_codes("G" + "A" * 18 + "C"))[0] == 21
    assert dindel_by_position(base_codes("G" + "A" * 19 + "C"))[0] == 0
    assert dindel_by_position(base_codes("")).size == 0


def test_clipped_and_inserted_bases_have_none(tmp_path):
    sequence = "GAAAACTGCCCCCCTG"
    write_fasta(tmp_path / "r.fa", {"chrT": sequence})
    read = R(0, "1S4M2I2D4M", "C" + sequence[:4] + "TT" + sequence[6:10])
    (reads,) = loaded(write_bam(tmp_path / "a.bam", {"chrT": 16}, [read]))
    dindel = with_dindel_quality(reads, dindel_by_position(base_codes(sequence)))
    assert dindel.insertion_quality.tolist() == [0, 43, 44, 44, 44, 0, 0, 44, 36, 44, 44]
    assert dindel.deletion_quality.tolist() == dindel.insertion_quality.tolist()
    uniform = with_uniform_quality(reads, UniformQuality(40, 35))
    assert set(uniform.insertion_quality.tolist()) == {40}
    assert set(uniform.deletion_quality.tolist()) == {35}
    assert np.shares_memory(uniform.bases, reads.bases)
