"""`kinescape structure free-energy`: a mutation's free energy from windows, run here or by any engine, or why none."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from kinescape.cli.lazy import FolderToAddTo
from kinescape.cli.simulation_options import simulation_options
from kinescape.cli.tables import print_table

PATH = click.Path(path_type=Path)


class WithJudge(click.Group):
    """A group in which a table of windows may stand without the verb ``judge``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["judge", *args]
        return super().parse_args(ctx, args)


@click.group("free-energy", cls=WithJudge)
def free_energy() -> None:
    """Free energies from alchemical windows, refused where they do not overlap.

    `run` mutates a residue with and without its ligand; `judge` (which may be left out) judges windows of any engine.
    """


@free_energy.command("judge")
@click.argument("windows", type=PATH)
@click.option(
    "--temperature", default=300.0, show_default=True, type=click.FloatRange(1, 1000), help="Kelvin, for kcal."
)
def judge(windows: Path, temperature: float) -> None:
    """The free energy of the last window over the first, by MBAR; refused where windows do not overlap.

    WINDOWS is a table: window (1-based), u_1 ... u_K (the sample's energy / kT in every window), by any engine. Exit
    code 1 where the estimate is refused.
    """
    from kinescape.errors import KinescapeError
    from kinescape.structure.alchemy.estimate import free_energy as estimate
    from kinescape.structure.alchemy.table import read_windows, table_of

    found = estimate(read_windows(windows))
    header = ("windows", "overlap", "forward kT", "backward kT", "independent samples")
    print_table("", header, table_of(found))
    click.echo(f"halves: {found.halves[0]:.3f} and {found.halves[1]:.3f} kT")
    click.echo("rotamers: not looked at (a table of energies has none)")
    kcal = found.kcal(temperature)
    if kcal is None:
        raise KinescapeError("no free energy is told: " + "; ".join(found.refused))
    click.echo(f"free energy: {found.value:.3f} +- {found.error:.3f} kT ({kcal[0]:.3f} +- {kcal[1]:.3f} kcal/mol)")


@free_energy.command("run")
@click.argument("structure", type=PATH)
@click.option("--ligand", required=True, help="Residue name of the ligand in STRUCTURE (VGH is crizotinib).")
@click.option("--mutation", required=True, help="L1196M: one substitution that keeps the charge.")
@click.option("--windows", default=12, show_default=True, type=click.IntRange(2, 100), help="States along the path.")
@click.option("--picoseconds", type=float, default=None, help="Per window [1000; on a CPU: 20]. May be raised later.")
@click.option("--settle-ps", type=float, default=None, help="Of each window before it counts [50; on a CPU: 2].")
@click.option("--replicas", default=3, show_default=True, type=click.IntRange(1, 100), help="Independent runs.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="Of the first replica.")
@click.option("--chain", default=None, help="Chain; default: the first with protein.")
@click.option("--parameters", type=PATH, help="OpenMM force-field file of a ligand that is not packaged.")
@click.option("--smiles", help="With --parameters: the ligand as modelled, charge and stereochemistry included.")
@simulation_options
@click.option("-o", "--out", type=FolderToAddTo(), required=True, help="Folder; a run in it goes on where it stopped.")
def run(
    structure: Path,
    ligand: str,
    mutation: str,
    windows: int,
    picoseconds: float | None,
    settle_ps: float | None,
    replicas: int,
    seed: int,
    chain: str | None,
    parameters: Path | None,
    smiles: str | None,
    equilibrate_ps: float | None,
    timestep_fs: float,
    solvent: str | None,
    pocket: bool | None,
    platform: str,
    threads: int | None,
    out: Path,
) -> None:
    """How much weaker a mutant binds its ligand: the mutation made alchemically, in the complex and without it.

    On a GPU the whole chain in explicit water. On a CPU, unless told otherwise, the pocket in implicit water, which
    everything that is written calls reduced. Exit code 1 where the checks refuse a number. Research use only.
    """
    from kinescape.errors import KinescapeError
    from kinescape.structure.alchemy.run import COLUMNS, Request, Told, rows_of, run_free_energy, settings_for
    from kinescape.structure.alchemy.table import ROTAMER_COLUMNS, rotamer_rows
    from kinescape.structure.dynamics.platforms import choose_platform
    from kinescape.structure.dynamics.run import given_parameters

    chosen = choose_platform(platform)
    protocol, sampling = settings_for(
        chosen,
        solvent=solvent,  # type: ignore[arg-type]
        pocket=pocket,
        windows=windows,
        picoseconds=picoseconds,
        settle_ps=settle_ps,
        equilibrate_ps=equilibrate_ps,
        timestep_fs=timestep_fs,
    )
    request = Request(
        structure=structure,
        ligand=ligand,
        mutation=mutation,
        protocol=protocol,
        sampling=sampling,
        chain=chain,
        parameters=given_parameters(parameters, smiles),
        replicas=replicas,
        seed=seed,
        platform=chosen,
        threads=threads,
    )
    last = [0.0]

    def tell(told: Told) -> None:
        if time.monotonic() - last[0] < 10.0:
            return
        last[0] = time.monotonic()
        hours, rest = divmod(round(told.seconds_left_of_all), 3600)
        click.echo(
            f"{told.leg}, replica {told.replica}/{replicas}, {told.stage}: {100 * told.done:.0f}%, "
            f"{told.seconds_left / 60:.0f} min left; of all about {hours} h {rest // 60:02d} min",
            err=True,
        )
        sys.stderr.flush()

    outcome = run_free_energy(request, out, lambda line: click.echo(line, err=True), tell)
    print_table(f"{mutation}, {outcome.label}", COLUMNS[:-1], [row[:-1] for row in rows_of(outcome.results, 300.0)])
    seen = [row[:8] + row[11:14] for row in rotamer_rows(outcome.results)]
    if seen:
        print_table("rotamers of both side chains", ROTAMER_COLUMNS[:8] + ROTAMER_COLUMNS[11:14], seen)
    for note in outcome.notes:
        click.echo(f"note: {note}")
    found = outcome.binding
    if found.value is None:
        raise KinescapeError("no free energy is told: " + "; ".join(found.refused))
    for note in found.notes:
        click.echo(note)
    click.echo(
        f"ddG of binding ({ligand}, mutant less wild type): {found.value:.2f} +- {found.error:.2f} kcal/mol; above 0 "
        "the mutant binds more weakly. A model, not an experiment."
    )
