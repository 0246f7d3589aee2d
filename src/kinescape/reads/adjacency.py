"""Which UMIs name the same molecule: the directed adjacency method.

Smith, Heger & Sudbery 2017 (Genome Res 27:491): within one place of the genome, UMI ``b`` is taken for a misread copy
of UMI ``a`` if they differ in one base and ``count(a) >= 2 count(b) - 1``; what hangs together through such steps,
beginning with the UMI seen most often, is one family.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.compiled import kernel


@dataclass(frozen=True)
class UmiFamilies:
    """``family`` int64[pairs]; ``group`` and ``root``, int64[families]: where each lies and its most frequent UMI;
    ``absorbed``: pairs whose UMI was taken for a misread one."""

    family: NDArray[np.int64]
    group: NDArray[np.int64]
    root: NDArray[np.int64]
    absorbed: int

    def __len__(self) -> int:
        return len(self.root)


def group_umis(group: NDArray[np.int64], codes: NDArray[np.int64], bases: int, edits: int = 1) -> UmiFamilies:
    """Put pairs into families.

    Parameters
    ----------
    group
        int64[pairs]: only pairs of the same number can be of one family (the same place and orientation).
    codes
        int64[pairs]: UMIs as numbers, two bits per base.
    bases
        Bases of a UMI.
    edits
        1: directed adjacency; 0: only equal UMIs are one family.

    Returns
    -------
    UmiFamilies
        Numbered by group and then by the family's most frequent UMI (of two alike the smaller number): the order of the
        pairs has no part in it.
    """
    order = np.lexsort((codes, group))
    sorted_group, sorted_codes = group[order], codes[order]
    new = np.ones(len(order), np.bool_)
    new[1:] = (sorted_group[1:] != sorted_group[:-1]) | (sorted_codes[1:] != sorted_codes[:-1])
    node_of_sorted = np.cumsum(new) - 1
    node_group, node_code = sorted_group[new], sorted_codes[new]
    count = np.bincount(node_of_sorted, minlength=len(node_code)).astype(np.int64)
    root = np.arange(len(node_code))
    if edits and len(node_code):
        starts = np.flatnonzero(np.concatenate(([True], node_group[1:] != node_group[:-1])))
        offsets = np.append(starts, len(node_code)).astype(np.int64)
        falling = np.lexsort((node_code, -count, node_group)).astype(np.int64)
        root[:] = -1
        _absorb(node_code, count, offsets, falling, bases, root)
    roots, family_of_node = np.unique(root, return_inverse=True)
    family = np.empty(len(order), np.int64)
    family[order] = family_of_node[node_of_sorted]
    absorbed = int(count[root != np.arange(len(root))].sum())
    return UmiFamilies(family, node_group[roots], node_code[roots], absorbed)


@kernel
def _absorb(
    codes: NDArray[np.int64],
    count: NDArray[np.int64],
    offsets: NDArray[np.int64],
    falling: NDArray[np.int64],
    bases: int,
    root: NDArray[np.int64],
) -> None:
    """Fill ``root``; ``codes`` rise within each group, ``falling`` orders each group's nodes by falling count.

    The neighbours of a UMI are its 3 x bases substitutions, each looked up among the group's UMIs.
    """
    queue = np.empty(codes.shape[0], np.int64)
    for group in range(offsets.shape[0] - 1):
        low, high = offsets[group], offsets[group + 1]
        here = codes[low:high]
        for rank in range(low, high):
            first = falling[rank]
            if root[first] >= 0:
                continue
            root[first] = first
            queue[0] = first
            head, tail = 0, 1
            while head < tail:
                node = queue[head]
                head += 1
                for base in range(bases):
                    for change in range(1, 4):
                        wanted = codes[node] ^ (np.int64(change) << np.int64(2 * base))
                        place = low + np.searchsorted(here, wanted)
                        if place >= high or codes[place] != wanted or root[place] >= 0:
                            continue
                        if count[node] >= 2 * count[place] - 1:
                            root[place] = first
                            queue[tail] = place
                            tail += 1
