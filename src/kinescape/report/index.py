"""The page of a run: every sample at a glance, with links to the samples' own pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import get_args
from urllib.parse import quote

from kinescape.identity.check import IdentityCheck
from kinescape.records import Call, DrugStateName, GateStatus, SampleResult
from kinescape.report.environment import environment, whole_page
from kinescape.report.run_identity import identity_context
from kinescape.report.view import calls_with, drugs_by_state
from kinescape.report.wording import SILENT_STATES, lod_range, percent, whole_range
from kinescape.review.entries import Review
from kinescape.review.states import Inspection, inspections

GATES: tuple[GateStatus, ...] = get_args(GateStatus)
NOISY = 1.5
"""Times the background of controls from which a sample's mismatches are pointed out. Chosen by this project."""


@dataclass(frozen=True)
class IndexRow:
    """One sample of the run."""

    result: SampleResult
    inspected: Mapping[str, Inspection]
    """Call id -> what people said of it."""
    fault: str = ""
    """What is wrong with the sample's review, which then is not shown."""

    @property
    def looked_at(self) -> list[Inspection]:
        """The findings' inspections."""
        return [self.inspected[call.variant.name] for call in self.found]

    @property
    def inspections(self) -> list[str]:
        """How many findings were inspected by eye, and what was not simply accepted."""
        looked = self.looked_at
        if self.fault:
            return ["unknown: the review is faulty", self.fault]
        if not looked:
            return []
        done = sum(each.state not in ("none", "stale") for each in looked)
        return [f"{done} of {len(looked)}"] + [
            f"{each.name}: {each.words}" for each in looked if each.state not in ("none", "accept")
        ]

    @property
    def not_inspected(self) -> int:
        """Findings that wait for somebody's eyes, to sort by."""
        return sum(each.state in ("none", "stale") for each in self.looked_at)

    @property
    def link(self) -> str:
        """Relative address of the sample's page; every sign that means something in an address is encoded."""
        return f"samples/{quote(self.result.sample.sample, safe='')}/report.html"

    @property
    def gate_rank(self) -> int:
        return GATES.index(self.result.gate.status)

    @property
    def found(self) -> list[Call]:
        return calls_with(self.result, "strong") + calls_with(self.result, "weak")

    @property
    def nothing(self) -> str:
        """What stands in place of findings: never without its limit."""
        if self.result.gate.status == "fail":
            return "cannot be assessed"
        return f"none found above {self.limits}" if self.limits else "cannot be assessed"

    def drugs(self, gene: str) -> list[tuple[DrugStateName, str, list[str]]]:
        """The drugs of a gene under their states."""
        return drugs_by_state(d for d in self.result.drugs if d.gene == gene)

    def resistant(self, gene: str) -> int:
        """Drugs with known resistance, to sort by."""
        return sum(d.state == "resistance" and d.gene == gene for d in self.result.drugs)

    @property
    def assessed(self) -> int:
        return sum(k.state not in SILENT_STATES for k in self.result.known_positions)

    @property
    def limits(self) -> str:
        return lod_range(list(self.result.known_positions))

    @property
    def worst_limit(self) -> float | str:
        limits = [k.lod95 for k in self.result.known_positions if k.state == "not_detected" and k.lod95 is not None]
        return max(limits, default="")

    @property
    def lowest_depth(self) -> int | str:
        return min((a.median_depth for a in self.result.amplicons), default="")

    @property
    def depths(self) -> str:
        return whole_range([a.median_depth for a in self.result.amplicons]) or "–"

    @property
    def mismatches(self) -> float | None:
        """Mismatches per base, the highest of the aligners; None where none was counted."""
        return max(self.result.qc.mismatches_per_base.values(), default=None)

    @property
    def noisy(self) -> bool:
        """Whether the sample has far more mismatches than the background that its limits rest on."""
        return self.mismatches is not None and self.mismatches > NOISY * self.result.parameters.background_error

    @property
    def noise_words(self) -> str:
        return f"{NOISY:g} times the background ({self.result.parameters.background_error:.2g})"

    @property
    def about(self) -> str:
        """Time point, date and line of therapy in one line."""
        info = self.result.sample
        line = f"line {info.line}" if info.line else ""
        return ", ".join(part for part in (info.timepoint, info.date, line) if part)


