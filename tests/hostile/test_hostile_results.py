"""``result.json`` from anyone: every command that reads one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hostile_kit import TREE, Bench, Damage, damaged_json, hammer, survives

KEPT = Path(__file__).parents[1] / "data" / "results" / "1.0"
CONSUMERS = {
    "report": (["report", "{result}", "-o", "{out}/page.html"], 20, 100),
    "pdf": (["report", "{result}", "--pdf", "-o", "{out}/page.pdf"], 3, 20),
    "view": (["report", "{result}", "--dump-view"], 10, 100),
    "history": (["report", str(KEPT / "P6.json"), "--history", "{result}", "-o", "{out}/page.html"], 5, 30),
    "timeline": (["timeline", "{result}", str(KEPT / "P6.json"), "-o", "{out}"], 20, 100),
    "reinterpret": (["reinterpret", "{result}", "--kb", "alk-ros1", "-o", "{out}/changes.tsv"], 20, 100),
    "collate": (["collate", "{given}", "-o", "{out}/all.duckdb"], 5, 30),
    "tsv": (["export", "{result}", "--format", "tsv", "-o", "{out}/x.tsv"], 10, 50),
    "maf": (["export", "{result}", "--format", "maf", "-o", "{out}/x.maf"], 10, 50),
    "vcf": (["export", "{result}", "--format", "vcf", "-o", "{out}/x.vcf.gz"], 10, 50),
    "cbioportal": (["export", "{result}", "--format", "cbioportal", "-o", "{out}"], 10, 50),
    "fhir": (["export", "{result}", "--format", "fhir", "-o", "{out}"], 10, 50),
    "phenopackets": (["export", "{result}", "--format", "phenopackets", "-o", "{out}"], 10, 50),
    "docx": (["export", "{result}", "--format", "docx", "-o", "{out}/x.docx"], 4, 20),
}


@pytest.mark.parametrize("consumer", CONSUMERS)
@pytest.mark.parametrize("amount", ["few", pytest.param("many", marks=pytest.mark.slow)])
def test_results(consumer: str, amount: str) -> None:
    arguments, few, many = CONSUMERS[consumer]
    content = (KEPT / "ROS1_B.json").read_bytes()

    def attack(folders: Bench, damages: list[Damage]) -> None:
        result = folders.write("samples/S/result.json", damaged_json(content, damages))
        places = {"result": result, "out": folders.out, "given": folders.given}
        survives([each.format(**places) for each in arguments])

    hammer(few if amount == "few" else many, TREE, attack)
