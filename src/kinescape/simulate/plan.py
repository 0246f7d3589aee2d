"""A specification laid over a panel: which kinds of molecules each amplicon has, and how many read pairs."""

from __future__ import annotations

from dataclasses import dataclass

from kinescape.coordinates import to_zero_based
from kinescape.panel.model import Amplicon, Panel
from kinescape.simulate.changes import Change, parse_change
from kinescape.simulate.spec import SampleSpec, SpecError

ROUNDING = 1e-9
"""Fractions that add up to 1 in decimal digits may exceed it by this much in binary ones."""


@dataclass(frozen=True)
class Population:
    """One kind of molecule: ``fraction`` of all, with the changes of these numbers (sorted by position)."""

    name: str
    fraction: float
    changes: tuple[int, ...]


@dataclass(frozen=True)
class AmpliconPlan:
    """What one amplicon contributes. ``reference`` is ``[amplicon.start, amplicon.end)`` on the plus strand."""

    amplicon: Amplicon
    reference: str
    pairs: int
    molecules: int
    populations: tuple[Population, ...]


@dataclass(frozen=True)
class SamplePlan:
    """A checked specification. ``labels[i]`` names the haplotypes (or ``germline``) that carry
    ``changes[i]``, ``texts[i]`` holds the words the specification has for it."""

    spec: SampleSpec
    panel: Panel
    changes: tuple[Change, ...]
    labels: tuple[tuple[str, ...], ...]
    texts: tuple[tuple[str, ...], ...]
    fractions: tuple[float, ...]
    """Stated allele fraction of each change."""
    amplicons: tuple[AmpliconPlan, ...]
    noisy_sites: tuple[tuple[Change, float], ...]

    def holds(self, each: AmpliconPlan, index: int) -> bool:
        """Whether an amplicon shows change number ``index``."""
        return _holds(each.amplicon, self.changes[index])


def make_plan(spec: SampleSpec, panel: Panel) -> SamplePlan:
    """Check a specification against the panel and lay it out.

    Raises
    ------
    SpecError
        A fraction sum above 1, a change that is unknown, doubled, overlaps another one of its molecule or lies in no
        amplicon between the primers, an amplicon that the panel does not have, contradicting keys.
    """
    _check_alone(spec)
    catalogue = _Catalogue(panel)
    haplotypes = [
        [
            catalogue.add(text, f"haplotypes[{h}].changes[{c}]", haplotype.name)
            for c, text in enumerate(haplotype.changes)
        ]
        for h, haplotype in enumerate(spec.haplotypes)
    ]
    germline = [catalogue.add(each.change, f"germline[{g}].change", "germline") for g, each in enumerate(spec.germline)]
    populations = _populations(spec, haplotypes, germline)
    _check_molecules(catalogue.changes, populations)
    carried = tuple(
        sum(each.fraction for each in populations if index in each.changes) for index in range(len(catalogue.changes))
    )
    noisy = tuple(_noisy_site(panel, spec, index) for index in range(len(spec.pcr.noisy_sites)))
    return SamplePlan(
        spec=spec,
        panel=panel,
        changes=tuple(catalogue.changes),
        labels=tuple(tuple(names) for names in catalogue.labels),
        texts=tuple(tuple(dict.fromkeys(texts)) for texts in catalogue.texts),
        fractions=carried,
        amplicons=_amplicon_plans(spec, panel, catalogue.changes, populations),
        noisy_sites=noisy,
    )


class _Catalogue:
    """The changes of a sample, each once, with who carries it."""

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.changes: list[Change] = []
        self.labels: list[list[str]] = []
        self.texts: list[list[str]] = []

    def add(self, text: str, key: str, label: str) -> int:
        change = parse_change(self.panel, text, key)
        _amplicons_of(self.panel, change, key)
        if change not in self.changes:
            self.changes.append(change)
            self.labels.append([])
            self.texts.append([])
        index = self.changes.index(change)
        if label in self.labels[index]:
            raise SpecError(key, "the same change stands twice", found=text)
        if "germline" in self.labels[index]:
            raise SpecError(key, "is a germline change and one of a haplotype", found=text)
        if label == "germline" and self.labels[index]:
            raise SpecError(key, "is a germline change and one of a haplotype", found=text)
        self.labels[index].append(label)
        self.texts[index].append(text.strip())
        return index


def _check_alone(spec: SampleSpec) -> None:
    if (spec.molecules is None) == (spec.cfdna_ng is None):
        both = "both are given" if spec.molecules is not None else "missing"
        raise SpecError("molecules", both, expected="exactly one of molecules, cfdna_ng")
    if spec.background is not None and spec.pcr.error_rate is not None:
        raise SpecError("background", "is given together with pcr.error_rate", expected="one of them")
    if spec.umi is not None and spec.umi.where == "read" and spec.umi.length >= spec.sequencing.read_length:
        raise SpecError("umi.length", "leaves nothing of the read", found=spec.umi.length)
    names = [haplotype.name for haplotype in spec.haplotypes]
    for index, name in enumerate(names):
        if name in names[:index] or name == "germline":
            raise SpecError(f"haplotypes[{index}].name", "is taken", found=name, expected="a name of its own")
    total = sum(haplotype.fraction for haplotype in spec.haplotypes)
    if total > 1 + ROUNDING:
        raise SpecError("haplotypes", "fractions add up to more than 1", found=round(total, 6), expected="at most 1")


