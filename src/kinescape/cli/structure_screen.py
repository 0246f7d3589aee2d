"""``kinescape structure screen``: the energy between a drug and its pocket, mutation by mutation."""

from __future__ import annotations

from pathlib import Path

import click

from kinescape.cli.lazy import FolderToAddTo

PATH = click.Path(path_type=Path)


@click.command()
@click.argument("structure", type=PATH)
@click.option("--ligand", required=True, help="Residue name of the drug in STRUCTURE (VGH is crizotinib).")
@click.option("--mutations", required=True, help="Names separated by commas; + joins a compound: L1196M+G1202R.")
@click.option("--chain", help="Chain; default: the first with protein.")
@click.option("--place", help="Lay this packaged drug into the ligand's place (a placed pose, and labelled so).")
@click.option("--parameters", type=PATH, help="OpenMM force-field file of a ligand that is not packaged.")
@click.option("--smiles", help="With --parameters: the ligand as modelled, charge and stereochemistry included.")
@click.option("--atp-model", type=PATH, help="The same kinase with ADP or ATP: its change of affinity is shown beside.")
@click.option("--atp-ligand", default="ADP", show_default=True, help="Residue name of the nucleotide there.")
@click.option(
    "--replicates",
    "--replicas",
    "replicates",
    default=4,
    show_default=True,
    type=click.IntRange(2, 100),
    help="Starts per mutation.",
)
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same numbers.")
@click.option("--processes", default=2, show_default=True, type=click.IntRange(1, 256), help="Cores to work on.")
@click.option("-o", "--out", type=FolderToAddTo(), required=True, help="Folder for screen.tsv; a screen in it goes on.")
def screen(
    structure: Path,
    ligand: str,
    mutations: str,
    chain: str | None,
    place: str | None,
    parameters: Path | None,
    smiles: str | None,
    atp_model: Path | None,
    atp_ligand: str,
    replicates: int,
    seed: int,
    processes: int,
    out: Path,
) -> None:
    """How much worse each mutant holds the drug of STRUCTURE (PDB or mmCIF), in kcal/mol: a model, no measurement."""
    from kinescape.structure.mutations import listed_mutations
    from kinescape.structure.screen.request import site_of
    from kinescape.structure.screen.run import Request, run_screen
    from kinescape.structure.screen.table import COLUMNS

    names = listed_mutations(mutations)
    drug = site_of(structure, chain, ligand, parameters=parameters, smiles=smiles, place=place)
    nucleotide = site_of(atp_model, None, atp_ligand) if atp_model is not None else None
    request = Request(drug, names, nucleotide, replicates=replicates, seed=seed, processes=processes)
    rows = run_screen(request, out, lambda line: click.echo(line, err=True))
    shown = (*COLUMNS[:5], "delta_binding_kcal", "binding_ci_low", "binding_ci_high", "status")
    click.echo("\t".join(shown))
    for row in rows:
        click.echo("\t".join(row[name] for name in shown))
    click.echo(f"written: {out / 'screen.tsv'} (research use only)", err=True)
