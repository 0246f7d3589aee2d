"""`kinescape panel`: what is sequenced, and whether the panel's data are sound."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kinescape.cli.tables import print_table

if TYPE_CHECKING:
    from kinescape.panel.model import Panel
    from kinescape.panel.phaseability import Pair

NAME = click.argument("name", required=False)
FOLDER = click.option(
    "--panel", "folder", type=click.Path(path_type=Path), metavar="DIR", help="A panel folder of your own."
)


@click.group()
def panel() -> None:
    """What is sequenced: genes, amplicons, known positions.

    A panel is a folder of tables with a `panel.yaml`. One comes with the program (alk-ros1); `--panel DIR` takes yours.
    """


@panel.command("list")
def list_panels() -> None:
    """Panels that come with the program."""
    from kinescape.panel.load import load_panel, packaged_panels

    rows = [
        (one.name, one.version, one.genome, ", ".join(one.genes), str(len(one.amplicons)), str(len(one.known)))
        for one in (load_panel(name) for name in packaged_panels())
    ]
    print_table("", ("panel", "version", "genome", "genes", "amplicons", "known changes"), rows)


@panel.command()
@NAME
@FOLDER
@click.option("--json", "as_json", is_flag=True, help="Everything as JSON.")
def show(name: str | None, folder: Path | None, as_json: bool) -> None:
    """Show a panel: genes, amplicons, known changes on each of them."""
    from kinescape.panel.load import load_panel
    from kinescape.panel.summary import known_on, panel_summary

    one = load_panel(_which(name, folder))
    summary = panel_summary(one)
    if as_json:
        click.echo(json.dumps(summary, indent=2, ensure_ascii=False))
        return
    click.echo(f"{one.name} {one.version} ({one.genome})")
    click.echo(click.wrap_text(one.description, width=100))
    _print_genes(summary)
    _print_amplicons(summary)
    places = [(each.name, known_on(one, each)) for each in one.amplicons] + [("not on this panel", known_on(one, None))]
    changes = [
        (place, str(len(each)), " ".join(f"{k.gene}:{k.protein}" if k.amplicon is None else k.protein for k in each))
        for place, each in places
    ]
    print_table("Known changes", ("amplicon", "n", "changes"), changes)
    click.echo("\nFusions: " + ("; ".join(f"{f.name} {f.variant} ({f.length_aa} aa)" for f in one.fusions) or "none"))
    features = summary["features"]
    click.echo(f"Protein features: {features['verified']} verified, {features['not_verified']} not verified")


@panel.command()
@NAME
@FOLDER
@click.option(
    "--reference",
    type=click.Path(path_type=Path),
    metavar="FASTA",
    help="Compare the windows with the FASTA of the whole genome.",
)
@click.option(
    "--fragment-bp",
    type=click.IntRange(min=1),
    default=176,
    show_default=True,
    help="Length of the DNA fragments, for what can be phased.",
)
def check(name: str | None, folder: Path | None, reference: Path | None, fragment_bp: int) -> None:
    """Check a panel: sequences, exons, primers, known changes, and which of them can be phased.

    A fault is named by file and line; the exit code is then 2.
    """
    from kinescape.panel.load import read_panel
    from kinescape.panel.phaseability import phaseable_pairs

    one, counts = read_panel(_which(name, folder))
    print_table(f"{one.name} {one.version}: checked", ("ok", "what"), [(str(n), what) for what, n in counts.items()])
    if reference is None:
        click.echo("\nReference genome: not compared (give --reference FASTA)")
    else:
        from kinescape.panel.reference import compare_with_fasta

        compared = compare_with_fasta(one, reference)
        click.echo(f"\nReference genome: all {compared} bases of {len(one.windows)} windows equal {reference.name}")
    pairs = phaseable_pairs(one, fragment_bp)
    _print_phasing(one, pairs, fragment_bp)


def _which(name: str | None, folder: Path | None) -> str | Path:
    from kinescape.panel.load import DEFAULT_PANEL

    if name is not None and folder is not None:
        raise click.UsageError("give a panel's NAME or --panel DIR, not both")
    return folder if folder is not None else name or DEFAULT_PANEL


def _print_genes(summary: dict[str, Any]) -> None:
    genes = [
        (g["symbol"], g["transcript"], g["ensembl"], f"{g['chrom']}{g['strand']}", str(g["exons"]), str(g["residues"]))
        for g in summary["genes"]
    ]
    print_table("Genes", ("gene", "transcript", "Ensembl", "strand", "exons", "residues"), genes)


def _print_amplicons(summary: dict[str, Any]) -> None:
    places = [
        (
            each["name"],
            f"{each['chrom']}:{each['first']}-{each['last']}",
            str(each["length"]),
            f"{each['insert_first']}-{each['insert_last']}",
        )
        for each in summary["amplicons"]
    ]
    print_table("Amplicons", ("amplicon", "place", "bp", "between primers"), places)
    primers = [
        (each["name"], side, primer["sequence"], str(primer["melting_celsius"]))
        for each in summary["amplicons"]
        for side, primer in each["primers"].items()
    ]
    print_table("Primers", ("amplicon", "strand", "5' to 3'", "Tm, C"), primers)


def _print_phasing(one: Panel, pairs: Sequence[Pair], fragment_bp: int) -> None:
    """Distances inside each amplicon, then between the amplicons."""
    for amplicon in one.amplicons:
        inside = [pair for pair in pairs if pair.span == "one amplicon" and pair.a.amplicon == amplicon.name]
        if not inside:
            continue
        length = amplicon.end - amplicon.start
        title = f"{amplicon.name}: {len(inside)} pairs of known positions on each read pair, distance in bp"
        if length > fragment_bp:
            title += f" (the amplicon has {length} bp: only fragments longer than {fragment_bp} bp give it)"
        _distance_matrix(title, inside)
    rows = _between_amplicons(pairs, fragment_bp)
    if rows:
        print_table("Never on one molecule of this design", ("amplicons", "pairs", "distance in bp", "why"), rows)


def _distance_matrix(title: str, pairs: Sequence[Pair]) -> None:
    distance = {(pair.a.residue, pair.b.residue): pair.distance_bp for pair in pairs}
    names = list(dict.fromkeys(name for pair in pairs for name in (pair.a.residue, pair.b.residue)))
    rows = [
        (row, *(str(distance[row, column]) if (row, column) in distance else "" for column in names[1:]))
        for row in names[:-1]
    ]
    print_table(title, ("", *names[1:]), rows)


def _between_amplicons(pairs: Sequence[Pair], fragment_bp: int) -> list[tuple[str, ...]]:
    why = {
        "too far": f"farther apart than a fragment of {fragment_bp} bp",
        "two amplicons": f"a fragment of {fragment_bp} bp would reach, but no amplicon holds both",
        "not on panel": "one of them is on no amplicon",
    }
    found: dict[tuple[str, str], list[int]] = {}
    for pair in pairs:
        if pair.span != "one amplicon":
            place = f"{pair.a.amplicon} / {pair.b.amplicon}" if pair.span != "not on panel" else pair.a.gene
            found.setdefault((place, why[pair.span]), []).append(pair.distance_bp)
    return [
        (place, str(len(each)), f"{min(each)} to {max(each)}" if min(each) < max(each) else str(each[0]), reason)
        for (place, reason), each in found.items()
    ]
