"""The table of claims: what is published, what we get, and the command that shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from kinescape.reproduce import of_bench, of_cohort, of_models, of_sequencing
from kinescape.reproduce.found import Found
from kinescape.reproduce.verdict import Finding

CLAIMS = Path(__file__).resolve().parent.parent / "data" / "villa2024" / "claims.yaml"
COLUMNS = ("claim", "section", "where", "gist", "published", "ours", "verdict", "basis", "note", "command")

Judge = Callable[[Found], Finding]

JUDGES: Mapping[str, Judge] = {
    "S01": of_sequencing.background,
    "S02": of_sequencing.threshold,
    "S03": of_sequencing.healthy,
    "S04": of_sequencing.samples,
    "S05": of_sequencing.coverage,
    "S06": of_sequencing.mutated,
    "S07": of_sequencing.variants,
    "S08": of_sequencing.ros1,
    "S09": of_sequencing.compound,
    "S10": of_sequencing.in_trans,
    "S11": of_sequencing.unsolved,
    "S12": of_sequencing.beyond_progression,
    "S13": of_sequencing.earlier_progression,
    "S14": of_sequencing.databases,
    "S15": of_sequencing.plain_chain,
    "S16": of_sequencing.one_step_filter,
    "S17": of_sequencing.deposit,
    "C01": of_cohort.crizotinib_share,
    "C02": of_cohort.crizotinib_difference,
    "C03": of_cohort.first_inhibitor_share,
    "C04": of_cohort.inhibitors_difference,
    "C05": of_cohort.progression_free,
    "C06": of_cohort.overall,
    "C07": of_cohort.relapses_by_line,
    "B01": of_bench.table_2,
    "B02": of_bench.censored,
    "B03": of_bench.pan_resistant,
    "B04": of_bench.above_100_nm,
    "B05": of_bench.e1154k_before,
    "B06": of_bench.f1174l_before,
    "B07": of_bench.compound_source,
    "G01": of_bench.l1196p_faster,
    "G02": of_bench.c1237y_faster,
    "G03": of_bench.basal,
    "G04": of_bench.phosphorylation,
    **{claim: partial(of_bench.in_words, claim=claim) for claim in of_bench.WORDS},
    **{claim: partial(of_models.model_of, claim=claim) for claim in ("M01", "M02", "M03", "M04", "M05")},
}


@dataclass(frozen=True)
class Claim:
    """One row of the table."""

    identifier: str
    section: str
    where: str
    gist: str
    published: str
    basis: str
    command: str
    finding: Finding

    def cells(self) -> tuple[str, ...]:
        """In the order of ``COLUMNS``."""
        finding = self.finding
        return (
            self.identifier, self.section, self.where, self.gist, self.published, finding.ours, finding.verdict,
            self.basis, finding.note, self.command,
        )  # fmt: skip


def study() -> dict[str, Any]:
    """Claims and study as the packaged file holds them."""
    content: dict[str, Any] = yaml.safe_load(CLAIMS.read_text(encoding="utf-8"))
    return content


def judged_claims(found: Found) -> list[Claim]:
    """Every claim with what we get for it, in the order of the file."""
    return [
        Claim(
            str(row["id"]), str(section["title"]), str(row["where"]), str(row["gist"]), str(row["published"]),
            str(row["basis"]), str(row["command"]), JUDGES[row["id"]](found),
        )
        for section in study()["sections"]
        for row in section["claims"]
    ]  # fmt: skip


def claims_table(claims: list[Claim]) -> str:
    """The table as TSV."""
    lines = ["\t".join(COLUMNS)]
    lines += ["\t".join(" ".join(cell.split()) for cell in claim.cells()) for claim in claims]
    return "\n".join(lines) + "\n"
