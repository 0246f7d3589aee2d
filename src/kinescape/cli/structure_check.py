"""`kinescape structure fetch` and `check`: which structures there are, and what is in them."""

from __future__ import annotations

from pathlib import Path

import click

from kinescape.cli.lazy import FolderToAddTo
from kinescape.cli.progress import downloads_progress
from kinescape.cli.tables import print_table


@click.command()
@click.argument("entries", nargs=-1, required=True, metavar="ENTRY...")
@click.option("-o", "--out", "folder", type=FolderToAddTo(), required=True, help="Folder for the files.")
@click.option("--server", default="", metavar="URL", help="A mirror in place of RCSB's file server (HTTPS).")
@click.option("--quiet", is_flag=True, help="No progress display.")
def fetch(entries: tuple[str, ...], folder: Path, server: str, quiet: bool) -> None:
    """Fetch entries of the Protein Data Bank (2XP2, 3LCT, ...).

    What lies in the folder already is used again if it is unchanged. ALK: 2XP2 wild type with crizotinib, 3LCT with
    ADP, 4CLI with lorlatinib.
    """
    from kinescape.structure.fetch import SERVER, fetch_entry

    rows = []
    with downloads_progress(quiet) as show:
        for entry in entries:
            got = fetch_entry(entry, folder, server=server.rstrip("/") or SERVER, progress=show)
            rows.append((got.entry, str(got.path), "unchanged" if got.kept else "fetched", got.sha256))
    print_table("", ("entry", "file", "state", "sha256"), rows)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--chain", default=None, help="Chain (default: the first with protein).")
@click.option("--gene", default=None, help="Compare residues and numbers with this gene's reporting protein (ALK).")
@click.option("--panel", default="alk-ros1", show_default=True, help="Panel that has the gene.")
def check(file: Path, chain: str | None, gene: str | None, panel: str) -> None:
    """Say what a structure has and lacks: gaps, missing atoms, numbering, tags, ligands, waters, resolution.

    With --gene the exit code is 2 when numbers are not those of the reporting protein.
    """
    from kinescape.structure.check import caveats_of, check_deposit
    from kinescape.structure.read import read_deposit

    protein = None
    if gene is not None:
        from kinescape.panel.load import load_panel

        protein = load_panel(panel).gene(gene).protein
    found = check_deposit(read_deposit(file), chain, protein)
    resolution = f"{found.resolution:.2f} A" if found.resolution is not None else "not stated"
    numbering = "not compared (--gene compares)"
    if found.numbering_holds is not None:
        stated = sum(1 for each in found.mismatches if each.why)
        unstated = [each for each in found.mismatches if not each.why]
        numbering = (
            f"{found.compared - len(found.mismatches)} of {found.compared} residues are {gene}'s at their numbers"
            + (f", {stated} stated to differ" if stated else "")
            + (f", {len(unstated)} differ without a word" if unstated else "")
        )
    rows = [
        ("entry", found.entry or "not stated"),
        ("title", found.title or "not stated"),
        ("method", found.method or "not stated"),
        ("resolution", resolution),
        ("models", f"{found.models}" + (" (the first is read)" if found.models > 1 else "")),
        ("chain", f"{found.model.chain} of {', '.join(found.chains)}"),
        ("residues", f"{found.residues}, {found.first} to {found.last}"),
        ("gaps", ", ".join(f"{gap.first}-{gap.last}" for gap in found.gaps) or "none"),
        ("fragments", ", ".join(found.fragments) or "none"),
        ("missing atoms", "; ".join(f"{label} {' '.join(atoms)}" for label, atoms in found.missing_atoms) or "none"),
        ("alternates", "; ".join(found.altlocs) or "none"),
        ("modified", ", ".join(found.modified) or "none"),
        ("tags", ", ".join(found.tags) or "none stated"),
        ("engineered", ", ".join(found.engineered) or "none stated"),
        ("numbering", numbering),
        ("waters", str(found.waters)),
    ]
    for name, value in rows:
        click.echo(f"{name:14} {value}")
    for ligand in found.ligands:
        kind = " (from the crystallisation)" if ligand.crystallisation else ""
        click.echo(f"{'ligand':14} {ligand.label}{kind}: {ligand.atoms} heavy atoms. {ligand.chemical_name}")
        click.echo(f"{'':14} within 4.5 A: {', '.join(ligand.residues) or 'none'}")
    for each in found.mismatches[:20]:
        why = each.why or "nothing in the file says why"
        click.echo(
            f"{'differs':14} {each.number}: {each.found} in the structure, {each.expected} in the protein ({why})"
        )
    for caveat in caveats_of(found):
        click.echo(f"{'note':14} {caveat}")
    if found.numbering_holds is False:
        raise click.exceptions.Exit(2)
