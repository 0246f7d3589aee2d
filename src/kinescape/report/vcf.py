"""``variants.vcf.gz``: every candidate of one sample as VCF 4.3, compressed with bgzip and indexed with tabix.

One line is one variant on the chromosome; both aligners' numbers stand side by side in the sample's column, under names
that end in the aligner's tag (``DP_BWA``, ``DP_BT2``). ``FILTER`` is ``PASS`` only for strong evidence. ``QUAL`` is the
smaller of the aligners' values, so a cut on it holds for both. No genotype is stated: the model counts alleles in a
mixture of cells and does not know a ploidy.

Source of the rules: The Variant Call Format Specification, VCFv4.3 (samtools/hts-specs), sections 1.2 (percent
encoding), 1.4 (meta-information) and 1.6 (data lines).
"""

from __future__ import annotations

import re
from pathlib import Path

import pysam

from kinescape.errors import KinescapeError
from kinescape.files import whole_file
from kinescape.records import AlignerCall, Call, SampleResult
from kinescape.report.vcf_header import aligner_tag, header_lines
from kinescape.report.vcf_phase import UNPHASED, PhaseFields, phase_fields
from kinescape.report.wording import lowest_depth

MISSING = "."
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
"""What cannot stand in any column: tabs and line ends above all."""
_IN_INFO = re.compile(r"[%;=,\x00-\x1f\x7f]")
"""What section 1.2 wants encoded in INFO. The colon means nothing there, and blanks are allowed (section 1.6.1)."""
_BASES = re.compile(r"[ACGTN]+")
_FILTER_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")


def write_vcf(path: Path, result: SampleResult, contigs: list[tuple[str, int]]) -> None:
    """Write ``path`` (``.vcf.gz``) and its index ``path.tbi``.

    Parameters
    ----------
    path
        Where the file shall lie; both files are written aside and renamed.
    result
        The sample.
    contigs
        (name, length in bases) of every contig that a call may lie on, in the order of the file.

    Raises
    ------
    KinescapeError
        A call lies on no contig or beyond its end, or is not spelled with the bases A, C, G, T, N.
    """
    text = vcf_text(result, contigs)
    with whole_file(path) as temporary:
        with pysam.BGZFile(str(temporary), "w", None) as handle:
            handle.write(text.encode("utf-8"))
        # The index goes first under its own temporary name; the table it points into follows with the block's end.
        with whole_file(path.with_name(path.name + ".tbi")) as index:
            pysam.tabix_index(str(temporary), preset="vcf", force=True, keep_original=True, index=str(index))


def vcf_text(result: SampleResult, contigs: list[tuple[str, int]]) -> str:
    """The uncompressed file."""
    order = {name: number for number, (name, _) in enumerate(contigs)}
    lengths = dict(contigs)
    for call in result.calls:
        _check_call(call, lengths)
    calls = sorted(result.calls, key=lambda c: (order[c.variant.chrom], c.variant.pos, c.variant.ref, c.variant.alt))
    aligners = aligner_names(result)
    columns = [
        "#CHROM",
        "POS",
        "ID",
        "REF",
        "ALT",
        "QUAL",
        "FILTER",
        "INFO",
        "FORMAT",
        encoded(result.sample.sample, _CONTROL),
    ]
    lines = [*header_lines(result, contigs, aligners), "\t".join(columns)]
    phases = phase_fields(result)
    lines += ["\t".join(_cells(call, aligners, phases.get(call.variant.name, UNPHASED))) for call in calls]
    return "\n".join(lines) + "\n"


def aligner_names(result: SampleResult) -> list[str]:
    """Aligners in the order of the run; ones that only a call knows come after."""
    names = [run.aligner for run in result.aligners]
    for call in result.calls:
        names += [numbers.aligner for numbers in call.by_aligner if numbers.aligner not in names]
    return names


def encoded(text: str, special: re.Pattern[str] = _IN_INFO) -> str:
    """``text`` with the characters that VCF gives a meaning written as ``%XX`` of their UTF-8 bytes."""

    def percent(match: re.Match[str]) -> str:
        return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8"))

    return special.sub(percent, text)


