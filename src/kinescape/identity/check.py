"""All samples of a run against each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kinescape.identity.agreement import PairAgreement, agreements
from kinescape.identity.contamination import ALL_OTHERS, Contamination, contaminations
from kinescape.identity.counts import SampleCounts, run_counts
from kinescape.identity.genotypes import genotypes


@dataclass(frozen=True)
class IdentityCheck:
    """What a run's samples say of each other."""

    samples: tuple[str, ...]
    germline_sites: tuple[str, ...]
    """Sites at which the people of the run differ in what they were born with."""
    genotypes: dict[str, tuple[int, ...]]
    """Sample -> copies of the other base at each of the sites; -1: cannot be read."""
    pairs: tuple[PairAgreement, ...]
    contaminations: tuple[Contamination, ...]

    @property
    def concerns(self) -> list[tuple[str, str]]:
        """(samples, what is the matter), the gravest first; swaps, then mixtures, then findings to look at twice."""
        swapped = [(f"{pair.a}, {pair.b}", pair.concern) for pair in self.pairs if pair.concern]
        return [*swapped, *self._mixed(), *self._carried_over()]

    def _by_recipient(self) -> dict[str, list[Contamination]]:
        found: dict[str, list[Contamination]] = {}
        for each in self.contaminations:
            found.setdefault(each.recipient, []).append(each)
        return found

    def _mixed(self) -> list[tuple[str, str]]:
        told = []
        for recipient, all_donors in self._by_recipient().items():
            mine = [c for c in all_donors if c.state in ("seen", "suspected")]
            if not mine:
                continue
            # A named sample before the mean of all; then the one that explains most.
            best = max(mine, key=lambda c: (c.log_likelihood, c.donor != ALL_OTHERS))
            named = next((c for c in mine if c.donor in best.fits_as_well and best.donor == ALL_OTHERS), best)
            others = [each for each in named.fits_as_well if each != ALL_OTHERS]
            also = f"; {', '.join(others)} would explain it as well" if others else ""
            word = "holds" if named.state == "seen" else "may hold (one site only)"
            told.append(
                (
                    recipient,
                    f"{word} about {named.share:.2%} of {named.donor} "
                    f"(95% interval {named.low:.2%} to {named.high:.2%}, {named.sites} sites){also}",
                )
            )
        return told

    def _carried_over(self) -> list[tuple[str, str]]:
        """One line for each recipient: every finding beside the sample that has most of it."""
        told = []
        for recipient, mine in self._by_recipient().items():
            most: dict[str, tuple[float, str, float]] = {}
            for each in mine:
                for shared in each.shared_findings:
                    most[shared.name] = max(
                        most.get(shared.name, (0.0, "", 0.0)), (shared.there, each.donor, shared.here)
                    )
            if most:
                parts = [
                    f"{name} {here:.2%} ({there:.1%} in {donor})" for name, (there, donor, here) in sorted(most.items())
                ]
                told.append((recipient, f"has findings that other samples of the run have at far higher fractions, "
                                        f"carried over? {'; '.join(parts)}"))  # fmt: skip
        return told


def check_run(samples: Sequence[SampleCounts]) -> IdentityCheck:
    """Compare all samples of a run; their order changes the order of the rows only."""
    run = run_counts(samples)
    found = genotypes(run)
    return IdentityCheck(
        samples=tuple(sample.name for sample in samples),
        germline_sites=found.names,
        genotypes={sample.name: tuple(int(value) for value in found.called[row]) for row, sample in enumerate(samples)},
        pairs=tuple(agreements(run, found)),
        contaminations=tuple(contaminations(run)),
    )
