"""A knowledge base: a folder of dated tables, packaged or a lab's own.

``kb.yaml`` names it; ``drugs.tsv``, ``evidence.tsv``, ``rules.yaml`` and ``comments.tsv`` hold it. A folder whose
``kb.yaml`` says ``extends: alk-ros1`` is an overlay: it needs only the tables it adds to. Its drugs and rows are added,
its rules replace, and a row with the id of an earlier row is accepted only when ``replaces`` lists it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import kinescape
from kinescape.errors import InputError
from kinescape.records import EvidenceRow, KnowledgeBaseReference, NotAssessed
from kinescape.resistance.changes import is_whole_residue, residue_number
from kinescape.resistance.claims import COLUMNS, OPTIONAL_COLUMNS, Claim, claim_of
from kinescape.resistance.drugs import Drugs, extended, read_drugs
from kinescape.rules import Rules, read_rules, read_yaml
from kinescape.tables import read_table

PACKAGED = Path(kinescape.__file__).parent / "data" / "knowledge"
DEFAULT = "alk-ros1"
COMMENT_COLUMNS = ("comment", "gene", "variants", "drug", "text", "source", "status")


@dataclass(frozen=True)
class Comment:
    """A sentence about a change or a drug that is no claim with a direction. ``drug`` may be empty."""

    id: str
    gene: str
    variants: str
    drug: str
    text: str
    source: str
    status: str


@dataclass(frozen=True)
class KnowledgeBase:
    """Everything that is known, in memory. ``sha256`` covers every table, an overlay's own and those it extends."""

    name: str
    version: str
    date: str
    sha256: str
    folder: Path
    genes: tuple[str, ...]
    drugs: Drugs
    claims: tuple[Claim, ...]
    rules: Rules
    comments: tuple[Comment, ...]
    not_assessable: tuple[NotAssessed, ...]
    """Mechanisms of resistance that no amplicon of a kinase domain can show."""

    @property
    def reference(self) -> KnowledgeBaseReference:
        """What ``result.json`` says of the base that was used."""
        return KnowledgeBaseReference(name=self.name, version=self.version, date=self.date, sha256=self.sha256)

    @cached_property
    def evidence(self) -> tuple[EvidenceRow, ...]:
        """All rows as they are shown."""
        return tuple(claim.record_row() for claim in self.claims)

    @cached_property
    def _by_gene_and_drug(self) -> dict[tuple[str, str], tuple[Claim, ...]]:
        groups: dict[tuple[str, str], list[Claim]] = {}
        for claim in self.claims:
            groups.setdefault((claim.gene, claim.drug), []).append(claim)
        return {key: tuple(group) for key, group in groups.items()}

    def claims_for(self, gene: str, drug: str) -> tuple[Claim, ...]:
        """Every row of one gene and drug, sorted by row id."""
        return self._by_gene_and_drug.get((gene, drug), ())

    def known_about(self, gene: str, protein: str, drug: str | None = None) -> tuple[EvidenceRow, ...]:
        """What is known about one protein change (``G1202R``): its own rows, compounds with it, rows on its residue.

        Sorted: the change alone first, then rows on the residue, then compounds; each by row id.
        """
        found: list[tuple[int, str, Claim]] = []
        for claim in self.claims:
            if claim.gene != gene or (drug is not None and claim.drug != drug):
                continue
            if claim.variants == (protein,):
                found.append((0, claim.row, claim))
            elif claim.whole_residue and _same_residue(claim.variants[0], protein):
                found.append((1, claim.row, claim))
            elif protein in claim.variants:
                found.append((2, claim.row, claim))
        return tuple(claim.record_row() for _, _, claim in sorted(found, key=lambda item: item[:2]))


def load_knowledge_base(name_or_folder: str | Path = DEFAULT) -> KnowledgeBase:
    """Load a packaged knowledge base by name, or a folder.

    Raises
    ------
    InputError
        No such base, a table missing or malformed, a row id twice, a drug that ``drugs.tsv`` does not know.
    """
    return _load(find_folder(name_or_folder), ())


def find_folder(name_or_folder: str | Path) -> Path:
    """The folder of a base. A bare name means the packaged base of that name; any other path means the folder."""
    packaged = {path.name: path for path in PACKAGED.iterdir() if path.is_dir()}
    if isinstance(name_or_folder, str) and name_or_folder in packaged:
        return packaged[name_or_folder]
    if Path(name_or_folder).is_dir():
        return Path(name_or_folder)
    names = ", ".join(sorted(packaged))
    raise InputError("no such knowledge base", found=str(name_or_folder), expected=f"a folder, or a name: {names}")


