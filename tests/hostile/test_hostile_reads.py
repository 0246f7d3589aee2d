"""Reads, alignments, references and pictures: binary files cut short, overwritten, and lying about their sizes."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import numpy as np
import pytest
from hostile_kit import BINARY, TEXT, Bench, Damage, damaged, hammer, refused_or_read, survives

from alignment_files import random_reads, write_bam, write_fasta
from kinescape.cli.main import main

AMOUNTS = ["few", pytest.param("many", marks=pytest.mark.slow)]


def _fastq(number: int, records: int = 40) -> bytes:
    rng = np.random.default_rng(7)
    lines = []
    for i in range(records):
        bases = "".join(rng.choice(list("ACGTN"), 30 + i % 7))
        lines.append(f"@M0:1:{i} {number}:N:0:ACGT\n{bases}\n+\n{'I' * len(bases)}\n")
    return "".join(lines).encode()


@pytest.mark.parametrize("packing", ["plain", "gzip", "gzip damaged"])
@pytest.mark.parametrize("amount", AMOUNTS)
def test_fastq_pairs(packing: str, amount: str) -> None:
    from kinescape.reads.pairs import read_pairs

    one, two = _fastq(1), _fastq(2)

    def attack(folders: Bench, damages: list[Damage]) -> None:
        made = damaged(one, damages) if packing != "gzip damaged" else damaged(gzip.compress(one), damages)
        if packing == "gzip":
            made = gzip.compress(made)
        pair = [folders.write("a_1.fq", made), folders.write("a_2.fq", two)]
        if damages[0][3] % 2:
            pair.reverse()

        def read() -> None:
            pairs = read_pairs(*pair)
            try:
                assert 0 < len(pairs) <= 1000
            finally:
                pairs.close()

        refused_or_read(read)

    hammer(150 if amount == "few" else 2000, (*TEXT, *BINARY), attack)


@pytest.fixture(scope="module")
def alignments(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """One set of alignments as BAM, CRAM and SAM, and the reference."""
    import pysam

    folder = tmp_path_factory.mktemp("alignments")
    rng = np.random.default_rng(3)
    sequence = "".join(rng.choice(list("ACGT"), 300))
    reference = write_fasta(folder / "ref.fa", {"chrT": sequence})
    bam = write_bam(folder / "in.bam", {"chrT": 300}, random_reads(rng, sequence, 60))
    pysam.samtools.view("-h", "-o", str(folder / "in.sam"), str(bam), catch_stdout=False)
    pysam.samtools.view("-C", "-T", str(reference), "-o", str(folder / "in.cram"), str(bam), catch_stdout=False)
    raw = pysam.BGZFile(str(bam), "rb", None)
    unpacked = raw.read(10_000_000)
    raw.close()
    # Kernels compile on first use: that is not the time of an example.
    assert (
        main(["call", str(bam), "--reference", str(reference), "-o", str(folder / "calls.vcf"), "--indels", "--dindel"])
        == 0
    )
    return {
        **{kind: (folder / f"in.{kind}").read_bytes() for kind in ("bam", "cram", "sam")},
        "records": unpacked,
        "fasta": reference.read_bytes(),
    }


@pytest.mark.parametrize("kind", ["bam", "records", "cram", "sam", "fasta"])
@pytest.mark.parametrize("amount", AMOUNTS)
# pysam closes a damaged file once more when it lets go of it, and that complains.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_alignments(kind: str, amount: str, alignments: dict[str, bytes]) -> None:
    """``records``: what is inside the BAM file is damaged and packed again, so that no checksum stands before it."""
    import pysam

    def attack(folders: Bench, damages: list[Damage]) -> None:
        reference = folders.write(
            "ref.fa", damaged(alignments["fasta"], damages) if kind == "fasta" else alignments["fasta"]
        )
        name = {"cram": "in.cram", "sam": "in.sam"}.get(kind, "in.bam")
        if kind == "records":
            path = folders.given / name
            with pysam.BGZFile(str(path), "w", None) as handle:
                handle.write(damaged(alignments["records"], damages))
        else:
            content = alignments["bam" if kind == "fasta" else kind]
            path = folders.write(name, content if kind == "fasta" else damaged(content, damages))
        survives(["call", path, "--reference", reference, "-o", folders.out / "calls.vcf", "--indels", "--dindel"])

    hammer(40 if amount == "few" else 400, TEXT if kind in ("sam", "fasta") else BINARY, attack)


def _picture(kind: str) -> bytes:
    from PIL import Image

    grey = np.full((60, 90), 220, np.uint8)
    for lane in range(4):
        grey[25:32, 8 + 20 * lane : 20 + 20 * lane] = 40 + 30 * lane
    written = io.BytesIO()
    Image.fromarray(grey).save(written, kind)
    return written.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "JPEG"])
@pytest.mark.parametrize("amount", AMOUNTS)
def test_pictures_of_blots(kind: str, amount: str) -> None:
    content = _picture(kind)

    def attack(folders: Bench, damages: list[Damage]) -> None:
        path = folders.write(f"blot.{kind.lower()}", damaged(content, damages))
        survives(["assay", "lanes", path, "--lanes", "4", "-o", folders.out, "--pictures", "none"])

    hammer(40 if amount == "few" else 300, BINARY, attack)


def test_pictures_of_odd_kinds(tmp_path: Path) -> None:
    """Palettes, masks, floating point, several frames, no pixels to speak of."""
    from PIL import Image

    grey = np.full((60, 90), 220, np.uint8)
    grey[25:32, 8:80] = 40
    kinds = {
        "mask.png": Image.fromarray(grey > 100),
        "palette.png": Image.fromarray(grey).convert("P"),
        "alpha.png": Image.fromarray(grey).convert("LA"),
        "four.png": Image.fromarray(grey).convert("RGBA"),
        "ink.jpg": Image.fromarray(grey).convert("CMYK"),
        "float.tiff": Image.fromarray(grey.astype(np.float32) * np.nan),
        "infinite.tiff": Image.fromarray(np.where(grey > 100, np.inf, 1.0).astype(np.float32)),
        "deep.tiff": Image.fromarray(grey.astype(np.int32) * 70_000),
        "dot.png": Image.fromarray(grey[:1, :1]),
        "line.png": Image.fromarray(grey[:, :1]),
        "even.png": Image.fromarray(np.zeros_like(grey)),
    }
    for name, picture in kinds.items():
        picture.save(tmp_path / name)
    frames = [Image.fromarray(grey)] * 3
    frames[0].save(tmp_path / "frames.tiff", save_all=True, append_images=frames[1:])
    for path in sorted(tmp_path.iterdir()):
        code, said = survives(["assay", "lanes", path, "--lanes", "1", "-o", tmp_path / "out" / path.name])
        if path.name in ("float.tiff", "infinite.tiff", "dot.png", "line.png", "even.png"):
            assert (code, path.name in said or "no bands" in said) == (2, True), (path.name, code, said)