def _check_call(call: Call, lengths: dict[str, int]) -> None:
    variant = call.variant
    if variant.chrom not in lengths:
        raise KinescapeError(f"variant {variant.name} lies on a contig that the VCF does not declare")
    if not 1 <= variant.pos <= variant.pos + len(variant.ref) - 1 <= lengths[variant.chrom]:
        raise KinescapeError(f"variant {variant.name} lies beyond the end of its contig")
    if not (_BASES.fullmatch(variant.ref) and _BASES.fullmatch(variant.alt)) or variant.ref == variant.alt:
        raise KinescapeError(f"variant {variant.name} is not two different alleles of A, C, G, T, N")
    for name in (*call.filters, *(name for numbers in call.by_aligner for name in numbers.filters)):
        if not _FILTER_NAME.fullmatch(name) or name == "PASS":
            raise KinescapeError(f"variant {variant.name}: '{name}' cannot be the name of a VCF filter")


def _cells(call: Call, aligners: list[str], phase: PhaseFields) -> list[str]:
    variant = call.variant
    keys, values = _sample_fields(call, aligners, phase)
    return [
        variant.chrom,
        str(variant.pos),
        MISSING,
        variant.ref,
        variant.alt,
        str(min((numbers.qual for numbers in call.by_aligner), default=0)),
        ";".join(call.filters) or "PASS",
        _info(call, phase),
        ":".join(keys),
        ":".join(values),
    ]


def _info(call: Call, phase: PhaseFields) -> str:
    depth = lowest_depth(call)
    fields: list[tuple[str, str]] = [("DP", "" if depth is None else str(depth)), ("AF", f"{call.vaf:.6g}")]
    named = call.consequence
    if named is not None:
        fields += [
            ("GENE", named.gene),
            ("TRANSCRIPT", named.transcript),
            ("EXON", "" if named.exon is None else str(named.exon)),
            ("CONSEQUENCE", named.kind),
            ("HGVSG", named.hgvs_g),
            ("HGVSC", named.hgvs_c),
            ("HGVSP", named.hgvs_p),
            ("PROTEIN", named.protein),
        ]
    fields += [
        ("EVIDENCE", call.evidence),
        ("REASON", call.reason),
        ("KNOWN", call.known),
        ("BGRATIO", "" if call.background_ratio is None else f"{call.background_ratio:.6g}"),
        ("INSPECTED", call.inspected),
        ("PARTS", "|".join(call.parts)),
    ]
    cells = [f"{key}={encoded(value)}" for key, value in fields if value]
    partners = (("CIS", phase.cis), ("TRANS", phase.trans), ("MIXED", phase.mixed))
    cells += [f"{key}={'|'.join(encoded(name) for name in names)}" for key, names in partners if names]
    return ";".join(cells)


def _sample_fields(call: Call, aligners: list[str], phase: PhaseFields) -> tuple[list[str], list[str]]:
    """FORMAT keys and the sample's values."""
    depth = lowest_depth(call)
    keys = ["DP", "AF", "AFLOW", "AFHIGH"]
    values = [MISSING if depth is None else str(depth), *(f"{v:.6g}" for v in (call.vaf, call.vaf_low, call.vaf_high))]
    if phase.phase_set is not None:
        keys.append("PS")
        values.append(str(phase.phase_set))
    for aligner in aligners:
        tag = aligner_tag(aligner)
        numbers = next((n for n in call.by_aligner if n.aligner == aligner), None)
        for key, value in _aligner_fields(numbers).items():
            keys.append(f"{key}_{tag}")
            values.append(value)
    return keys, values


def _aligner_fields(numbers: AlignerCall | None) -> dict[str, str]:
    if numbers is None:
        return dict.fromkeys(("DP", "AD", "AF", "QUAL", "SB", "DP4", "FT"), MISSING)
    return {
        "DP": str(numbers.depth),
        "AD": f"{numbers.dp4[0] + numbers.dp4[1]},{numbers.alt_count}",
        "AF": f"{numbers.vaf:.6g}",
        "QUAL": str(numbers.qual),
        "SB": str(numbers.strand_bias),
        "DP4": ",".join(str(count) for count in numbers.dp4),
        "FT": ",".join(numbers.filters) or "PASS",
    }
