"""`kinescape structure simulate`: molecular dynamics of a kinase with its drug."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from kinescape.cli.lazy import FolderToAddTo
from kinescape.cli.simulation_options import simulation_options

PATH = click.Path(path_type=Path)


@click.command()
@click.argument("structure", type=PATH)
@click.option("--ligand", default=None, help="Residue name of the ligand in STRUCTURE (VGH is crizotinib).")
@click.option("--mutation", default="WT", show_default=True, help="C1237Y; + joins a compound; WT: the wild type.")
@click.option("--site", "sites", multiple=True, type=int, help="For a wild type: the residue mutated in the other arm.")
@click.option("--chain", default=None, help="Chain; default: the first with protein.")
@click.option("--parameters", type=PATH, help="OpenMM force-field file of a ligand that is not packaged.")
@click.option("--smiles", help="With --parameters: the ligand as modelled, charge and stereochemistry included.")
@click.option("--replicas", default=3, show_default=True, type=click.IntRange(1, 100), help="Independent runs.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="Of the first replica.")
@click.option("--time-ns", type=float, default=None, help="Production of each replica [5; reduced on a CPU: 0.1].")
@click.option("--frame-ps", type=float, default=None, help="Time between frames [10; under 1 ns: 1].")
@simulation_options
@click.option(
    "-o", "--out", type=FolderToAddTo(), required=True, help="Folder; a simulation in it goes on where it stopped."
)
def simulate(
    structure: Path,
    ligand: str | None,
    mutation: str,
    sites: tuple[int, ...],
    chain: str | None,
    parameters: Path | None,
    smiles: str | None,
    replicas: int,
    seed: int,
    time_ns: float | None,
    equilibrate_ps: float | None,
    frame_ps: float | None,
    timestep_fs: float,
    solvent: str | None,
    pocket: bool | None,
    platform: str,
    threads: int | None,
    out: Path,
) -> None:
    """Molecular dynamics of STRUCTURE: minimise, heat, equilibrate, produce; replicas by seed.

    On a GPU the paper's protocol (5 ns, explicit water). On a CPU, unless told otherwise, a reduced one (pocket,
    implicit water, 0.1 ns), which everything that is written calls reduced. Research use only.
    """
    from kinescape.structure.dynamics.platforms import choose_platform
    from kinescape.structure.dynamics.replica import Progress
    from kinescape.structure.dynamics.run import Request, given_parameters, protocol_for, run_arm

    chosen = choose_platform(platform)
    protocol = protocol_for(
        chosen,
        ligand=ligand is not None,
        solvent=solvent,  # type: ignore[arg-type]
        pocket=pocket,
        time_ns=time_ns,
        frame_ps=frame_ps,
        equilibrate_ps=equilibrate_ps,
        timestep_fs=timestep_fs,
    )
    request = Request(
        structure=structure,
        protocol=protocol,
        ligand=ligand,
        mutation=mutation,
        chain=chain,
        parameters=given_parameters(parameters, smiles),
        sites=sites,
        replicas=replicas,
        seed=seed,
        platform=chosen,
        threads=threads,
    )
    told = [0.0]

    def tell(number: int, progress: Progress) -> None:
        if time.monotonic() - told[0] < 10.0 and progress.done_ps < progress.total_ps:
            return
        told[0] = time.monotonic()
        hours, rest = divmod(round(progress.seconds_left), 3600)
        click.echo(
            f"replica {number}/{replicas} {progress.stage}: {progress.done_ps / 1000:.4g} of "
            f"{progress.total_ps / 1000:.4g} ns, {progress.ns_per_day:.3g} ns/day, {hours} h {rest // 60:02d} min left",
            err=True,
        )
        sys.stderr.flush()

    record = run_arm(request, out, lambda line: click.echo(line, err=True), tell)
    click.echo(f"{protocol.label}: {record}")
