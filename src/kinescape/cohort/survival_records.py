"""What is asked of a survival table, and its checked records."""

from __future__ import annotations

from dataclasses import dataclass, field

from kinescape.cohort.stats.records import Booleans, Floats, Integers, Survival


@dataclass(frozen=True)
class Request:
    """Which columns of a table mean what, and what is asked of them."""

    time: str
    event: str
    group: str
    strata: str | None = None
    entry: str | None = None
    cluster: str | None = None
    competing: str | None = None
    known_at: str | None = None
    """Time at which the group became known; empty cells: it never changed from the first state."""
    covariates: tuple[str, ...] = ()
    tau: float | None = None
    landmark: float | None = None
    time_varying: bool = False
    rho: float = 0.0
    gamma: float = 0.0
    interval: str = "log-log"
    asymptotic: bool = False
    """Show asymptotic p and unpenalised hazard ratios even where events are few."""
    unit: str = ""


@dataclass(frozen=True)
class SurvivalTable:
    """Checked records with group, strata and cluster as whole-number codes."""

    file: str
    data: Survival
    group: Integers
    groups: list[str]
    strata: Integers | None
    """-1 where the cell is empty."""
    strata_names: list[str]
    cluster: Integers | None
    other_event: Booleans | None
    covariates: Floats
    """Shape (n, p): columns that are not numbers are spread over indicator columns."""
    covariate_names: list[str]
    omitted: list[dict[str, object]] = field(default_factory=list)
    """Rows left out, with line, column and reason."""
    notes: list[str] = field(default_factory=list)
