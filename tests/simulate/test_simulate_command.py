"""``kinescape simulate`` as a user calls it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kinescape.cli.main import main


def test_the_example_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--example"]) == 0
    example = capsys.readouterr().out
    spec = tmp_path / "example.yaml"
    spec.write_text(example.replace("default: 6500", "default: 300"), encoding="utf-8")
    prefix = tmp_path / "out" / "reads"
    assert main(["simulate", str(spec), "-o", str(prefix), "--seed", "4"]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    assert "Simulated sample example, seed 4 (not patient data)" in shown.out
    assert "no read pairs: ROS1_E41" in shown.out
    assert "chr2:29220747:C>T  ALK:c.3604G>A  on compound: stated VAF 0.05" in shown.out
    assert "0.002400 mismatches per mapped base expected" in shown.out
    written = sorted(path.name for path in prefix.parent.iterdir())
    assert written == ["reads.truth.vcf", "reads_R1.fastq.gz", "reads_R2.fastq.gz"]


def test_a_bad_specification_is_one_line_and_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "bad.yaml"
    spec.write_text(
        "sample: s\npairs: 10\nmolecules: 5\nhaplotypes:\n  - {name: h, fraction: 0.1, changes: ['ALK:Q1R']}\n"
    )
    assert main(["simulate", str(spec), "-o", str(tmp_path / "x")]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert f"{spec}, line 5: key 'haplotypes[0].changes[0]'" in shown.err
    assert [path.name for path in tmp_path.iterdir()] == ["bad.yaml"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["simulate"], "Missing argument 'SPEC'"),
        (["simulate", "x.yaml"], "Missing option '-o PREFIX'"),
        (["simulate", "x.yaml", "-o", "folder/"], "output prefix is a folder"),
        (["simulate", "absent.yaml", "-o", "p"], "absent.yaml: no such file"),
        (["simulate", "x.yaml", "-o", "p", "--seed", "one"], "Invalid value for '--seed'"),
    ],
)
def test_usage_errors(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert words in capsys.readouterr().err


def test_another_panel_can_be_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "s.yaml"
    spec.write_text("sample: s\npairs: 10\nmolecules: 5\npanel: elsewhere\n", encoding="utf-8")
    assert main(["simulate", str(spec), "-o", str(tmp_path / "x")]) == 2
    assert "no such panel" in capsys.readouterr().err
    assert main(["simulate", str(spec), "-o", str(tmp_path / "x"), "--panel", "alk-ros1"]) == 0
