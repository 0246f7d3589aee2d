"""`kinescape panel` as a user runs it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from panel_samples import SYNTHETIC, genome

from kinescape.cli.main import main

Capture = pytest.CaptureFixture[str]


def test_list(capsys: Capture) -> None:
    assert main(["panel", "list"]) == 0
    header, line = capsys.readouterr().out.splitlines()
    assert header.split() == ["panel", "version", "genome", "genes", "amplicons", "known", "changes"]
    assert line.split() == ["alk-ros1", "1.0", "GRCh38", "ALK,", "ROS1", "7", "64"]


def test_show(capsys: Capture) -> None:
    assert main(["panel", "show"]) == 0
    out = capsys.readouterr().out
    assert "ALK_E23   chr2:29220680-29220861    182" in out
    assert re.search(r"ALK_E24 +5 +D1232N C1235R C1237Y F1245C F1245V", out)
    assert re.search(r"not on this panel +7 +ALK:R214H ROS1:L1951R ROS1:L2086F", out)
    assert "not the primers of the paper" in " ".join(out.split())
    assert not set(out) & set("━─│┃")  # no drawn lines where a program reads


def test_show_json(capsys: Capture) -> None:
    assert main(["panel", "show", "alk-ros1", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    amplicon = next(each for each in data["amplicons"] if each["name"] == "ALK_E23")
    assert (amplicon["first"], amplicon["last"], amplicon["length"]) == (29220680, 29220861, 182)
    change = next(each for each in amplicon["known"] if each["protein"] == "G1202R")
    assert change["variants"] == ["chr2:29220747:C>T", "chr2:29220747:C>G"]
    assert {each["protein"] for each in data["not_on_panel"]} >= {"L2086F", "G2101A", "L1951R"}
    assert data["features"]["not_verified"] > 0


def test_check(capsys: Capture) -> None:
    assert main(["panel", "check"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"17 +coding exons equal their windows, base by base", out)
    assert "Reference genome: not compared" in out
    assert re.search(r"ALK_E23: 55 pairs .*\(the amplicon has 182 bp: only fragments longer than 176 bp", out)
    assert re.search(r"ALK_E22 / ALK_E23 +66 +\d+ to \d+ +farther apart than a fragment of 176 bp", out)


def test_check_with_longer_fragments(capsys: Capture) -> None:
    assert main(["panel", "check", "--fragment-bp", "3000"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"ALK_E22 / ALK_E23 +66 .* would reach, but no amplicon holds both", out)
    assert "only fragments longer" not in out


def test_check_of_an_own_panel_with_its_genome(capsys: Capture, synthetic: object, tmp_path: Path) -> None:
    fasta = genome(synthetic, tmp_path / "genome.fa")  # type: ignore[arg-type]
    assert main(["panel", "check", "--panel", str(SYNTHETIC), "--reference", str(fasta)]) == 0
    assert re.search(r"all \d+ bases of 1 windows equal genome\.fa", capsys.readouterr().out)


def test_a_fault_in_an_own_panel(capsys: Capture, own_panel: Path, spoil: Callable[[str, str, str], int]) -> None:
    line = spoil("known_positions.tsv", "ALK\tG1202R", "ALK\tK1202R")
    for verb in ("show", "check"):
        assert main(["panel", verb, "--panel", str(own_panel)]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.startswith("kinescape: error: ")
        assert f"known_positions.tsv, line {line}, column protein: " in captured.err
        assert captured.err.count("\n") == 1


def test_usage(capsys: Capture, tmp_path: Path) -> None:
    assert main(["panel", "show", "egfr"]) == 2
    assert "no such panel; found 'egfr'" in capsys.readouterr().err
    assert main(["panel", "show", "alk-ros1", "--panel", str(tmp_path)]) == 2
    assert "not both" in capsys.readouterr().err
    assert main(["panel", "check", "--fragment-bp", "0"]) == 2
