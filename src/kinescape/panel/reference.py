"""Compare a panel's windows with the FASTA file of a whole genome."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pysam

from kinescape.coordinates import to_one_based
from kinescape.errors import InputError
from kinescape.panel.model import Panel, Window


def compare_with_fasta(panel: Panel, fasta: Path) -> int:
    """Compare every window with the genome; the number of bases compared.

    The FASTA may be plain or bgzip; its index is used where there is one, else made in a temporary folder. A chromosome
    is looked for as ``chr2``, ``2`` and by the accession that the panel states. Case is not compared.

    Raises
    ------
    InputError
        Not a FASTA file, no such chromosome, or the first base that differs.
    """
    if not fasta.is_file():
        raise InputError("no such file", file=fasta, expected=f"the FASTA of {panel.genome}")
    with tempfile.TemporaryDirectory() as folder:
        path = fasta
        if not Path(f"{fasta}.fai").is_file():
            # htslib writes a missing index beside the file that it opens: let that be a link of ours.
            path = Path(folder) / fasta.name
            path.symlink_to(fasta.resolve())
        try:
            genome = pysam.FastaFile(str(path))
        except (OSError, ValueError):
            raise InputError(
                "cannot be read as FASTA", file=fasta, expected="a plain or bgzip-compressed FASTA file"
            ) from None
        with genome:
            return sum(_compare(panel, window, genome, fasta) for window in panel.windows)


def _compare(panel: Panel, window: Window, genome: pysam.FastaFile, fasta: Path) -> int:
    names = (window.chrom, window.chrom.removeprefix("chr"), panel.accessions.get(window.chrom, window.chrom))
    name = next((each for each in names if each in genome.references), None)
    if name is None:
        found = ", ".join(genome.references[:5])
        raise InputError(f"has no {window.chrom}", file=fasta, found=found, expected=" or ".join(dict.fromkeys(names)))
    if genome.get_reference_length(name) < window.end:
        raise InputError(
            f"{name} is shorter than window {window.name}",
            file=fasta,
            found=genome.get_reference_length(name),
            expected=f"at least {window.end} bases ({panel.genome})",
        )
    found = genome.fetch(name, window.start, window.end).upper()
    for offset, (theirs, ours) in enumerate(zip(found, window.sequence, strict=True)):
        if theirs != ours:
            different = sum(a != b for a, b in zip(found, window.sequence, strict=True))
            raise InputError(
                f"differs from window {window.name} first at {name}:{to_one_based(window.start + offset)} "
                f"({different} of {len(found)} bases differ)",
                file=fasta,
                found=theirs,
                expected=f"{ours} ({panel.genome})",
            )
    return len(found)
