"""Column counts of a BAM file as one small file, for tests: packing (once) and unpacking."""

from pathlib import Path

import numpy as np

from kinescape.columns.histogram import NO_QUALITY, CodeCounter, ColumnCounts
from kinescape.columns.indel_counts import KINDS, IndelAllele, IndelCounts, indel_consensus

ARRAYS = ("depth", "strand_counts", "unknown", "group_code", "group_count")
INDEL_ARRAYS = ("without", "tails", "indel_code", "indel_count")


def pack(windows, path: Path) -> None:
    """Write windows of :func:`kinescape.columns.pileup.windows`."""
    arrays = {"names": np.array([f"{w.columns.contig}\t{w.columns.start}" for w in windows])}
    for i, w in enumerate(windows):
        columns, indels = w.columns, w.indels
        arrays[f"{i}/depth"] = columns.depth.astype(np.int32)
        arrays[f"{i}/strand_counts"] = columns.strand_counts.astype(np.int32)
        arrays[f"{i}/unknown"] = columns.unknown.astype(np.int32)
        arrays[f"{i}/group_code"] = np.diff(columns.group_code, prepend=np.uint64(0))
        arrays[f"{i}/group_count"] = columns.group_count.astype(np.int32)
        arrays[f"{i}/without"] = indels.without.astype(np.int32)
        arrays[f"{i}/tails"] = indels.tails.astype(np.int32)
        arrays[f"{i}/indel_code"] = np.diff(indels.group_code, prepend=np.uint64(0))
        arrays[f"{i}/indel_count"] = indels.group_count.astype(np.int32)
        arrays[f"{i}/alleles"] = np.array(
            [f"{a.offset}\t{a.kind}\t{a.sequence}\t{a.forward}\t{a.reverse}" for a in indels.alleles], dtype=np.str_
        )
        for j, allele in enumerate(indels.alleles):
            arrays[f"{i}/allele/{j}"] = np.stack([allele.group_code, allele.group_count.astype(np.uint64)])
    np.savez_compressed(path, **arrays)


def unpack(path: Path) -> list[tuple[ColumnCounts, IndelCounts]]:
    """Read what :func:`pack` wrote."""
    with np.load(path) as file:
        return [_window(file, i, str(name)) for i, name in enumerate(file["names"])]


def _window(file, i: int, name: str) -> tuple[ColumnCounts, IndelCounts]:
    contig, start = name.split("\t")
    alleles = []
    for j, line in enumerate(file[f"{i}/alleles"]):
        offset, kind, sequence, forward, reverse = str(line).split("\t")
        assert kind in KINDS
        codes, counts = file[f"{i}/allele/{j}"]
        alleles.append(
            IndelAllele(int(offset), kind, sequence, int(forward), int(reverse), codes, counts.astype(np.int64))
        )
    indels = IndelCounts(
        without=file[f"{i}/without"].astype(np.int64),
        tails=file[f"{i}/tails"].astype(np.int64),
        group_code=np.cumsum(file[f"{i}/indel_code"]),
        group_count=file[f"{i}/indel_count"].astype(np.int64),
        alleles=tuple(alleles),
    )
    depth = file[f"{i}/depth"].astype(np.int64)
    columns = ColumnCounts(
        contig=contig,
        start=int(start),
        depth=depth,
        strand_counts=file[f"{i}/strand_counts"].astype(np.int64),
        unknown=file[f"{i}/unknown"].astype(np.int64),
        group_code=np.cumsum(file[f"{i}/group_code"]),
        group_count=file[f"{i}/group_count"].astype(np.int64),
        indel_consensus=indel_consensus(depth.size, indels),
    )
    return columns, indels


def without_alignment_quality(columns: ColumnCounts) -> ColumnCounts:
    """The same counts as if no base alignment quality had been computed."""
    counter = CodeCounter()
    counter.add(columns.group_code | np.uint64(NO_QUALITY << 8), columns.group_count)
    codes, counts = counter.sorted()
    return ColumnCounts(
        columns.contig, columns.start, columns.depth, columns.strand_counts, columns.unknown, codes, counts,
        columns.indel_consensus,
    )  # fmt: skip
