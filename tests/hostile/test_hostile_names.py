"""Names that mean something to a shell, to a parser, to a page or to a file system, through whole runs."""

from __future__ import annotations

import csv
import json
import os
import shutil
import unicodedata
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import hostile_kit
import pytest
from hostile_kit import bench, survives

from kinescape.panel.load import load_panel
from kinescape.simulate.sample import simulate_sample
from kinescape.simulate.spec_file import to_spec

pytestmark = pytest.mark.aligners
SHALLOW = ("--min-depth", "5", "--no-evidence")
ODD_NAMES = (
    *("a b", "$(touch pwned) `touch pwned`", ";touch pwned;#", "|touch pwned && x", "-o", "--help", 'it\'s "it"'),
    *(unicodedata.normalize("NFC", "é漢字"), unicodedata.normalize("NFD", "é漢字"), "\U0001f600 {job} {{x}} %s%n"),
    *("a,b:c=d", "*?[a]", "<script>alert(1)<", "back\\slash", "x" * 200, "trailing "),
)
"""Of files and folders; all of them can be made on Linux, and a sheet may name them."""
SAMPLES = ("con", "runs", "superseded", "engine", "samples", "index.html", "a+b-c_d.e", "x" * 100)
"""Allowed as a sample's name: letters, digits and the signs ``. _ + -``, whatever they may mean elsewhere."""
NO_SAMPLES = (
    *("..", ".", "", " ", "-x", "--help", "a b", "a/b", "../../x", "/etc", "a\\b", "$(touch pwned)", "`touch pwned`"),
    *("a;touch pwned", "a\nb", "a\tb", "a\0b", "\u00e9", "e\u0301", "\u202ea", "<b>", "x" * 101, "~", "*"),
    *("a'b", 'a"b', "{job}"),
)


