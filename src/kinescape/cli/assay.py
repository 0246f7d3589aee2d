"""`kinescape assay`: dose-response, growth and blots from the bench."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from kinescape.cli.lazy import OutputFile, OutputFolder

if TYPE_CHECKING:
    from kinescape.assay.decimals import Mark
    from kinescape.assay.screen import Settings

Command = TypeVar("Command", bound=Callable[..., object])

INPUT = click.Path(path_type=Path)
PICTURES = click.Choice(["svg", "pdf", "png", "none"])
decimal_option = click.option(
    "--decimal",
    type=click.Choice(["point", "comma"]),
    default=None,
    help="Decimal mark of plates (default: what their numbers show).",
)


@click.group()
def assay() -> None:
    """Dose-response curves, growth and blots: from plates to IC50s, folds and resistance classes."""


def _shared_options(command: Command) -> Command:
    """Options that viability and phosphorylation curves have in common."""
    for option in reversed(
        [
            click.option("-o", "--output", type=OutputFolder(), required=True, help="Folder for the results."),
            click.option("--model", type=click.Choice(["4pl", "3pl", "5pl"]), default="4pl", show_default=True),
            click.option("--reference", default="WT", show_default=True, help="Variant that folds are taken against."),
            click.option("--rules", default=None, help="Rule set from fold to class (default: the knowledge base's)."),
            click.option("--rules-file", type=INPUT, default=None, help="rules.yaml of your own knowledge base."),
            click.option("--sheet", default=None, help="Sheet of Excel workbooks (default: the first)."),
            click.option("--robust", is_flag=True, help="Weigh wells far off the curve down; they are flagged anyway."),
            click.option(
                "--noise",
                type=click.Choice(["replicates", "constant"]),
                default="replicates",
                show_default=True,
                help="Read from the replicates how scatter grows with signal, or weigh all wells alike.",
            ),
            click.option(
                "--censoring",
                type=click.Choice(["profile", "estimate"]),
                default="profile",
                show_default=True,
                help="profile: '>max dose' where the interval does not close inside the tested doses; estimate: only "
                "where the estimate lies beyond them or the interval never closes.",
            ),
            click.option("--bootstrap", type=click.IntRange(0), default=0, help="Replicates of a bootstrap interval."),
            click.option("--seed", type=int, default=1, show_default=True, help="Of the bootstrap."),
            click.option("--pictures", type=PICTURES, default="svg", show_default=True),
            click.option("--threads", type=click.IntRange(1), default=2, show_default=True),
        ]
    ):
        command = option(command)
    return command


def _reference_lines(reference: object, variants: Iterable[str]) -> list[str]:
    """What is to be said of a reference that the data do not have; an error where the user asked for it."""
    from click.core import ParameterSource

    from kinescape.assay.reference import missing_reference

    source = click.get_current_context().get_parameter_source("reference")
    return missing_reference(str(reference), variants, asked=source is not ParameterSource.DEFAULT)


def _settings(options: dict[str, object]) -> Settings:
    from kinescape.assay.screen import Settings

    return Settings(
        model=options["model"],  # type: ignore[arg-type]
        reference=str(options["reference"]),
        robust=bool(options["robust"]),
        replicate_noise=options["noise"] == "replicates",
        censoring=options["censoring"],  # type: ignore[arg-type]
        bootstrap=int(options["bootstrap"]),  # type: ignore[call-overload]
        seed=int(options["seed"]),  # type: ignore[call-overload]
        threads=int(options["threads"]),  # type: ignore[call-overload]
    )


@assay.command()
@click.argument("wells", type=INPUT, nargs=-1, required=True)
@click.option("--layout", type=INPUT, default=None, help="WELLS are plates; this table says what stands in which well.")
@decimal_option
@click.option("--page/--no-page", default=True, show_default=True, help="Write screen.html, the interactive page.")
@_shared_options
def fit(
    wells: tuple[Path, ...], layout: Path | None, decimal: Mark | None, page: bool, output: Path, **options: object
) -> None:
    """Fit dose-response curves; write IC50s, folds, classes, pictures and a page.

    WELLS is a long CSV, TSV or Excel table: experiment, variant, drug, dose, dose_unit, replicate, signal (dose 0 is
    untreated). With --layout, WELLS are plates of 96 or 384 wells as a reader exports them.
    """
    from kinescape.assay.inputs import read_wells
    from kinescape.assay.screen import analyse_screen
    from kinescape.assay.write import write_screen
    from kinescape.rules import PACKAGED, read_rules

    rule_set = read_rules(options["rules_file"] or PACKAGED).rule_set(options["rules"])  # type: ignore[arg-type]
    read = read_wells(wells, layout=layout, sheet=options["sheet"], decimal=decimal)  # type: ignore[arg-type]
    said = _reference_lines(options["reference"], (well.variant for well in read))
    screen = analyse_screen(read, rule_set, _settings(options))
    lines = said + write_screen(screen, read, output, pictures=str(options["pictures"]), page=page)
    click.echo("\n".join(lines))


@assay.command()
@click.argument("wells", type=INPUT, nargs=-1, required=True)
@click.option("-o", "--output", type=OutputFolder(), required=True, help="Folder for plates.tsv and the heat maps.")
@click.option("--layout", type=INPUT, default=None, help="WELLS are plates; this table says what stands in which well.")
@decimal_option
@click.option("--sheet", default=None, help="Sheet of Excel workbooks (default: the first).")
@click.option("--pictures", type=PICTURES, default="svg", show_default=True)
def qc(
    wells: tuple[Path, ...],
    output: Path,
    layout: Path | None,
    decimal: Mark | None,
    sheet: str | None,
    pictures: str,
) -> None:
    """Plate quality: Z', signal window, edge effect, drift, replicate CV, heat maps."""
    from kinescape.assay.inputs import read_wells
    from kinescape.assay.write import write_quality

    read = read_wells(wells, layout=layout, sheet=sheet, decimal=decimal)
    click.echo("\n".join(write_quality(read, output, pictures=pictures)))


