"""The page of a run: every sample at a glance, with links to the samples' own pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import get_args
from urllib.parse import quote

from kinescape.records import Call, DrugStateName, Gate, GateStatus, SampleInfo, SampleResult
from kinescape.report.environment import environment, whole_page
from kinescape.report.view import calls_with, drugs_by_state
from kinescape.report.wording import SILENT_STATES, lod_range, whole_range

GATES: tuple[GateStatus, ...] = get_args(GateStatus)


@dataclass(frozen=True)
class IndexRow:
    """One sample of the run: what its row shows and nothing else, so that thousands fit in memory."""

    sample: SampleInfo
    simulated: bool
    gate: Gate
    found: list[Call]
    """Strong, then weak."""
    nothing: str
    """What stands in place of findings: never without its limit."""
    drugs_of: dict[str, list[tuple[DrugStateName, str, list[str]]]]
    """Gene -> its drugs under their states."""
    resistant_to: dict[str, int]
    """Gene -> drugs with known resistance, to sort by."""
    assessed: int
    known: int
    limits: str
    worst_limit: float | str
    lowest_depth: int | str
    depths: str

    @property
    def link(self) -> str:
        """Relative address of the sample's page; every sign that means something in an address is encoded."""
        return f"samples/{quote(self.sample.sample, safe='')}/report.html"

    @property
    def gate_rank(self) -> int:
        return GATES.index(self.gate.status)

    def drugs(self, gene: str) -> list[tuple[DrugStateName, str, list[str]]]:
        """The drugs of a gene under their states."""
        return self.drugs_of.get(gene, [])

    def resistant(self, gene: str) -> int:
        """Drugs of a gene with known resistance."""
        return self.resistant_to.get(gene, 0)


def index_row(result: SampleResult) -> IndexRow:
    """The row of a sample."""
    limits = lod_range(list(result.known_positions))
    values = [k.lod95 for k in result.known_positions if k.state == "not_detected" and k.lod95 is not None]
    depths = [a.median_depth for a in result.amplicons]
    genes = dict.fromkeys(d.gene for d in result.drugs)
    assessable = result.gate.status != "fail" and limits
    return IndexRow(
        sample=result.sample,
        simulated=result.simulated,
        gate=result.gate,
        found=calls_with(result, "strong") + calls_with(result, "weak"),
        nothing=f"none found above {limits}" if assessable else "cannot be assessed",
        drugs_of={gene: drugs_by_state(d for d in result.drugs if d.gene == gene) for gene in genes},
        resistant_to={gene: sum(d.state == "resistance" and d.gene == gene for d in result.drugs) for gene in genes},
        assessed=sum(k.state not in SILENT_STATES for k in result.known_positions),
        known=len(result.known_positions),
        limits=limits,
        worst_limit=max(values, default=""),
        lowest_depth=min(depths, default=""),
        depths=whole_range(depths) or "–",
    )


def render_index(results: Iterable[SampleResult], failed: Mapping[str, str] | None = None) -> str:
    """The run's ``index.html``.

    Parameters
    ----------
    results
        Every sample that has a result, in the order of the sheet; taken one at a time. Links lead
        to ``samples/<sample>/report.html``.
    failed
        Sample -> what went wrong, for samples without a result: none goes missing silently.
    """
    rows = [index_row(result) for result in results]
    context = {
        "rows": rows,
        "failed": sorted((failed or {}).items()),
        "any_simulated": any(row.simulated for row in rows),
        "all_simulated": bool(rows) and all(row.simulated for row in rows),
        "drug_genes": list(dict.fromkeys(gene for row in rows for gene in row.drugs_of)),
        "gates": _counted(row.gate.status for row in rows),
        "roles": _counted(row.sample.role for row in rows),
        "tiles": _tiles(rows, failed or {}),
    }
    return whole_page(environment().get_template("index.html"), context, "kinescape, run, research use only")


def _counted(values: Iterable[str]) -> list[tuple[str, int]]:
    listed = list(values)
    return [(value, listed.count(value)) for value in sorted(set(listed))]


def _tiles(rows: list[IndexRow], failed: Mapping[str, str]) -> list[tuple[str, str]]:
    plasma = [row for row in rows if row.sample.role == "plasma"]
    controls = [row for row in rows if row.sample.role == "control"]
    strong = sum(any(c.evidence == "strong" for c in row.found) for row in plasma)
    found_in_controls = sum(any(c.evidence == "strong" for c in row.found) for row in controls)
    return [
        ("plasma samples with a finding of strong evidence", f"{strong} of {len(plasma)}"),
        ("controls with a finding of strong evidence", f"{found_in_controls} of {len(controls)}"),
        ("samples that pass the gate", f"{sum(row.gate_rank == 0 for row in rows)} of {len(rows)}"),
        ("samples without a result", str(len(failed))),
    ]
