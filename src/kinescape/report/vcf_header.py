"""The declarations at the top of ``variants.vcf.gz``: contigs, filters, and every key of INFO and FORMAT."""

from __future__ import annotations

import re

from kinescape.records import SampleResult
from kinescape.report.check import WEAK_FILTER

_TAGS = {"bwa": "BWA", "bowtie2": "BT2"}

_INFO = (
    ("DP", "1", "Integer", "Reads that span the position, the smaller number of the aligners"),
    ("AF", "A", "Float", "Allele fraction over both aligners' reads"),
    ("GENE", "1", "String", "Gene of the reporting transcript"),
    ("TRANSCRIPT", "1", "String", "Reporting transcript, with version"),
    ("EXON", "1", "Integer", "Exon number of the reporting transcript"),
    ("CONSEQUENCE", "1", "String", "Kind of change"),
    ("HGVSG", "1", "String", "HGVS name on the chromosome, percent-encoded"),
    ("HGVSC", "1", "String", "HGVS name on the coding sequence, percent-encoded"),
    ("HGVSP", "1", "String", "HGVS name of the protein change, percent-encoded"),
    ("PROTEIN", "1", "String", "Protein change in one-letter code"),
    ("EVIDENCE", "1", "String", "strong: passes with every aligner; weak: with one; filtered: with none"),
    ("REASON", "1", "String", "Why the evidence is not strong, percent-encoded"),
    ("KNOWN", "1", "String", "What the panel's list of known changes says of it, percent-encoded"),
    ("BGRATIO", "1", "Float", "Allele fraction over the background of the same site and substitution in controls"),
    ("INSPECTED", "1", "String", "Verdict of the person who looked at the reads, percent-encoded"),
    (
        "PARTS",
        "1",
        "String",
        "Single changes, separated by |, called on the same molecules and named here as one event",
    ),
    ("CIS", "1", "String", "Variants, separated by |, found on the same molecules as this one, as CHROM:POS:REF>ALT"),
    ("TRANS", "1", "String", "Variants, separated by |, found on other molecules than this one, as CHROM:POS:REF>ALT"),
    (
        "MIXED",
        "1",
        "String",
        "Variants, separated by |, found with this one on some molecules and without it on others",
    ),
)

_FORMAT = (
    ("DP", "1", "Integer", "Reads that span the position, the smaller number of the aligners"),
    ("AF", "A", "Float", "Allele fraction"),
    ("AFLOW", "A", "Float", "Lower end of the 95% interval of AF"),
    ("AFHIGH", "A", "Float", "Upper end of the 95% interval of AF"),
    ("PS", "1", "Integer", "Phase set: position of the first of the variants that were all found in cis, pair by pair"),
)

_FORMAT_OF_ALIGNER = (
    ("DP", "1", "Integer", "Reads that span the position"),
    ("AD", "R", "Integer", "Reads with the reference and the alternative allele, base quality at least 3"),
    ("AF", "A", "Float", "Allele fraction: reads with the allele over DP"),
    ("QUAL", "1", "Integer", "-10 log10 P of the allele, cut to a whole number; 0 where it was not significant"),
    (
        "SB",
        "1",
        "Integer",
        "-10 log10 P of Fisher's test of strand bias, or of pair orientation bias, cut",
    ),
    ("DP4", "4", "Integer", "Reads: reference forward, reference reverse, alternative forward, alternative reverse"),
    ("FT", ".", "String", "PASS, or the filters that the allele fails with this aligner"),
)

FILTER_WORDS = {
    WEAK_FILTER: "Passes every filter with one aligner only",
    "not_called": "Not significant in the caller's model",
    "call_fdr": "Call quality does not hold the false discovery rate",
    "strand_bias": "Strand bias at the false discovery rate allowed",
    "min_depth": "Fewer reads than the smallest depth allowed",
    "min_vaf": "Allele fraction below the smallest one allowed",
    "gnomad_af": "Allele fraction in the population (gnomAD) is not below the largest one allowed",
    "background": "Not above the background of its site in controls, at the false discovery rate",
}
"""What the filters of the stages before mean. One that is not listed is declared by its bare name."""


def aligner_tag(aligner: str) -> str:
    """``bwa`` -> ``BWA``, ``bowtie2`` -> ``BT2``, any other name in capitals, fit for a VCF key."""
    return _TAGS.get(aligner, re.sub(r"[^A-Z0-9]", "_", aligner.upper()))


def header_lines(result: SampleResult, contigs: list[tuple[str, int]], aligners: list[str]) -> list[str]:
    """Every ``##`` line. No date and no command line: the same result gives the same file."""
    lines = [
        "##fileformat=VCFv4.3",
        f"##source=kinescape {result.kinescape_version}",
        f"##reference={_line(result.panel.genome)}",
        f"##kinescape_panel={_line(f'{result.panel.name} {result.panel.version} sha256:{result.panel.sha256}')}",
        "##kinescape_use=Research use only",
    ]
    if result.simulated:
        lines.append("##kinescape_simulated=SIMULATED DATA, not from a patient")
    lines += [f"##contig=<ID={name},length={length}>" for name, length in contigs]
    used = {name for call in result.calls for name in call.filters}
    lines.append('##FILTER=<ID=PASS,Description="Strong evidence: every filter passed with every aligner">')
    lines += [
        f'##FILTER=<ID={name},Description="{_quoted(_filter_words(name))}">' for name in sorted(used | {WEAK_FILTER})
    ]
    lines += [_declaration("INFO", key, number, kind, words) for key, number, kind, words in _INFO]
    lines += [_declaration("FORMAT", key, number, kind, words) for key, number, kind, words in _FORMAT]
    for aligner in aligners:
        for key, number, kind, words in _FORMAT_OF_ALIGNER:
            name = f"{key}_{aligner_tag(aligner)}"
            lines.append(_declaration("FORMAT", name, number, kind, f"{words} ({_line(aligner)})"))
    return lines


def _declaration(section: str, key: str, number: str, kind: str, words: str) -> str:
    return f'##{section}=<ID={key},Number={number},Type={kind},Description="{_quoted(words)}">'


def _filter_words(name: str) -> str:
    return FILTER_WORDS.get(name, f"Reason given by the caller: {name}")


def _quoted(text: str) -> str:
    """Backslash and quotation mark escaped, as section 1.4 of the specification asks."""
    return _line(text).replace("\\", "\\\\").replace('"', '\\"')


def _line(text: str) -> str:
    """On one line, without control characters; a ``<`` in front would open a structured value."""
    line = "".join(c if c.isprintable() else " " for c in text)
    return "%3C" + line[1:] if line.startswith("<") else line
