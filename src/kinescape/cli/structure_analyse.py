"""`kinescape structure analyse`: what simulations show."""

from __future__ import annotations

from pathlib import Path

import click

from kinescape.cli.lazy import OutputFolder
from kinescape.cli.tables import print_table

PATH = click.Path(path_type=Path)


@click.command()
@click.argument("folders", nargs=-1, required=True, type=PATH, metavar="SIMULATION...")
@click.option("--against", multiple=True, type=PATH, help="Folder of the mutant's simulation (or several).")
@click.option("--pair", "pairs", multiple=True, metavar="A-B", help="Hydrogen bonds to follow: 1237-1247, ligand-1197.")
@click.option("-o", "--out", type=OutputFolder(), required=True, help="Folder for tables and figures.")
def analyse(folders: tuple[Path, ...], against: tuple[Path, ...], pairs: tuple[str, ...], out: Path) -> None:
    """RMSD, RMSF, hydrogen bonds and contacts of simulations, with errors over replicas.

    Several folders of the same system are one arm with more replicas. With --against, the mutant is compared with the
    first arm: by replicas, never by one run of each.
    """
    from kinescape.structure.analysis.load import check_comparable, load_arm
    from kinescape.structure.analysis.measure import CONTACT_KIND, compare, measure
    from kinescape.structure.analysis.pairs import pair_options
    from kinescape.structure.analysis.write import average_text, write_analysis

    followed = pair_options(pairs)
    arms = [load_arm(folders)]
    if against:
        arms.append(load_arm(against))
        check_comparable(arms[0], arms[1], against[0])
    measured = [measure(each, followed) for each in arms]
    rows = compare(*measured) if len(measured) == 2 else []
    files = write_analysis(out, measured, rows)
    for each in measured:
        click.echo(f"{each.arm.state}: {len(each.arm.replicas)} replica(s), {each.arm.label}")
        for note in each.arm.notes:
            click.echo(f"note: {note}")
        averages = each.averages()
        shown = [
            (kind, name, *average_text(kind, found)[:5])
            for (kind, _), (name, found) in averages.items()
            if kind != CONTACT_KIND or found.mean >= 0.5
        ]
        print_table("", ("quantity", "name", "mean", "error", "low 95%", "high 95%", "replicas"), shown)
        if left := len(averages) - len(shown):
            click.echo(f"and {left} more in summary.tsv: contacts in less than half of the frames")
    if rows:
        verdicts: dict[str, int] = {}
        for row in rows:
            verdicts[row.contrast.verdict] = verdicts.get(row.contrast.verdict, 0) + 1
        click.echo(f"{measured[1].arm.state} against {measured[0].arm.state}:")
        for verdict, count in verdicts.items():
            click.echo(f"  {verdict}: {count} quantities")
        for row in rows:
            if row.contrast.verdict == "differs":
                click.echo(f"  {row.kind} {row.name}: {row.wild_type.mean:.3f} -> {row.mutant.mean:.3f}")
    click.echo(f"written: {out}: {', '.join(files)}", err=True)
