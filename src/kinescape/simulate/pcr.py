"""Polymerase errors that families of reads share, and chimeras.

Model: a molecule is two strands; in each of n doublings every strand is copied once, and a new strand takes
substitutions at the site's rate. The line of descent of a read is then a path of bits: which strand it began
with, and for each doubling whether it follows the old strand (0) or the new one (1). Reads of one molecule whose paths
agree up to and including a doubling share every error made there. An error of doubling j stands in 2^-(j+1) of the
molecule's copies, so early errors reach high allele fractions, and the mean over all copies is n/2 x rate per base.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.simulate.changes import Change
from kinescape.simulate.plan import AmpliconPlan
from kinescape.simulate.spec import Pcr
from kinescape.simulate.templates import encode

TRANSITION = 2
"""The two-bit code's XOR that makes a transition (see :mod:`.templates`)."""

MAX_RATE = 0.5
"""A rate per copy is never above this: with two alleles, an even mixture is where errors end."""


@dataclass(frozen=True)
class Errors:
    """Substitutions in read pairs: at base ``position`` of the amplicon's reference the code is XORed with ``change``.

    Sorted by ``pair``.
    """

    pair: NDArray[np.int64]
    position: NDArray[np.int32]
    change: NDArray[np.uint8]


@dataclass(frozen=True)
class Chimeras:
    """Read pairs ``pair`` that follow another pair, ``partner``, from base ``breakpoint`` of the reference on."""

    pair: NDArray[np.int64]
    partner: NDArray[np.int64]
    breakpoint: NDArray[np.int32]


def site_rates(
    plan: AmpliconPlan, pcr: Pcr, error_rate: float, noisy: tuple[tuple[Change, float], ...]
) -> NDArray[np.float64]:
    """Errors per copy, shape (reference bases, 3): column x-1 is the substitution ``code ^ x``.

    Primers are oligonucleotides and not copies, so their bases have none. The site's own multiplier is log-normal with
    mean 1 and depends on ``site_seed`` and the place only: one assay has the same noisy sites in all its samples.
    """
    amplicon = plan.amplicon
    length = amplicon.end - amplicon.start
    shares = np.full(3, (1.0 - pcr.transition_share) / 2.0)
    shares[TRANSITION - 1] = pcr.transition_share
    key = [pcr.site_seed, zlib.crc32(amplicon.chrom.encode()), amplicon.start, amplicon.end]
    deviates = np.random.default_rng(np.random.SeedSequence(key)).standard_normal((length, 3))
    rates = error_rate * shares * np.exp(pcr.site_spread * deviates - pcr.site_spread**2 / 2.0)
    rates[: amplicon.insert_start - amplicon.start] = 0.0
    rates[amplicon.insert_end - amplicon.start :] = 0.0
    for change, vaf in noisy:
        if amplicon.holds(change.variant.chrom, change.start, change.end):
            at = change.start - amplicon.start
            step = int(encode(plan.reference[at])[0] ^ encode(change.alt)[0])
            rates[at, step - 1] += 2.0 * vaf / pcr.cycles
    return np.minimum(rates, MAX_RATE)


def draw_errors(
    molecule: NDArray[np.int64], rates: NDArray[np.float64], cycles: int, rng: np.random.Generator
) -> Errors:
    """Errors of the read pairs of one amplicon; ``molecule[p]`` is the molecule of pair p, not decreasing."""
    total = float(rates.sum())
    if molecule.size == 0 or total <= 0.0:
        return Errors(np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.uint8))
    bits, shared = _descent(molecule, cycles, rng)
    # Each branch of the tree is charged to the first pair (in path order) that descends from it.
    steps = np.arange(cycles + 1)
    new_strands = bits & (steps[None, :] >= shared[:, None]) & (steps[None, :] > 0)
    pair, step = np.nonzero(new_strands)
    # A Poisson number for all branches together, spread evenly, is a Poisson number for each.
    hit = rng.integers(0, max(pair.size, 1), size=rng.poisson(total * pair.size))
    first, step = pair[hit], step[hit]
    cumulative = np.cumsum(rates.ravel()) / total
    kind = np.minimum(np.searchsorted(cumulative, rng.random(first.size), side="right"), cumulative.size - 1)
    origin, reader = _inheritors(first, step, shared)
    order = np.argsort(reader, kind="stable")
    kind = kind[origin[order]]
    return Errors(reader[order], (kind // 3).astype(np.int32), (kind % 3 + 1).astype(np.uint8))


def draw_chimeras(plan: AmpliconPlan, fraction: float, rng: np.random.Generator) -> Chimeras:
    """Pairs that switched template: the partner is any pair of the amplicon, the place any between the primers."""
    pair = np.flatnonzero(rng.random(plan.pairs) < fraction).astype(np.int64)
    partner = rng.integers(0, max(plan.pairs, 1), size=pair.size, dtype=np.int64)
    first = plan.amplicon.insert_start - plan.amplicon.start
    last = plan.amplicon.insert_end - plan.amplicon.start
    where = rng.integers(first + 1, max(last, first + 2), size=pair.size, dtype=np.int32)
    return Chimeras(pair, partner, where)


def join_errors(errors: Errors, chimeras: Chimeras, pairs: int) -> Errors:
    """Errors after template switching: a chimera has its own before the breakpoint and its partner's from there on."""
    if chimeras.pair.size == 0 or errors.pair.size == 0:
        return errors
    limit = np.full(pairs, np.iinfo(np.int32).max, np.int32)
    limit[chimeras.pair] = chimeras.breakpoint
    own = errors.position < limit[errors.pair]
    begin = np.searchsorted(errors.pair, chimeras.partner, side="left")
    count = np.searchsorted(errors.pair, chimeras.partner, side="right") - begin
    which = np.repeat(np.arange(chimeras.pair.size), count)
    index = np.arange(which.size) - np.repeat(np.cumsum(count) - count, count) + begin[which]
    other = errors.position[index] >= chimeras.breakpoint[which]
    pair = np.concatenate([errors.pair[own], chimeras.pair[which[other]]])
    source = np.concatenate([np.flatnonzero(own), index[other]])
    order = np.argsort(pair, kind="stable")
    return Errors(pair[order], errors.position[source[order]], errors.change[source[order]])


def _descent(
    molecule: NDArray[np.int64], cycles: int, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Paths of the pairs, sorted within each molecule, and how many leading bits each shares with the pair before."""
    path = rng.integers(0, 1 << (cycles + 1), size=molecule.size, dtype=np.int64)
    path = path[np.lexsort((path, molecule))]
    shifts = np.arange(cycles, -1, -1, dtype=np.int64)
    bits = ((path[:, None] >> shifts[None, :]) & 1).astype(np.bool_)
    same = np.ones_like(bits)
    same[1:] = bits[1:] == bits[:-1]
    shared = np.logical_and.accumulate(same, axis=1).sum(axis=1)
    shared[0] = 0
    shared[1:][molecule[1:] != molecule[:-1]] = 0
    return bits, shared


def _inheritors(
    first: NDArray[np.int64], step: NDArray[np.int64], shared: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every pair that inherits an error made at bit ``step`` of pair ``first``: (number of the error, pair)."""
    origins = [np.arange(first.size)]
    readers = [first]
    origin, reader = origins[0], readers[0]
    while origin.size:
        follows = reader + 1 < shared.size
        origin, reader = origin[follows], reader[follows] + 1
        inherits = shared[reader] > step[origin]
        origin, reader = origin[inherits], reader[inherits]
        origins.append(origin)
        readers.append(reader)
    return np.concatenate(origins), np.concatenate(readers)
