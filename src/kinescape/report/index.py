"""The page of a run: every sample at a glance, with links to the samples' own pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args
from urllib.parse import quote

from kinescape.identity.check import IdentityCheck
from kinescape.records import BackgroundReference, Call, DrugStateName, Gate, GateStatus, SampleInfo, SampleResult
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
    mismatches_per_base: dict[str, float]
    """By aligner."""
    background: BackgroundReference | None
    background_error: float
    min_vaf: float
    inspections: list[str]
    """How many findings were inspected by eye, and what was not simply accepted."""
    not_inspected: int
    """Findings that wait for somebody's eyes, to sort by."""

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

    @property
    def mismatches(self) -> float | None:
        """Mismatches per base, the highest of the aligners; None where none was counted."""
        return max(self.mismatches_per_base.values(), default=None)

    @property
    def noisy(self) -> bool:
        """Whether the sample has far more mismatches than the background that its limits rest on."""
        return self.mismatches is not None and self.mismatches > NOISY * self.background_error

    @property
    def noise_words(self) -> str:
        return f"{NOISY:g} times the background ({self.background_error:.2g})"

    @property
    def about(self) -> str:
        """Time point, date and line of therapy in one line."""
        line = f"line {self.sample.line}" if self.sample.line else ""
        return ", ".join(part for part in (self.sample.timepoint, self.sample.date, line) if part)


def index_row(result: SampleResult, said: tuple[Review, str] | None = None) -> IndexRow:
    """The row of a sample; ``said``: its review, and what is wrong with the file (or nothing)."""
    limits = lod_range(list(result.known_positions))
    values = [k.lod95 for k in result.known_positions if k.state == "not_detected" and k.lod95 is not None]
    depths = [a.median_depth for a in result.amplicons]
    genes = dict.fromkeys(d.gene for d in result.drugs)
    assessable = result.gate.status != "fail" and limits
    found = calls_with(result, "strong") + calls_with(result, "weak")
    review, fault = said or (Review(sample=result.sample.sample), "")
    inspected = inspections(result, review)
    looked = [inspected[call.variant.name] for call in found]
    return IndexRow(
        sample=result.sample,
        simulated=result.simulated,
        gate=result.gate,
        found=found,
        nothing=f"none found above {limits}" if assessable else "cannot be assessed",
        drugs_of={gene: drugs_by_state(d for d in result.drugs if d.gene == gene) for gene in genes},
        resistant_to={gene: sum(d.state == "resistance" and d.gene == gene for d in result.drugs) for gene in genes},
        assessed=sum(k.state not in SILENT_STATES for k in result.known_positions),
        known=len(result.known_positions),
        limits=limits,
        worst_limit=max(values, default=""),
        lowest_depth=min(depths, default=""),
        depths=whole_range(depths) or "–",
        mismatches_per_base=result.qc.mismatches_per_base,
        background=result.background,
        background_error=result.parameters.background_error,
        min_vaf=result.parameters.min_vaf,
        inspections=_inspected_words(looked, fault),
        not_inspected=sum(each.state in ("none", "stale") for each in looked),
    )


def _inspected_words(looked: Sequence[Inspection], fault: str) -> list[str]:
    if fault:
        return ["unknown: the review is faulty", fault]
    if not looked:
        return []
    done = sum(each.state not in ("none", "stale") for each in looked)
    return [f"{done} of {len(looked)}"] + [
        f"{each.name}: {each.words}" for each in looked if each.state not in ("none", "accept")
    ]


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
        Every sample that has a result, in the order of the sheet; taken one at a time. Links lead
        to ``samples/<sample>/report.html``.
    failed
        Sample -> what went wrong, for samples without a result: none goes missing silently.
    check
        The samples against each other; None: they were not compared, and the page says nothing of it.
    reviews
        Sample -> what people said of its calls after looking at the reads, and a fault of the file (or nothing).
    """
    rows = [index_row(result, (reviews or {}).get(result.sample.sample)) for result in results]
    context = {
        "rows": rows,
        "failed": sorted((failed or {}).items()),
        "any_simulated": any(row.simulated for row in rows),
        "all_simulated": bool(rows) and all(row.simulated for row in rows),
        "drug_genes": list(dict.fromkeys(gene for row in rows for gene in row.drugs_of)),
        "gates": _counted(row.gate.status for row in rows),
        "roles": _counted(row.sample.role for row in rows),
        "tiles": [*_tiles(rows, failed or {}), *_concerns(check)],
        "controls": [row for row in rows if row.sample.role == "control"],
        "background": _background_of(rows),
        "identity": identity_context(check) if check is not None else None,
    }
    return whole_page(environment().get_template("index.html"), context, "kinescape, run, research use only")


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
    learned = [row.background for row in rows if row.background is not None]
    if learned:
        source = "healthy controls" if learned[0].kind == "controls" else "samples of the run itself"
        return f"Tested against a background by site, learned from {len(learned[0].controls)} {source}."
    stated = sorted({row.background_error for row in rows})
    rate = " and ".join(f"{value:.2g}" for value in stated)
    return (
        f"No background by site was given: limits rest on {rate} mismatches per base and one smallest allele fraction "
        f"({', '.join(percent(value) for value in sorted({row.min_vaf for row in rows}))})."
    )


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
