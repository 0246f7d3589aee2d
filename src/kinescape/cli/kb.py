"""`kinescape kb`: look into a knowledge base, check it, compare two, make one, classify IC50 tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kinescape.cli.lazy import FolderToAddTo, OutputFile

if TYPE_CHECKING:
    from kinescape.resistance.base import KnowledgeBase

KB_HELP = "Name of a packaged knowledge base, or a folder."
EXISTING = click.Path(exists=True, path_type=Path)
kb_option = click.option("--kb", "base", default="alk-ros1", show_default=True, help=KB_HELP)


@click.group()
def kb() -> None:
    """Knowledge bases: what is on record of each mutation and drug, as dated tables with sources."""


@kb.command("list")
@kb_option
def list_rows(base: str) -> None:
    """Name, version and content of a knowledge base: rows per mutation."""
    from kinescape.resistance.base import load_knowledge_base
    from kinescape.resistance.overview import overview, summary

    loaded = load_knowledge_base(base)
    click.echo("\n".join(summary(loaded)))
    click.echo()
    click.echo("\n".join(overview(loaded)))


@kb.command()
@click.argument("variant")
@click.option("--gene", help="Only this gene.")
@click.option("--drug", help="Only this drug (name or alias).")
@kb_option
def show(variant: str, gene: str | None, drug: str | None, base: str) -> None:
    """Every row about VARIANT: G1202R, L1196M+G1202R, or the id of a row (E0064)."""
    from kinescape.resistance.base import load_knowledge_base
    from kinescape.resistance.overview import shown

    click.echo("\n".join(shown(load_knowledge_base(base), variant, gene, drug)))


@kb.command()
@click.argument("base", default="alk-ros1")
@click.option("--panel", default="alk-ros1", show_default=True, help="Panel that gives the reference residues.")
def lint(base: str, panel: str) -> int:
    """Every fault of BASE (a name, a folder, or a table of raw facts), one per line as file:line: what.

    Exit code 1 when there is one. Notes that are no faults go to stderr.
    """
    from kinescape.errors import EXIT_FAILURE, EXIT_OK
    from kinescape.panel.load import load_panel
    from kinescape.resistance import lint as linter
    from kinescape.resistance.wording import count

    faults = linter.lint(base, load_panel(panel))
    for fault in faults:
        click.echo(str(fault))
    if not faults:
        for note in linter.notes(base):
            click.echo(f"note: {note}", err=True)
    click.echo(f"{base}: {count(len(faults), 'fault') if faults else 'no fault found'}", err=True)
    return EXIT_FAILURE if faults else EXIT_OK


@kb.command()
@click.argument("facts", type=EXISTING)
@click.option("-o", "--out", type=FolderToAddTo(), required=True, help="Folder of the new knowledge base.")
@click.option("--curation", type=EXISTING, help="Table of corrections (rows, column, value, reason).")
@click.option("--date", help="Date of the facts (YYYY-MM-DD); default: the date of --kb.")
@click.option("--curator", default="not stated", show_default=True, help="Who collected the facts.")
@kb_option
def build(facts: Path, out: Path, curation: Path | None, date: str | None, curator: str, base: str) -> None:
    """Rewrite a table of raw FACTS as a knowledge base, with the drugs and rules of --kb. Judges nothing: lint does."""
    from kinescape.resistance.base import load_knowledge_base
    from kinescape.resistance.build import build as build_base
    from kinescape.resistance.wording import count

    loaded = load_knowledge_base(base)
    rows = build_base(facts, out, loaded, curation=curation, date=date or loaded.date, curator=curator)
    click.echo(f"{out}: {count(rows, 'row')}; check with: kinescape kb lint {out}")


@kb.command()
@click.argument("old")
@click.argument("new")
def diff(old: str, new: str) -> None:
    """What NEW says otherwise than OLD: rows, then mutations and drugs whose meaning changes."""
    from kinescape.resistance.base import load_knowledge_base
    from kinescape.resistance.diff import meaning_changes, row_changes
    from kinescape.resistance.wording import count

    before, after = load_knowledge_base(old), load_knowledge_base(new)
    rows, meanings = row_changes(before, after), meaning_changes(before, after)
    click.echo(f"{before.name} {before.version} ({before.date}) -> {after.name} {after.version} ({after.date})")
    for change in rows:
        claim = change.claim
        columns = f" ({', '.join(change.columns)})" if change.columns else ""
        click.echo(f"row {change.row} {change.kind}: {claim.gene} {claim.name} {claim.drug}{columns}")
    for meaning in meanings:
        click.echo(f"{meaning.gene} {meaning.variants} {meaning.drug}: {meaning.before} -> {meaning.after}")
    variants = {(meaning.gene, meaning.variants) for meaning in meanings}
    drugs = {meaning.drug for meaning in meanings}
    changed = f"meaning changes for {count(len(variants), 'mutation')} and {count(len(drugs), 'drug')}"
    click.echo(f"{count(len(rows), 'row')} changed; {changed}")


@kb.command()
@click.option("--from", "table", type=EXISTING, required=True, help="IC50 table, wide or long, with a WT line.")
@click.option("-o", "--out", type=FolderToAddTo(), required=True, help="Overlay folder, new or existing.")
@click.option("--gene", required=True, help="Gene of the variants.")
@click.option("--fusion", required=True, help="Fusion of the assay, such as EML4::ALK.")
@click.option("--system", required=True, help='Cells and assay, such as "Ba/F3 viability, 72 h".')
@click.option("--source", required=True, help="Laboratory and experiment.")
@click.option("--date", required=True, help="Date of the experiment, YYYY-MM-DD.")
@click.option("--curator", required=True, help="Who enters the rows.")
@click.option("--prefix", default="LAB", show_default=True, help="First letters of the new row ids.")
@kb_option
def add(
    table: Path,
    out: Path,
    gene: str,
    fusion: str,
    system: str,
    source: str,
    date: str,
    curator: str,
    prefix: str,
    base: str,
) -> None:
    """Add a laboratory's own IC50 values to an overlay of --kb. The base itself is never changed."""
    from kinescape.resistance.base import load_knowledge_base
    from kinescape.resistance.ic50_tables import read_ic50_table
    from kinescape.resistance.lab_rows import Experiment
    from kinescape.resistance.lab_rows import add as add_rows
    from kinescape.resistance.wording import count

    loaded = load_knowledge_base(base)
    experiment = Experiment(gene, fusion, system, source, date, curator, prefix)
    number = add_rows(read_ic50_table(table, loaded.drugs), loaded, out, experiment)
    click.echo(f"{out}: {count(number, 'row')} added; check with: kinescape kb lint {out}")


