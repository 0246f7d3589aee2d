"""A lab's own template: what it sees, what it cannot do, and how its faults are told."""

from __future__ import annotations

import html
import json
from importlib import resources
from pathlib import Path

import pytest
from example_results import EXAMPLES, compound_cis
from results_at_hand import ODD, odd

from kinescape.cli.main import main
from kinescape.errors import InputError
from kinescape.exports.own_template import render_template, template_context, view_text
from kinescape.exports.view import sample_view
from kinescape.report.result import write_result


def template(folder: Path, text: str, name: str = "own.html.j2") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


@pytest.mark.parametrize("name", [*EXAMPLES, "odd"])
def test_the_example_fits_every_result(name: str) -> None:
    result = odd() if name == "odd" else EXAMPLES[name]()
    with resources.as_file(resources.files("kinescape.exports") / "templates" / "example.html.j2") as path:
        page = render_template(path, result)
    assert "Research use only" in page
    assert "SIMULATED" in page
    assert "<script" not in page
    assert "<img" not in page


def test_values_are_escaped_and_a_jinja_tag_in_them_is_text(tmp_path: Path) -> None:
    page = render_template(
        template(tmp_path, "{{ sample.name }}|{% for f in facts %}{{ f.name }}={{ f.value }};{% endfor %}"), odd()
    )
    assert page.startswith("&lt;script&gt;alert(1)&lt;/script&gt;|")
    assert "jinja={{ 7 * 7 }}{% if %};" in page
    assert "49" not in page
    assert "[U+202E]" in page
    assert ODD["markup"] in html.unescape(page)


def test_the_view_is_plain_data_and_complete() -> None:
    for make in EXAMPLES.values():
        result = make()
        view = json.loads(json.dumps(sample_view(result)))
        assert len(view["findings"]) + len(view["filtered"]) == len(result.calls)
        assert len(view["known_positions"]) == len(result.known_positions)
        assert sum(len(group["drugs"]) for group in view["drug_groups"]) == len(result.drugs)
        not_detected = sum(len(group["changes"]) for group in view["not_detected"])
        silent = sum(len(group["changes"]) for group in view["not_assessed"]["positions"])
        seen = sum(known.state in ("detected", "weak") for known in result.known_positions)
        assert not_detected + silent + seen == len(result.known_positions)


def test_the_documented_members_are_those_of_the_view() -> None:
    """docs/exports.md names every member of the first level, so that a lab can rely on it."""
    docs = Path(__file__).resolve().parents[2] / "docs" / "exports.md"
    text = docs.read_text(encoding="utf-8")
    for name in template_context(compound_cis()):
        assert f"`{name}`" in text, name


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("a\n{{ nope }}", 2, "'nope' is undefined"),
        ("{{ sample.nope }}", 1, "no attribute 'nope'"),
        ("a\nb\n{% for %}", 3, "malformed"),
        ("{{ ''.__class__.__mro__ }}", 1, "unsafe"),
        ("{{ findings.append(1) }}", 1, "unsafe"),
        ("x\n{{ 1 / 0 }}", 2, "division"),
        ("{{ gate | nofilter }}", 1, "nofilter"),
        ("{% for i in range(10000000) %}{% endfor %}", 1, "too big"),
    ],
)
def test_faults_are_told_by_line(text: str, line: int, told: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        render_template(template(tmp_path, text), compound_cis())
    assert raised.value.line == line
    assert told in str(raised.value)
    assert "own.html.j2" in str(raised.value)


@pytest.mark.parametrize("included", ["../secret.txt", "/etc/passwd", "nowhere.html"])
def test_a_template_reads_only_its_own_folder(included: str, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    (tmp_path / "inner").mkdir()
    with pytest.raises(InputError, match="not in its folder"):
        render_template(template(tmp_path / "inner", f"{{% include '{included}' %}}"), compound_cis())


def test_a_template_may_be_made_of_parts(tmp_path: Path) -> None:
    template(tmp_path, "<b>{{ gate.words }}</b>", "part.html")
    assert render_template(template(tmp_path, "{% include 'part.html' %}"), compound_cis()) == "<b>Pass</b>"
    template(tmp_path, "x\n{{ nope }}", "part.html")
    with pytest.raises(InputError) as raised:
        render_template(tmp_path / "own.html.j2", compound_cis())
    assert (Path(str(raised.value.file)).name, raised.value.line) == ("part.html", 2)


def test_binary_and_missing_templates(tmp_path: Path) -> None:
    (tmp_path / "own.j2").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not UTF-8"):
        render_template(tmp_path / "own.j2", compound_cis())
    with pytest.raises(InputError, match="no such file"):
        render_template(tmp_path / "none.j2", compound_cis())


def test_the_command_writes_the_page_pdf_and_view(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "sample"
    write_result(folder / "result.json", compound_cis())
    own = template(tmp_path, "{{ sample.name }}", "letter.html.j2")
    assert main(["report", str(folder), "--template", str(own)]) == 0
    assert (folder / "letter.html").read_text(encoding="utf-8") == "SIM01-relapse"
    assert main(["report", str(folder), "--pdf"]) == 0
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF")
    assert capsys.readouterr().out.splitlines() == [str(folder / "letter.html"), str(folder / "report.pdf")]
    assert main(["report", str(folder), "--dump-view"]) == 0
    assert capsys.readouterr().out == view_text(compound_cis())
    assert main(["report", str(folder), "--pdf", "--template", str(own)]) == 2
    assert not (folder / "report.html").exists()
    own.write_text("{{ nope }}", encoding="utf-8")
    before = (folder / "letter.html").read_text(encoding="utf-8")
    assert main(["report", str(folder), "--template", str(own)]) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert (folder / "letter.html").read_text(encoding="utf-8") == before
