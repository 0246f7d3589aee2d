"""A laboratory's own IC50 values as rows of an overlay: a folder that extends a base without touching it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from kinescape.errors import InputError
from kinescape.files import write_text
from kinescape.resistance.base import PACKAGED, KnowledgeBase
from kinescape.resistance.build import refuse_foreign, yaml_text
from kinescape.resistance.changes import in_order, is_change
from kinescape.resistance.claims import COLUMNS, OPTIONAL_COLUMNS
from kinescape.resistance.classify import Classified, classify
from kinescape.resistance.ic50_tables import Ic50Table
from kinescape.tables import read_table


@dataclass(frozen=True)
class Experiment:
    """What every row of one IC50 table has in common. ``source`` names the laboratory and the assay."""

    gene: str
    fusion: str
    system: str
    source: str
    date: str
    curator: str
    prefix: str


def add(table: Ic50Table, base: KnowledgeBase, folder: Path, experiment: Experiment) -> int:
    """Add the values of an IC50 table to an overlay of ``base``, which is made where there is none yet.

    Folds are formed with the unmutated line of the same table. A value of another source than that line gets no fold.
    Gives the number of new rows.

    Raises
    ------
    InputError
        A drug or a variant that the base cannot name, a gene that it does not have, or a folder that is no overlay.
    """
    if experiment.gene not in base.genes:
        raise InputError("unknown gene", found=experiment.gene, expected="one of " + ", ".join(base.genes))
    if table.unknown_drugs:
        raise InputError(
            "unknown drug", file=table.path, found=table.unknown_drugs[0], expected="a name or alias of drugs.tsv"
        )
    header, lines = _existing(folder)
    taken = {line[0] for line in lines} | {claim.row for claim in base.claims}
    _refuse_again(lines, header, experiment, table.path)
    numbers = (f"{experiment.prefix}{number:04d}" for number in range(1, 100_000))
    free = (name for name in numbers if name not in taken)
    added = []
    for item in classify(table, base.rules.rule_set()):
        if item.ic50.value is not None:
            cells = _cells(item, base, experiment, table.path) | {"row": next(free)}
            added.append([cells.get(column, "") for column in header])
    if not (folder / "kb.yaml").exists():
        manifest = {"name": folder.name, "version": "1", "date": experiment.date, "extends": _name_of(base, folder)}
        write_text(folder / "kb.yaml", yaml_text(manifest))
    table_lines = ["\t".join(cells) for cells in (header, *lines, *added)]
    write_text(folder / "evidence.tsv", "\n".join(table_lines) + "\n")
    return len(added)


def _existing(folder: Path) -> tuple[list[str], list[list[str]]]:
    """Header and lines of an overlay's evidence; the full header where there is none."""
    header = [*COLUMNS, *OPTIONAL_COLUMNS]
    path = folder / "evidence.tsv"
    if not path.exists():
        refuse_foreign(folder)
        return header, []
    rows = read_table(path, required=COLUMNS, optional=OPTIONAL_COLUMNS)
    return header, [[row.cells.get(column, "") for column in header] for row in rows]


def _refuse_again(lines: list[list[str]], header: list[str], experiment: Experiment, path: Path) -> None:
    source, record = header.index("source"), header.index("record")
    if any(line[source] == experiment.source and line[record] == path.name for line in lines):
        raise InputError(
            "was added before", file=path, found=experiment.source, expected="another source, or a table not yet added"
        )


def _cells(item: Classified, base: KnowledgeBase, experiment: Experiment, path: Path) -> dict[str, str]:
    changes = tuple(item.variant.split("+"))
    if not all(is_change(change) for change in changes):
        raise InputError(
            "not a protein change",
            file=path,
            line=item.ic50.line,
            column="variant",
            found=item.variant,
            expected="such as G1202R or L1196M+G1202R",
        )
    own_control = item.fold is not None and item.unmutated is not None and item.ic50.source == item.unmutated.source
    rules = base.rules.rule_set()
    cells = {
        "gene": experiment.gene,
        "variants": "+".join(in_order(changes)),
        "cis_required": "yes" if len(changes) > 1 else "no",
        "fusion": experiment.fusion,
        "drug": item.drug,
        "kind": "in_vitro_IC50",
        "system": experiment.system,
        "value": _exact(item.ic50.value),
        "unit": "nM",
        "censoring": item.ic50.censoring,
        "top_dose": _exact(item.ic50.value) if item.ic50.censoring == ">" else "",
        "fold_basis": "none",
        "direction": "unclear",
        "level": "D",
        "source": experiment.source,
        "record": path.name,
        "date": experiment.date,
        "curator": experiment.curator,
        "status": "verified",
    }
    if own_control and item.fold is not None and item.unmutated is not None and item.censored == _sign_of(item):
        cells |= {
            "wt_value": _exact(item.unmutated.value),
            "fold": f"{item.fold:.2f}" if item.fold >= 1 else f"{item.fold:.3f}",
            "fold_basis": "derived",
            "direction": rules.direction(item.fold, item.censored or "="),
            "fold_low": "" if item.low is None else f"{item.low:.3g}",
            "fold_high": "" if item.high is None else f"{item.high:.3g}",
        }
    else:
        cells["note"] = "no fold: the unmutated value is of another source, censored or missing"
    return cells


def _sign_of(item: Classified) -> str:
    return item.ic50.censoring if item.ic50.censoring in {">", "<"} else ""


def _exact(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _name_of(base: KnowledgeBase, folder: Path) -> str:
    """How an overlay names its base: a packaged one by name, any other by its path as seen from the overlay."""
    return base.name if base.folder.parent == PACKAGED else os.path.relpath(base.folder.resolve(), folder.resolve())
