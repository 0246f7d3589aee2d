"""Patient 4 of Villa et al. 2024 in simulated reads: E1154K gone and F1174L lower under continued lorlatinib."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from e2e_samples import SHALLOW, make

from kinescape.cli.main import main

pytestmark = pytest.mark.aligners

OTHER = dict.fromkeys(("ALK_E25", "ROS1_E38", "ROS1_E41"), 600)


def test_patient_4_comes_out_right(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both, one = ["ALK:c.3522C>A", "ALK:c.3460G>A"], ["ALK:c.3522C>A"]
    pairs = {"default": 2500, **OTHER}
    parent = {"name": "parent", "fraction": 0.02, "changes": one}
    make(tmp_path, "later", 5, pairs=pairs, molecules=9000, haplotypes=[parent])
    clones = [{**parent, "fraction": 0.03}, {"name": "subclone", "fraction": 0.03, "changes": both}]
    make(tmp_path, "relapse", 4, pairs=pairs, molecules=9000, haplotypes=clones)
    head = "sample,patient,fastq_1,fastq_2,date,therapy,cfdna_ng,simulated\n"
    lines = {
        name: f"{name},P4,{name}_R1.fastq.gz,{name}_R2.fastq.gz,{date},lorlatinib,29.7,yes\n"
        for name, date in (("later", "2021-09-01"), ("relapse", "2021-03-01"))
    }
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(head + lines["later"] + lines["relapse"])
    out = tmp_path / "out"
    assert main(["run", str(sheet), "-o", str(out), "--threads", "2", *SHALLOW]) == 0
    capsys.readouterr()
    assert main(["timeline", str(out), "-o", str(tmp_path / "timeline")]) == 0
    (patient,) = json.loads((tmp_path / "timeline" / "timeline.json").read_text())["patients"]
    assert [each["sample"] for each in patient["samples"]] == ["relapse", "later"]
    steps = {each["variant"]: each["steps"][1] for each in patient["variants"]}
    assert steps["ALK E1154K"]["change"] == "cleared"
    assert 0 < steps["ALK E1154K"]["lod95"] < 0.02
    assert steps["ALK F1174L"]["change"] == "falling"
    assert steps["ALK F1174L"]["difference_high"] < 0

    pages = {name: out / "samples" / name / "report.html" for name in lines}
    texts = {name: page.read_bytes() for name, page in pages.items()}
    assert all(b'id="course"' in text and b"cleared" in text for text in texts.values())
    # Kept results give the same pages, a sample added later gives them too, and one taken away leaves no trace.
    assert main(["run", str(sheet), "-o", str(out), "--threads", "1", *SHALLOW]) == 0
    assert {name: page.read_bytes() for name, page in pages.items()} == texts
    single = tmp_path / "single.csv"
    single.write_text(head + lines["relapse"])
    assert main(["run", str(single), "-o", str(out), "--threads", "1", *SHALLOW]) == 0
    assert b'id="course"' not in pages["relapse"].read_bytes()
    assert main(["run", str(sheet), "-o", str(out), "--threads", "1", *SHALLOW]) == 0
    assert {name: page.read_bytes() for name, page in pages.items()} == texts
