"""CIViC: curated evidence items, from its nightly VCF or its table of evidence summaries (TSV).

CIViC gives coordinates on GRCh37, so they are not used: an item is placed by the protein change that its molecular
profile names, on the panel's reporting transcript, and in the VCF also by the c. name on that transcript. Every single
way to make the protein change counts, because the evidence is about the protein.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kinescape.annotate.boostdm import read_any_table
from kinescape.annotate.entry import Entry, Field, Info
from kinescape.annotate.reading import Reading
from kinescape.annotate.text_input import text_file
from kinescape.annotate.vcf_input import info_of, plain, read_header
from kinescape.errors import InputError
from kinescape.panel.hgvs import variant_from_c, variants_for_protein
from kinescape.panel.model import Panel
from kinescape.records import Variant

FIELDS = (
    Field("PROFILE", "String", "Molecular profiles of CIViC that name the change"),
    Field("ITEMS", "String", "Accepted evidence items: id~significance~direction~therapies~level~disease~profile"),
    Field("PMID", "String", "PubMed ids, where items are not at hand"),
)
_CHANGE = re.compile(r"\b[A-Z]\d+(?:[A-Z*]|del|dup)\b")
_JOINED = re.compile(r"\s+(?:AND|OR)\s+")
_PLACED = "items are placed by the names of their changes on the panel's transcripts (CIViC's positions are GRCh37)"


@dataclass(frozen=True)
class Item:
    """One evidence item; ``id`` as ``EID441``."""

    id: str
    significance: str
    direction: str
    therapies: str
    level: str
    disease: str
    profile: str

    def text(self) -> str:
        """As it stands in a slice: seven parts joined by ``~``."""
        parts = (self.id, self.significance, self.direction, self.therapies, self.level, self.disease, self.profile)
        return "~".join(part.replace("~", "-").replace("|", "/") for part in parts)


def entries(reading: Reading) -> Iterator[Entry]:
    """The changes of the panel's genes that CIViC names, with their accepted items."""
    reading.genes = set()
    reading.notes.append(_PLACED)
    file = text_file(reading.path)
    if next(line for _, line in file.lines()).startswith("##fileformat=VCF"):
        yield from _from_vcf(reading)
    else:
        yield from _from_table(reading)


def _from_vcf(reading: Reading) -> Iterator[Entry]:
    file = text_file(reading.path)
    reading.header = read_header(file)
    keys = _consequence_keys(reading)
    for number, line in file.lines():
        if line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) < 8:
            raise InputError("line is cut off", file=reading.path, line=number, found=f"{len(cells)} columns")
        for text in info_of(cells[7]).get("CSQ", "").split(","):
            record = dict(zip(keys, (plain(part) for part in text.split("|")), strict=False))
            if record.get("CIViC Entity Type", "evidence") == "evidence":
                yield from _from_record(reading, record)


def _consequence_keys(reading: Reading) -> list[str]:
    for line in reading.header:
        found = re.match(r'##INFO=<ID=CSQ,.*Format: ([^">]+)', line)
        if found:
            return [name.strip() for name in found.group(1).split("|")]
    raise InputError(
        "is no VCF of CIViC: its header does not say what CSQ holds", file=reading.path, expected="##INFO=<ID=CSQ,...>"
    )


def _from_record(reading: Reading, record: Mapping[str, str]) -> Iterator[Entry]:
    gene = record.get("SYMBOL", "")
    if gene not in reading.panel.genes:
        return
    name = record.get("CIViC Variant Name", "")
    item = Item(
        id=f"EID{record['CIViC Entity ID']}" if record.get("CIViC Entity ID") else "",
        significance=_sentence(record.get("CIViC Entity Significance", "")),
        direction=_sentence(record.get("CIViC Entity Direction", "")),
        therapies=record.get("CIViC Entity Therapies", "").replace("&", ", "),
        level=record.get("CIViC Evidence Level", ""),
        disease=record.get("CIViC Entity Disease", ""),
        profile=record.get("CIViC Molecular Profile Name", "") or f"{gene} {name}",
    )
    if record.get("CIViC Entity Status", "accepted").lower() != "accepted":
        reading.skip("items that are not accepted")
        return
    variants = _by_coding_name(reading.panel, gene, record.get("HGVSc", ""))
    yield from _entries(reading, item, [(gene, change) for change in _CHANGE.findall(name)], gene, variants)


def _by_coding_name(panel: Panel, gene: str, name: str) -> tuple[Variant, ...]:
    """The variant of ``ENST00000389048.3:c.3604G>A`` if that is the reporting transcript, in whatever version."""
    transcript, _, change = name.partition(":")
    own = panel.genes[gene]
    if transcript.partition(".")[0] not in (own.ensembl.partition(".")[0], own.refseq.partition(".")[0]):
        return ()
    try:
        return (variant_from_c(panel, gene, change),)
    except InputError:
        return ()


