"""Pictures: places on the protein, labels that do not overlap, and words for those who cannot see them."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from xml.etree import ElementTree

import msgspec
import pytest
from example_results import EXAMPLES, below_depth, compound_cis, no_calls, panel, partly_shallow, weak_call
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from kinescape.records import ExonSpan, GeneModel, SampleResult
from kinescape.report.figures.axis import AmpliconAxis, axis_for, genes_of, place_of_known, residue_at
from kinescape.report.figures.lod_strip import SCALE, lod_strip
from kinescape.report.figures.lollipop import lollipop, short_name
from kinescape.report.figures.reads import insert_lengths, quality_by_cycle
from kinescape.report.figures.svg import element, label, picture, spread
from kinescape.report.figures.tracks import LogScale, runs_of, unseen
from kinescape.report.genes import gene_models
from kinescape.report.wording import percent, residue_number


def tree(drawn: Markup | None) -> ElementTree.Element:
    assert drawn is not None
    return ElementTree.fromstring(drawn)


def texts(drawn: Markup | None) -> list[str]:
    return [node.text or "" for node in tree(drawn).iter("text")]


def marks(drawn: Markup | None, state: str) -> list[ElementTree.Element]:
    return [node for node in tree(drawn).iter() if node.get("class") == f"mark {state}"]


def without_models(result: SampleResult) -> SampleResult:
    return msgspec.structs.replace(result, genes=())


def test_gene_models_hold_every_coding_base_once() -> None:
    for model in gene_models(panel()):
        length = sum(exon.end - exon.start + 1 for exon in model.exons)
        assert length == 3 * (model.protein_length + 1), "the stop codon is the last"
        for before, after in pairwise(model.exons):
            assert after.c_first == before.c_last + 1


def test_every_known_change_of_one_base_lies_at_its_residue() -> None:
    models = {model.gene: model for model in gene_models(panel())}
    checked = 0
    for known in panel().known:
        for variant in known.variants:
            if len(variant.ref) == len(variant.alt) == 1:
                place = residue_at(models[known.gene], variant.chrom, variant.pos)
                assert place is not None
                assert round(place) == residue_number(known.protein)
                checked += 1
    assert checked >= 60


def test_positions_of_a_gene_on_the_plus_strand_rise_with_the_chromosome() -> None:
    exons = (
        ExonSpan(number=1, start=101, end=105, c_first=1, c_last=5),
        ExonSpan(number=2, start=201, end=204, c_first=6, c_last=9),
    )
    model = GeneModel(gene="X", transcript="T", chrom="c", strand=1, protein_length=2, exons=exons, features=())
    found = [residue_at(model, "c", p) for p in (101, 102, 103, 104, 105, 201, 204)]
    assert found == pytest.approx([2 / 3, 1, 4 / 3, 5 / 3, 2, 7 / 3, 10 / 3])
    assert residue_at(model, "c", 150) is None
    assert residue_at(model, "other", 101) is None


@given(st.lists(st.floats(0, 1000), min_size=0, max_size=40).map(sorted), st.floats(1, 60))
def test_labels_keep_their_order_their_distance_and_the_frame(wishes: list[float], gap: float) -> None:
    places = spread(wishes, gap, 0, 1000)
    assert len(places) == len(wishes)
    fits = min(gap, 1000 / max(len(wishes) - 1, 1))
    assert all(-1e-6 <= place <= 1000 + 1e-6 for place in places)
    assert all(b - a >= fits - 1e-6 for a, b in pairwise(places))


@given(st.lists(st.floats(0, 1000), max_size=20))
def test_labels_that_do_not_meet_stay_where_they_belong(wishes: list[float]) -> None:
    apart = sorted({round(w / 50) * 50.0 for w in wishes})
    assert spread(apart, 40, 0, 1000) == pytest.approx(apart)


def test_text_of_a_picture_is_escaped_and_hidden_signs_are_spelled_out() -> None:
    drawn = label('<script>"&\u202e', 1, 2)
    assert drawn == '<text x="1" y="2" class="t" text-anchor="middle">&lt;script&gt;&#34;&amp;[U+202E]</text>'
    assert element("path", d='"><x', class_="a") == '<path d="&#34;&gt;&lt;x" class="a"/>'


def test_a_picture_has_a_title_and_a_description() -> None:
    drawn = tree(picture("name", "Title", "What it shows", 10, 5, []))
    assert drawn.get("role") == "img"
    assert drawn.get("aria-labelledby") == "name-title name-desc"
    assert (drawn.find("title").text, drawn.find("desc").text) == ("Title", "What it shows")


@pytest.mark.parametrize("models", [True, False], ids=["protein", "amplicons"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_picture_is_well_formed_and_inside_its_frame(name: str, models: bool) -> None:
    result = EXAMPLES[name]() if models else without_models(EXAMPLES[name]())
    for gene in genes_of(result):
        for drawn in (lod_strip(result, gene), lollipop(result, gene)):
            root = tree(drawn)
            width, height = (float(root.get(side, "nan")) for side in ("width", "height"))
            for node in root.iter("rect"):
                x, y, w, h = (float(node.get(key, "nan")) for key in ("x", "y", "width", "height"))
                assert 0 <= x <= x + w <= width + 1
                assert 0 <= y <= y + h <= height
            for node in root.iter("text"):
                assert 0 <= float(node.get("x", "nan")) <= width
                assert 0 <= float(node.get("y", "nan")) <= height
            assert not re.search(r"nan|inf\b", str(drawn))


def test_a_finding_stands_at_its_residue_and_its_fraction() -> None:
    result = weak_call()
    axis = axis_for(result, "ALK", 0, 1000)
    assert axis is not None
    call = next(c for c in result.calls if c.evidence == "strong")
    x = axis.place(call.variant.chrom, call.variant.pos)
    middle = axis.residue(1174)
    assert x == pytest.approx(middle, abs=1.5)
    drawn = lod_strip(result, "ALK")
    assert f"{SCALE.y(0.0214):.2f}".rstrip("0") in str(drawn)
    assert len(marks(drawn, "detected")) == 2, "the finding and its known position"
    assert len(marks(drawn, "weak")) == 2


def test_marks_of_known_positions_follow_their_states() -> None:
    drawn = lod_strip(partly_shallow(), "ALK")
    assert len(marks(drawn, "below_depth")) == 6, "six residues of exon 22"
    assert len(marks(drawn, "detected")) == 2
    assert "below depth" in str(drawn)
    ros1 = lod_strip(partly_shallow(), "ROS1")
    assert len(marks(ros1, "not_covered")) == 4
    assert "no reads" in texts(ros1)
    assert len(marks(ros1, "not_on_panel")) == 5


def test_a_residue_with_several_changes_has_one_label() -> None:
    words = texts(lod_strip(no_calls(), "ALK"))
    assert "F1174C/L/V" in words
    assert "G1202K/L/R" in words


def test_what_no_amplicon_reaches_is_hatched_and_said() -> None:
    drawn = lod_strip(no_calls(), "ALK")
    assert texts(drawn).count("not on panel") == 2
    assert "not on panel" in str(lollipop(no_calls(), "ALK"))
    assert "ALK: 44 known changes" not in str(drawn)
    assert "44 known changes of ALK: 43 not detected, 1 not on panel. Limits of detection" in str(drawn)


def test_a_sample_without_limits_shows_none() -> None:
    drawn = lod_strip(below_depth(), "ALK")
    assert 'class="blind"' not in str(drawn)
    assert 'class="dark"' in str(drawn)
    assert "Limits of detection where nothing was detected" not in str(drawn)


def test_features_that_are_only_recalled_are_marked() -> None:
    drawn = str(lollipop(no_calls(), "ALK"))
    assert 'class="feature motif recalled"' in drawn
    assert "(not verified)" in drawn
    words = [node for node in tree(lollipop(no_calls(), "ALK")).iter("text") if "italic" in (node.get("class") or "")]
    assert "solvent front G1202" in [node.text for node in words]
    assert "gatekeeper L1196" not in [node.text for node in words]


def test_names_of_features_are_short() -> None:
    names = {short_name(feature) for model in gene_models(panel()) for feature in model.features}
    assert {"αC-helix", "DFG", "gatekeeper L1196", "protein kinase domain"} <= names


def test_labels_of_two_neighbours_do_not_overlap() -> None:
    root = tree(lollipop(compound_cis(), "ALK"))
    found = sorted(float(n.get("x", "")) for n in root.iter("text") if "·" in (n.text or ""))
    assert len(found) == 2
    assert found[1] - found[0] > 90


def test_without_a_model_the_amplicons_stand_side_by_side() -> None:
    result = without_models(weak_call())
    axis = axis_for(result, "ALK", 0, 1000)
    assert isinstance(axis, AmpliconAxis)
    assert [band.name for band in axis.bands] == ["ALK_E25", "ALK_E24", "ALK_E23", "ALK_E22"]
    assert axis.bands[0].left == 0
    assert axis.bands[-1].right == pytest.approx(1000)
    known = next(k for k in result.known_positions if k.protein == "F1174L")
    assert place_of_known(axis, known) is not None
    assert axis_for(result, "EGFR", 0, 1000) is None
    assert lod_strip(result, "EGFR") is None
    assert lollipop(result, "EGFR") is None


@given(st.floats(1e-9, 1e9))
def test_the_scale_never_leaves_its_frame(value: float) -> None:
    scale = LogScale(0.001, 1.0, 100, 20)
    assert 20 - 1e-9 <= scale.y(value) <= 100 + 1e-9


@given(
    st.lists(st.tuples(st.floats(0, 90), st.floats(0.1, 10)), max_size=8).map(
        lambda pairs: sorted((a, a + w, "x") for a, w in pairs)
    )
)
def test_looked_at_and_unseen_fill_the_axis(stretches: list[tuple[float, float, str]]) -> None:
    gaps = unseen(stretches, 0, 100)
    for left, right in gaps:
        assert right - left > 1
        assert not any(start < right - 1e-9 and end > left + 1e-9 for start, end, _ in stretches)
    steps = [i / 10 for i in range(1, 1000)]
    for x in steps:
        inside = any(start <= x <= end for start, end, _ in stretches)
        near = any(start - 1 <= x <= end + 1 for start, end, _ in stretches)
        assert inside or near or any(left <= x <= right for left, right in gaps)


def test_runs_break_where_a_value_or_a_base_is_missing() -> None:
    points = [(0.0, 1.0), (1.0, 2.0), (2.0, None), (3.0, 4.0), (10.0, 5.0), (11.0, 6.0)]
    assert runs_of(points, 1.0) == [[(0.0, 1.0), (1.0, 2.0)], [(3.0, 4.0)], [(10.0, 5.0), (11.0, 6.0)]]


def test_pictures_of_reads() -> None:
    qc = no_calls().qc
    drawn = quality_by_cycle(qc)
    assert texts(drawn)[-2:] == ["150", "cycle"]
    assert "R1: mean quality" in str(drawn)
    bars = [node for node in tree(insert_lengths(qc)).iter("rect") if node.get("class") == "bar"]
    assert len(bars) == len(qc.insert_lengths)
    highest = max(bars, key=lambda node: float(node.get("height", "0")))
    longest = max(qc.insert_lengths, key=lambda item: item[1])
    assert highest.find("title").text == f"{longest[0]} bases: {longest[1]:,} pairs"
    empty = msgspec.structs.replace(qc, quality_by_cycle_1=(), quality_by_cycle_2=(), insert_lengths=())
    assert quality_by_cycle(empty) is None
    assert insert_lengths(empty) is None


@pytest.mark.parametrize(
    ("fraction", "words"),
    [
        (None, "–"),
        (0, "0.00%"),
        (0.00021, "0.021%"),
        (0.0061, "0.61%"),
        (0.0382, "3.82%"),
        (0.345678, "34.6%"),
        (1, "100.0%"),
    ],
)
def test_percent(fraction: float | None, words: str) -> None:
    assert percent(fraction) == words
    assert fraction is None or math.isclose(float(words.rstrip("%")), 100 * fraction, rel_tol=0.05, abs_tol=0.001)