def _load(folder: Path, above: tuple[Path, ...]) -> KnowledgeBase:
    if folder.resolve() in above:
        raise InputError("knowledge base extends itself", file=folder / "kb.yaml")
    manifest = read_yaml(folder / "kb.yaml")
    if manifest.get("extends"):
        parent = _load(find_folder(_relative(folder, str(manifest["extends"]))), (*above, folder.resolve()))
        return _overlay(parent, folder, manifest)
    names = _names(folder, manifest)
    drugs = read_drugs(folder / "drugs.tsv")
    rules = read_rules(folder / "rules.yaml")
    return KnowledgeBase(
        **names,
        sha256=_checksum(folder, ""),
        folder=folder,
        genes=tuple(str(gene) for gene in _field(folder, manifest, "genes")),
        drugs=drugs,
        claims=_claims(folder / "evidence.tsv", drugs, rules),
        rules=rules,
        comments=_comments(folder / "comments.tsv"),
        not_assessable=_mechanisms(folder, manifest),
    )


def _overlay(parent: KnowledgeBase, folder: Path, manifest: dict[str, Any]) -> KnowledgeBase:
    drugs = parent.drugs
    if (folder / "drugs.tsv").exists():
        drugs = extended(parent.drugs, folder / "drugs.tsv")
    rules = read_rules(folder / "rules.yaml") if (folder / "rules.yaml").exists() else parent.rules
    own = _claims(folder / "evidence.tsv", drugs, rules) if (folder / "evidence.tsv").exists() else ()
    replaced = {str(row) for row in manifest.get("replaces") or ()}
    present = {claim.row for claim in parent.claims}
    for claim in own:
        if claim.row in present and claim.row not in replaced:
            raise InputError(
                f"row id is taken by {parent.name}",
                file=folder / "evidence.tsv",
                line=claim.line,
                found=claim.row,
                expected="a new id, or the id listed under 'replaces' in kb.yaml",
            )
    own_ids = {claim.row for claim in own}
    kept = tuple(_redirected(claim, rules) for claim in parent.claims if claim.row not in own_ids)
    comments = _comments(folder / "comments.tsv") if (folder / "comments.tsv").exists() else ()
    return KnowledgeBase(
        **_names(folder, manifest),
        sha256=_checksum(folder, parent.sha256),
        folder=folder,
        genes=parent.genes,
        drugs=drugs,
        claims=_sorted((*kept, *own)),
        rules=rules,
        comments=(*parent.comments, *comments),
        not_assessable=(*parent.not_assessable, *_mechanisms(folder, manifest)),
    )


def _claims(path: Path, drugs: Drugs, rules: Rules) -> tuple[Claim, ...]:
    claims: dict[str, Claim] = {}
    for row in read_table(path, required=COLUMNS, optional=OPTIONAL_COLUMNS):
        claim = claim_of(row)
        if claim.row in claims:
            raise row.error("row id stands twice", column="row")
        if not drugs.known(claim.drug):
            raise row.error("unknown drug", column="drug", expected="a name of drugs.tsv")
        claims[claim.row] = _redirected(claim, rules)
    return _sorted(claims.values())


def _redirected(claim: Claim, rules: Rules) -> Claim:
    """A claim with a fold takes its direction from the base's default rule set, so that rules are data."""
    if claim.fold is None:
        return claim
    return replace(claim, direction=rules.rule_set().direction(claim.fold, claim.censoring))


def _sorted(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    return tuple(sorted(claims, key=lambda claim: claim.row))


def _comments(path: Path) -> tuple[Comment, ...]:
    return tuple(
        Comment(
            id=row.text("comment"),
            gene=row.text("gene"),
            variants=row.text("variants", ""),
            drug=row.text("drug", ""),
            text=row.text("text"),
            source=row.text("source"),
            status=row.text("status"),
        )
        for row in read_table(path, required=COMMENT_COLUMNS)
    )


def _mechanisms(folder: Path, manifest: dict[str, Any]) -> tuple[NotAssessed, ...]:
    entries = manifest.get("not_assessable") or ()
    try:
        return tuple(NotAssessed(what=str(entry["what"]), reason=str(entry["reason"])) for entry in entries)
    except (KeyError, TypeError):
        raise InputError(
            "'not_assessable' is malformed", file=folder / "kb.yaml", expected="a list of {what, reason}"
        ) from None


def _names(folder: Path, manifest: dict[str, Any]) -> dict[str, str]:
    return {key: str(_field(folder, manifest, key)) for key in ("name", "version", "date")}


def _field(folder: Path, manifest: dict[str, Any], key: str) -> Any:
    if not manifest.get(key):
        raise InputError(f"'{key}' is missing", file=folder / "kb.yaml")
    return manifest[key]


def _relative(folder: Path, extends: str) -> str | Path:
    beside = folder / extends
    return beside if beside.is_dir() else extends


def _checksum(folder: Path, parent: str) -> str:
    """SHA-256 over name and content of each table, in a fixed order, and the checksum of the base it extends."""
    digest = hashlib.sha256(parent.encode())
    for name in ("kb.yaml", "drugs.tsv", "evidence.tsv", "rules.yaml", "comments.tsv"):
        if (folder / name).exists():
            digest.update(name.encode() + b"\0" + (folder / name).read_bytes() + b"\0")
    return digest.hexdigest()


def _same_residue(whole: str, protein: str) -> bool:
    try:
        return is_whole_residue(whole) and whole[0] == protein[0] and residue_number(whole) == residue_number(protein)
    except ValueError:
        return False
