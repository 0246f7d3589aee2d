"""The page in a real browser: it draws, obeys its keys, and asks nothing of the network."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from peptide_builder import STRAND, peptide, with_benzene

from kinescape.structure.compare import states_of
from kinescape.structure.viewer import viewer_available, viewer_page

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(PROGRAM is None, reason="no Chromium is installed"),
    pytest.mark.skipif(not viewer_available(), reason="3Dmol.js was not built in (its build needs npm)"),
]
SOFTWARE = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


def test_it_draws_and_obeys(tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    model = with_benzene(peptide("FILLELM", 1193, STRAND))
    states = states_of(model, "BNZ", ["L1196F"], smiles={"BNZ": "c1ccccc1"})
    path = tmp_path / "view.html"
    path.write_text(viewer_page(states, "BNZ"), encoding="utf-8")
    asked: list[str] = []
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=SOFTWARE)
        page = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
        page.set_default_timeout(240_000)
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda problem: complaints.append(str(problem)))
        page.goto(path.as_uri(), wait_until="commit")
        page.wait_for_selector("#view[data-ready]")
        assert page.locator("#view canvas").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        # Labels that would lie on each other are left out, the changed residue's never; zooming makes room.
        page.wait_for_function("document.querySelector('#view').dataset.labels.includes('L1196F')")
        before = int(page.evaluate("document.querySelector('#view').dataset.hidden"))
        for _ in range(8):
            page.locator("#view").press("-")
        page.wait_for_function(f"Number(document.querySelector('#view').dataset.hidden) > {before}")
        assert "L1196F" in page.evaluate("document.querySelector('#view').dataset.labels").split()
        page.locator("#view").press("r")
        pressed = "document.querySelector('{}').getAttribute('aria-pressed')"
        for key, button in (("l", "#labels"), ("h", "#bonds"), ("c", "#cartoon"), ("2", '[data-state="1"]')):
            before = page.evaluate(pressed.format(button))
            page.locator("#view").press(key)
            assert page.evaluate(pressed.format(button)) != before, key
        page.click("#theme")
        assert page.evaluate("document.documentElement.dataset.theme") == "light"
        assert "Three-dimensional view of BNZ" in page.evaluate("document.querySelector('#view').ariaLabel")
        browser.close()
    assert complaints == []
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


def test_undecided_rotamers_are_drawn_beside_the_chosen_one(tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    model = with_benzene(peptide("FILLELM", 1193, STRAND))
    states = states_of(model, "BNZ", ["L1198F", "L1195G"], smiles={"BNZ": "c1ccccc1"}, alternatives=True)
    mutants = [number for number, state in enumerate(states) if state.mutant.turned is None]
    assert mutants[2] > 3, "the second mutant stands behind the rotamers of the first"
    path = tmp_path / "view.html"
    path.write_text(viewer_page(states, "BNZ"), encoding="utf-8")
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=SOFTWARE)
        page = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="light")
        page.set_default_timeout(240_000)
        page.on("pageerror", lambda problem: complaints.append(str(problem)))
        page.goto(path.as_uri(), wait_until="commit")
        page.wait_for_selector("#view[data-ready]")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        chosen = states[1].rotamer
        page.wait_for_function(f"document.querySelector('#view').dataset.labels.split(' ').includes('{chosen}')")
        pressed = "document.querySelector('[data-state=\"{}\"]').getAttribute('aria-pressed')"
        shown = [number for number in range(len(states)) if page.evaluate(pressed.format(number)) == "true"]
        assert shown == list(range(mutants[2])), "wild type, first mutant and its rotamers"
        # Keys go by the buttons as they stand: mutants first. Without its rotamers the chosen one is not named.
        page.locator("#view").press("3")
        assert page.evaluate(pressed.format(mutants[2])) == "true"
        for number in range(2, mutants[2]):
            page.click(f'[data-state="{number}"]')
            assert page.evaluate(pressed.format(number)) == "false"
        page.wait_for_function(f"!document.querySelector('#view').dataset.labels.split(' ').includes('{chosen}')")
        # An undecided one alone is drawn whole.
        page.click('[data-state="1"]')
        page.click('[data-state="2"]')
        page.wait_for_function(
            f"document.querySelector('#view').dataset.labels.split(' ').includes('{states[2].rotamer}')"
        )
        browser.close()
    assert complaints == []