@kb.command()
@click.argument("table", type=EXISTING)
@click.option("--rules", help="Id of a rule set of the knowledge base; default: its own default.")
@click.option("-o", "--out", type=OutputFile(), help="TSV of folds and classes; default: not written.")
@click.option("--pan", help="Id of a set of drugs for pan-resistance; default: every set that the table's drugs touch.")
@kb_option
def classify(table: Path, rules: str | None, out: Path | None, pan: str | None, base: str) -> None:
    """Folds and resistance classes of an IC50 TABLE. Prints the pan-resistant variants, one per line.

    The table is wide (variant, then one column per drug) or long (variant, drug, ic50), in nM, with a line WT.
    """
    from kinescape.files import write_text
    from kinescape.resistance import classify as classes
    from kinescape.resistance.ic50_tables import read_ic50_table

    loaded = _loaded(base)
    rule_set = loaded.rules.rule_set(rules)
    sets = loaded.rules.pan_sets(pan)
    read = read_ic50_table(table, loaded.drugs)
    classified = classes.classify(read, rule_set)
    if out is not None:
        write_text(out, classes.table_text(classified))
    for line in classes.remarks(read, classified, rule_set):
        click.echo(line, err=True)
    for over in sets:
        if pan or set(over.drugs) & set(read.drugs):
            verdicts = classes.pan_resistant(classified, rule_set, over)
            click.echo(classes.pan_remark(verdicts, rule_set, over), err=True)
            for verdict in verdicts:
                if verdict.pan_resistant:
                    click.echo(verdict.variant)


def _loaded(base: str) -> KnowledgeBase:
    from kinescape.resistance.base import load_knowledge_base

    return load_knowledge_base(base)
