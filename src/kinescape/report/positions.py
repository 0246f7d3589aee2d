"""``positions.tsv.gz``: one line per base between the primers, compressed with bgzip and indexed with tabix."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pysam

from kinescape.errors import KinescapeError
from kinescape.files import whole_file

COLUMNS: dict[str, str] = {
    "chrom": "chromosome",
    "pos": "1-based position on the chromosome",
    "ref": "reference base, plus strand",
    "amplicon": "amplicon whose insert holds the position",
    "depth": "reads, the smaller number of the aligners",
    "depth_bwa": "reads that span the position, BWA-MEM",
    "depth_bowtie2": "reads that span the position, Bowtie2",
    "fragments": "read pairs that cover the position, mates merged",
    "molecules": "input molecules that the stated cfDNA can have given at most; with UMIs the molecules read",
    "background": "expected share of one wrong base, the mean of three: of this site in controls, else of the run",
    "lod95": "smallest allele fraction found with 95% probability",
    "A": "reads with A, the first aligner",
    "C": "reads with C",
    "G": "reads with G",
    "T": "reads with T",
}
"""The columns that every file has, in this order, and what they hold. ``.`` stands for a value that is not known."""

MISSING = "."


def write_positions(path: Path, columns: Mapping[str, Any]) -> None:
    """Write ``path`` (``.tsv.gz``) and its index ``path.tbi``.

    Parameters
    ----------
    path
        Where the table shall lie; both files are written aside and renamed.
    columns
        Column name -> one-dimensional array or sequence, all of the same length: at least :data:`COLUMNS`; more are
        written after them, in the mapping's order. Whole numbers are written as such, others with six digits; NaN and
        None become ``.``. Lines must be sorted: each chromosome in one block, positions rising.

    Raises
    ------
    KinescapeError
        A column is missing or of another length, or the lines are not sorted.
    """
    names = [*COLUMNS, *(name for name in columns if name not in COLUMNS)]
    absent = [name for name in COLUMNS if name not in columns]
    if absent:
        raise KinescapeError(f"table of positions: column {absent[0]} is missing")
    arrays = [np.asarray(columns[name]) for name in names]
    lengths = {array.shape for array in arrays}
    if len(lengths) != 1 or len(arrays[0].shape) != 1:
        raise KinescapeError("table of positions: the columns differ in length")
    _check_order(arrays[names.index("chrom")].tolist(), arrays[names.index("pos")].tolist())
    rows = zip(*(_cells(array) for array in arrays), strict=True)
    text = "".join("\t".join(row) + "\n" for row in [tuple(names), *rows])
    with whole_file(path) as temporary:
        with pysam.BGZFile(str(temporary), "w", None) as handle:
            handle.write(text.encode("utf-8"))
        with whole_file(path.with_name(path.name + ".tbi")) as index:
            pysam.tabix_index(
                str(temporary),
                seq_col=0,
                start_col=1,
                end_col=1,
                line_skip=1,
                force=True,
                keep_original=True,
                index=str(index),
            )


def _check_order(chroms: list[str], positions: list[int]) -> None:
    finished: set[str] = set()
    for i in range(1, len(chroms)):
        if chroms[i] != chroms[i - 1]:
            finished.add(chroms[i - 1])
            if chroms[i] in finished:
                raise KinescapeError(f"table of positions: {chroms[i]} stands in two blocks")
        elif positions[i] < positions[i - 1]:
            raise KinescapeError(f"table of positions: {chroms[i]}:{positions[i]} stands after {positions[i - 1]}")


def _cells(array: np.ndarray[Any, np.dtype[Any]]) -> list[str]:
    return [_cell(value) for value in array.tolist()]


def _cell(value: object) -> str:
    if value is None:
        return MISSING
    if isinstance(value, float):
        return f"{value:.6g}" if np.isfinite(value) else MISSING
    text = str(value)
    if not text.isprintable():
        raise KinescapeError("table of positions: a value holds a line end or a tab")
    return text or MISSING
