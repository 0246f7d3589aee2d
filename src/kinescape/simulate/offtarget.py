"""Reads of other places than the amplicons: fragments of a given FASTA, or of random sequence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kinescape.errors import InputError
from kinescape.simulate.templates import NOT_A_BASE, Codes, encode

FRAGMENT_MEAN, FRAGMENT_SD = 176.0, 20.0
"""Length of plasma DNA fragments: median 176 bp (Villa et al. 2024, Methods). The spread within a sample is
chosen; the 169-185 bp given there is between samples."""

SHORTEST, LONGEST = 50, 400
GC_SHARE = 0.41
"""Share of G and C in random sequence: that of the human genome, rounded."""


def draw_fragments(count: int, sources: list[Codes], rng: np.random.Generator) -> list[Codes]:
    """So many fragments, cut anywhere from ``sources`` (longer ones oftener), or of random sequence without sources."""
    lengths = np.clip(rng.normal(FRAGMENT_MEAN, FRAGMENT_SD, size=count).round(), SHORTEST, LONGEST).astype(np.int64)
    if not sources:
        share = np.array([1 - GC_SHARE, GC_SHARE, GC_SHARE, 1 - GC_SHARE]) / 2.0
        codes = np.searchsorted(np.cumsum(share)[:3], rng.random(int(lengths.sum())), side="right").astype(np.uint8)
        return np.split(codes, np.cumsum(lengths)[:-1]) if count else []
    sizes = np.array([source.size for source in sources])
    chosen = rng.choice(sizes.size, size=count, p=sizes / sizes.sum())
    lengths = np.minimum(lengths, sizes[chosen])
    begin: NDArray[np.int64] = rng.integers(0, sizes[chosen] - lengths + 1)
    places = zip(chosen.tolist(), begin.tolist(), lengths.tolist(), strict=True)
    return [sources[which][at : at + length] for which, at, length in places]


def read_sources(path: Path) -> list[Codes]:
    """The stretches of A, C, G and T in a FASTA (plain or compressed) that are at least SHORTEST long."""
    import dnaio

    stretches: list[Codes] = []
    try:
        with dnaio.open(path, fileformat="fasta") as records:
            for record in records:
                codes = encode(record.sequence)
                cuts = np.flatnonzero(codes == NOT_A_BASE)
                edges = np.concatenate([[-1], cuts, [codes.size]])
                stretches.extend(
                    codes[left + 1 : right]
                    for left, right in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
                    if right - left - 1 >= SHORTEST
                )
    except FileNotFoundError:
        raise InputError("no such file", file=path, expected="FASTA of off-target sequences") from None
    except (OSError, EOFError, dnaio.FileFormatError, UnicodeDecodeError) as problem:
        raise InputError(f"cannot be read as FASTA ({problem})", file=path) from None
    if not stretches:
        raise InputError(f"has no stretch of {SHORTEST} bases A, C, G, T", file=path, expected="FASTA sequences")
    return stretches
