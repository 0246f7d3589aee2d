"""All read pairs of a sample, drawn amplicon by amplicon, mixed into the order of the file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.errors import InputError
from kinescape.simulate.molecules import MoleculeDraw, draw_molecules
from kinescape.simulate.offtarget import draw_fragments
from kinescape.simulate.pcr import Chimeras, Errors, draw_chimeras, draw_errors, join_errors, site_rates
from kinescape.simulate.plan import AmpliconPlan, SamplePlan
from kinescape.simulate.sequencer import PairPool
from kinescape.simulate.templates import Codes, FlatTemplates, TemplateBank

OFF_TARGET_STREAM, MIXING_STREAM = 1_000_000, 1_000_001
"""Numbers of the random streams beside those of the amplicons, so that one amplicon does not change another."""


@dataclass(frozen=True)
class AmpliconPairs:
    """Read pairs of one amplicon, molecule by molecule."""

    plan: AmpliconPlan
    draw: MoleculeDraw
    template: NDArray[np.int32]
    errors: Errors
    tags: NDArray[np.uint8]
    chimeric: int


@dataclass(frozen=True)
class SamplePairs:
    """All read pairs, mixed, and what they were made from."""

    pool: PairPool
    templates: FlatTemplates
    bank: TemplateBank
    amplicons: tuple[AmpliconPairs, ...]
    off_target: int


def draw_sample(plan: SamplePlan, *, error_rate: float, off_target: list[Codes], seed: int) -> SamplePairs:
    """Draw every read pair of a sample. ``off_target``: sequences to cut fragments from, empty for random ones."""
    bank = TemplateBank(plan.changes)
    parts = tuple(
        _draw_amplicon(plan, index, bank, error_rate, stream(seed, index)) for index in range(len(plan.amplicons))
    )
    rng = stream(seed, OFF_TARGET_STREAM)
    on_target = sum(part.template.size for part in parts)
    share = plan.spec.off_target.fraction
    strangers = round(on_target * share / (1.0 - share))
    elsewhere = bank.add_fragments(draw_fragments(strangers, off_target, rng))
    if on_target + strangers == 0:
        raise InputError("no read pair to write", found="pairs: 0 in every amplicon", expected="at least one read pair")
    tags = rng.integers(0, 4, size=(strangers, _tag_length(plan)), dtype=np.uint8)
    templates = bank.flat()
    template = np.concatenate([*(part.template for part in parts), elsewhere])
    errors = _on_templates(
        _joined([part.errors for part in parts], [part.template.size for part in parts]), template, templates
    )
    mixing = stream(seed, MIXING_STREAM)
    order = mixing.permutation(template.size)
    pool = PairPool(
        template=template[order],
        flipped=mixing.random(template.size) < 0.5,
        tags=np.concatenate([*(part.tags for part in parts), tags])[order],
        errors=_reordered(errors, order),
    )
    return SamplePairs(pool, templates, bank, parts, strangers)


def stream(seed: int, number: int) -> np.random.Generator:
    """An independent random stream of a seed."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(number,))))


def _draw_amplicon(
    plan: SamplePlan, index: int, bank: TemplateBank, error_rate: float, rng: np.random.Generator
) -> AmpliconPairs:
    each, pcr = plan.amplicons[index], plan.spec.pcr
    if each.pairs == 0:
        each = AmpliconPlan(each.amplicon, each.reference, 0, 0, each.populations)
    unlimited = plan.spec.molecules == "unlimited"
    draw = draw_molecules(each, family_size_cv=pcr.family_size_cv, unlimited=unlimited, rng=rng)
    changes_of_pair = [population.changes for population in each.populations]
    origin = draw.population[draw.molecule]
    errors = draw_errors(draw.molecule, site_rates(each, pcr, error_rate, plan.noisy_sites), pcr.cycles, rng)
    chimeras = draw_chimeras(each, pcr.chimera_fraction, rng)
    numbers = [_template(bank, each, changes) for changes in changes_of_pair]
    template = np.array(numbers, np.int32)[origin]
    _switch_templates(plan, each, bank, chimeras, origin, template)
    tags = rng.integers(0, 4, size=(each.molecules, _tag_length(plan)), dtype=np.uint8)[draw.molecule]
    joined = join_errors(errors, chimeras, each.pairs)
    return AmpliconPairs(each, draw, template, joined, tags, int(chimeras.pair.size))


def _template(bank: TemplateBank, each: AmpliconPlan, changes: tuple[int, ...]) -> int:
    return bank.number(each.amplicon.name, each.reference, each.amplicon.start, changes)


def _switch_templates(
    plan: SamplePlan,
    each: AmpliconPlan,
    bank: TemplateBank,
    chimeras: Chimeras,
    origin: NDArray[np.int32],
    template: NDArray[np.int32],
) -> None:
    """Give chimeras the template with the left changes of one population and the right ones of another, in place."""
    if chimeras.pair.size == 0:
        return
    kinds = np.stack([origin[chimeras.pair], origin[chimeras.partner], chimeras.breakpoint], axis=1)
    unique, which = np.unique(kinds, axis=0, return_inverse=True)
    made = np.empty(unique.shape[0], np.int32)
    for row, (left, right, where) in enumerate(unique.tolist()):
        limit = each.amplicon.start + where
        before = [index for index in each.populations[left].changes if plan.changes[index].start < limit]
        # A deletion of the left part that reaches over the breakpoint wins over what the right part has there.
        taken = max([limit, *(plan.changes[index].end for index in before)])
        after = [index for index in each.populations[right].changes if plan.changes[index].start >= taken]
        made[row] = _template(bank, each, (*before, *after))
    template[chimeras.pair] = made[which.reshape(-1)]


def _tag_length(plan: SamplePlan) -> int:
    return plan.spec.umi.length if plan.spec.umi is not None else 0


def _joined(parts: list[Errors], sizes: list[int]) -> Errors:
    first = np.concatenate([[0], np.cumsum(sizes)])
    return Errors(
        np.concatenate([part.pair + offset for part, offset in zip(parts, first.tolist(), strict=False)]),
        np.concatenate([part.position for part in parts]),
        np.concatenate([part.change for part in parts]),
    )


def _on_templates(errors: Errors, template: NDArray[np.int32], templates: FlatTemplates) -> Errors:
    """Positions on the amplicon's reference -> positions on each pair's template; errors on deleted bases vanish."""
    place = templates.place[templates.place_start[template[errors.pair]] + errors.position]
    kept = place >= 0
    return Errors(errors.pair[kept], place[kept], errors.change[kept])


def _reordered(errors: Errors, order: NDArray[np.int64]) -> Errors:
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    pair = rank[errors.pair]
    by_pair = np.argsort(pair, kind="stable")
    return Errors(pair[by_pair], errors.position[by_pair], errors.change[by_pair])