@assay.command()
@click.argument("wells", type=INPUT, nargs=-1, required=True)
@click.option(
    "-o", "--output", type=OutputFolder(), required=True, help="Folder for models.tsv, pairs.tsv and shared.tsv."
)
@click.option("--layout", type=INPUT, default=None, help="WELLS are plates; this table says what stands in which well.")
@decimal_option
@click.option("--sheet", default=None, help="Sheet of Excel workbooks (default: the first).")
@click.option("--reference", default="WT", show_default=True, help="Variant that curves are compared with.")
@click.option(
    "--noise",
    type=click.Choice(["replicates", "constant"]),
    default="replicates",
    show_default=True,
    help="Weights as those of fit: read from the replicates, or all wells alike.",
)
@click.option("--extended", is_flag=True, help="Try biphasic and hormetic curves too.")
@click.option(
    "--share",
    type=click.Choice(["top", "bottom", "slope"]),
    multiple=True,
    help="Fit all variants of an experiment and drug with this in common (may be repeated).",
)
def compare(
    wells: tuple[Path, ...],
    output: Path,
    layout: Path | None,
    decimal: Mark | None,
    sheet: str | None,
    reference: str,
    noise: str,
    extended: bool,
    share: tuple[str, ...],
) -> None:
    """Which model, and do two curves differ: extra-sum-of-squares F test and AICc."""
    from kinescape.assay.inputs import read_wells
    from kinescape.assay.write import write_comparison

    read = read_wells(wells, layout=layout, sheet=sheet, decimal=decimal)
    said = _reference_lines(reference, (well.variant for well in read))
    replicates = noise == "replicates"
    lines = said + write_comparison(
        read, output, reference=reference, extended=extended, share=share, replicate_noise=replicates
    )
    click.echo("\n".join(lines))


