"""Read a panel from its folder. Reading is checking: a panel that loads is consistent in itself."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from kinescape.errors import InputError
from kinescape.files import sha256_of
from kinescape.panel import tally
from kinescape.panel.manifest import Node, read_manifest
from kinescape.panel.model import Gene, Panel, Window, coding_sequence_of
from kinescape.panel.read_design import read_amplicons, read_windows
from kinescape.panel.read_genes import read_genes
from kinescape.panel.read_known import read_known
from kinescape.panel.read_notes import partners_of, read_features, read_fusions
from kinescape.panel.tally import Tally

PACKAGED = Path(__file__).resolve().parent.parent / "data" / "panels"
MANIFEST = "panel.yaml"
DEFAULT_PANEL = "alk-ros1"

REQUIRED_KEYS = ("name", "version", "genome", "genes", "files")
OPTIONAL_KEYS = ("date", "description", "accessions", "fusions", "sources")
REQUIRED_FILES = ("windows", "exons", "amplicons", "cds", "proteins")
OPTIONAL_FILES = ("utr3", "features", "known_positions")


def packaged_panels() -> tuple[str, ...]:
    """Names of the panels that come with the program."""
    return tuple(sorted(folder.name for folder in PACKAGED.iterdir() if (folder / MANIFEST).is_file()))


def panel_folder(name_or_folder: str | Path) -> Path:
    """The folder of a packaged panel, or the folder itself.

    A bare name (``alk-ros1``) means the packaged panel of that name when there is one; ``./alk-ros1`` and any other
    path mean the folder.
    """
    if isinstance(name_or_folder, str) and name_or_folder in packaged_panels():
        return PACKAGED / name_or_folder
    folder = Path(name_or_folder)
    if folder.is_dir():
        return folder
    if str(folder) in packaged_panels():
        return PACKAGED / folder
    if folder.exists():
        raise InputError("is not a folder", file=folder, expected=f"a panel folder with {MANIFEST}")
    known = ", ".join(packaged_panels())
    raise InputError("no such panel", found=str(name_or_folder), expected=f"a panel folder, or a name: {known}")


def load_panel(name_or_folder: str | Path = DEFAULT_PANEL) -> Panel:
    """Read and check a panel.

    Raises
    ------
    InputError
        Anything missing, malformed or inconsistent, with file and line.
    """
    return read_panel(name_or_folder)[0]


def read_panel(name_or_folder: str | Path = DEFAULT_PANEL) -> tuple[Panel, Tally]:
    """Read a panel; the second value counts what was compared on the way."""
    folder = panel_folder(name_or_folder)
    manifest = read_manifest(folder / MANIFEST)
    keys = manifest.keys(REQUIRED_KEYS, OPTIONAL_KEYS)
    files, checksums = _files(folder, keys["files"])
    counts = Tally()
    windows = read_windows(files["windows"])
    genes, proteins = read_genes(keys["genes"], files, windows, counts)
    amplicons = read_amplicons(files["amplicons"], genes, windows, counts)
    fusions = read_fusions(keys.get("fusions"), genes, proteins, counts)
    features = read_features(files["features"], proteins, counts) if "features" in files else ()
    accessions = keys["accessions"].mapping() if "accessions" in keys else {}
    panel = Panel(
        name=keys["name"].text(),
        version=keys["version"].text(),
        date=keys["date"].text() if "date" in keys else "",
        genome=keys["genome"].text(),
        description=keys["description"].text() if "description" in keys else "",
        folder=folder,
        sha256=_checksum(folder / MANIFEST, files),
        sources=tuple(node.text() for node in keys["sources"].items()) if "sources" in keys else (),
        genes=genes,
        windows=windows,
        amplicons=amplicons,
        features=features,
        fusions=fusions,
        partners=partners_of(fusions, proteins),
        accessions={chrom: node.text() for chrom, node in accessions.items()},
        coding_stretches=_coding_stretches(genes, windows),
    )
    if "known_positions" in files:
        panel = replace(panel, known=read_known(files["known_positions"], panel, counts))
    for name, node in checksums.items():
        if sha256_of(files[name]) != node.text().lower():
            raise node.error(
                f"{files[name].name} is not the file that this checksum belongs to",
                found=sha256_of(files[name]),
                expected=node.text(),
            )
        counts.add(tally.CHECKSUMS)
    return panel, counts


def _files(folder: Path, node: Node) -> tuple[dict[str, Path], dict[str, Node]]:
    """Role -> file, and role -> the checksum's node where one is stated."""
    files: dict[str, Path] = {}
    checksums: dict[str, Node] = {}
    for role, entry in node.keys(REQUIRED_FILES, OPTIONAL_FILES).items():
        if isinstance(entry.value, dict):
            parts = entry.keys(("path",), ("sha256",))
            name = parts["path"]
            if "sha256" in parts:
                checksums[role] = parts["sha256"]
        else:
            name = entry
        path = folder / name.text()
        if Path(name.text()).is_absolute() or ".." in Path(name.text()).parts:
            raise name.error("file outside the panel's folder", found=name.text(), expected="a file inside the folder")
        if not path.is_file():
            raise name.error("no such file in the panel's folder", found=name.text())
        files[role] = path
    return files, checksums


def _checksum(manifest: Path, files: dict[str, Path]) -> str:
    """SHA-256 over role and checksum of every file and the manifest, in the order of the roles' names."""
    digest = hashlib.sha256(f"manifest {sha256_of(manifest)}\n".encode())
    for role in sorted(files):
        digest.update(f"{role} {sha256_of(files[role])}\n".encode())
    return digest.hexdigest()


def _coding_stretches(genes: dict[str, Gene], windows: tuple[Window, ...]) -> tuple[Window, ...]:
    """Coding parts of the exons that no window holds."""
    stretches: list[Window] = []
    for gene in genes.values():
        for exon in gene.exons:
            inside = any(
                window.chrom == gene.chrom and window.start <= exon.start and exon.end <= window.end
                for window in windows
            )
            if exon.c_first and not inside:
                name = f"{gene.symbol} exon {exon.number}"
                sequence = coding_sequence_of(gene, exon)
                stretches.append(Window(name, gene.chrom, exon.coding_start, exon.coding_end, sequence))
    return tuple(stretches)
