"""Every fault of a knowledge base, by file and line.

A base that lints clean can still be wrong; a base that does not must not be shown to a tumour board.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from kinescape.errors import InputError
from kinescape.panel.model import Panel
from kinescape.resistance.base import (
    COMMENT_COLUMNS,
    DEFAULT,
    PACKAGED,
    KnowledgeBase,
    find_folder,
    load_knowledge_base,
)
from kinescape.resistance.changes import parse_variants, residues_named
from kinescape.resistance.claims import COLUMNS, OPTIONAL_COLUMNS
from kinescape.resistance.drugs import Drugs, extended, read_drugs
from kinescape.resistance.facts import evidence_of, read_facts
from kinescape.resistance.faults import Fault
from kinescape.resistance.lint_cells import cell, said
from kinescape.resistance.lint_rows import (
    PLAIN_CHECKS,
    direction_agrees,
    drug_known,
    registered_faults,
    residues,
)
from kinescape.resistance.lint_table import across_rows, unmutated_by_study
from kinescape.rules import Rules, read_rules, read_yaml
from kinescape.tables import Row, read_table

REGISTER = PACKAGED / "source_faults.tsv"
"""Records of public sources that are known to be wrong, whoever cites them."""


def lint(path: str | Path, panel: Panel) -> list[Fault]:
    """Every fault of a base (a name or a folder), or of a table of raw facts (a file).

    Parameters
    ----------
    path
        A packaged base's name, a folder, or a fact table; lines of the latter are those of the fact table.
    panel
        Gives the proteins that reference residues are checked against.

    Returns
    -------
    list of Fault
        In the order of files and lines; empty where there is nothing to find.

    Raises
    ------
    InputError
        There is no such base at all.
    """
    proteins = {gene.symbol: gene.protein for gene in panel.genes.values()}
    if Path(path).is_file():
        base = load_knowledge_base(DEFAULT)
        return sorted(_facts(Path(path), base, proteins), key=_place)
    folder = find_folder(path)
    faults: list[Fault] = []
    drugs, rules = _drugs_and_rules(folder, faults)
    manifest = folder / "kb.yaml"
    overlay = manifest.is_file() and not any(fault.file == manifest for fault in faults) and _extends(folder)
    evidence = folder / "evidence.tsv"
    if evidence.exists() or not overlay:
        try:
            rows = read_table(evidence, required=COLUMNS, optional=OPTIONAL_COLUMNS)
            faults += _evidence(rows, drugs, rules, proteins)
        except InputError as problem:
            faults.append(_fault(evidence, problem))
    if (folder / "comments.tsv").exists() or not overlay:
        faults += _comments(folder / "comments.tsv", drugs, proteins)
    if not faults:
        # Whatever remains is a fault between tables: an overlay that takes an id, a rule that names no drug.
        faults += _as_a_whole(folder)
    return sorted(faults, key=_place)


def notes(path: str | Path) -> list[str]:
    """What is no fault and worth knowing: unmutated IC50 values that differ between studies of one drug."""
    if Path(path).is_file():
        base = load_knowledge_base(DEFAULT)
        rows = _rows_of_facts(Path(path), base)
    else:
        evidence = find_folder(path) / "evidence.tsv"
        rows = read_table(evidence, required=COLUMNS, optional=OPTIONAL_COLUMNS) if evidence.exists() else []
    texts = []
    for (gene, drug), studies in sorted(unmutated_by_study(rows).items()):
        if len(studies) > 1 and max(studies.values()) > min(studies.values()) * 1.5:
            listed = ", ".join(f"{value:.3g} nM ({source})" for source, value in studies.items())
            texts.append(f"{drug}: IC50 of the unmutated {gene} fusion differs, so no fold crosses studies: {listed}")
    return texts


def read_register(path: Path = REGISTER) -> dict[str, str]:
    """Record -> what is wrong with it."""
    return {row.text("record"): row.text("fault") for row in read_table(path, required=("record", "fault"))}


def _evidence(rows: Sequence[Row], drugs: Drugs, rules: Rules, proteins: Mapping[str, str]) -> list[Fault]:
    register = read_register()
    faults = []
    for row in rows:
        texts = [text for check in PLAIN_CHECKS for text in check(row)]
        texts += drug_known(row, drugs)
        texts += residues(row, proteins)
        texts += direction_agrees(row, rules.rule_set())
        texts += registered_faults(row, register)
        faults += [Fault(row.file, row.line, f"{_name(row)}: {text}") for text in texts]
    faults += [Fault(row.file, row.line, f"{_name(row)}: {text}") for row, text in across_rows(rows)]
    return faults


def _name(row: Row) -> str:
    return " ".join(part for part in (cell(row, "row"), cell(row, "variants"), cell(row, "drug")) if part)


def _facts(path: Path, base: KnowledgeBase, proteins: Mapping[str, str]) -> list[Fault]:
    try:
        rows = _rows_of_facts(path, base)
    except InputError as problem:
        return [_fault(path, problem)]
    return _evidence(rows, base.drugs, base.rules, proteins)


def _rows_of_facts(path: Path, base: KnowledgeBase) -> list[Row]:
    evidence = evidence_of(read_facts(path), base.drugs, base.rules.rule_set(), date=base.date, curator="lint")
    return [Row(path, row.line, row.cells) for row in evidence]


def _drugs_and_rules(folder: Path, faults: list[Fault]) -> tuple[Drugs, Rules]:
    """The drugs and rules that the rows are checked with; the packaged ones stand in for those that cannot be read."""
    packaged = load_knowledge_base(DEFAULT)
    drugs, rules = packaged.drugs, packaged.rules
    extends = False
    try:
        extends = bool(read_yaml(folder / "kb.yaml").get("extends"))
    except InputError as problem:
        faults.append(_fault(folder / "kb.yaml", problem))
    if extends:
        parent = _parent(folder, faults)
        drugs, rules = (parent.drugs, parent.rules) if parent else (drugs, rules)
    try:
        if (folder / "drugs.tsv").exists() or not extends:
            drugs = extended(drugs, folder / "drugs.tsv") if extends else read_drugs(folder / "drugs.tsv")
    except InputError as problem:
        faults.append(_fault(folder / "drugs.tsv", problem))
    try:
        if (folder / "rules.yaml").exists() or not extends:
            rules = read_rules(folder / "rules.yaml")
    except InputError as problem:
        faults.append(_fault(folder / "rules.yaml", problem))
    return drugs, rules


def _parent(folder: Path, faults: list[Fault]) -> KnowledgeBase | None:
    extends = str(read_yaml(folder / "kb.yaml")["extends"])
    beside = folder / extends
    try:
        return load_knowledge_base(beside if beside.is_dir() else extends)
    except InputError as problem:
        faults.append(_fault(folder / "kb.yaml", problem))
        return None


def _extends(folder: Path) -> bool:
    return bool(read_yaml(folder / "kb.yaml").get("extends"))


def _comments(path: Path, drugs: Drugs, proteins: Mapping[str, str]) -> list[Fault]:
    faults: list[Fault] = []
    try:
        rows = read_table(path, required=COMMENT_COLUMNS)
    except InputError as problem:
        return [_fault(path, problem)]
    seen: dict[str, int] = {}
    for row in rows:
        identifier, gene, drug = (row.cells[column].strip() for column in ("comment", "gene", "drug"))
        texts = [f"empty cell in column {column}" for column in ("text", "source", "status") if not row.cells[column]]
        if identifier in seen:
            texts.append(f"comment id {identifier} stands twice (first in line {seen[identifier]})")
        seen.setdefault(identifier, row.line)
        if gene not in proteins:
            texts.append(f"unknown gene '{gene}'")
        if drug and not drugs.known(drug):
            texts.append(f"unknown drug '{drug}'")
        texts += _comment_variants(row.cells["variants"].strip(), proteins.get(gene, ""))
        faults += [Fault(path, row.line, f"{identifier}: {text}") for text in texts]
    return faults


def _comment_variants(cell: str, protein: str) -> list[str]:
    if not cell:
        return []
    try:
        parse_variants(cell)
    except ValueError as problem:
        return [str(problem)]
    return [
        f"wrong reference residue: {number} is {protein[number - 1]}, not {letter}"
        for letter, number in residues_named(cell)
        if number <= len(protein) and protein[number - 1] != letter
    ]


def _as_a_whole(folder: Path) -> list[Fault]:
    try:
        base = load_knowledge_base(folder)
    except InputError as problem:
        return [_fault(folder, problem)]
    faults = []
    for pan in base.rules.pan_resistance:
        unknown = [name for name in pan.drugs if not base.drugs.known(name)]
        faults += [Fault(folder / "rules.yaml", 0, f"{pan.id} names an unknown drug '{name}'") for name in unknown]
    return faults


def _fault(path: Path, problem: InputError) -> Fault:
    return Fault(Path(problem.file) if problem.file else path, problem.line or 0, said(problem))


def _place(fault: Fault) -> tuple[str, int, str]:
    return str(fault.file), fault.line, fault.what
