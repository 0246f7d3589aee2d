"""Pictures of the bench: legends where no data can lie, and nothing that runs off."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from bench_rows import curve_rows, screen_rows
from matplotlib.backends.backend_agg import FigureCanvasAgg

from kinescape.assay.figures.curves import ChosenPanel, chosen_figure, drug_figure
from kinescape.assay.figures.growth import growth_figure
from kinescape.assay.figures.heatmap import ic50_heatmap
from kinescape.assay.figures.plate import plate_figure
from kinescape.assay.growth import Count, experiment_rates, variant_growth
from kinescape.assay.inputs import read_wells
from kinescape.assay.page import screen_page
from kinescape.assay.screen import analyse_screen
from kinescape.assay.wells import Well


def drawn(figure):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return canvas.get_renderer()


@pytest.fixture
def screen(write_wells, rule_set):
    import numpy as np

    rows = screen_rows({("WT", "D"): 20, ("L1196M+G1202R", "D"): 900, ("S", "D"): 0.02}, experiments=1)
    rows += curve_rows("exp1", "Flat", "D", None, rng=np.random.default_rng(2))
    return analyse_screen(read_wells([write_wells(rows)]), rule_set)


def test_legends_of_dose_response_panels_lie_above_the_data(screen):
    panel = ChosenPanel("a", screen, "S", "D", "Viability")
    for figure in (drug_figure(screen, "D"), chosen_figure([panel], 1)):
        renderer = drawn(figure)
        for axis in figure.axes:
            legend, data = axis.get_legend().get_window_extent(renderer), axis.get_window_extent(renderer)
            assert legend.y0 >= data.y1 - 1
            assert legend.y1 <= axis.title.get_window_extent(renderer).y0 + 2


def test_a_table_of_one_drug_holds_its_legend_and_note(screen):
    figure = ic50_heatmap(screen)
    renderer = drawn(figure)
    (axis,) = figure.axes
    whole = figure.bbox
    parts = [axis.get_legend(), *axis.texts]
    assert "sensitised" in [text.get_text() for text in axis.get_legend().get_texts()]
    for part in parts:
        box = part.get_window_extent(renderer)
        assert whole.x0 <= box.x0
        assert box.x1 <= whole.x1
        assert whole.y0 <= box.y0
    note, legend = axis.texts[-1].get_window_extent(renderer), axis.get_legend().get_window_extent(renderer)
    assert note.y1 <= legend.y0 + 1


def test_outlines_of_a_plate_have_a_legend_of_the_roles_that_occur():
    def well(position, role, dose=0.0):
        return Well("e", "WT", "D", dose, "1", 100.0, role, "", position, Path("p.csv"), 1)

    placed = [well("A1", "untreated"), well("A2", "vehicle"), well("B1", "positive"), well("C1", "sample", 10.0)]
    figure = plate_figure(placed, "e")
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["untreated, vehicle", "positive (killed)"]
    renderer = drawn(figure)
    assert not legend.get_window_extent(renderer).overlaps(figure.axes[0].get_tightbbox(renderer))
    assert plate_figure([well("C1", "sample", 10.0)], "e").legends == []


def test_growth_shows_the_mean_rate_with_a_band_over_experiments():
    counts = [
        Count(f"e{e}", variant, float(time), 1e5 * math.exp((rate + 0.0005 * e) * time))
        for e in range(3)
        for variant, rate in (("WT", 0.035), ("M", 0.045))
        for time in (0, 24, 48, 72)
    ]
    rates, _ = experiment_rates(counts)
    growth = variant_growth(rates, "WT")
    figure = growth_figure(rates, growth, "WT")
    left = figure.axes[0]
    assert [text.get_text() for text in left.get_legend().get_texts()] == ["WT (n = 3)", "M (n = 3)"]
    means = [line for line in left.lines if not line.get_label().startswith("_")]
    assert means[0].get_ydata()[-1] == pytest.approx(math.exp(0.0355 * 72), rel=1e-6)
    assert len(left.collections) == 2
    top = left.collections[0].get_paths()[0].vertices[:, 1].max()
    assert top == pytest.approx(math.exp(growth[0].high * 72), rel=1e-6)


def test_how_to_use_the_table_does_not_scroll_with_it(screen):
    page = screen_page(screen, "t")
    assert "<caption" not in page
    scrolled = re.search(r'<div class="scroll".*?</div>', page, re.DOTALL).group()
    assert "Choose a cell" not in scrolled
    assert 'aria-describedby="how"' in scrolled
    assert re.search(r'<p [^>]*id="how">[^<]*Choose a cell', page)
