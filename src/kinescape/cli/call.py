"""``kinescape call``: variants from a BAM or CRAM file, in LoFreq's way."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kinescape.cli.lazy import OutputFile
from kinescape.cli.numbers import FiniteRange

if TYPE_CHECKING:
    from kinescape.call.settings import CallSettings, FilterSettings, QualityCorrection
    from kinescape.columns.indel_quality import UniformQuality

CORRECTIONS = click.Choice(["bonf", "holm", "fdr"])
FRACTION = FiniteRange(0.0, 1.0)
PROBABILITY = FiniteRange(0.0, 1.0, min_open=True)
QUALITY = click.IntRange(0, 93)
MAPPING_QUALITY = click.IntRange(0, 255)
COUNT = click.IntRange(1)


@click.command("call", short_help="Variants from a BAM or CRAM file, to LoFreq's integers.")
@click.argument("bam", type=click.Path(path_type=Path), metavar="IN.bam")
@click.option(
    "--reference",
    required=True,
    type=click.Path(path_type=Path),
    metavar="REF.fa",
    help="FASTA that the reads were aligned to.",
)
@click.option(
    "-o",
    "--output",
    type=OutputFile(allow_dash=True),
    default="-",
    metavar="OUT.vcf",
    help="VCF file, .vcf.gz for bgzip, - for stdout.",
)
@click.option("--mode", type=click.Choice(["lofreq"]), default="lofreq", show_default=True, help="Rules of calling.")
@click.option("--no-baq", is_flag=True, help="Leave base alignment quality out.")
@click.option("--plain-baq", is_flag=True, help="Base alignment quality as it is, not extended.")
@click.option("--indels", is_flag=True, help="Call insertions and deletions, too.")
@click.option("--dindel", is_flag=True, help="Indel qualities by homopolymer length (as lofreq indelqual --dindel).")
@click.option("--indel-quality", metavar="INS[,DEL]", help="One indel quality for all (as lofreq indelqual -u).")
@click.option("--sig", type=PROBABILITY, default=0.01, show_default=True, help="Significance after correction.")
@click.option("--bonf", default="dynamic", show_default=True, metavar="dynamic|N", help="Number of tests.")
@click.option("--min-bq", type=QUALITY, default=6, show_default=True, help="Leave bases below out of the test.")
@click.option("--min-alt-bq", type=QUALITY, default=6, show_default=True, help="The same for alternative bases.")
@click.option(
    "--min-mq", type=MAPPING_QUALITY, default=0, show_default=True, help="Drop reads of lower mapping quality."
)
@click.option("--max-mq", type=MAPPING_QUALITY, default=255, show_default=True, help="Cut mapping qualities to this.")
@click.option("--min-cov", type=COUNT, default=1, show_default=True, help="Test only columns of this coverage.")
@click.option("--no-mq", is_flag=True, help="Leave mapping quality out of the error probability.")
@click.option("--use-orphan", is_flag=True, help="Count reads that are paired, but not properly.")
@click.option("--no-default-filter", is_flag=True, help="No filter for coverage (10) and strand bias (FDR 0.001).")
@click.option("--snvqual-mtc", type=CORRECTIONS, help="Correct QUAL of SNVs for multiple tests.")
@click.option("--snvqual-alpha", type=PROBABILITY, default=0.01, show_default=True)
@click.option("--snvqual-ntests", type=COUNT, help="Number of tests. [default: number of SNVs]")
@click.option("--indelqual-mtc", type=CORRECTIONS, help="Correct QUAL of indels for multiple tests.")
@click.option("--indelqual-alpha", type=PROBABILITY, default=0.01, show_default=True)
@click.option("--indelqual-ntests", type=COUNT, help="Number of tests. [default: number of indels]")
@click.option("--sb-mtc", type=CORRECTIONS, help="Drop strand-biased calls by this correction.")
@click.option("--sb-alpha", type=PROBABILITY, default=0.01, show_default=True)
@click.option("--sb-no-compound", is_flag=True, help="Also where both strands show the alternative.")
@click.option("--sb-incl-indels", is_flag=True, help="Strand bias of indels, too.")
@click.option("--cov-min", type=COUNT, help="Drop calls of lower coverage.")
@click.option("--af-min", type=FRACTION, help="Drop calls of lower allele frequency.")
@click.option("--print-all", is_flag=True, help="Write the calls that failed a filter, too.")
@click.option("--threads", type=click.IntRange(1, 64), default=1, show_default=True, help="For alignment quality.")
def call_command(bam: Path, reference: Path, output: Path, print_all: bool, **options: Any) -> None:
    """Call variants in IN.bam (coordinate-sorted BAM, CRAM or SAM, aligned to REF.fa).

    Options from --snvqual-mtc to --af-min work like `lofreq filter` after `lofreq call`.
    """
    from kinescape.call.lofreq import call_bam
    from kinescape.call.vcf import vcf_text, write_vcf

    result = call_bam(bam, reference, _settings(options))
    calls = result.calls if print_all else result.passed
    text = vcf_text(calls, result.filters, result.contigs, _command(options, print_all), reference.name)
    if str(output) == "-":
        click.echo(text, nl=False)
    else:
        write_vcf(output, text)
    click.echo(
        f"kinescape call: {len(result.passed)} of {len(result.calls)} calls pass; tests: {result.snv_tests} SNV"
        + (f", {result.indel_tests} indel" if options["indels"] else ""),
        err=True,
    )


def _settings(options: dict[str, Any]) -> CallSettings:
    from kinescape.call.indel import IndelSettings
    from kinescape.call.settings import CallSettings
    from kinescape.call.snv import SnvSettings
    from kinescape.columns.aligned import ReadFilter
    from kinescape.columns.pileup import PileupSettings

    if options["no_baq"] and options["plain_baq"]:
        raise click.UsageError("--no-baq and --plain-baq exclude each other")
    if options["dindel"] and options["indel_quality"]:
        raise click.UsageError("--dindel and --indel-quality exclude each other")
    pileup = PileupSettings(
        reads=ReadFilter(options["min_mq"], options["max_mq"], options["use_orphan"]),
        alignment_quality="off" if options["no_baq"] else "plain" if options["plain_baq"] else "extended",
        indel_quality="dindel" if options["dindel"] else _uniform(options["indel_quality"]) or "tags",
        threads=options["threads"],
    )
    shared = {
        "min_coverage": options["min_cov"],
        "significance": options["sig"],
        "use_mapping_quality": not options["no_mq"],
    }
    return CallSettings(
        pileup=pileup,
        snv=SnvSettings(
            min_base_quality=options["min_bq"],
            min_alternative_quality=options["min_alt_bq"],
            bonferroni=_tests(options["bonf"]),
            **shared,
        ),
        indel=IndelSettings(bonferroni=_tests(options["bonf"]), **shared),
        call_indels=options["indels"],
        default_filter=not options["no_default_filter"],
        further=_further(options),
    )


def _tests(text: str) -> int | None:
    if text == "dynamic":
        return None
    if not text.isdecimal() or int(text) < 1:
        raise click.BadParameter(f"'{text}' is neither 'dynamic' nor a positive number", param_hint="--bonf")
    return int(text)


def _uniform(text: str | None) -> UniformQuality | None:
    from kinescape.columns.indel_quality import UniformQuality

    if text is None:
        return None
    parts = text.split(",")
    if len(parts) > 2 or not all(part.strip().isdecimal() and int(part) <= 93 for part in parts):
        raise click.BadParameter(f"'{text}' is not INS or INS,DEL (0 to 93)", param_hint="--indel-quality")
    return UniformQuality(int(parts[0]), int(parts[-1]))


def _further(options: dict[str, Any]) -> FilterSettings | None:
    """The second filter, None where no option asks for one."""
    from kinescape.call.settings import FilterSettings, StrandCorrection

    strand = None
    if options["sb_mtc"]:
        strand = StrandCorrection(
            options["sb_mtc"], options["sb_alpha"], not options["sb_no_compound"], options["sb_incl_indels"]
        )
    further = FilterSettings(
        min_coverage=options["cov_min"],
        min_frequency=options["af_min"],
        snv_quality=_correction(options, "snvqual"),
        indel_quality=_correction(options, "indelqual"),
        strand=strand,
    )
    return None if further == FilterSettings() else further


def _correction(options: dict[str, Any], kind: str) -> QualityCorrection | None:
    from kinescape.call.settings import QualityCorrection

    if not options[f"{kind}_mtc"]:
        return None
    return QualityCorrection(options[f"{kind}_mtc"], options[f"{kind}_alpha"], options[f"{kind}_ntests"])


def _command(options: dict[str, Any], print_all: bool) -> str:
    """The options that shape the result, as they would be typed; without files and threads."""
    context = click.get_current_context()
    shown = ["call", "--mode", str(options["mode"])]
    for parameter in context.command.params:
        name = parameter.name or ""
        if name in {"mode", "threads"} or (name not in options and name != "print_all"):
            continue
        value = print_all if name == "print_all" else options[name]
        if value == parameter.get_default(context) or value is None or value is False:
            continue
        shown.append(parameter.opts[-1])
        if value is not True:
            shown.append(str(value))
    return " ".join(shown)
