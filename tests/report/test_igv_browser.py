"""The reads in IGV in a real browser, at 65,000x and 0.6%: offline, without a complaint, the rare reads on top."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import PROGRAM, Browser

from kinescape.cli.main import main
from kinescape.panel.load import load_panel
from kinescape.report.inspection import IGV_VERSION, viewer_program
from kinescape.report.result import read_result
from kinescape.simulate.sample import simulate_sample
from kinescape.simulate.spec_file import to_spec

pytestmark = [
    pytest.mark.slow,
    pytest.mark.aligners,
    pytest.mark.browser,
    pytest.mark.skipif(PROGRAM is None and not os.environ.get("CI"), reason="no Chromium is installed"),
]

LARGEST_PAGE = 5_000_000
"""Bytes."""
WAIT = 60.0
"""Seconds for the viewer on a busy machine."""


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One amplicon at 65,000 pairs, L1196M at 0.6%."""
    folder = tmp_path_factory.mktemp("deep")
    values = {
        "sample": "deep",
        "panel": "alk-ros1",
        "pairs": {"default": 0, "ALK_E23": 65_000},
        "molecules": 20_000,
        "background": 0.0024,
        "haplotypes": [{"name": "low", "fraction": 0.0065, "changes": ["ALK:L1196M"]}],
    }
    simulate_sample(to_spec(values), load_panel(), folder / "deep", 1)
    reads = [str(folder / f"deep_R{mate}.fastq.gz") for mate in (1, 2)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KINESCAPE_CACHE", str(folder / "cache"))
        patch.setenv("KINESCAPE_ANNOTATION", str(folder / "annotation"))
        assert main(["run", "--fastq", *reads, "--sample", "deep", "-o", str(folder / "out"), "--quiet"]) == 0
        yield folder / "out" / "samples" / "deep"


@pytest.fixture
def browser() -> Iterator[Browser]:
    opened = Browser()
    yield opened
    opened.close()


def until(browser: Browser, condition: str) -> None:
    end = time.monotonic() + WAIT
    while not browser.run(condition):
        assert time.monotonic() < end, (condition, browser.run("document.getElementById('igv-state').textContent"))
        time.sleep(0.2)


SHOWN = "document.getElementById('igv-state').textContent.startsWith('Shown: ALK L1196M')"
BASES = """
(function () {
  // What the rows of both tracks show at the call, from top to bottom, as the viewer has packed and sorted them.
  const position = 29220764;
  return window.kinescapeViewer.findTracks(track => track.type === "alignment").map(track => {
    const rows = [...track.trackView.viewports[0].cachedFeatures.packedGroups.values()].flatMap(group => group.rows);
    return rows.map(row => row.alignments.flatMap(a => [a.firstAlignment || a, a.secondAlignment])
      .filter(a => a && a.start <= position && position < a.start + a.lengthOnRef)
      .map(a => a.readBaseAt(position)).join(""));
  });
})()
"""


def test_the_viewer_was_built_in() -> None:
    """Without it the other tests would have nothing to look at: the build brings it (hatch_build.py)."""
    program = viewer_program()
    assert program is not None
    assert "Permission is hereby granted, free of charge" in program.licence


def test_the_rare_reads_are_seen_and_nothing_is_asked_of_the_network(sample: Path, browser: Browser) -> None:
    page = sample / "report.html"
    assert page.stat().st_size < LARGEST_PAGE
    browser.open(page)
    assert browser.run("window.igv === undefined"), "nothing of it runs before it is asked for"
    browser.run("document.querySelector('button.look').click()")
    until(browser, SHOWN)
    assert browser.run("igv.version()") == IGV_VERSION
    until(browser, f"{BASES}.every(rows => rows.length > 0)")
    result = read_result(sample)
    evidence = result.evidence
    assert evidence is not None
    call = next(call for call in result.calls if call.consequence and call.consequence.protein == "L1196M")
    assert 0.004 < call.vaf < 0.009
    counts = [each for each in evidence.counts if each.variant == call.variant.name]
    assert len(counts) == 2
    tracks = browser.run(BASES)
    assert len(tracks) == 2
    for rows, numbers in zip(tracks, counts, strict=True):
        alt = ["T" in row for row in rows]
        assert sum(alt) == numbers.shown_alt > 250
        assert all(alt[:100]), "reads that show the change lie on top"
        assert sum("G" in row and "T" not in row for row in rows) >= numbers.shown_reference > 50
    text = browser.run("document.querySelector('table.looks').textContent")
    for numbers in counts:
        assert f"{numbers.shown_alt:,} of {numbers.alt_fragments:,}" in text
        assert f"{numbers.shown_reference:,} of {numbers.reference_fragments:,}" in text
    assert "130,000" in text, "the true depth"
    assert [url for url in browser.requests if not url.startswith("data:image/svg+xml,")] == [page.as_uri()]
    assert browser.complaints == []
    assert browser.blocked == []


def test_the_red_column_is_on_the_screen(sample: Path, browser: Browser) -> None:
    """Pixels: the canvas of each aligner has a column of the colour of T where the call is."""
    browser.ask("Emulation.setDeviceMetricsOverride", width=1280, height=900, deviceScaleFactor=1, mobile=False)
    browser.open(sample / "report.html")
    browser.run("document.querySelector('button.look').click()")
    until(browser, SHOWN)
    painted = """
    window.kinescapeViewer.findTracks(track => track.type === "alignment").map(track => {
      const canvas = track.trackView.viewports[0].$viewport
        ? track.trackView.viewports[0].$viewport.find("canvas").get(0)
        : track.trackView.viewports[0].viewportElement.querySelector("canvas");
      const paper = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height), counts = {};
      for (let i = 0; i < paper.data.length; i += 4) {
        if (paper.data[i] > 220 && paper.data[i + 1] < 60 && paper.data[i + 2] < 60) {
          const x = (i / 4) % canvas.width;
          counts[x] = (counts[x] || 0) + 1;
        }
      }
      return Math.max(0, ...Object.values(counts));
    })
    """
    until(browser, f"{painted}.every(height => height > 100)")


def test_calls_are_reached_with_the_keyboard(sample: Path, browser: Browser) -> None:
    browser.open(sample / "report.html")
    looks = browser.run("document.querySelectorAll('button.look').length")
    assert looks == len(read_result(sample).calls) >= 1
    browser.run("document.querySelector('button.look').focus()")
    if looks > 1:
        browser.ask(
            "Input.dispatchKeyEvent", type="keyDown", key="ArrowDown", code="ArrowDown", windowsVirtualKeyCode=40
        )
        assert browser.run("document.activeElement === document.querySelectorAll('button.look')[1]")
        browser.ask("Input.dispatchKeyEvent", type="keyDown", key="ArrowUp", code="ArrowUp", windowsVirtualKeyCode=38)
    assert browser.run("document.activeElement === document.querySelector('button.look')")
    for kind in ("keyDown", "keyUp"):
        browser.ask("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r")
    until(browser, SHOWN)
    assert browser.run("document.querySelector('button.look').getAttribute('aria-pressed')") == "true"


def test_a_sign_off_is_downloaded_and_taken(sample: Path, browser: Browser, tmp_path: Path) -> None:
    copy = tmp_path / "deep"
    shutil.copytree(sample, copy)
    browser.ask("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    browser.open(copy / "report.html")
    add = "document.getElementById('review-add').click()"
    browser.run(add)
    assert browser.run("document.getElementById('review-state').textContent") == "A verdict is missing."
    browser.run("document.querySelector('input[name=review-verdict][value=reject]').click()")
    browser.run(add)
    assert browser.run("document.getElementById('review-state').textContent") == "A name is missing."
    assert browser.run("document.getElementById('review-download').disabled") is True
    browser.run("document.getElementById('review-by').value = '<img src=x onerror=alert(1)> Reader'")
    browser.run("document.getElementById('review-note').value = '=1+1 </script> strands'")
    browser.run(add)
    assert browser.run("document.querySelectorAll('#review-list img').length") == 0
    browser.run("document.getElementById('review-download').click()")
    given = tmp_path / "review-deep.json"
    end = time.monotonic() + WAIT
    while not given.is_file() and time.monotonic() < end:
        time.sleep(0.1)
    assert json.loads(given.read_text())["sample"] == "deep"
    assert browser.complaints == []
    assert main(["review", str(copy), "--import", str(given)]) == 0
    (entry,) = json.loads((copy / "review.json").read_text())["entries"]
    assert (entry["verdict"], entry["note"]) == ("reject", "=1+1 </script> strands")
    browser.open(copy / "report.html")
    assert "rejected on review" in browser.run("document.getElementById('findings').textContent")
    assert "<img src=x onerror=alert(1)> Reader" in browser.run("document.getElementById('inspection').textContent")
    assert browser.run("document.querySelectorAll('main img').length") == 0


@pytest.mark.parametrize("width", [390, 1280])
def test_the_viewer_is_not_wider_than_the_screen(width: int, sample: Path, browser: Browser) -> None:
    browser.ask("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 500)
    browser.open(sample / "report.html")
    browser.run("document.querySelector('button.look').click()")
    until(browser, SHOWN)
    assert browser.run("document.documentElement.scrollWidth") <= width


def test_a_page_without_the_viewer_says_why(sample: Path, browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "plain.html"
    assert main(["report", str(sample), "--no-igv", "-o", str(page)]) == 0
    assert 'id="igv-program"' not in page.read_text()
    assert "left out of this page on request" in page.read_text()
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(sample / "result.json", alone)
    assert main(["report", str(alone)]) == 0
    assert "do not lie beside the result" in (alone / "report.html").read_text()
    browser.open(alone / "report.html")
    assert browser.complaints == []
    assert browser.run("document.getElementById('sign-off').checkVisibility()"), "a verdict can still be written"


def test_an_installation_without_the_viewer_says_so(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kinescape.report.inspection.viewer_program", lambda: None)
    page = tmp_path / "page.html"
    assert main(["report", str(sample), "-o", str(page)]) == 0
    assert "IGV was not built into this installation" in page.read_text()
    assert 'id="igv-program"' not in page.read_text()
