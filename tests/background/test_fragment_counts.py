"""Fragments counted by the kernel against a plain count, pair by pair."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from background_samples import simulate

from kinescape.align.reference import window_reference
from kinescape.align.run import align
from kinescape.columns.axis import Axis
from kinescape.columns.fragments import fragment_counts
from kinescape.columns.gap_fragments import gap_fragments, kind_of
from kinescape.columns.mate_gaps import indel_events
from kinescape.columns.placement import place
from kinescape.panel.model import Panel
from kinescape.reads.pairs import read_pairs

pytestmark = pytest.mark.aligners


def test_mates_agree_or_say_nothing(panel: Panel, axis: Axis, tmp_path: Path) -> None:
    truth = simulate(tmp_path, "S", 5, pairs=60, background=0.006)
    pairs = read_pairs(truth.files[0], truth.files[1])
    output = align(pairs, window_reference(panel), 1)[0]
    placement = place(pairs.mates, output.alignments, axis, mask_primers=True, end_mask=8)
    counts = fragment_counts(pairs, placement, len(axis))

    expected = np.zeros((len(axis), 4), np.int64)
    disagreed = 0
    offsets = pairs.mates.offsets
    for one, two in zip(pairs.qualities_1, pairs.qualities_2, strict=True):
        for pair in range(len(pairs)):
            said: dict[int, set[int]] = {}
            for mate, chunk in ((pairs.mate_1[pair], one), (pairs.mate_2[pair], two)):
                for index in range(offsets[mate + 1] - offsets[mate]):
                    column = int(placement.column[offsets[mate] + index])
                    base = int(placement.base[offsets[mate] + index])
                    if column >= 0 and base < 4 and chunk.values[chunk.start[pair] + index] >= 20:
                        said.setdefault(column, set()).add(base)
            for column, bases in said.items():
                if len(bases) == 1:
                    expected[column, bases.pop()] += 1
                else:
                    disagreed += 1
    pairs.close()
    assert disagreed > 0
    np.testing.assert_array_equal(counts, expected)


def test_gaps_are_counted_as_pair_by_pair(panel: Panel, axis: Axis, tmp_path: Path) -> None:
    haplotypes = [
        {"name": "lost", "fraction": 0.2, "changes": ["ALK:c.3625del"]},
        {"name": "more", "fraction": 0.2, "changes": ["ALK:c.3694_3695insAAA"]},
    ]
    truth = simulate(tmp_path, "S", 6, pairs=60, haplotypes=haplotypes)
    pairs = read_pairs(truth.files[0], truth.files[1])
    output = align(pairs, window_reference(panel), 1)[0]
    placement = place(pairs.mates, output.alignments, axis, mask_primers=True, end_mask=8)
    events = indel_events(panel, pairs, placement, axis)
    counted = gap_fragments(pairs, placement, axis, events)
    pairs.close()

    trials = np.zeros((len(axis), 2), np.int64)
    shown = np.zeros((len(axis), 2), np.int64)
    gaps_of: dict[int, set[tuple[int, int]]] = {}
    for event in events:
        key = (axis.column(event.variant.chrom, event.variant.pos - 1), kind_of(event.variant))
        for mate in event.mates.tolist():
            gaps_of.setdefault(mate, set()).add(key)
    for pair in range(len(pairs)):
        mates = (int(pairs.mate_1[pair]), int(pairs.mate_2[pair]))
        for anchor in range(len(axis)):
            over = [mate for mate in mates if placement.first[mate] <= anchor and anchor + 1 < placement.last[mate]]
            for kind in (0, 1):
                said = {(anchor, kind) in gaps_of.get(mate, set()) for mate in over}
                trials[anchor, kind] += len(said) == 1
                shown[anchor, kind] += said == {True}
    assert sum(counted.by_variant.values()) == shown.sum() > 10
    np.testing.assert_array_equal(counted.shown, shown)
    np.testing.assert_array_equal(counted.trials, trials)
