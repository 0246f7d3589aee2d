"""The picture of what fragments carry together."""

from __future__ import annotations

from xml.etree import ElementTree

import msgspec
from example_results import compound_cis, no_calls, trans_clones, weak_call

from kinescape.records import Haplotype
from kinescape.report.figures.phase import phase_picture
from kinescape.report.page import render_sample


def test_counts_and_words_of_a_pair() -> None:
    drawn = phase_picture(compound_cis())
    assert drawn is not None
    tree = ElementTree.fromstring(drawn)
    texts = [node.text for node in tree.iter("text")]
    assert "978" in texts
    assert any("24,800 fragments carry none" in (text or "") for text in texts)
    assert "with" in (tree.findtext("desc") or "")
    widths = [float(node.get("width", 0)) for node in tree.iter("rect")]
    assert widths[0] == max(widths) > 10 * max(widths[1:])
    assert "Changes on the same fragments" in render_sample(compound_cis())


def test_sides_are_not_confused() -> None:
    result = trans_clones()
    (phase,) = result.phases
    drawn = phase_picture(result)
    assert drawn is not None
    places = {call.variant.name: call for call in result.calls}
    name = (places[phase.variant_a].consequence or places[phase.variant_b].consequence).protein  # type: ignore[union-attr]
    assert f"{name} only on {phase.n10} fragments" in drawn


def test_nothing_spanned_draws_nothing() -> None:
    assert phase_picture(no_calls()) is None
    assert phase_picture(weak_call()) is None


def test_a_group_and_its_order() -> None:
    result = trans_clones()
    group = tuple(call.variant.name for call in result.calls)[:3]
    chain = tuple(
        Haplotype(group=group, variants=group[:size], fragments=400 // size, share=0.1, low=0.09, high=0.11)
        for size in (1, 2, 3)
    )
    page = render_sample(msgspec.structs.replace(result, haplotypes=chain))
    assert "Order of acquisition" in page
    assert ", then " in page
