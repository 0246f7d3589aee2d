"""ClinVar: clinical significance of a variant, as submitted to NCBI. Germline and somatic classifications are apart."""

from __future__ import annotations

from collections.abc import Iterator

from kinescape.annotate.entry import Entry, Field, Info
from kinescape.annotate.reading import Reading
from kinescape.annotate.vcf_input import alleles, plain, read_vcf

FIELDS = (
    Field("SIG", "String", "Germline clinical significance"),
    Field("CONF", "String", "Conflicting germline significances, with their numbers"),
    Field("COND", "String", "Conditions"),
    Field("REV", "String", "Review status"),
    Field("ONC", "String", "Oncogenicity"),
    Field("ONCCOND", "String", "Conditions of the oncogenicity"),
    Field("SCI", "String", "Somatic clinical impact"),
)
_KEYS = {
    "SIG": "CLNSIG",
    "CONF": "CLNSIGCONF",
    "COND": "CLNDN",
    "REV": "CLNREVSTAT",
    "ONC": "ONC",
    "ONCCOND": "ONCDN",
    "SCI": "SCI",
}


def entries(reading: Reading) -> Iterator[Entry]:
    """The variants of ClinVar's VCF. The ID is the VariationID."""
    content = read_vcf(reading.path, reading.panel)
    reading.took(content)
    for line in content.lines:
        for _, variant in alleles(reading.panel, line, reading.skip):
            values = {ours: line.info.get(theirs, "") for ours, theirs in _KEYS.items()}
            yield Entry(
                variant, {key: plain(value) for key, value in values.items() if value not in ("", ".")}, line.id
            )


def merge(one: Info, other: Info) -> Info:
    """Two records of the same change (differently written in the source): both are kept, side by side."""
    keys = [*one, *(key for key in other if key not in one)]
    return {key: " / ".join(dict.fromkeys(filter(None, (one.get(key), other.get(key))))) for key in keys}


def words(entry: Entry) -> str:
    """``Pathogenic (criteria provided, single submitter); conditions: ...; VariationID 123``."""
    info, parts = entry.info, []
    if "SIG" in info:
        review = f" ({info['REV']})" if "REV" in info else ""
        conflict = f": {_list(info['CONF'])}" if "CONF" in info else ""
        parts.append(f"{_list(info['SIG'])}{conflict}{review}")
    if "COND" in info:
        parts.append(f"conditions: {_list(info['COND'])}")
    if "ONC" in info:
        conditions = f" ({_list(info['ONCCOND'])})" if "ONCCOND" in info else ""
        parts.append(f"oncogenicity: {_list(info['ONC'])}{conditions}")
    if "SCI" in info:
        parts.append(f"somatic clinical impact: {_list(info['SCI'])}")
    if not parts:
        parts.append("on record without a classification")
    return "; ".join([*parts, f"VariationID {entry.id}"] if entry.id else parts)


def _list(text: str) -> str:
    return ", ".join(part.strip() for part in text.split("|") if part.strip())
