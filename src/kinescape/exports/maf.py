"""MAF (Mutation Annotation Format): the columns of vcf2maf and the GDC, then our own.

Column names and terms: GDC MAF Format v1.0.0 (docs.gdc.cancer.gov/Data/File_Formats/MAF_Format) and vcf2maf 1.6.

``Mutation_Status`` is ``Somatic`` only where strong evidence meets a listed resistance change: no matched normal was
read, so the origin of any other variant stays ``Unknown``. Both are candidates; ``kinescape_origin`` says so. Weak
calls are flagged by ``FILTER``, filtered ones are left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kinescape.exports.cells import Value, table
from kinescape.exports.statements import RESEARCH_USE, SIMULATED, produced_by
from kinescape.records import Call, Consequence, SampleResult, Variant

COLUMNS = (
    *("Hugo_Symbol", "Entrez_Gene_Id", "Center", "NCBI_Build", "Chromosome", "Start_Position", "End_Position"),
    *("Strand", "Variant_Classification", "Variant_Type", "Reference_Allele", "Tumor_Seq_Allele1"),
    *("Tumor_Seq_Allele2", "dbSNP_RS", "dbSNP_Val_Status", "Tumor_Sample_Barcode", "Matched_Norm_Sample_Barcode"),
    *("Match_Norm_Seq_Allele1", "Match_Norm_Seq_Allele2", "Tumor_Validation_Allele1", "Tumor_Validation_Allele2"),
    *("Match_Norm_Validation_Allele1", "Match_Norm_Validation_Allele2", "Verification_Status"),
    *("Validation_Status", "Mutation_Status", "Sequencing_Phase", "Sequence_Source", "Validation_Method", "Score"),
    *("BAM_File", "Sequencer", "Tumor_Sample_UUID", "Matched_Norm_Sample_UUID", "HGVSc", "HGVSp", "HGVSp_Short"),
    *("Transcript_ID", "Exon_Number", "t_depth", "t_ref_count", "t_alt_count", "n_depth", "n_ref_count"),
    *("n_alt_count", "Consequence", "FILTER", "vcf_pos", "vcf_qual"),
    *("kinescape_evidence", "kinescape_origin", "kinescape_vaf", "kinescape_vaf_low", "kinescape_vaf_high"),
    *("kinescape_reason", "kinescape_known", "kinescape_inspected", "kinescape_simulated", "kinescape_use"),
)

ENTREZ = {"ALK": 238, "ROS1": 6098}
"""NCBI Gene; 0 stands for a gene whose number is not known here, as the format asks."""

CONSEQUENCES = {
    "missense": "missense_variant",
    "synonymous": "synonymous_variant",
    "nonsense": "stop_gained",
    "inframe_deletion": "inframe_deletion",
    "inframe_insertion": "inframe_insertion",
    "inframe_delins": "protein_altering_variant",
    "frameshift": "frameshift_variant",
    "start_lost": "start_lost",
    "stop_lost": "stop_lost",
    "splice_site": "splice_site_variant",
    "intronic": "intron_variant",
    "utr": "UTR_variant",
}
"""Terms of the Sequence Ontology."""

_PLAIN = {
    "missense": "Missense_Mutation",
    "synonymous": "Silent",
    "nonsense": "Nonsense_Mutation",
    "inframe_deletion": "In_Frame_Del",
    "inframe_insertion": "In_Frame_Ins",
    "start_lost": "Translation_Start_Site",
    "stop_lost": "Nonstop_Mutation",
    "splice_site": "Splice_Site",
    "intronic": "Intron",
}

_THREE_LETTER = (
    *("Ala", "Arg", "Asn", "Asp", "Cys", "Gln", "Glu", "Gly", "His", "Ile", "Leu"),
    *("Lys", "Met", "Phe", "Pro", "Ser", "Thr", "Trp", "Tyr", "Val", "Ter"),
)
ONE_LETTER = dict(zip(_THREE_LETTER, "ARNDCQEGHILKMFPSTWYV*", strict=True))
_SILENT = re.compile(r"([A-Z][a-z]{2})(\d+)=")


@dataclass(frozen=True)
class MafAlleles:
    """A variant as MAF writes it: no shared first bases, ``-`` for no base; 1-based inclusive."""

    start: int
    end: int
    ref: str
    alt: str
    kind: str
    """SNP, DNP, TNP, ONP, INS or DEL."""


def maf_alleles(variant: Variant) -> MafAlleles:
    """VCF's spelling -> MAF's: shared bases cut from the front, insertions between the two bases around them."""
    ref, alt, pos = variant.ref, variant.alt, variant.pos
    if len(ref) != len(alt):
        while ref and alt and ref[0] == alt[0]:
            ref, alt, pos = ref[1:], alt[1:], pos + 1
    if not ref:
        return MafAlleles(pos - 1, pos, "-", alt, "INS")
    end = pos + len(ref) - 1
    if not alt:
        return MafAlleles(pos, end, ref, "-", "DEL")
    if len(ref) == len(alt):
        return MafAlleles(pos, end, ref, alt, {1: "SNP", 2: "DNP", 3: "TNP"}.get(len(ref), "ONP"))
    return MafAlleles(pos, end, ref, alt, "INS" if len(alt) > len(ref) else "DEL")


def classification(named: Consequence | None, alleles: MafAlleles) -> str:
    """``Variant_Classification``."""
    if named is None:
        return "Targeted_Region"
    if named.kind in _PLAIN:
        return _PLAIN[named.kind]
    if named.kind == "utr":
        return "3'UTR" if re.search(r"c\.\*", named.hgvs_c) else "5'UTR"
    if named.kind == "frameshift":
        return "Frame_Shift_Ins" if alleles.kind == "INS" else "Frame_Shift_Del"
    if alleles.kind in ("INS", "DEL"):
        return "In_Frame_Ins" if alleles.kind == "INS" else "In_Frame_Del"
    return "Missense_Mutation"  # several bases for as many: one or more residues exchanged


def short_protein(named: Consequence | None) -> str:
    """``p.G1202R``, ``p.L1187=``; empty where there is no protein position to name."""
    if named is None:
        return ""
    if named.protein:
        return f"p.{named.protein}"
    silent = _SILENT.search(named.hgvs_p)
    return f"p.{ONE_LETTER[silent[1]]}{silent[2]}=" if silent and silent[1] in ONE_LETTER else ""


def maf_rows(result: SampleResult, barcode: str | None = None) -> list[dict[str, Value]]:
    """Rows of the strong and weak calls of one sample, in the order of the genome.

    Parameters
    ----------
    barcode
        ``Tumor_Sample_Barcode``; the sample's name unless given.
    """
    calls = sorted((call for call in result.calls if call.evidence != "filtered"), key=lambda each: each.variant)
    return [_row(call, result, barcode or result.sample.sample) for call in calls]


def _row(call: Call, result: SampleResult, barcode: str) -> dict[str, Value]:
    alleles, named = maf_alleles(call.variant), call.consequence
    numbers = min(call.by_aligner, key=lambda each: each.depth, default=None)
    listed = call.evidence == "strong" and bool(call.known)
    return {
        "Hugo_Symbol": named.gene if named else "Unknown",
        "Entrez_Gene_Id": ENTREZ.get(named.gene, 0) if named else 0,
        "NCBI_Build": result.panel.genome,
        "Chromosome": call.variant.chrom,
        "Start_Position": alleles.start,
        "End_Position": alleles.end,
        "Strand": "+",
        "Variant_Classification": classification(named, alleles),
        "Variant_Type": alleles.kind,
        "Reference_Allele": alleles.ref,
        "Tumor_Seq_Allele1": alleles.ref,
        "Tumor_Seq_Allele2": alleles.alt,
        "Tumor_Sample_Barcode": barcode,
        "Validation_Status": "Untested",
        "Mutation_Status": "Somatic" if listed else "Unknown",
        "Sequence_Source": "Targeted",
        "HGVSc": _without_accession(named.hgvs_c) if named else "",
        "HGVSp": _without_accession(named.hgvs_p) if named else "",
        "HGVSp_Short": short_protein(named),
        "Transcript_ID": named.transcript if named else "",
        "Exon_Number": named.exon if named else None,
        "t_depth": numbers.depth if numbers else None,
        "t_ref_count": numbers.dp4[0] + numbers.dp4[1] if numbers else None,
        "t_alt_count": numbers.alt_count if numbers else None,
        "Consequence": CONSEQUENCES[named.kind] if named else "",
        "FILTER": ";".join(call.filters) or "PASS",
        "vcf_pos": call.variant.pos,
        "vcf_qual": min((each.qual for each in call.by_aligner), default=0),
        "kinescape_evidence": call.evidence,
        "kinescape_origin": (
            "candidate somatic: on the list of known changes; no matched normal"
            if listed
            else "candidate, origin not known: no matched normal"
        ),
        "kinescape_vaf": call.vaf,
        "kinescape_vaf_low": call.vaf_low,
        "kinescape_vaf_high": call.vaf_high,
        "kinescape_reason": call.reason,
        "kinescape_known": call.known,
        "kinescape_inspected": call.inspected or "not inspected",
        "kinescape_simulated": result.simulated,
        "kinescape_use": RESEARCH_USE,
    }


def _without_accession(name: str) -> str:
    """``NM_004304.5:c.3604G>A`` -> ``c.3604G>A``: MAF names the transcript in a column of its own."""
    return name.rpartition(":")[2]


def maf_text(results: Sequence[SampleResult]) -> str:
    """The file of all samples."""
    comments = ["version 2.4", f"{produced_by(results[0])}; {RESEARCH_USE}"]
    if any(result.simulated for result in results):
        comments.append(SIMULATED)
    rows = [[row.get(column) for column in COLUMNS] for result in results for row in maf_rows(result)]
    return table(COLUMNS, rows, comments)