def render_index(
    results: Iterable[SampleResult],
    failed: Mapping[str, str] | None = None,
    check: IdentityCheck | None = None,
    reviews: Mapping[str, tuple[Review, str]] | None = None,
) -> str:
    """The run's ``index.html``.

    Parameters
    ----------
    results
        Every sample that has a result, in the order of the sheet. Links lead to ``samples/<sample>/report.html``.
    failed
        Sample -> what went wrong, for samples without a result: none goes missing silently.
    check
        The samples against each other; None: they were not compared, and the page says nothing of it.
    reviews
        Sample -> what people said of its calls after looking at the reads, and a fault of the file (or nothing).
    """
    rows = [_row(result, (reviews or {}).get(result.sample.sample)) for result in results]
    all_results = [row.result for row in rows]
    context = {
        "results": all_results,
        "rows": rows,
        "failed": sorted((failed or {}).items()),
        "any_simulated": any(r.simulated for r in all_results),
        "all_simulated": bool(rows) and all(r.simulated for r in all_results),
        "drug_genes": list(dict.fromkeys(d.gene for r in all_results for d in r.drugs)),
        "gates": _counted(r.gate.status for r in all_results),
        "roles": _counted(r.sample.role for r in all_results),
        "tiles": [*_tiles(rows, failed or {}), *_concerns(check)],
        "controls": [row for row in rows if row.result.sample.role == "control"],
        "background": _background_of(rows),
        "identity": identity_context(check) if check is not None else None,
    }
    return whole_page(environment().get_template("index.html"), context, "kinescape, run, research use only")


def _row(result: SampleResult, said: tuple[Review, str] | None) -> IndexRow:
    review, fault = said or (Review(sample=result.sample.sample), "")
    return IndexRow(result, inspections(result, review), fault)


def _counted(values: Iterable[str]) -> list[tuple[str, int]]:
    listed = list(values)
    return [(value, listed.count(value)) for value in sorted(set(listed))]


def _concerns(check: IdentityCheck | None) -> list[tuple[str, str]]:
    if check is None:
        return []
    count = len(check.concerns)
    return [("swaps, mixtures or carry-over to look at (below)", str(count) if count else "none told")]


def _background_of(rows: list[IndexRow]) -> str:
    """What the calls of the run were tested against, in words."""
    learned = [row.result.background for row in rows if row.result.background is not None]
    if learned:
        source = "healthy controls" if learned[0].kind == "controls" else "samples of the run itself"
        return f"Tested against a background by site, learned from {len(learned[0].controls)} {source}."
    stated = sorted({row.result.parameters.background_error for row in rows})
    rate = " and ".join(f"{value:.2g}" for value in stated)
    return (
        f"No background by site was given: limits rest on {rate} mismatches per base and one smallest allele fraction "
        f"({', '.join(percent(value) for value in sorted({row.result.parameters.min_vaf for row in rows}))})."
    )


def _tiles(rows: list[IndexRow], failed: Mapping[str, str]) -> list[tuple[str, str]]:
    plasma = [row for row in rows if row.result.sample.role == "plasma"]
    controls = [row for row in rows if row.result.sample.role == "control"]
    strong = sum(any(c.evidence == "strong" for c in row.found) for row in plasma)
    found_in_controls = sum(any(c.evidence == "strong" for c in row.found) for row in controls)
    return [
        ("plasma samples with a finding of strong evidence", f"{strong} of {len(plasma)}"),
        ("controls with a finding of strong evidence", f"{found_in_controls} of {len(controls)}"),
        ("samples that pass the gate", f"{sum(row.gate_rank == 0 for row in rows)} of {len(rows)}"),
        ("samples without a result", str(len(failed))),
    ]
