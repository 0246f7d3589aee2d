"""Read c. and g. names of single changes into VCF variants, with every stated base checked."""

from __future__ import annotations

import re

from kinescape.coordinates import reverse_complement, to_zero_based
from kinescape.errors import InputError
from kinescape.panel.edit import Edit, edit_of, trimmed, variant_of
from kinescape.panel.model import Gene, Panel
from kinescape.panel.place import parse_place, position_of
from kinescape.records import Variant

_POSITION = r"[-*]?\d+(?:[+-]\d+)?"
_CHANGE = re.compile(
    rf"(?P<first>{_POSITION})(?:_(?P<last>{_POSITION}))?"
    r"(?:(?P<ref>[ACGT]*)>(?P<new>[ACGT]+)"
    r"|del(?P<gone>[ACGT]*)ins(?P<put>[ACGT]+)|(?P<del>del)(?P<lost>[ACGT]*)"
    r"|(?P<dup>dup)(?P<copied>[ACGT]*)|ins(?P<ins>[ACGT]+)|(?P<inv>inv))"
)
_CALL_ID = re.compile(r"([^:]+):(\d+):([ACGTacgt]+)>([ACGTacgt]+)")
_EXAMPLES_C = "such as c.3604G>A, c.3521_3523del, c.3451_3453dup, c.3453_3454insACG or c.3604_3605delinsAA"


def variant_from_c(panel: Panel, gene: str, text: str) -> Variant:
    """The normalised variant of a c. name on the gene's reporting transcript.

    ``text`` may start with the transcript (``NM_004304.5:``, any version, because stated bases are checked), and may
    state the bases of a deletion or duplication.

    Raises
    ------
    InputError
        Not a c. name, another transcript, a position that the transcript lacks, or a stated base that differs.
    """
    own = panel.gene(gene)
    place = "".join(text.split())
    if ":" in place:
        accession, place = place.split(":", 1)
        _check_transcript(own, accession, text)
    if not place.startswith("c."):
        raise InputError("not a c. name", found=text, expected=_EXAMPLES_C)
    if place.startswith("c.["):
        raise InputError("several changes in one name", found=text, expected="one change at a time")
    match = _CHANGE.fullmatch(place[2:])
    if match is None:
        raise InputError("not a c. name", found=text, expected=_EXAMPLES_C)
    first = position_of(own, parse_place(own, match["first"]))
    last = position_of(own, parse_place(own, match["last"])) if match["last"] else first
    if (last - first) * own.strand < 0:
        raise InputError("range ends before it starts", found=text, expected="first position < last position")
    low, high = min(first, last), max(first, last)
    return _variant(panel, own.chrom, (low, high), match, own.strand, text)


def variant_from_g(panel: Panel, text: str) -> Variant:
    """The normalised variant of a g. name (``chr2:g.29220765C>T``) or of a call id (``chr2:29220765:C>T``).

    The chromosome may be given by its accession where the panel states one (``NC_000002.12``).

    Raises
    ------
    InputError
        Not a g. name, an unknown chromosome, or a stated base that differs.
    """
    place = "".join(text.split())
    call = _CALL_ID.fullmatch(place)
    if call is not None:
        given = Variant(chrom=_chromosome(panel, call[1], text), pos=int(call[2]), ref=call[3], alt=call[4])
        return variant_of(panel, edit_of(panel, given))
    chrom, _, change = place.partition(":g.")
    match = _CHANGE.fullmatch(change)
    if match is None or not match["first"].isdigit() or not (match["last"] or "1").isdigit():
        raise InputError(
            "not a g. name", found=text, expected="such as chr2:g.29220765G>T or chr2:g.29220830_29220832del"
        )
    first = to_zero_based(int(match["first"]))
    last = to_zero_based(int(match["last"])) if match["last"] else first
    if last < first:
        raise InputError("range ends before it starts", found=text, expected="first position < last position")
    return _variant(panel, _chromosome(panel, chrom, text), (first, last), match, 1, text)


def _check_transcript(gene: Gene, accession: str, text: str) -> None:
    stated = accession.partition("(")[0].partition(".")[0]
    own = {gene.symbol, gene.refseq.partition(".")[0], gene.ensembl.partition(".")[0]}
    if stated not in own:
        raise InputError(
            f"name on another transcript than the reporting one of {gene.symbol}",
            found=text,
            expected=f"{gene.refseq} or {gene.ensembl}",
        )


def _chromosome(panel: Panel, name: str, text: str) -> str:
    for chrom, accession in panel.accessions.items():
        if name in (chrom, accession):
            return chrom
    known = [gene.chrom for gene in panel.genes.values()]
    if name in known:
        return name
    raise InputError(
        "chromosome without a gene of this panel", found=text, expected="one of " + ", ".join(sorted(set(known)))
    )


def _variant(panel: Panel, chrom: str, span: tuple[int, int], match: re.Match[str], strand: int, text: str) -> Variant:
    """``span``: first and last 0-based position on the plus strand; stated bases are read on ``strand``."""
    low, high = span
    if match["ins"] is not None:
        if high != low + 1:
            raise InputError(
                "an insertion stands between two neighbours", found=text, expected="such as c.3453_3454insACG"
            )
        return variant_of(panel, Edit(chrom, high, "", _on_plus(match["ins"], strand)))
    stated = match["ref"] or match["gone"] or match["lost"] or match["copied"] or ""
    ref = _on_plus(stated, strand)
    if ref:
        if len(ref) != high - low + 1:
            raise InputError("stated bases and range differ in length", found=text, expected=f"{high - low + 1} bases")
        _check(panel, Edit(chrom, low, ref, ""), strand, text)
    elif match["new"] is not None and match["last"] is None:
        raise InputError("substitution without its reference base", found=text, expected="such as c.3604G>A")
    reference = panel.bases(chrom, low, high + 1)
    if match["dup"]:
        return variant_of(panel, Edit(chrom, high + 1, "", reference))
    alt = reverse_complement(reference) if match["inv"] else _on_plus(match["new"] or match["put"] or "", strand)
    edit = trimmed(Edit(chrom, low, reference, alt))
    if not edit.ref and not edit.alt:
        raise InputError("changes nothing", found=text, expected="a new sequence that differs from the reference")
    return variant_of(panel, edit)


def _on_plus(bases: str, strand: int) -> str:
    return bases if strand > 0 else reverse_complement(bases)


def _check(panel: Panel, edit: Edit, strand: int, text: str) -> None:
    """InputError unless the stated bases are the reference's, in the words of the name that the user wrote."""
    expected = panel.bases(edit.chrom, edit.start, edit.end)
    if expected != edit.ref:
        raise InputError(
            f"{text}: reference {'base' if len(expected) == 1 else 'bases'} of {panel.genome}",
            found=_on_plus(edit.ref, strand),
            expected=_on_plus(expected, strand),
        )