@pytest.fixture(scope="module")
def reads(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A sample of 20 pairs per amplicon; the cache of indexes is the tests' own."""
    folder = tmp_path_factory.mktemp("reads")
    change = [{"name": "one", "fraction": 0.3, "changes": ["ALK:c.3604G>A"]}]
    values = {"sample": "s", "panel": "alk-ros1", "pairs": 20, "molecules": 500, "haplotypes": change}
    simulate_sample(to_spec(values), load_panel(), folder / "s", 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KINESCAPE_CACHE", str(tmp_path_factory.mktemp("cache, 'of' $(touch pwned)")))
        patch.setenv("KINESCAPE_ANNOTATION", str(folder / "none"))
        patch.setattr(hostile_kit, "CPU_SECONDS", 120)
        yield folder


def write_sheet(path: Path, rows: list[dict[str, str]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, dict.fromkeys(key for row in rows for key in row), restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def odd_sheet(reads: Path, given: Path, names: tuple[str, ...] = ODD_NAMES) -> tuple[Path, list[str]]:
    """A sheet whose samples have odd names and whose files have odder ones, in folders of such names."""
    rows = []
    for number, name in enumerate(names):
        folder = given / name
        folder.mkdir(parents=True)
        sample = SAMPLES[number % len(SAMPLES)]
        row = {"sample": sample if number < len(SAMPLES) else f"{sample[:90]}{number}"}
        for mate in (1, 2):
            path = folder / f"{name[:200]}_R{mate}.fastq.gz"
            shutil.copy(reads / f"s_R{mate}.fastq.gz", path)
            row[f"fastq_{mate}"] = str(path.relative_to(given))
        rows.append(row)
    return write_sheet(given / "odd sheet;touch pwned.csv", rows), [row["sample"] for row in rows]


def assert_nothing_was_touched(root: Path) -> None:
    assert [path for path in root.rglob("*") if path.name == "pwned" or path.name.startswith("pwned")] == []


def names_in(out: Path) -> set[str]:
    return {path.name for path in (out / "samples").iterdir()}


@pytest.mark.parametrize("command", ["run", pytest.param("batch", marks=pytest.mark.slow)])
def test_odd_names_of_files_folders_and_samples(reads: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    names = ODD_NAMES if command == "batch" else ODD_NAMES[::3]
    with bench() as folders:
        scratch = folders.given / "scratch, of\nmine $(touch pwned)"
        scratch.mkdir()
        monkeypatch.setenv("TMPDIR", str(scratch))
        monkeypatch.setattr("tempfile.tempdir", None)
        sheet, samples = odd_sheet(reads, folders.given / "in", names)
        out = folders.out / "-o $(touch pwned) 'é' \"\n\" <script>"
        more = () if command == "batch" else ("--threads", "1")
        code, said = survives([command, sheet, "-o", out, "--quiet", *more, *SHALLOW])
        assert code == 0, said
        assert names_in(out) == set(samples)
        assert {path.name for path in (out / "logs").iterdir()} >= {
            f"{name}.log" for name in samples if name != "engine"
        }
        if "engine" in samples:
            assert "calling" in (out / "logs" / "_engine.log").read_text()
        for name in samples:
            result = json.loads((out / "samples" / name / "result.json").read_text())
            assert result["sample"]["sample"] == name
            assert result["calls"]
        assert [path.name for path in folders.out.iterdir()] == [out.name]
        assert list(scratch.iterdir()) == []
        # The same command keeps all of them.
        code, said = survives([command, sheet, "-o", out, *more, *SHALLOW])
        assert code == 0
        assert said.count(" kept (") == len(samples)
        assert_nothing_was_touched(folders.root)


def test_names_that_are_no_samples_are_refused_before_anything_is_written(reads: Path) -> None:
    pair = [reads / f"s_R{mate}.fastq.gz" for mate in (1, 2)]
    for name in NO_SAMPLES:
        with bench() as folders:
            row = {"sample": name, "fastq_1": str(pair[0]), "fastq_2": str(pair[1])}
            sheet = write_sheet(folders.given / "sheet.csv", [row])
            for arguments in (
                ["run", sheet, "-o", folders.out],
                ["batch", sheet, "-o", folders.out],
                ["run", "--fastq", *pair, "--sample", name, "-o", folders.out],
            ):
                if "\0" in name and "--fastq" in arguments:
                    continue
                code, said = survives(arguments)
                assert code == 2, f"{name!r}: {said}"
                assert len([line for line in said.splitlines() if line.startswith("kinescape: error: ")]) == 1, said
                assert all(line.isprintable() for line in said.splitlines())
            assert not folders.out.exists()
            assert_nothing_was_touched(folders.root)


def test_paths_that_are_no_utf_8_or_too_long_are_refused(reads: Path) -> None:
    pair = [reads / f"s_R{mate}.fastq.gz" for mate in (1, 2)]
    for arguments in (
        ["run", "--fastq", *pair, "-o", os.fsdecode(b"\xff")],
        ["run", "--fastq", os.fsdecode(b"\xff_R1.fastq.gz"), pair[1], "--sample", "s", "-o", "{out}"],
        ["batch", os.fsdecode(b"\xff.csv"), "-o", "{out}"],
        ["collate", os.fsdecode(b"\xff"), "-o", "x.duckdb"],
        ["run", "--fastq", *pair, "--sample", "s", "-o", "{out}", "--annotations", os.fsdecode(b"\xff")],
    ):
        with bench() as folders:
            code, said = survives([str(each).format(out=folders.out) for each in arguments])
            assert code == 2, said
            assert "not UTF-8" in said
    with bench() as folders:
        for path in (folders.out / ("x" * 256), folders.out / "/".join(["x" * 200] * 25)):
            code, said = survives(["run", "--fastq", *pair, "--sample", "s", "-o", path, *SHALLOW])
            assert code in (1, 2), said
            assert "too long" in said


# --- pages ------------------------------------------------------------------------------------------------------------

PAYLOADS = (
    *("<script>pwned()</script>", "</script><script>pwned()</script>", "\"'><img src=x onerror=pwned()>", "<!--pwned"),
    *("</title></style></textarea><svg onload=pwned()>", "javascript:pwned()", "{{7*7}}{%pwned%}", "]]><pwned/>"),
    "&lt;script&gt;pwned()&#60;",
)
WORDS = ("patient", "timepoint", "therapy", "line", "fusion", "note")


class Injected(HTMLParser):
    """Looks for anything of the payloads that became markup; keeps the text that is shown."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.shown = ""
        self._open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self._open.append(tag)
        for name, value in attrs:
            value = (value or "").strip().lower()
            if (name.startswith("on") and "pwned" in value) or value.startswith("javascript:") or "pwned" in name:
                self.found.append(f"<{tag} {name}={value!r}>")
        if "pwned" in tag:
            self.found.append(f"<{tag}>")

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1] == tag:
            self._open.pop()

    def handle_comment(self, data: str) -> None:
        if "pwned" in data:
            self.found.append(f"<!--{data[:60]}")

    def handle_data(self, data: str) -> None:
        if not self._open:
            self.shown += data
        elif data.strip().startswith("pwned") or ("pwned" in data and "</" in data):
            self.found.append(f"in <{self._open[-1]}>: {data[:60]!r}")


def payload_run(reads: Path, folders: hostile_kit.Bench) -> tuple[Path, list[str]]:
    """Four samples of two patients: every payload in every column of words, and in names of files."""
    rows, given = [], folders.given / "in"
    for number in range(4):
        row = {"sample": f"s{number}"}
        for mate in (1, 2):
            name = f"{PAYLOADS[2 * number].replace('/', '_')}_R{mate}.fastq.gz"
            (given / f"d{number}").mkdir(parents=True, exist_ok=True)
            shutil.copy(reads / f"s_R{mate}.fastq.gz", given / f"d{number}" / name)
            row[f"fastq_{mate}"] = f"d{number}/{name}"
        for place, column in enumerate(WORDS):
            row[column] = PAYLOADS[(place + 2 * (number // 2)) % len(PAYLOADS)] + ("" if place == 0 else str(number))
        rows.append(row)
    assert (
        survives(["run", write_sheet(given / "sheet.csv", rows), "-o", folders.out, "--min-depth", "5", "--quiet"])[0]
        == 0
    )
    return folders.out, [row["patient"] for row in rows]


def test_markup_in_the_sheet_is_shown_and_never_becomes_markup(reads: Path) -> None:
    with bench() as folders:
        out, patients = payload_run(reads, folders)
        survives(["timeline", out, "-o", folders.out / "course"])
        pages = [*out.rglob("*.html"), *out.rglob("*.svg")]
        assert len(pages) >= 5
        for page in pages:
            assert Injected(page.read_text(encoding="utf-8")).found == [], page
        for number, patient in enumerate(patients):
            seen = Injected((out / "samples" / f"s{number}" / "report.html").read_text(encoding="utf-8"))
            assert patient in seen.shown
            assert PAYLOADS[2 * number].replace("/", "_") in seen.shown
            assert 'id="course"' in (out / "samples" / f"s{number}" / "report.html").read_text()
        assert patients[0] in Injected((out / "index.html").read_text(encoding="utf-8")).shown


@pytest.mark.slow
@pytest.mark.browser
def test_a_browser_runs_nothing_of_it(reads: Path, chromium: str) -> None:
    from playwright.sync_api import sync_playwright

    with bench() as folders:
        out, _ = payload_run(reads, folders)
        pages = [*out.rglob("*.html")]
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"]
            )
            # Without the pages' own policy, which would stop a script that got in.
            page = browser.new_context(bypass_csp=True).new_page()
            page.add_init_script("window.pwned = () => { window.wasPwned = true; };")
            for path in pages:
                page.goto(path.as_uri())
                page.wait_for_timeout(200)
                assert page.evaluate("window.wasPwned === undefined"), path
                assert page.locator("img[src=x], pwned, svg[onload]").count() == 0
            browser.close()
