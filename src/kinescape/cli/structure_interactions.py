"""`kinescape structure interactions`: wild type against mutants."""

from __future__ import annotations

from pathlib import Path

import click

from kinescape.cli.lazy import OutputFolder
from kinescape.cli.ph import PH
from kinescape.cli.tables import print_table


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--ligand", required=True, metavar="NAME", help="Residue name of the drug (VGH: crizotinib in 2XP2).")
@click.option("--mutations", default=None, help="Mutants, comma-separated; + joins a compound: L1196M,L1196M+G1202R.")
@click.option("-o", "--out", "folder", type=OutputFolder(), required=True, help="Folder for the results.")
@click.option("--network", default=None, metavar="LIST", help="Hydrogen bonds within a set: Y1237,H1247,D1270.")
@click.option("--chain", default=None, help="Chain (default: the first with protein).")
@click.option("--ph", default=7.4, show_default=True, type=PH, help="pH of the protonation.")
@click.option("--smiles", multiple=True, metavar="NAME=SMILES", help="Bond orders of a ligand that is not packaged.")
@click.option("--alternatives", is_flag=True, help="Every undecided rotamer of a mutant as a state of its own.")
@click.option("--seed", default=1, show_default=True, help="Of the first positions of hydrogens.")
def interactions(
    file: Path,
    ligand: str,
    mutations: str | None,
    folder: Path,
    network: str | None,
    chain: str | None,
    ph: float,
    smiles: tuple[str, ...],
    alternatives: bool,
    seed: int,
) -> None:
    """What holds the ligand, wild type against mutants: tables, pictures, and a page to turn the models in.

    The ligand stays where the crystal has it in every model, so what is shown is what the mutation does to the contacts
    of that pose, not whether the drug still binds. With --alternatives every rotamer of a mutant that the energy does
    not tell from the chosen one is a state, such as L1196M[mtm], and a difference that depends on it is told so.
    """
    from kinescape.structure.compare import BORDERLINE_NOTE, nothing_differs, states_of
    from kinescape.structure.holding import has_alternatives, held_differences
    from kinescape.structure.mutations import listed_mutations
    from kinescape.structure.network import parse_network
    from kinescape.structure.options import smiles_options
    from kinescape.structure.read import read_model
    from kinescape.structure.report import write_comparison
    from kinescape.structure.viewer import viewer_available

    names = listed_mutations(mutations) if mutations is not None else ()
    model = read_model(file, chain)
    given = smiles_options(smiles)
    states = states_of(
        model,
        ligand.upper(),
        names,
        network=parse_network(network) if network is not None else (),
        ph=ph,
        seed=seed,
        smiles=given,
        alternatives=alternatives,
        progress=lambda name: click.echo(f"modelling {name}", err=True),
    )
    files = write_comparison(folder, states, ligand.upper(), file.name, given)
    rows = [
        (each.residue, each.kind, f"{each.distance:.2f}", " ".join(each.ligand_atoms), each.via)
        for each in states[0].contacts
    ]
    print_table(
        f"{ligand.upper()} in the wild type of {model.name}", ("residue", "interaction", "A", "atoms", "via"), rows
    )
    turned = has_alternatives(states)
    changed = [each for each in held_differences(states) if each.difference.change != "same"]
    lines = [
        (
            each.difference.mutant,
            each.difference.mutant_residue,
            each.difference.kind,
            *each.difference.lengths,
            each.difference.change,
            *([each.words] if turned else []),
        )
        for each in changed
    ]
    if lines:
        header = ("mutant", "residue", "interaction", "WT A", "mutant A", "change", *(["holds"] if turned else []))
        print_table("What differs", header, lines)
        if any(each.difference.outside for each in changed):
            click.echo(BORDERLINE_NOTE)
    elif len(states) > 1:
        click.echo(f"\nWhat differs\n{nothing_differs(states)}")
    for state in states:
        for pair in state.network:
            angle = "" if pair.angle is None else f", {pair.angle:.0f} degrees"
            bond = "hydrogen bond" if pair.bond else "no hydrogen bond"
            click.echo(
                f"{state.name}: {pair.first} {pair.first_atom} - {pair.second} {pair.second_atom} "
                f"{pair.distance:.2f} A{angle}: {bond}"
            )
        if state.mutant.turned is not None:
            # What follows was told of the chosen one.
            continue
        if state.mutant.unlike_wild_type:
            unlike = ", ".join(str(each) for each in state.mutant.unlike_wild_type)
            click.echo(f"{state.name}: protonation differs from the wild type: {unlike}")
        for change in state.mutant.changes:
            if change.undecided:
                click.echo(
                    f"{state.name}: rotamer of {change.name}: {change.rotamer} chosen; not decided by the energy "
                    f"(within {change.undecided_within:g} kJ/mol): {', '.join(change.undecided)}"
                )
    if not viewer_available():
        click.echo("view.html was not made: 3Dmol.js was not built into this installation", err=True)
    click.echo(f"\n{folder}: {', '.join(files)}")
