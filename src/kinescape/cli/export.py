"""``kinescape export``: results in the formats of other programs and of people, without the reads."""

from __future__ import annotations

from pathlib import Path

import click

from kinescape.errors import InputError

PATH = click.Path(path_type=Path)
FORMATS = ("tsv", "maf", "vcf", "cbioportal", "fhir", "phenopackets", "docx", "pdf")


@click.command()
@click.argument("sources", nargs=-1, required=True, type=PATH)
@click.option("--format", "kind", type=click.Choice(FORMATS), required=True, help="What to write.")
@click.option("-o", "--output", type=PATH, required=True, help="The file, or a folder where the format makes several.")
@click.option("--study", default="kinescape_study", show_default=True, help="cBioPortal: identifier of the study.")
@click.option("--disease", metavar="CODE=LABEL", help="Phenopackets: the disease, as NCIT:C2926=Lung Non-Small ...")
@click.option("--template", type=PATH, help="docx: the lab's own letterhead (its styles, header and footer are kept).")
def export(
    sources: tuple[Path, ...], kind: str, output: Path, study: str, disease: str | None, template: Path | None
) -> None:
    """Write the results of samples in another format. Research use only.

    SOURCES are sample folders, result.json files, or whole run folders.
    """
    from kinescape.exports.select import read_results
    from kinescape.exports.write import Options, check_output, export

    if template is not None and kind != "docx":
        raise InputError("--template goes with --format docx", found=kind)
    stated = None
    if disease is not None:
        code, equals, label = disease.partition("=")
        if not equals or not code.strip() or not label.strip():
            raise InputError("not a disease", found=disease, expected="CODE=LABEL, as NCIT:C2926=Lung Non-Small ...")
        stated = (code.strip(), label.strip())
    check_output(kind, output)
    results = read_results(sources)
    for path in export(results, kind, output, Options(study=study, disease=stated, template=template)):
        click.echo(str(path))
