"""The program's entry: find the verb, import only its module, turn errors into one line and an exit code."""

from __future__ import annotations

import errno
import itertools
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from kinescape import __version__
from kinescape.cli.lazy import LazyGroup
from kinescape.errors import EXIT_BAD_INPUT, EXIT_FAILURE, EXIT_INTERRUPTED, InputError, KinescapeError

VERBS: dict[str, tuple[str, str]] = {
    # verb: (module:command, one line of help) - in the order in which a newcomer meets them
    "demo": ("kinescape.cli.demo:demo", "The whole way on a simulated cohort."),
    "fetch": ("kinescape.cli.fetch:fetch", "Reads of a public accession (SRA, ENA, BioProject), with a sample sheet."),
    "run": ("kinescape.cli.run:run", "Analyse FASTQ pairs: calls, limits, drugs, report."),
    "batch": ("kinescape.cli.batch:batch", "Many samples, here or on a cluster; resumes where it was stopped."),
    "background": (
        "kinescape.cli.background:background",
        "Learn the errors of the assay from healthy controls, site by site.",
    ),
    "report": ("kinescape.cli.report:report", "Make a sample's page again from its result.json."),
    "export": ("kinescape.cli.export:export", "Results as VCF, TSV, MAF, cBioPortal, FHIR, Phenopackets, docx, PDF."),
    "review": ("kinescape.cli.review:review", "Verdicts on calls by people who looked at the reads."),
    "timeline": ("kinescape.cli.timeline:timeline", "Samples of a patient in order: emerging, falling, cleared."),
    "collate": ("kinescape.cli.collate:collate", "Results of many runs as one database, asked with SQL."),
    "figure": ("kinescape.cli.figure:figure", "Every picture as SVG, PDF or PNG, at a journal's width."),
    "simulate": (
        "kinescape.cli.simulate:simulate",
        "Write read pairs with known truth (simulated, for tests and limits of detection).",
    ),
    "panel": ("kinescape.cli.panel:panel", "What is sequenced: list, show or check a panel"),
    "annot": ("kinescape.cli.annot:annot", "What public databases say of variants: fetch, cut, check their slices."),
    "kb": ("kinescape.cli.kb:kb", "Knowledge base of mutations and drugs; resistance classes of IC50 tables."),
    "reinterpret": ("kinescape.cli.reinterpret:reinterpret", "Old results with a newer knowledge base, without reads."),
    "reference": (
        "kinescape.cli.reference:reference",
        "A whole genome in place of the panel's windows: fetch, build, verify.",
    ),
    "doctor": ("kinescape.cli.doctor:doctor", "Versions and health of every program, index, source and cache."),
    "call": ("kinescape.cli.call:call_command", "Variants from a BAM or CRAM file, to LoFreq's integers."),
    "cohort": ("kinescape.cli.cohort:cohort", "patients, lines, samples: counts, survival, swimmer plots"),
    "structure": (
        "kinescape.cli.structure:structure",
        "Molecular models: mutants on real structures, and what they do to the drug.",
    ),
    "reproduce": ("kinescape.cli.reproduce:reproduce", "A published study: every claim beside the number we get."),
    "assay": ("kinescape.cli.assay:assay", "Dose-response, growth and blots: from plates to resistance classes"),
}
"""Verbs by name. The help line stands here so that `kinescape --help` imports none of the modules."""

HIDDEN_VERBS = {
    "run-samples": ("kinescape.cli.run_samples:run_samples", ""),
    "run-structures": ("kinescape.cli.run_samples:run_structures", ""),
}
"""What the engine's jobs call; not listed."""

REFUSED_PATHS = {
    *(errno.ENOENT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EEXIST, errno.ENOTDIR, errno.EISDIR),
    *(errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL, errno.ENOTEMPTY, errno.EBUSY),
}
"""What the system says of a path that cannot be written, whatever is tried: not of a disk that is full or failing."""

LONG_OUTPUTS = ("--out", "--output")


@click.command(
    cls=LazyGroup,
    verbs=VERBS,
    hidden_verbs=HIDDEN_VERBS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(__version__, prog_name="kinescape")
def kinescape() -> None:
    """Kinase-inhibitor resistance from plasma DNA: from FASTQ to the page that a tumour board reads.

    Research use only.
    """


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Returns
    -------
    int
        Exit code: 0 ok, 1 failure inside, 2 bad input or usage (also of all samples), 3 some samples failed and the
        others are done, 130 interrupted.
    """
    try:
        result = kinescape.main(args=arguments, prog_name="kinescape", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as problem:
        problem.show()
        return EXIT_BAD_INPUT
    except InputError as problem:
        click.echo(f"kinescape: error: {problem}", err=True)
        return EXIT_BAD_INPUT
    except (click.Abort, KeyboardInterrupt):
        click.echo("kinescape: interrupted", err=True)
        return EXIT_INTERRUPTED
    except KinescapeError as problem:
        click.echo(f"kinescape: failed: {problem}", err=True)
        return EXIT_FAILURE
    except MemoryError:
        click.echo("kinescape: failed: out of memory", err=True)
        return EXIT_FAILURE
    except BrokenPipeError:
        # The reader of our output (head, less) went away: that is not a failure of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as problem:
        output = unwritable_output(problem, sys.argv[1:] if arguments is None else arguments)
        if output is not None:
            words = _one_line(
                f"{output}: cannot be written: {problem.strerror}; expected a file or folder that can be made there"
            )
            click.echo(f"kinescape: error: {words}", err=True)
            return EXIT_BAD_INPUT
        # A full disk, a folder that may not be written, a name longer than the file system allows: the system's own
        # words and the file say enough.
        place = f"{problem.filename}: " if problem.filename is not None else ""
        click.echo(f"kinescape: failed: {_one_line(f'{place}{problem.strerror or problem}')}", err=True)
        return EXIT_FAILURE
    return result if isinstance(result, int) else 0


def unwritable_output(problem: OSError, arguments: Sequence[str]) -> str | None:
    """The output path as the user gave it, if it is what the system refused: it, a folder on the way to it, or the
    temporary name beside it under which it was to be written. None for anything else, a full or failing disk above all.
    """
    if problem.errno not in REFUSED_PATHS:
        return None
    failed = [Path(name).absolute() for name in (problem.filename, problem.filename2) if name is not None]
    for given in _outputs(arguments):
        output = Path(given).absolute()
        for path in failed:
            temporary = path.parent == output.parent and path.name.startswith(".") and output.name in path.name
            if temporary or path == output or path in output.parents:
                return given
    return None


def _outputs(arguments: Sequence[str]) -> list[str]:
    """Values of -o, --out and --output, in either way of writing them."""
    found = [value for name, value in itertools.pairwise(arguments) if name in {"-o", *LONG_OUTPUTS}]
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if equals and name in LONG_OUTPUTS:
            found.append(value)
        elif argument.startswith("-o") and len(argument) > 2:
            found.append(argument[2:])
    return found


def _one_line(text: str) -> str:
    """Names may hold anything: an error stays one readable line."""
    shown = text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
    return shown if len(shown) <= 500 else shown[:300] + "..." + shown[-150:]


def run_program() -> None:
    """What the installed `kinescape` script calls."""
    sys.exit(main())


if __name__ == "__main__":
    run_program()