@assay.command()
@click.argument("counts", type=INPUT)
@click.option(
    "-o", "--output", type=OutputFolder(), required=True, help="Folder for growth.tsv, rates.tsv and the picture."
)
@click.option("--reference", default="WT", show_default=True, help="Variant that rates are compared with.")
@click.option("--from", "start", type=float, default=0.0, show_default=True, help="Start of the window, hours.")
@click.option("--to", "end", type=float, default=float("inf"), show_default=True, help="End of the window, hours.")
@click.option("--sheet", default=None, help="Sheet of an Excel workbook (default: the first).")
@click.option("--pictures", type=PICTURES, default="svg", show_default=True)
def growth(
    counts: Path, output: Path, reference: str, start: float, end: float, sheet: str | None, pictures: str
) -> None:
    """Growth rates and doubling times from counts over time (experiment, variant, time_h, count)."""
    from kinescape.assay.growth import read_counts
    from kinescape.assay.write import write_growth

    read = read_counts(counts, sheet=sheet)
    said = _reference_lines(reference, (count.variant for count in read))
    lines = said + write_growth(read, output, file=counts, reference=reference, window=(start, end), pictures=pictures)
    click.echo("\n".join(lines))


@assay.command()
@click.argument("densitometry", type=INPUT)
@_shared_options
def blot(densitometry: Path, output: Path, **options: object) -> None:
    """Blots: phospho over total, relative to untreated, basal levels, and its dose-response.

    DENSITOMETRY has the columns experiment, variant, drug, dose, dose_unit, phospho, total and, if there is one,
    loading: one line per lane.
    """
    from kinescape.assay.blots import read_lanes
    from kinescape.assay.write import write_blots
    from kinescape.rules import PACKAGED, read_rules

    rule_set = read_rules(options["rules_file"] or PACKAGED).rule_set(options["rules"])  # type: ignore[arg-type]
    lanes = read_lanes(densitometry, sheet=options["sheet"])  # type: ignore[arg-type]
    said = _reference_lines(options["reference"], (lane.variant for lane in lanes))
    lines = said + write_blots(lanes, rule_set, _settings(options), output, pictures=str(options["pictures"]))
    click.echo("\n".join(lines))


@assay.command()
@click.argument("image", type=INPUT)
@click.option(
    "-o", "--output", type=OutputFolder(), required=True, help="Folder for bands.tsv and the picture with its boxes."
)
@click.option("--lanes", type=click.IntRange(1), required=True, help="Number of lanes.")
@click.option("--bands", type=click.IntRange(1), default=1, show_default=True, help="Number of bands per lane.")
@click.option("--radius", type=click.IntRange(1), default=None, help="Rolling-ball radius, pixels.")
@click.option("--pictures", type=PICTURES, default="png", show_default=True)
def lanes(image: Path, output: Path, lanes: int, bands: int, radius: int | None, pictures: str) -> None:
    """Band volumes from the picture of a blot (TIFF or PNG), background taken off."""
    from kinescape.assay.write import write_lanes

    click.echo("\n".join(write_lanes(image, output, lanes=lanes, bands=bands, radius=radius, pictures=pictures)))


@assay.command()
@click.argument("truth", type=INPUT)
@click.option("-o", "--output", type=OutputFile(), required=True, help="Long CSV to write.")
@click.option("--seed", type=int, required=True)
@click.option("--experiments", type=click.IntRange(1), default=3, show_default=True)
@click.option("--replicates", type=click.IntRange(1), default=3, show_default=True)
@click.option("--doses", type=click.IntRange(2), default=11, show_default=True)
@click.option(
    "--top-dose", type=float, default=10000.0, show_default=True, help="nM; a '>3000' in TRUTH sets its drug's."
)
def simulate(
    truth: Path, output: Path, seed: int, experiments: int, replicates: int, doses: int, top_dose: float
) -> None:
    """Plates whose true IC50s are given: TRUTH has variants as rows and drugs as columns, in nM ('>3000' is beyond)."""
    from kinescape.assay.simulated import Design, write_simulation

    design = Design(experiments=experiments, replicates=replicates, doses=doses)
    wells = write_simulation(truth, output, design, top_dose=top_dose, seed=seed)
    click.echo(f"{wells} simulated wells: {output}")


@assay.command()
@click.argument("kind", type=click.Choice(["wells", "layout", "plate", "growth", "blot"]))
@click.option("-o", "--output", type=OutputFile(), required=True, help="CSV to write.")
def template(kind: str, output: Path) -> None:
    """An example of each input table, to run as it is or to fill in; "plate" goes with "layout"."""
    from kinescape.assay.templates import template_text
    from kinescape.files import write_text

    write_text(output, template_text(kind))
    click.echo(f"{kind} template: {output}")
