"""The options that say how samples are analysed, the same for ``run`` and ``batch``, and the plan they make."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kinescape.cli.evidence_options import evidence_caps, evidence_options
from kinescape.cli.numbers import FiniteRange
from kinescape.cli.umi_options import MIN_DEPTH, MIN_DEPTH_UMI, MIN_VAF, MIN_VAF_UMI, umi_options, umi_parameters
from kinescape.errors import InputError

if TYPE_CHECKING:
    from kinescape.engine.plan import RunPlan
    from kinescape.sheet import SheetSample

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--panel", default="alk-ros1", show_default=True, help="Name or folder of the panel."),
    click.option(
        "--reference",
        type=click.Path(path_type=Path),
        help="Genome FASTA with bwa and Bowtie2 indexes beside it, in place of the panel's own windows.",
    ),
    click.option("--kb", default="alk-ros1", show_default=True, help="Name or folder of the knowledge base."),
    click.option("--no-kb", is_flag=True, help="No knowledge base: no drug states (for panels that have none)."),
    click.option(
        "--mode",
        type=click.Choice(["default", "lofreq"]),
        default="default",
        show_default=True,
        help="lofreq: stated qualities, primers and read ends counted, as LoFreq would on the same reads.",
    ),
    click.option(
        "--min-depth",
        type=click.IntRange(min=1),
        default=None,
        help=f"Reads at a position; with UMIs consensus reads.  [default: {MIN_DEPTH}; with UMIs {MIN_DEPTH_UMI}]",
    ),
    click.option(
        "--min-vaf",
        type=FiniteRange(0, 1),
        default=None,
        help=f"Smallest allele fraction.  [default: {MIN_VAF}; with UMIs {MIN_VAF_UMI}]",
    ),
    click.option(
        "--background",
        type=click.Path(path_type=Path),
        help="Background of healthy controls (from `kinescape background`): substitutions are tested against their "
        "site, and --min-vaf gives way to --min-vaf-floor.",
    ),
    click.option(
        "--background-from-samples",
        is_flag=True,
        help="No controls at hand: learn the background from the samples of SHEET themselves (each is read twice).",
    ),
    click.option(
        "--min-vaf-floor",
        type=FiniteRange(0, 1),
        default=0.001,
        show_default=True,
        help="Smallest allele fraction with a background.",
    ),
    click.option(
        "--background-fdr",
        type=FiniteRange(0, 1, min_open=True),
        default=0.001,
        show_default=True,
        help="FDR of the test against the background.",
    ),
    click.option("--min-base-quality", type=click.IntRange(3, 60), default=6, show_default=True),
    click.option("--call-fdr", type=FiniteRange(0, 1), default=0.001, show_default=True, help="FDR of the calls."),
    click.option("--strand-fdr", type=FiniteRange(0, 1), default=0.001, show_default=True, help="FDR of strand bias."),
    click.option("--keep-primers", is_flag=True, help="Count primer bases as evidence (they come from the primer)."),
    click.option(
        "--end-mask",
        type=click.IntRange(0, 50),
        default=8,
        show_default=True,
        help="Bases at the 3' end of mates left out.",
    ),
    click.option(
        "--annotations",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Annotation slices (default: your own folder; see `kinescape annot list`).",
    ),
    click.option(
        "--max-population-af",
        type=FiniteRange(0, 1, min_open=True),
        default=1e-5,
        show_default=True,
        help="gnomAD allele fraction from which a variant that is no known change is filtered; 1: none.",
    ),
)


def analysis_options(command: Command) -> Command:
    """Add all of them to a command, which takes them as ``**options`` for :func:`plan_of`."""
    command = umi_options(evidence_options(command))
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def plan_of(samples: Sequence[SheetSample], out: Path, threads: int, force: bool, options: dict[str, Any]) -> RunPlan:
    """The plan that the options ask for.

    Raises
    ------
    InputError
        Options that exclude each other.
    """
    from kinescape.engine.plan import RunPlan
    from kinescape.records import Parameters

    kb, panel, mode = options["kb"], options["panel"], options["mode"]
    background, from_samples = options["background"], options["background_from_samples"]
    if not kb or not panel:
        raise InputError("empty value of --kb or --panel", expected="a name or a folder (or --no-kb)")
    umis = umi_parameters(*(options[name] for name in _UMI))
    if umis is not None and (background is not None or from_samples):
        raise InputError("UMIs and a background exclude each other: it was learned from reads, not from molecules")
    if background is not None and from_samples:
        raise InputError("give either --background or --background-from-samples")
    if from_samples and len(samples) < 2:
        raise InputError("--background-from-samples needs other samples", found=1, expected="a sheet of two or more")
    if (options["keep_primers"] or mode == "lofreq") and (background is not None or from_samples):
        what = "--mode lofreq" if mode == "lofreq" else "--keep-primers"
        raise InputError(f"{what} and a background exclude each other: no control tells of primer bases")
    min_vaf = options["min_vaf"]
    return RunPlan(
        samples=tuple(samples),
        out=out,
        panel=panel,
        knowledge_base=None if options["no_kb"] else kb,
        reference=options["reference"],
        parameters=Parameters(
            min_base_quality=options["min_base_quality"],
            call_fdr=options["call_fdr"],
            strand_fdr=options["strand_fdr"],
            min_depth=options["min_depth"] or (MIN_DEPTH if umis is None else MIN_DEPTH_UMI),
            min_vaf=min_vaf if min_vaf is not None else (MIN_VAF if umis is None else MIN_VAF_UMI),
            min_vaf_floor=options["min_vaf_floor"],
            background_fdr=options["background_fdr"],
            max_population_af=options["max_population_af"],
            umi=umis,
            mode="lofreq" if mode == "lofreq" else "default",
            mask_primers=not options["keep_primers"] and mode != "lofreq",
            end_mask=0 if mode == "lofreq" else options["end_mask"],
        ),
        threads=threads,
        force=force,
        background=background,
        background_from_samples=from_samples,
        annotations=options["annotations"],
        evidence=evidence_caps(*(options[name] for name in _EVIDENCE)),
        viewer=not options["no_igv"],
    )


_EVIDENCE = ("evidence", "evidence_alt", "evidence_reference", "evidence_fragments")
_UMI = ("umi", "umi_read_structure", "umi_strategy", "umi_edits", "umi_min_reads")
