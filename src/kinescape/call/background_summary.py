"""What a background says in a few numbers: rates by substitution and context, and how small a call each site allows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kinescape.call.background_file import Background
from kinescape.call.beta_binomial import smallest_significant

if TYPE_CHECKING:
    import pandas as pd

REFERENCE_FRAGMENTS = 25_000
"""Fragments at which the sites' thresholds are stated: the depth of Villa et al. 2024 (median 24,687)."""
FDR = 0.001
"""The false discovery rate at which they are stated, that of a run's default."""


@dataclass(frozen=True)
class SiteThresholds:
    """Smallest allele fractions above the background, over the sites (position and alternative) of one aligner."""

    fragments: int
    number: int
    median: float
    upper: float
    """95% of the sites have at most this."""
    largest: float
    largest_name: str
    below_threshold: float
    """Share of the sites whose own threshold is below the global one."""


@dataclass(frozen=True)
class BackgroundSummary:
    """A background in a few numbers."""

    names: tuple[str, ...]
    simulated: bool
    from_samples: bool
    mismatches_per_base: dict[str, float]
    factor: float
    threshold: float
    sites: dict[str, SiteThresholds]
    caveat: str

    @property
    def controls(self) -> int:
        """Number of controls."""
        return len(self.names)

    @property
    def highest(self) -> float:
        """The larger rate of the aligners, from which the threshold follows."""
        return max(self.mismatches_per_base.values())


def with_thresholds(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of a background with a column ``threshold``: the smallest fraction of :data:`REFERENCE_FRAGMENTS` that
    is above the background even where nothing else in the sample is."""
    tests = int((table["aligner"] == table["aligner"].iloc[0]).sum())
    rate, dispersion = table["rate"].to_numpy(), table["dispersion"].to_numpy()
    least = smallest_significant(np.full(len(table), REFERENCE_FRAGMENTS), rate, dispersion, FDR / tests)
    return table.assign(threshold=least / REFERENCE_FRAGMENTS)


def summary_of(background: Background, table: pd.DataFrame, factor: float, caveat: str) -> BackgroundSummary:
    """Summarise; ``table`` has the column of :func:`with_thresholds`."""
    source = background.source
    return BackgroundSummary(
        names=tuple(each.sample for each in source.controls),
        simulated=any(each.simulated for each in source.controls),
        from_samples=source.kind == "samples",
        mismatches_per_base=source.mismatches_per_base,
        factor=factor,
        threshold=source.threshold,
        sites={
            str(aligner): _thresholds(part, source.threshold) for aligner, part in table.groupby("aligner", sort=False)
        },
        caveat=caveat,
    )


def _thresholds(part: pd.DataFrame, threshold: float) -> SiteThresholds:
    values = part["threshold"].to_numpy()
    worst = part.iloc[int(np.argmax(values))]
    return SiteThresholds(
        fragments=REFERENCE_FRAGMENTS,
        number=len(values),
        median=float(np.median(values)),
        upper=float(np.quantile(values, 0.95, method="higher")),
        largest=float(values.max()),
        largest_name=f"{worst['chrom']}:{worst['pos']}:{worst['ref']}>{worst['alt']}",
        below_threshold=float((values < threshold).mean()),
    )


def rates_by_context(table: pd.DataFrame) -> pd.DataFrame:
    """Rates of the 12 substitutions and the 192 trinucleotide contexts, per aligner.

    A context is written ``T[C>G]A``, plus strand; a substitution without neighbours, ``C>G``. Contexts that the panel
    does not have are left out.
    """
    import pandas as pd

    named = table.assign(
        substitution=table["ref"] + ">" + table["alt"],
        trinucleotide=table["context"].str[0] + "[" + table["ref"] + ">" + table["alt"] + "]" + table["context"].str[2],
    )
    counts = ["fragments", "alt_fragments", "reads", "alt_reads"]
    parts = []
    for level, name in (("substitution", "substitution"), ("trinucleotide", "context")):
        groups = named.groupby(["aligner", level], sort=True)
        part = groups[counts].sum().assign(sites=groups.size()).reset_index().rename(columns={level: "change"})
        parts.append(part.assign(level=name))
    rates = pd.concat(parts, ignore_index=True)
    rates["fragment_rate"] = rates["alt_fragments"] / rates["fragments"].clip(lower=1)
    rates["read_rate"] = rates["alt_reads"] / rates["reads"].clip(lower=1)
    return rates[["aligner", "level", "change", "sites", *counts, "fragment_rate", "read_rate"]]
