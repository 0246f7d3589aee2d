"""Finding the aligners: absent, untested, and the version with a known fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from kinescape.align.programs import BOWTIE2, BWA, ProgramFacts, find_program
from kinescape.errors import InputError


@pytest.fixture(autouse=True)
def _forget() -> None:
    find_program.cache_clear()


def put(folder: Path, name: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = folder / name
    program.write_text(f"#!/bin/sh\necho '{says}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


@pytest.mark.parametrize("facts", [BWA, BOWTIE2])
def test_absent_program_is_named_with_the_way_to_get_it(
    facts: ProgramFacts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match=rf"'{facts.command}' was not found on PATH.*bootstrap.py"):
        find_program(facts)


@pytest.mark.parametrize("version", ["0.7.5a-r405", "0.8.1", "1.0"])
def test_untested_version_is_refused(version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "bwa", f"Version: {version}", monkeypatch)
    with pytest.raises(InputError, match=rf"never tested; found '{version}'; expected 0.7.12 or later, before 0.8"):
        find_program(BWA)


def test_known_fault_of_bowtie2_2_5_0_stands_in_the_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "bowtie2-align-s", "bowtie2-align-s version 2.5.0", monkeypatch)
    program = find_program(BOWTIE2)
    assert program.tested
    assert "discordant" in program.note
    find_program.cache_clear()
    put(tmp_path, "bowtie2-align-s", "bowtie2-align-s version 2.5.4", monkeypatch)
    assert find_program(BOWTIE2).note == ""


def test_program_without_a_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "bwa", "hello", monkeypatch)
    with pytest.raises(InputError, match="does not say its version"):
        find_program(BWA)