def _populations(spec: SampleSpec, haplotypes: list[list[int]], germline: list[int]) -> list[Population]:
    """Tumour molecules, then the others by parental chromosome, so that each parent has half of all if it can.

    A diploid tumour keeps both parental chromosomes: a clone at fraction f on parent a leaves 0.5 - f of the other
    molecules to parent a. Heterozygous germline changes so stay at 0.5 unless one parent's clones exceed it.
    """
    inherited = {
        parent: [
            g
            for g, each in zip(germline, spec.germline, strict=True)
            if each.genotype == "hom" or each.parent == parent
        ]
        for parent in ("a", "b")
    }
    populations = [
        Population(each.name, each.fraction, (*changes, *inherited[each.parent]))
        for each, changes in zip(spec.haplotypes, haplotypes, strict=True)
    ]
    rest = max(0.0, 1.0 - sum(each.fraction for each in spec.haplotypes))
    on_a = sum(each.fraction for each in spec.haplotypes if each.parent == "a")
    share_a = min(max(0.5 - on_a, 0.0), rest)
    populations.append(Population("parent a", share_a, tuple(inherited["a"])))
    populations.append(Population("parent b", rest - share_a, tuple(inherited["b"])))
    return populations


def _check_molecules(changes: list[Change], populations: list[Population]) -> None:
    """No two changes of one molecule may overlap."""
    haplotypes = len(populations) - 2
    keys = [f"haplotypes[{h}].changes" for h in range(haplotypes)] + ["germline", "germline"]
    for population, key in zip(populations, keys, strict=True):
        for position, first in enumerate(population.changes):
            for second in population.changes[position + 1 :]:
                if changes[first].overlaps(changes[second]):
                    pair = f"{changes[first].variant.name} and {changes[second].variant.name}"
                    raise SpecError(key, "two changes of one molecule overlap", found=pair)


def _amplicons_of(panel: Panel, change: Change, key: str) -> list[Amplicon]:
    holding = [each for each in panel.amplicons if _holds(each, change)]
    if not holding:
        raise SpecError(
            key, "lies in no amplicon between the primers, so no read could show it", found=change.variant.name
        )
    return holding


def _holds(amplicon: Amplicon, change: Change) -> bool:
    """Whether the change, with the anchor base of an insertion or deletion, lies between the primers."""
    first = to_zero_based(change.variant.pos)
    return amplicon.holds(change.variant.chrom, first, first + len(change.variant.ref))


def _noisy_site(panel: Panel, spec: SampleSpec, index: int) -> tuple[Change, float]:
    key = f"pcr.noisy_sites[{index}].change"
    change = parse_change(panel, spec.pcr.noisy_sites[index].change, key)
    if change.end - change.start != 1 or len(change.alt) != 1:
        raise SpecError(key, "is not a single base", found=change.variant.name, expected="a substitution of one base")
    _amplicons_of(panel, change, key)
    return change, spec.pcr.noisy_sites[index].vaf


def _amplicon_plans(
    spec: SampleSpec, panel: Panel, changes: list[Change], populations: list[Population]
) -> tuple[AmpliconPlan, ...]:
    wanted = _pairs_by_amplicon(spec, panel)
    plans = []
    for amplicon in panel.amplicons:
        reference = panel.bases(amplicon.chrom, amplicon.start, amplicon.end)
        held = {index for index, change in enumerate(changes) if _holds(amplicon, change)}
        here = tuple(
            Population(
                each.name,
                each.fraction,
                tuple(sorted((index for index in each.changes if index in held), key=lambda i: changes[i].start)),
            )
            for each in populations
        )
        pairs = wanted[amplicon.name]
        plans.append(AmpliconPlan(amplicon, reference, pairs, spec.molecule_count(pairs), here))
    return tuple(plans)


def _pairs_by_amplicon(spec: SampleSpec, panel: Panel) -> dict[str, int]:
    names = [amplicon.name for amplicon in panel.amplicons]
    if isinstance(spec.pairs, int):
        return dict.fromkeys(names, spec.pairs)
    for name in spec.pairs:
        if name not in names and name != "default":
            raise SpecError(
                f"pairs.{name}", f"no amplicon of panel '{panel.name}'", expected="one of default, " + ", ".join(names)
            )
    missing = [name for name in names if name not in spec.pairs]
    if missing and "default" not in spec.pairs:
        raise SpecError("pairs", f"says nothing about {', '.join(missing)}", expected="these names, or 'default'")
    return {name: spec.pairs.get(name, spec.pairs.get("default", 0)) for name in names}