def _from_table(reading: Reading) -> Iterator[Entry]:
    rows = read_any_table(reading.path)
    for row in rows:
        cells = row.cells
        profile = cells.get("molecular_profile") or f"{cells.get('gene', '')} {cells.get('variant', '')}".strip()
        if "evidence_id" not in cells or not ("molecular_profile" in cells or "variant" in cells):
            expected = "evidence_id and molecular_profile (or gene and variant), as in CIViC's evidence summaries"
            raise InputError(
                "is no table of CIViC's evidence", file=reading.path, line=1, found=", ".join(cells), expected=expected
            )
        changes = changes_named(reading.panel, profile)
        genes = {gene for gene, _ in changes} or _genes_named(reading.panel, profile)
        if not genes:
            continue
        if cells.get("evidence_status", "accepted").lower() != "accepted":
            reading.skip("items that are not accepted")
            continue
        item = Item(
            id=f"EID{row.text('evidence_id')}",
            significance=_sentence(cells.get("significance") or cells.get("clinical_significance") or ""),
            direction=_sentence(cells.get("evidence_direction", "")),
            therapies=cells.get("therapies") or cells.get("drugs") or "",
            level=cells.get("evidence_level", ""),
            disease=cells.get("disease", ""),
            profile=profile,
        )
        for gene in sorted(genes):
            yield from _entries(reading, item, [pair for pair in changes if pair[0] == gene], gene, ())


def changes_named(panel: Panel, profile: str) -> list[tuple[str, str]]:
    """(gene, protein change) that a profile names: ``EML4::ALK Fusion AND ALK L1196M``. ``NOT`` parts are left out."""
    found = []
    for part in _JOINED.split(profile.replace("(", " ").replace(")", " ")):
        genes = _genes_named(panel, part)
        if len(genes) == 1 and not re.match(r"\s*NOT\b", part):
            (gene,) = genes
            found += [(gene, change) for change in _CHANGE.findall(part)]
    return list(dict.fromkeys(found))


def _genes_named(panel: Panel, text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z0-9]+", text)) & set(panel.genes)


def _entries(
    reading: Reading, item: Item, changes: list[tuple[str, str]], gene: str, variants: tuple[Variant, ...]
) -> Iterator[Entry]:
    assert reading.genes is not None  # noqa: S101 - set by entries()
    reading.genes.add(gene)
    found = set(variants)
    for symbol, change in changes:
        try:
            found.update(variants_for_protein(reading.panel, symbol, change))
        except InputError:
            reading.skip("changes that the reporting transcript does not have")
    if not found:
        reading.skip("items about a fusion, an amplification, a whole residue or another change without bases")
    info = {"PROFILE": item.profile}
    if item.id:
        info["ITEMS"] = item.text()
    for variant in sorted(found):
        if reading.panel.window_at(variant.chrom, variant.pos - 1, variant.pos - 1 + len(variant.ref)):
            yield Entry(variant, info)


def merge(one: Info, other: Info) -> Info:
    """Items of both, each once, by their numbers."""
    both: dict[str, str] = {}
    for key in ("PROFILE", "ITEMS", "PMID"):
        parts = [part for each in (one, other) for part in each.get(key, "").split("|") if part]
        if parts:
            both[key] = "|".join(sorted(dict.fromkeys(parts), key=_by_number))
    return both


def _by_number(text: str) -> tuple[int, str]:
    number = re.match(r"(?:EID)?(\d+)", text)
    return (int(number.group(1)) if number else 0, text)


def words(entry: Entry) -> str:
    """``Resistance: Crizotinib (EID441, level D); ...``: items with the same words together."""
    info = entry.info
    groups: dict[str, list[str]] = {}
    for text in info.get("ITEMS", "").split("|"):
        parts = text.split("~")
        if len(parts) == 7:
            item = Item(*parts)
            level = f" level {item.level}" if item.level else ""
            groups.setdefault(_claim(item), []).append(f"{item.id}{level}")
    if groups:
        return "; ".join(f"{claim} ({', '.join(ids)})" for claim, ids in groups.items())
    papers = info.get("PMID", "")
    name = info.get("PROFILE", "").replace("|", ", ")
    return f"on record as {name}" + (f"; PubMed {papers.replace('|', ', ')}" if papers else "")


def _claim(item: Item) -> str:
    text = item.significance or "Evidence"
    if item.direction and item.direction.lower().replace("_", " ") == "does not support":
        text = f"Does not support {text[:1].lower()}{text[1:]}"
    text += f": {item.therapies}" if item.therapies else ""
    other_parts = len(_CHANGE.findall(item.profile)) > 1 or " OR " in item.profile
    return text + (f" [of {item.profile}]" if other_parts else "")


def _sentence(text: str) -> str:
    """``SENSITIVITYRESPONSE`` and ``Sensitivity/Response`` alike, ``RESISTANCE`` as ``Resistance``."""
    if text.upper().replace("/", "").replace(" ", "").replace("_", "") == "SENSITIVITYRESPONSE":
        return "Sensitivity/response"
    return text.replace("_", " ").capitalize()
