"""`kinescape structure free-energy`: a free energy from alchemical windows, or why there is none."""

from __future__ import annotations

from pathlib import Path

import click

from kinescape.cli.tables import print_table


@click.command("free-energy")
@click.argument("windows", type=click.Path(path_type=Path))
@click.option(
    "--temperature", default=300.0, show_default=True, type=click.FloatRange(1, 1000), help="Kelvin, for kcal."
)
def free_energy(windows: Path, temperature: float) -> None:
    """The free energy of the last window over the first, by MBAR; refused where windows do not overlap.

    WINDOWS is a table: window (1-based), u_1 ... u_K (the sample's energy / kT in every window), by any engine. A
    mutation of a residue is not set up by this command. Exit code 1 where the estimate is refused.
    """
    from kinescape.errors import KinescapeError
    from kinescape.structure.alchemy.estimate import free_energy as estimate
    from kinescape.structure.alchemy.table import read_windows, table_of

    found = estimate(read_windows(windows))
    header = ("windows", "overlap", "forward kT", "backward kT", "independent samples")
    print_table("", header, table_of(found))
    click.echo(f"halves: {found.halves[0]:.3f} and {found.halves[1]:.3f} kT")
    kcal = found.kcal(temperature)
    if kcal is None:
        raise KinescapeError("no free energy is told: " + "; ".join(found.refused))
    click.echo(f"free energy: {found.value:.3f} +- {found.error:.3f} kT ({kcal[0]:.3f} +- {kcal[1]:.3f} kcal/mol)")
