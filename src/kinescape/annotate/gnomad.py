"""gnomAD: how often an allele is seen in the population.

Allele counts of several files (exomes, genomes, chromosomes) are added, so that the fraction is AC / AN over all of
them. ``grpmax`` (called ``popmax`` before release 4) is the largest fraction in one ancestry group; of several files
the largest is kept.
"""

from __future__ import annotations

from collections.abc import Iterator

from kinescape.annotate.entry import Entry, Field, Info
from kinescape.annotate.reading import Reading
from kinescape.annotate.vcf_input import VcfLine, alleles, read_vcf

FIELDS = (
    Field("AC", "Integer", "Alternative alleles counted, over all files"),
    Field("AN", "Integer", "Alleles counted in all, over all files"),
    Field("AF", "Float", "Allele fraction: AC / AN, or as stated where they are not given"),
    Field("AFGRPMAX", "Float", "Largest allele fraction in one ancestry group"),
    Field("GRPMAX", "String", "That ancestry group, as the source abbreviates it"),
    Field("QC", "String", "Filters of the source that the site fails"),
)
_GROUP_FRACTION = ("AF_grpmax", "AF_popmax")
_GROUP = ("grpmax", "popmax")


def entries(reading: Reading) -> Iterator[Entry]:
    """The variants of one gnomAD VCF of sites."""
    content = read_vcf(reading.path, reading.panel)
    reading.took(content)
    for line in content.lines:
        for allele, variant in alleles(reading.panel, line, reading.skip):
            info = _info(line, allele)
            if "AF" not in info:
                reading.skip("alleles without AF and without AC and AN")
                continue
            yield Entry(variant, info, line.id)


def _info(line: VcfLine, allele: int) -> dict[str, str]:
    info = {
        "AC": _count(line.of_allele("AC", allele)),
        "AN": _count(line.of_allele("AN", allele)),
        "AF": _fraction(line.of_allele("AF", allele)),
        "AFGRPMAX": next(filter(None, (_fraction(line.of_allele(key, allele)) for key in _GROUP_FRACTION)), ""),
        "GRPMAX": next(filter(None, (line.of_allele(key, allele) for key in _GROUP)), ""),
        "QC": "" if line.filter in ("", ".", "PASS") else line.filter.replace(";", ","),
    }
    return {key: value for key, value in _with_fraction(info).items() if value}


def merge(one: Info, other: Info) -> Info:
    """The same allele in two files: counts added; where counts are missing, the larger fraction."""
    both = dict(one)
    if all(key in each for each in (one, other) for key in ("AC", "AN")):
        both |= {key: str(int(one[key]) + int(other[key])) for key in ("AC", "AN")}
    else:
        both.pop("AC", None)
        both.pop("AN", None)
        both["AF"] = max(one["AF"], other["AF"], key=float)
    if float(other.get("AFGRPMAX", 0)) > float(one.get("AFGRPMAX", 0)):
        both |= {key: other[key] for key in ("AFGRPMAX", "GRPMAX") if key in other}
    failed = [name for each in (one, other) for name in each.get("QC", "").split(",") if name]
    if failed:
        both["QC"] = ",".join(dict.fromkeys(failed))
    return _with_fraction(both)


def allele_fraction(info: Info) -> float:
    """The fraction that thresholds are compared with."""
    return float(info["AF"])


def words(entry: Entry) -> str:
    """``allele fraction 1.9e-05 (31 of 1,614,000 alleles), largest in one group 5.2e-05 (sas)``."""
    info = entry.info
    text = f"allele fraction {float(info['AF']):.2g}"
    if "AN" in info:
        text += f" ({int(info['AC']):,} of {int(info['AN']):,} alleles)"
    if "AFGRPMAX" in info:
        group = f" ({info['GRPMAX']})" if "GRPMAX" in info else ""
        text += f", largest in one group {float(info['AFGRPMAX']):.2g}{group}"
    if "QC" in info:
        text += f"; fails the source's own filters: {info['QC'].replace(',', ', ')}"
    return text


def _with_fraction(info: dict[str, str]) -> dict[str, str]:
    if info.get("AN") and info.get("AC"):
        total = int(info["AN"])
        info["AF"] = f"{int(info['AC']) / total:.6g}" if total else "0"
    return info


def _count(text: str) -> str:
    return text if text.isdecimal() else ""


def _fraction(text: str) -> str:
    try:
        return text if text and 0 <= float(text) <= 1 else ""
    except ValueError:
        return ""
