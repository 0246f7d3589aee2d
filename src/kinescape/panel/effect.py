"""What changed coding bases make of the protein, codon by codon.

Coding bases are counted from 0 at the first base of the start codon, in the direction of transcription. Naming follows
HGVS nomenclature 21.0, "Protein": the first residue that differs, the most C-terminal place of equivalent deletions and
insertions, ``fsTer`` counted from the first changed residue to the new stop, both included.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from kinescape.panel.codons import STOP, translate
from kinescape.panel.model import Gene
from kinescape.panel.protein_change import ProteinChange

Kind = Literal[
    "missense",
    "synonymous",
    "nonsense",
    "inframe_deletion",
    "inframe_insertion",
    "inframe_delins",
    "frameshift",
    "start_lost",
    "stop_lost",
    "splice_site",
    "intronic",
    "utr",
]
SEVERITY: tuple[Kind, ...] = (
    "frameshift",
    "nonsense",
    "start_lost",
    "stop_lost",
    "splice_site",
    "inframe_delins",
    "inframe_deletion",
    "inframe_insertion",
    "missense",
    "synonymous",
    "utr",
    "intronic",
)
"""The kind that names a compound is the first of these among its parts."""
_START_CODON = "ATG"


@dataclass(frozen=True, order=True)
class CodingEdit:
    """Replace the coding bases ``[start, end)`` by ``alt``, all in the direction of transcription."""

    start: int
    end: int
    alt: str

    @property
    def growth(self) -> int:
        """Bases gained (negative: lost)."""
        return len(self.alt) - (self.end - self.start)

    @property
    def codons(self) -> tuple[int, int]:
        """0-based half-open range of codons whose bases it replaces; empty for an insertion between two codons."""
        return self.start // 3, -(-self.end // 3)


@dataclass(frozen=True)
class Effect:
    """A named change and its kind."""

    change: ProteinChange
    kind: Kind


def effects_of(gene: Gene, edits: list[CodingEdit]) -> list[Effect]:
    """Effects of edits on one molecule, N-terminal first.

    Edits in the same or neighbouring codons are one change; from an edit that shifts the frame on, all edits are one.
    ``edits`` are sorted and do not overlap.
    """
    return [_effect(gene, group) for group in _groups(edits)]


def _groups(edits: list[CodingEdit]) -> list[list[CodingEdit]]:
    groups: list[list[CodingEdit]] = []
    for edit in edits:
        if groups:
            shift = sum(each.growth for each in groups[-1]) % 3
            if shift or edit.codons[0] <= groups[-1][-1].codons[1]:
                groups[-1].append(edit)
                continue
        groups.append([edit])
    return groups


def _effect(gene: Gene, edits: list[CodingEdit]) -> Effect:
    mutant = _applied(gene.cds + gene.utr3, edits)
    if edits[0].start < len(_START_CODON) and not mutant.startswith(_START_CODON):
        return Effect(ProteinChange("start", 1, 1, "M"), "start_lost")
    growth = sum(edit.growth for edit in edits)
    first = edits[0].codons[0]
    if growth % 3:
        return _shifted_frame(gene, mutant, first)
    last = max(first, edits[-1].codons[1])
    made = translate(mutant[3 * first : 3 * last + growth])
    return _same_frame(gene, mutant, first, gene.protein[first:last] + (STOP if last > len(gene.protein) else ""), made)


def _applied(sequence: str, edits: list[CodingEdit]) -> str:
    for edit in reversed(edits):
        sequence = sequence[: edit.start] + edit.alt + sequence[edit.end :]
    return sequence


def _shifted_frame(gene: Gene, mutant: str, first: int) -> Effect:
    """From the first residue that differs to the new stop. ``first``: 0-based codon at which to start looking."""
    made = translate(mutant)
    reference = gene.protein + STOP
    site = first
    while site < min(len(made), len(reference)) and made[site] == reference[site]:
        if reference[site] == STOP:
            return _silent_stop(site)
        site += 1
    if site >= len(made):
        # The sequence ends before a residue differs: nothing is known of what follows the coding sequence.
        return Effect(ProteinChange("frameshift", site + 1, site + 1, reference[site], "", None), "frameshift")
    if made[site] == STOP:
        return _nonsense(reference, site)
    end = made.find(STOP, site)
    if reference[site] == STOP:
        return _extension(made, site)
    distance = end - site + 1 if end >= 0 else None
    return Effect(ProteinChange("frameshift", site + 1, site + 1, reference[site], made[site], distance), "frameshift")


def _same_frame(gene: Gene, mutant: str, first: int, ref: str, made: str) -> Effect:
    """Residues ``ref`` from the 0-based residue ``first`` on become ``made``; the frame behind them is unchanged."""
    reference = gene.protein + STOP
    if STOP in made and (STOP not in ref or made.index(STOP) < len(made) - 1):
        return _early_stop(reference, first, ref, made)
    if STOP in ref and not made.endswith(STOP):
        return _lost_stop(reference, mutant, first, ref, made)
    if ref == made:
        last = max(first + len(ref), first + 1)
        return Effect(ProteinChange("same", first + 1, last, reference[first:last]), "synonymous")
    return _in_frame(reference, first, ref, made)


def _in_frame(reference: str, first: int, ref: str, made: str) -> Effect:
    same_length = len(ref) == len(made)
    while ref and made and ref[-1] == made[-1]:
        ref, made = ref[:-1], made[:-1]
    while ref and made and ref[0] == made[0]:
        ref, made, first = ref[1:], made[1:], first + 1
    if not made:
        return _deletion(reference, first, len(ref))
    if not ref:
        return _insertion(reference, first, made)
    change = ProteinChange("delins", first + 1, first + len(ref), ref, made)
    if len(ref) == len(made) == 1:
        return Effect(replace(change, form="substitution"), "missense")
    return Effect(change, "missense" if same_length else "inframe_delins")


def _deletion(reference: str, first: int, length: int) -> Effect:
    while reference[first + length] == reference[first] and reference[first + length] != STOP:
        first += 1
    ref = reference[first : first + length]
    return Effect(ProteinChange("del", first + 1, first + length, ref), "inframe_deletion")


def _insertion(reference: str, first: int, made: str) -> Effect:
    """Insert ``made`` before the 0-based residue ``first``."""
    while reference[first] == made[0]:
        made, first = made[1:] + made[0], first + 1
    length = len(made)
    if reference[max(0, first - length) : first] == made:
        return Effect(ProteinChange("dup", first - length + 1, first, made), "inframe_insertion")
    if reference[first] == STOP:
        return Effect(ProteinChange("extension", first + 1, first + 1, STOP, made[0], length), "inframe_insertion")
    return Effect(ProteinChange("ins", first, first + 1, reference[first - 1 : first + 1], made), "inframe_insertion")


def _lost_stop(reference: str, mutant: str, first: int, ref: str, made: str) -> Effect:
    """The stop codon, and perhaps residues before it, became residues that run on to the next stop."""
    protein = translate(mutant)
    if ref[:-1] == made[: len(ref) - 1]:
        return _extension(protein, len(reference) - 1)
    end = protein.find(STOP, first)
    if end < 0:
        return Effect(ProteinChange("unknown"), "stop_lost")
    return replace(_in_frame(reference, first, ref[:-1], protein[first:end]), kind="stop_lost")


def _early_stop(reference: str, first: int, ref: str, made: str) -> Effect:
    """``made`` holds a stop that the reference does not have there; nothing behind it is translated."""
    while ref and ref[-1] == made[-1]:
        ref, made = ref[:-1], made[:-1]
    made = made[: made.index(STOP) + 1]
    while ref and made and made[0] == ref[0]:
        ref, made, first = ref[1:], made[1:], first + 1
    while not ref and made[0] == reference[first] != STOP:
        made, first = made[1:], first + 1
    if reference[first] == STOP and not ref:
        # Inserted right before the stop codon: the inserted stop only takes its place.
        return _insertion(reference, first, made[:-1]) if made != STOP else _silent_stop(first)
    if made == STOP:
        return _nonsense(reference, first)
    if not ref:
        flank = reference[first - 1 : first + 1]
        return Effect(ProteinChange("ins", first, first + 1, flank, made), "nonsense")
    return Effect(ProteinChange("delins", first + 1, first + len(ref), ref, made), "nonsense")


def _silent_stop(site: int) -> Effect:
    return Effect(ProteinChange("same", site + 1, site + 1, STOP), "synonymous")


def _nonsense(reference: str, site: int) -> Effect:
    return Effect(ProteinChange("substitution", site + 1, site + 1, reference[site], STOP), "nonsense")


def _extension(made: str, site: int) -> Effect:
    """The stop at the 0-based residue ``site`` became a residue; the number is that of the new stop behind it."""
    if site >= len(made):
        return Effect(ProteinChange("unknown"), "stop_lost")
    end = made.find(STOP, site)
    distance = end - site if end >= 0 else None
    return Effect(ProteinChange("extension", site + 1, site + 1, STOP, made[site], distance), "stop_lost")
