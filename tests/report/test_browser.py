"""The pages in a real browser: nothing asked of the network, no complaint, and every control does what it says."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import Browser
from example_results import EXAMPLES, compound_cis, earlier_sample

from kinescape.report.index import render_index
from kinescape.report.page import render_sample

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    opened = Browser(chromium)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    texts = {name: render_sample(make()) for name, make in EXAMPLES.items()}
    texts["course"] = render_sample(compound_cis(), (earlier_sample(),))
    texts["index"] = render_index([make() for make in EXAMPLES.values()], {"SIM99": "truncated gzip"})
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in texts}


@pytest.mark.parametrize("name", [*EXAMPLES, "course", "index"])
def test_a_page_asks_for_nothing_and_has_no_complaint(name: str, browser: Browser, pages: dict[str, Path]) -> None:
    browser.requests.clear()
    browser.complaints.clear()
    browser.open(pages[name])
    assert browser.run("document.readyState") == "complete"
    assert browser.requests == [pages[name].as_uri()]
    assert browser.complaints == []
    assert browser.run("[...document.scripts].filter(s => !s.type).length") == 1
    assert browser.run("getComputedStyle(document.querySelector('.layout')).display") == "grid", "the style applies"


def test_the_policy_stops_what_does_not_belong(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["no_calls"])
    browser.requests.clear()
    browser.run(
        """
        window.broken = 0;
        const script = document.createElement("script"), image = new Image();
        script.textContent = "window.broken = 1";
        image.src = "http://example.org/x.png";
        document.body.append(script, image);
        """
    )
    assert browser.run("window.broken") == 0
    browser.ask("Runtime.evaluate", expression="new Promise(done => setTimeout(done, 300))", awaitPromise=True)
    assert browser.blocked[-1] == "csp", "announced by the browser, but never sent"
    assert any("Content Security Policy" in complaint for complaint in browser.complaints)


def test_known_positions_are_filtered_and_sorted(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["weak_call"])
    shown = "[...document.querySelectorAll('#known-table tbody tr')].filter(r => !r.hidden)"
    assert browser.run(f"{shown}.length") == 64
    browser.run("document.querySelector('#known input[value=not_detected]').click()")
    assert browser.run(f"{shown}.map(r => r.dataset.state).includes('not_detected')") is False
    assert browser.run("document.querySelector('#known output').textContent") == "9 of 64 shown"
    browser.run(
        """
        const field = document.querySelector("#known input[type=search]");
        field.value = "f1174";
        field.dispatchEvent(new Event("input", { bubbles: true }));
        """
    )
    assert browser.run(f"{shown}.map(r => r.cells[0].textContent).join()") == "ALK F1174L"
    browser.open(pages["weak_call"])
    head = "document.querySelectorAll('#known-table thead th')[5]"
    depths = "[...document.querySelectorAll('#known-table tbody tr')].map(r => r.cells[5].dataset.sort)"
    for direction in ("ascending", "descending"):
        browser.run(f"{head}.querySelector('button').click()")
        assert browser.run(f"{head}.getAttribute('aria-sort')") == direction
        values = [int(v) for v in browser.run(depths) if v]
        assert values == sorted(values, reverse=direction == "descending")
        assert len(values) == 57


def test_the_evidence_opens_at_once(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["compound_cis"])
    opened = "document.querySelectorAll('#drugs details[open]').length"
    assert browser.run(opened) == 0
    browser.run("document.querySelector('button[data-opens]').click()")
    assert browser.run(opened) == 5
    assert browser.run("document.querySelector('button[data-opens]').getAttribute('aria-expanded')") == "true"
    browser.run("document.querySelector('button[data-opens]').click()")
    assert browser.run(opened) == 0


def test_the_run_page_is_filtered_by_gate_and_role(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["index"])
    browser.run("document.querySelector('input[value=pass]').click()")
    assert browser.run("document.querySelector('output').textContent") == "3 of 9 shown"
    browser.run("document.querySelector('input[value=plasma]').click()")
    assert browser.run("document.querySelector('output').textContent") == "0 of 9 shown"


def test_every_control_can_be_reached_with_the_keyboard(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["compound_cis"])
    browser.ask("Input.dispatchKeyEvent", type="keyDown", key="Tab", code="Tab", windowsVirtualKeyCode=9)
    assert browser.run("document.activeElement.className") == "skip"
    assert browser.run("document.activeElement.getBoundingClientRect().left") >= 0, (
        "it shows itself when it has the focus"
    )
    wanted = "[...document.querySelectorAll('a, button, input, summary, [tabindex]')].filter(e => e.checkVisibility())"
    assert browser.run(f"{wanted}.every(e => e.tabIndex === 0)")
    assert browser.run(f"{wanted}.length") > 40


@pytest.mark.parametrize("name", [*EXAMPLES, "course", "index"])
@pytest.mark.parametrize("width", [360, 390, 768, 1280])
def test_no_page_is_wider_than_the_screen(name: str, width: int, browser: Browser, pages: dict[str, Path]) -> None:
    browser.ask("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 500)
    try:
        browser.open(pages[name])
        assert browser.run("document.documentElement.scrollWidth") <= width
    finally:
        browser.ask("Emulation.clearDeviceMetricsOverride")


def test_dark_mode_follows_the_system(browser: Browser, pages: dict[str, Path]) -> None:
    grounds = {}
    for scheme in ("light", "dark"):
        browser.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        browser.open(pages["compound_cis"])
        grounds[scheme] = browser.run("getComputedStyle(document.querySelector('section')).backgroundColor")
    browser.ask("Emulation.setEmulatedMedia", features=[])
    assert grounds == {"light": "rgb(255, 255, 255)", "dark": "rgb(26, 30, 34)"}


def test_print_is_light_and_leaves_controls_out(browser: Browser, pages: dict[str, Path]) -> None:
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    browser.ask("Emulation.setEmulatedMedia", media="print", features=dark)
    try:
        browser.open(pages["compound_cis"])
        assert (
            browser.run("getComputedStyle(document.querySelector('section')).backgroundColor") == "rgb(255, 255, 255)"
        )
        for hidden in ("nav", "fieldset", "#filtered", "#drugs tr.evidence"):
            assert browser.run(f"document.querySelector('{hidden}').checkVisibility()") is False
        for shown in (
            "aside.simulated",
            "#gate",
            "#drugs",
            "#findings",
            "#phase",
            "#not-assessed",
            "#limits",
            "#methods",
        ):
            assert browser.run(f"document.querySelector('{shown}').checkVisibility()") is True
        printed = base64.b64decode(browser.ask("Page.printToPDF", preferCSSPageSize=True)["data"])
        assert 5 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 10
    finally:
        browser.ask("Emulation.setEmulatedMedia", media="", features=[])
