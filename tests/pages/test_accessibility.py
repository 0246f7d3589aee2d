"""Every page in a real browser: axe-core finds nothing serious, the keyboard reaches all, phone and paper work."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from open_pages import WIDTHS, Opened

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PAGES = ("weak_call", "below_depth", "compound_cis", "course", "run", "cohort", "assay")
GRAVE = {"serious", "critical"}


def faults(opened: Opened) -> list[str]:
    found: list[dict[str, Any]] = Axe().run(opened.page).response["violations"]
    return [
        f"{each['impact']} {each['id']}: {node['target']} {node.get('failureSummary', '')[:160]}"
        for each in found
        if each["impact"] in GRAVE
        for node in each["nodes"][:4]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_serious_fault(name: str, scheme: Any, opened: Opened, pages: dict[str, Path]) -> None:
    opened.page.set_viewport_size({"width": 1300, "height": 900})
    opened.page.emulate_media(color_scheme=scheme)
    page = opened.go(pages[name])
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    assert faults(opened) == []
    assert opened.asked == [pages[name].as_uri()]
    assert opened.said == []


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_serious_fault_on_a_phone(name: str, opened: Opened, pages: dict[str, Path]) -> None:
    opened.page.set_viewport_size({"width": 390, "height": 844})
    opened.page.emulate_media(color_scheme="light")
    opened.go(pages[name])
    assert faults(opened) == []


@pytest.mark.parametrize("name", PAGES)
def test_no_page_is_wider_than_the_screen(name: str, opened: Opened, pages: dict[str, Path]) -> None:
    page = opened.go(pages[name])
    found = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        found[width] = page.evaluate("document.documentElement.scrollWidth")
    assert all(found[width] <= width for width in WIDTHS), found


def test_the_checker_finds_a_fault_that_is_there(opened: Opened, tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text("<!DOCTYPE html><html><body><img src='data:,'><p style='color:#ccc'>pale</p></body></html>")
    opened.go(page)
    assert {each.split()[1].rstrip(":") for each in faults(opened)} >= {"color-contrast", "image-alt", "html-has-lang"}


@pytest.mark.parametrize("name", PAGES)
def test_headings_follow_each_other(name: str, opened: Opened, pages: dict[str, Path]) -> None:
    page = opened.go(pages[name])
    levels = page.evaluate(
        "[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].filter(h => h.checkVisibility()).map(h => +h.tagName[1])"
    )
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


@pytest.mark.parametrize("name", PAGES)
def test_tables_have_heads_and_pictures_have_names(name: str, opened: Opened, pages: dict[str, Path]) -> None:
    page = opened.go(pages[name])
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    assert page.evaluate(
        "[...document.querySelectorAll('table')].every(t => t.rows.length === 0 || t.querySelector('th[scope]'))"
    )
    assert page.evaluate(
        "[...document.querySelectorAll('svg')].every(s => s.closest('[aria-hidden=true]')"
        " || s.getAttribute('aria-label') || s.getAttribute('aria-labelledby') || s.closest('[role=img]'))"
    )
    assert page.evaluate("[...document.images].every(i => i.alt)")


@pytest.mark.parametrize("name", PAGES)
def test_the_tabulator_reaches_every_control_and_shows_where_it_is(
    name: str, opened: Opened, pages: dict[str, Path]
) -> None:
    opened.page.set_viewport_size({"width": 1300, "height": 900})
    opened.page.emulate_media(color_scheme="light")
    page = opened.go(pages[name])
    wanted = page.evaluate(
        "[...document.querySelectorAll('a[href], button, input, select, summary, textarea, [tabindex=\"0\"]')]"
        # Of a group of radio buttons the tabulator reaches some; the arrow keys go on from there.
        ".filter(e => e.checkVisibility() && !e.disabled && e.type !== 'radio').length"
    )
    page.evaluate("window.met = new Set(); window.unseen = []")
    radios = page.evaluate("document.querySelectorAll('input[type=radio]').length")
    for _ in range(wanted + radios + 1):
        page.keyboard.press("Tab")
        at_end = page.evaluate(
            """() => {
                const e = document.activeElement;
                if (!e || e === document.body) { return true; }
                const style = getComputedStyle(e);
                const drawn = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
                if (!drawn) { unseen.push(e.outerHTML.slice(0, 90)); }
                if (e.type !== "radio") { met.add(e); }
                return false;
            }"""
        )
        if at_end:
            break
    assert page.evaluate("met.size") == wanted
    assert page.evaluate("unseen") == []


def test_the_run_page_is_sorted_by_keyboard(opened: Opened, pages: dict[str, Path]) -> None:
    opened.page.set_viewport_size({"width": 1920, "height": 900})
    page = opened.go(pages["run"])
    head = page.locator("#samples thead th", has_text="Findings")
    head.locator("button").focus()
    counts = "[...document.querySelectorAll('#samples tbody tr')].map(r => +r.querySelector('td.found').dataset.sort)"
    for key, falling in (("Enter", False), (" ", True)):
        page.keyboard.press(key)
        assert head.get_attribute("aria-sort") == ("descending" if falling else "ascending")
        values = page.evaluate(counts)
        assert values == sorted(values, reverse=falling)
        assert values[0] != values[-1]


def test_the_run_page_is_sorted_on_a_phone_too(opened: Opened, pages: dict[str, Path]) -> None:
    opened.page.set_viewport_size({"width": 390, "height": 844})
    page = opened.go(pages["run"])
    names = "[...document.querySelectorAll('#samples tbody th')].map(h => h.dataset.sort)"
    before = page.evaluate(names)
    page.get_by_label("Sort by").select_option("Findings, falling")
    assert page.evaluate(names) != before
    page.get_by_label("Sort by").select_option("as in the sheet")
    assert page.evaluate(names) == before


def test_the_run_page_is_searched_by_what_was_found(opened: Opened, pages: dict[str, Path]) -> None:
    page = opened.go(pages["run"])
    page.get_by_label("Search").fill("e1154k")
    shown = page.locator("#samples tbody tr:visible")
    assert shown.count() == 1
    assert shown.first.locator("a").inner_text() == "SIM04-relapse"
    assert page.locator("output").inner_text() == "1 of 9 shown"


@pytest.mark.parametrize("name", PAGES)
def test_paper_is_light_and_has_no_controls(name: str, opened: Opened, pages: dict[str, Path]) -> None:
    page = opened.go(pages[name])
    page.emulate_media(media="print", color_scheme="dark")
    try:
        shown = "[...document.querySelectorAll('input, select')].filter(e => e.checkVisibility()).length"
        assert page.evaluate(shown) == 0
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground in ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)")
        assert page.evaluate("document.querySelector('h1').checkVisibility()")
        # A4 without margins, 96 pixels to the inch: what is wider than the paper would be lost.
        page.set_viewport_size({"width": 794, "height": 1123})
        assert page.evaluate("document.documentElement.scrollWidth") <= 794
        assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF-")
    finally:
        page.emulate_media(media="screen", color_scheme="light")
