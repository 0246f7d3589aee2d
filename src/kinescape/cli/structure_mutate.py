"""`kinescape structure mutate`: a mutant on a real structure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kinescape.cli.lazy import OutputFile
from kinescape.cli.ph import PH
from kinescape.cli.tables import print_table

if TYPE_CHECKING:
    from kinescape.structure.mutant import Change, Mutant


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--mutation", "mutation", required=True, help="L1196M; L1196M+G1202R for a compound; WT for none.")
@click.option("-o", "--out", type=OutputFile(), required=True, metavar="PDB", help="File for the model.")
@click.option("--chain", default=None, help="Chain (default: the first with protein).")
@click.option("--ph", default=7.4, show_default=True, type=PH, help="pH of the protonation.")
@click.option("--smiles", multiple=True, metavar="NAME=SMILES", help="Bond orders of a ligand that is not packaged.")
@click.option("--rotamer", multiple=True, metavar="NAME=ROTAMER", help="Take this rotamer: L1196M=mtm.")
@click.option(
    "--alternatives", is_flag=True, help="Models of undecided rotamers too: NAME.L1196M-mtm.pdb beside NAME.pdb."
)
@click.option("--seed", default=1, show_default=True, help="Of the first positions of hydrogens.")
def mutate(
    file: Path,
    mutation: str,
    out: Path,
    chain: str | None,
    ph: float,
    smiles: tuple[str, ...],
    rotamer: tuple[str, ...],
    alternatives: bool,
    seed: int,
) -> None:
    """Model a mutant: side chains placed, neighbours relaxed, hydrogens by pKa; clash and strain are told.

    --alternatives writes beside model.pdb a whole model of every rotamer that the energy does not tell from the chosen
    one: model.L1196M-mtm.pdb.

    Residues that the structure does not have are not invented. The ligand stays where the crystal has it: what the
    mutation does to its binding is not said by this model alone.
    """
    from kinescape.structure.alternatives import check_files, models_beside, possible_files, write_models
    from kinescape.structure.mutate import mutate as model_mutant
    from kinescape.structure.mutations import parse_mutations
    from kinescape.structure.options import rotamer_options, smiles_options
    from kinescape.structure.read import read_model

    asked = rotamer_options(rotamer)
    possible = possible_files(out, parse_mutations(mutation), asked) if alternatives else ()
    check_files(possible, file)
    mutant = model_mutant(
        read_model(file, chain),
        mutation,
        ph=ph,
        seed=seed,
        smiles=smiles_options(smiles),
        rotamers=asked,
        alternatives=alternatives,
    )
    written = write_models(out, mutant, file.name)
    click.echo(f"{mutant.name} on {mutant.model.name}, chain {mutant.model.chain}: {out}")
    for change in mutant.changes:
        chis = ", ".join(f"{chi:.0f}" for chi in change.chis) or "none"
        click.echo(
            f"\n{change.name}: rotamer {change.rotamer or 'none'} (chi {chis}); strain {change.strain:.1f} kJ/mol; "
            f"largest shift of another residue {change.shift:.2f} A"
        )
        click.echo(
            f"clashes: {len(change.clashes_before)} before relaxation, {len(change.clashes_after)} after"
            + (f"; rotamer changed: {', '.join(change.neighbours)}" if change.neighbours else "")
        )
        for clash in change.clashes_after:
            click.echo(
                f"  {clash.residue} {clash.atom} - {clash.other} {clash.other_atom}: {clash.overlap:.2f} A overlap"
            )
        if change.undecided:
            click.echo(
                f"not decided by the energy (within {change.undecided_within:g} kJ/mol): {', '.join(change.undecided)}"
            )
        header: tuple[str, ...] = ("rotamer", "kJ/mol above the best", "chosen", "relaxed from")
        rows: list[tuple[str, ...]] = [
            (each.rotamer, f"{each.energy:.1f}", "x" if each.chosen else "", each.start) for each in change.candidates
        ]
        if alternatives:
            models = {one.rotamer: path.name for one, path in written.items() if one.mutation == change.name}
            header = (*header, "model")
            rows = [(*row, out.name if row[2] else models.get(row[0], "")) for row in rows]
        print_table("", header, rows)
        for other in mutant.alternatives:
            _tell_alternative(other, change)
    unusual = ", ".join(f"{site.label} {site.state} (pKa {site.pka:g})" for site in mutant.unusual_sites)
    click.echo(f"\nunusual protonation at pH {ph:g}: {unusual or 'none'}")
    for note in mutant.model.notes:
        click.echo(f"note: {note}")
    for other in mutant.alternatives:
        for note in other.model.notes:
            if note not in mutant.model.notes:
                click.echo(f"note on {other.name}: {note}")
    if alternatives and not written:
        why = "no rotamer is undecided" if possible else "no residue has a rotamer left to choose"
        click.echo(f"models of undecided rotamers: none, {why}")
    for path in models_beside(out):
        if path not in written.values() and not path.samefile(file):
            click.echo(f"{path}: of an earlier run; this one did not write it", err=True)


def _tell_alternative(model: Mutant, chosen: Change) -> None:
    """One line on the model of an undecided rotamer, under what was told of the residue that is turned in it."""
    if model.turned is None or model.turned.mutation != chosen.name:
        return
    change = next(each for each in model.changes if each.name == chosen.name)
    chis = ", ".join(f"{chi:.0f}" for chi in change.chis)
    click.echo(
        f"{model.name}: chi {chis}; strain {change.strain:.1f} kJ/mol; largest shift of another residue "
        f"{change.shift:.2f} A; clashes: {len(change.clashes_before)} before relaxation, "
        f"{len(change.clashes_after)} after"
    )
