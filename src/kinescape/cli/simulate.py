"""``kinescape simulate``: read pairs with known truth; ``kinescape simulate lod`` goes on to :mod:`.lod`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kinescape.cli.lazy import OutputPrefix

if TYPE_CHECKING:
    from kinescape.simulate.truth import Truth

EXAMPLE = Path(__file__).resolve().parent.parent / "data" / "demo" / "example.yaml"
SERIES = "lod"


class SampleOrSeries(click.Command):
    """The command of one sample, but for the first word ``lod`` (a file of that name is ``./lod``)."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        if args[:1] == [SERIES]:
            from kinescape.cli.lod import lod

            return lod.make_context(f"{info_name} {SERIES}", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)


@click.command(cls=SampleOrSeries)
@click.argument("spec", type=click.Path(path_type=Path), required=False)
@click.option(
    "-o", "--output", "prefix", type=OutputPrefix(), metavar="PREFIX", help="Beginning of the three file names."
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same bytes.")
@click.option("--panel", metavar="NAME|DIR", help="Panel in place of the one that SPEC names.")
@click.option("--example", is_flag=True, help="Print an example of SPEC, every key explained, and stop.")
def simulate(spec: Path | None, prefix: str | None, seed: int, panel: str | None, example: bool) -> None:
    """Write simulated read pairs and their truth: PREFIX_R1.fastq.gz, PREFIX_R2.fastq.gz, PREFIX.truth.vcf.

    SPEC is a YAML file; `kinescape simulate --example` prints one. `kinescape simulate lod` measures the limit of
    detection by a dilution series (`kinescape simulate lod --help`).
    """
    if example:
        click.echo(EXAMPLE.read_text(encoding="utf-8"), nl=False)
        return
    if spec is None:
        raise click.UsageError("Missing argument 'SPEC' (see --example).")
    if prefix is None:
        raise click.UsageError("Missing option '-o PREFIX'.")
    from kinescape.simulate.sample import simulate_file

    _print(simulate_file(spec, Path(prefix), seed, panel))


def _print(truth: Truth) -> None:
    click.echo(f"Simulated sample {truth.sample}, seed {truth.seed} (not patient data)")
    for file in truth.files:
        click.echo(f"  {file}")
    click.echo(
        f"{truth.pairs} read pairs: {truth.on_target_pairs} of the amplicons ({truth.chimeric_pairs} chimeric), "
        f"{truth.off_target_pairs} off-target"
    )
    background = truth.background
    click.echo(
        f"{background.total:.6f} mismatches per mapped base expected: machine {background.machine:.6f}, "
        f"copying {background.copies:.6f} ({background.error_rate:.3g} per base and doubling); "
        f"{background.between_primers:.6f} between the primers"
    )
    empty = [each.name for each in truth.amplicons if each.pairs == 0]
    if empty:
        click.echo(f"no read pairs: {', '.join(empty)}")
    for each in truth.variants:
        click.echo(
            f"{each.variant.name}  {', '.join(each.texts)}  on {', '.join(each.haplotypes)}: "
            f"stated VAF {each.stated_vaf:.6g}, molecules {each.alt_molecules}/{each.molecules}, "
            f"read pairs {each.alt_pairs}/{each.pairs}"
        )
    if not truth.variants:
        click.echo("no change put in")
