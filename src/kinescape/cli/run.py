"""``kinescape run``: FASTQ in, results and pages out."""

from __future__ import annotations

import os
from pathlib import Path

import click

from kinescape.cli.numbers import FiniteRange
from kinescape.cli.progress import samples_progress
from kinescape.cli.umi_options import MIN_DEPTH, MIN_DEPTH_UMI, MIN_VAF, MIN_VAF_UMI, umi_options, umi_parameters
from kinescape.errors import EXIT_BAD_INPUT, EXIT_FAILURE, EXIT_OK, EXIT_SOME_SAMPLES_FAILED, InputError


@click.command()
@click.argument("sheet", required=False, type=click.Path(path_type=Path))
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="Folder for the results.")
@click.option(
    "--fastq", nargs=2, type=click.Path(path_type=Path), metavar="R1 R2", help="One pair of files instead of a sheet."
)
@click.option("--sample", help="Name of that one sample (default: from the file name).")
@click.option(
    "--cfdna-ng", type=FiniteRange(min=0, max=1e6, min_open=True), help="cfDNA of that one sample, in nanograms."
)
@click.option("--panel", default="alk-ros1", show_default=True, help="Name or folder of the panel.")
@click.option(
    "--reference",
    type=click.Path(path_type=Path),
    help="Genome FASTA with bwa and Bowtie2 indexes beside it, in place of the panel's own windows.",
)
@click.option("--kb", default="alk-ros1", show_default=True, help="Name or folder of the knowledge base.")
@click.option("--no-kb", is_flag=True, help="No knowledge base: no drug states (for panels that have none).")
@click.option("--threads", type=click.IntRange(min=1), default=None, help="Default: all cores.")
@click.option(
    "--mode",
    type=click.Choice(["default", "lofreq"]),
    default="default",
    show_default=True,
    help="lofreq: stated qualities, primers and read ends counted, as LoFreq would on the same reads.",
)
@click.option(
    "--min-depth",
    type=click.IntRange(min=1),
    default=None,
    help=f"Reads at a position; with UMIs consensus reads.  [default: {MIN_DEPTH}; with UMIs {MIN_DEPTH_UMI}]",
)
@click.option(
    "--min-vaf",
    type=FiniteRange(0, 1),
    default=None,
    help=f"Smallest allele fraction.  [default: {MIN_VAF}; with UMIs {MIN_VAF_UMI}]",
)
@click.option(
    "--background",
    type=click.Path(path_type=Path),
    help="Background of healthy controls (from `kinescape background`): substitutions are tested against their site, "
    "and --min-vaf gives way to --min-vaf-floor.",
)
@click.option(
    "--background-from-samples",
    is_flag=True,
    help="No controls at hand: learn the background from the samples of SHEET themselves (each is read twice).",
)
@click.option(
    "--min-vaf-floor",
    type=FiniteRange(0, 1),
    default=0.001,
    show_default=True,
    help="Smallest allele fraction with a background.",
)
@click.option(
    "--background-fdr",
    type=FiniteRange(0, 1, min_open=True),
    default=0.001,
    show_default=True,
    help="FDR of the test against the background.",
)
@click.option("--min-base-quality", type=click.IntRange(3, 60), default=6, show_default=True)
@click.option("--call-fdr", type=FiniteRange(0, 1), default=0.001, show_default=True, help="FDR of the calls.")
@click.option("--strand-fdr", type=FiniteRange(0, 1), default=0.001, show_default=True, help="FDR of strand bias.")
@click.option("--keep-primers", is_flag=True, help="Count primer bases as evidence (they come from the primer).")
@click.option(
    "--end-mask",
    type=click.IntRange(0, 50),
    default=8,
    show_default=True,
    help="Bases at the 3' end of mates left out.",
)
@click.option(
    "--annotations",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Annotation slices (default: your own folder; see `kinescape annot list`).",
)
@click.option(
    "--max-population-af",
    type=FiniteRange(0, 1, min_open=True),
    default=1e-5,
    show_default=True,
    help="gnomAD allele fraction from which a variant that is no known change is filtered; 1: none.",
)
@umi_options
@click.option("--force", is_flag=True, help="Run again what is already there.")
@click.option("--quiet", is_flag=True, help="No progress display.")
def run(
    sheet: Path | None,
    out: Path,
    fastq: tuple[Path, Path] | None,
    sample: str | None,
    cfdna_ng: float | None,
    panel: str,
    reference: Path | None,
    kb: str,
    no_kb: bool,
    threads: int | None,
    mode: str,
    min_depth: int | None,
    min_vaf: float | None,
    background: Path | None,
    background_from_samples: bool,
    min_vaf_floor: float,
    background_fdr: float,
    min_base_quality: int,
    call_fdr: float,
    strand_fdr: float,
    keep_primers: bool,
    end_mask: int,
    annotations: Path | None,
    max_population_af: float,
    umi: str | None,
    umi_read_structure: str | None,
    umi_strategy: str,
    umi_edits: int,
    umi_min_reads: int,
    force: bool,
    quiet: bool,
) -> int:
    """Analyse the samples of SHEET (CSV with at least sample, fastq_1, fastq_2).

    Writes OUT/samples/SAMPLE/{result.json, variants.vcf.gz, positions.tsv.gz, report.html} and OUT/index.html. What is
    already there and unchanged is kept.
    """
    from kinescape.cli.summary import print_outcomes
    from kinescape.engine.run import RunPlan, run_samples
    from kinescape.records import Parameters
    from kinescape.sheet import read_sheet, single_sample

    if (sheet is None) == (fastq is None):
        raise InputError("give either a sample sheet or one pair with --fastq R1 R2")
    if not kb or not panel:
        raise InputError("empty value of --kb or --panel", expected="a name or a folder (or --no-kb)")
    if sheet is not None:
        if sample or cfdna_ng:
            raise InputError("--sample and --cfdna-ng go with --fastq", expected="columns in the sheet instead")
        samples = read_sheet(sheet)
    else:
        assert fastq is not None  # noqa: S101 - the check above
        samples = (single_sample(fastq[0], fastq[1], sample, cfdna_ng),)
    umis = umi_parameters(umi, umi_read_structure, umi_strategy, umi_edits, umi_min_reads)
    if umis is not None and (background is not None or background_from_samples):
        raise InputError("UMIs and a background exclude each other: it was learned from reads, not from molecules")
    if background is not None and background_from_samples:
        raise InputError("give either --background or --background-from-samples")
    if background_from_samples and len(samples) < 2:
        raise InputError("--background-from-samples needs other samples", found=1, expected="a sheet of two or more")
    if (keep_primers or mode == "lofreq") and (background is not None or background_from_samples):
        what = "--mode lofreq" if mode == "lofreq" else "--keep-primers"
        raise InputError(f"{what} and a background exclude each other: no control tells of primer bases")
    plan = RunPlan(
        samples=samples,
        out=out,
        panel=panel,
        knowledge_base=None if no_kb else kb,
        reference=reference,
        parameters=Parameters(
            min_base_quality=min_base_quality,
            call_fdr=call_fdr,
            strand_fdr=strand_fdr,
            min_depth=min_depth or (MIN_DEPTH if umis is None else MIN_DEPTH_UMI),
            min_vaf=min_vaf if min_vaf is not None else (MIN_VAF if umis is None else MIN_VAF_UMI),
            min_vaf_floor=min_vaf_floor,
            background_fdr=background_fdr,
            max_population_af=max_population_af,
            umi=umis,
            mode="lofreq" if mode == "lofreq" else "default",
            mask_primers=not keep_primers and mode != "lofreq",
            end_mask=0 if mode == "lofreq" else end_mask,
        ),
        threads=threads or os.cpu_count() or 1,
        force=force,
        background=background,
        background_from_samples=background_from_samples,
        annotations=annotations,
    )
    with samples_progress([each.info.sample for each in samples], quiet) as watch:
        outcomes = run_samples(plan, watch)
    print_outcomes(outcomes, out)
    failed = [outcome for outcome in outcomes if outcome.state == "failed"]
    if not failed:
        return EXIT_OK
    if len(failed) < len(outcomes):
        return EXIT_SOME_SAMPLES_FAILED
    return EXIT_BAD_INPUT if all(outcome.bad_input for outcome in failed) else EXIT_FAILURE
