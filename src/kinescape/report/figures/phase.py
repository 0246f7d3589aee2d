"""What fragments carry together: one molecule is drawn for each combination of changes, with its fragments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from kinescape.records import PhaseVerdict, SampleResult
from kinescape.report.figures.marks import state_mark
from kinescape.report.figures.svg import label, line, picture, rectangle, tooltip, width_of
from kinescape.report.wording import PHASE, short_call_name, whole

WIDTH, LEFT, MOLECULE, ROW, HEAD, GAP = 760, 16, 250, 20, 40, 12
"""Sizes in units of the picture: width, margin, length of a drawn molecule, height of a row and of a block's head."""
BAR_LEFT, BAR_WIDTH, LEAST_BAR = 300, 250, 1.0


@dataclass(frozen=True)
class Combination:
    """Which of a block's changes these fragments carry."""

    carried: tuple[bool, ...]
    fragments: int


@dataclass(frozen=True)
class Block:
    """Changes that fragments span together, and the combinations found."""

    changes: tuple[str, ...]
    heading: str
    combinations: tuple[Combination, ...]
    neither: int | None
    """Fragments that carry none of them; None where they were not counted."""


def phase_picture(result: SampleResult) -> Markup | None:
    """The picture; None where no fragment spans two called changes."""
    blocks = [*_groups(result), *(_pair(result, phase) for phase in result.phases if _spanned(phase))]
    if not blocks:
        return None
    parts: list[Markup] = []
    top = 8.0
    for block in blocks:
        parts += _drawn(block, top)
        top += HEAD + ROW * len(block.combinations) + GAP
    words = ". ".join(_in_words(block) for block in blocks)
    return picture("phase-picture", "Changes on the same fragments", words + ".", WIDTH, top, parts)


def _spanned(phase: PhaseVerdict) -> bool:
    return phase.n11 + phase.n10 + phase.n01 + phase.n00 > 0


def _pair(result: SampleResult, phase: PhaseVerdict) -> Block:
    positions = {call.variant.name: (call.variant.chrom, call.variant.pos) for call in result.calls}
    names = (phase.variant_a, phase.variant_b)
    turned = positions.get(names[0], ("", 0)) > positions.get(names[1], ("", 0))
    first, second = (phase.n01, phase.n10) if turned else (phase.n10, phase.n01)
    changes = tuple(_name(result, name) for name in (reversed(names) if turned else names))
    return Block(
        changes,
        f"{changes[0]} and {changes[1]}: {PHASE[phase.verdict].lower()}",
        (
            Combination((True, True), phase.n11),
            Combination((True, False), first),
            Combination((False, True), second),
        ),
        phase.n00,
    )


def _groups(result: SampleResult) -> Iterator[Block]:
    for group in dict.fromkeys(each.group for each in result.haplotypes):
        members = [each for each in result.haplotypes if each.group == group]
        changes = tuple(_name(result, name) for name in group)
        combinations = tuple(
            Combination(tuple(name in each.variants for name in group), each.fragments) for each in members
        )
        yield Block(changes, ", ".join(changes) + ": together", combinations, None)


def _name(result: SampleResult, variant: str) -> str:
    return next((short_call_name(call) for call in result.calls if call.variant.name == variant), variant)


def _drawn(block: Block, top: float) -> Iterator[Markup]:
    yield label(_cut(block.heading, 95), LEFT, top + 12, "t strong", "start")
    unit = MOLECULE / len(block.changes)
    places = [LEFT + (number + 0.5) * unit for number in range(len(block.changes))]
    for change, x in zip(block.changes, places, strict=True):
        yield label(_cut(change, int(unit / width_of("x", 10.5))), x, top + 30, "t small muted")
    none = "" if block.neither is None else f"; {whole(block.neither)} fragments carry none of them"
    yield label(f"Fragments{none}", BAR_LEFT, top + 30, "t small muted", "start")
    most = max((each.fragments for each in block.combinations), default=0)
    for number, each in enumerate(block.combinations):
        y = top + HEAD + ROW * (number + 0.5)
        yield line(LEFT, y, LEFT + MOLECULE, y, "axis")
        for carried, x in zip(each.carried, places, strict=True):
            yield state_mark("detected" if carried else "not_detected", x, y)
        width = BAR_WIDTH * each.fragments / most if most else 0.0
        shown = max(width, LEAST_BAR) if each.fragments else 0.0
        yield rectangle(BAR_LEFT, y - 6, shown, 12, "bar", tooltip(f"{whole(each.fragments)} fragments"))
        yield label(whole(each.fragments), BAR_LEFT + shown + 6, y + 4, "t small", "start")


def _cut(text: str, longest: int) -> str:
    longest = max(longest, 4)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _in_words(block: Block) -> str:
    told = []
    for each in block.combinations:
        carried = [change for change, is_there in zip(block.changes, each.carried, strict=True) if is_there]
        told.append(
            f"{' with '.join(carried)}{' only' if len(carried) == 1 else ''} on {whole(each.fragments)} fragments"
        )
    return f"{block.heading} – " + ", ".join(told)
