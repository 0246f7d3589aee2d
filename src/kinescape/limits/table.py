"""The columns of ``positions.tsv.gz``: what was seen, and what could have been, at every position."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kinescape.columns.axis import BASES
from kinescape.columns.from_mates import MateColumns
from kinescape.limits.coverage import Sight


def position_columns(sight: Sight, columns: Sequence[MateColumns]) -> dict[str, Any]:
    """The columns of ``positions.tsv.gz``: every position between the primers, in the order of the genome."""
    axis = sight.axis
    rows = np.flatnonzero(axis.in_insert)
    names = np.full(len(axis), "", object)
    for number, amplicon in enumerate(axis.amplicons):
        names[axis.insert(number)] = amplicon.name
    counts = columns[0].base_counts()[rows]
    table: dict[str, Any] = {
        "chrom": np.array(axis.chromosomes, object)[axis.chrom[rows]],
        "pos": axis.position[rows] + 1,
        "ref": np.array(list(BASES), object)[axis.reference[rows]],
        "amplicon": names[rows],
        "depth": sight.depth[rows],
    }
    table |= {f"depth_{each.aligner}": each.depth[rows] for each in columns}
    table |= {
        "fragments": sight.fragments[rows],
        "molecules": np.full(len(rows), np.nan if sight.molecules is None else sight.molecules),
        "background": sight.background[rows],
        "lod95": sight.lod95[rows],
    }
    table |= {base: counts[:, code] for code, base in enumerate(BASES)}
    return table | _columns_of_alternatives(sight, rows)


def _columns_of_alternatives(sight: Sight, rows: NDArray[np.int64]) -> dict[str, Any]:
    """With a background: what each alternative base is up against. Nothing without one."""
    rule = sight.rule
    if rule.needed.shape[1] == 1:
        return {}
    table: dict[str, Any] = {}
    for code, base in enumerate(BASES):
        other = sight.axis.reference[rows] != code
        needed = rule.needed[rows, code] / np.maximum(1, rule.fragments[rows, code])
        table[f"background_{base}"] = np.where(other, rule.background[rows, code], np.nan)
        table[f"min_vaf_{base}"] = np.where(other & (rule.fragments[rows, code] > 0), needed, np.nan)
        table[f"lod95_{base}"] = np.where(other, rule.limit[rows, code], np.nan)
    return table
