"""`kinescape doctor`: faults are faults, notes are notes, and each says what to do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from kinescape.align import programs
from kinescape.cli.main import main
from kinescape.engine import doctor


@pytest.fixture(autouse=True)
def _own_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KINESCAPE_ANNOTATION", str(tmp_path / "annotation"))
    monkeypatch.setenv("KINESCAPE_CACHE", str(tmp_path / "cache"))


@pytest.mark.aligners
def test_a_healthy_machine_has_no_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "panel alk-ros1" in said
    assert "gnomad" in said
    assert "not consulted" in said
    assert "0 faults" in said


@pytest.mark.aligners
def test_json_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {each["part"] for each in found} == {name for name, _ in doctor.CHECKS}
    assert all(set(each) == {"part", "what", "state", "found", "remedy"} for each in found)


def test_a_missing_aligner_is_a_fault_with_a_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    programs.find_program.cache_clear()
    try:
        assert main(["doctor"]) == 1
    finally:
        programs.find_program.cache_clear()
    said = capsys.readouterr().out
    assert "FAULT bwa" in said
    assert "bootstrap.py setup" in said


def test_a_check_that_fails_itself_does_not_end_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Iterator[doctor.Finding]:
        raise RuntimeError("boom")

    machine = dict(doctor.CHECKS)["machine"]
    monkeypatch.setattr(doctor, "CHECKS", (("odd", broken), ("machine", machine)))
    found = doctor.examine()
    assert found[0].state == "fault"
    assert "boom" in found[0].found
    assert any(each.what == "Python" for each in found)


def test_a_cache_that_cannot_be_written_is_a_fault(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setenv("KINESCAPE_CACHE", str(blocked / "cache"))
    found = {each.what: each for each in doctor.examine()}
    assert found["cache of window indexes"].state == "fault"
    assert "KINESCAPE_CACHE" in found["cache of window indexes"].remedy


@pytest.mark.aligners
def test_a_genome_that_is_none_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--reference", str(tmp_path / "hg38.fa")]) == 1
    assert "reference fetch hg38" in capsys.readouterr().out
