"""The slice itself: a small VCF 4.3, compressed with bgzip and indexed with tabix, that any program can read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import unquote

from kinescape.annotate.entry import Entry, Field
from kinescape.annotate.text_input import text_file
from kinescape.annotate.vcf_input import info_of, read_header
from kinescape.errors import InputError
from kinescape.records import Variant

_ENCODED = re.compile(r"[%;=,\s\x00-\x1f\x7f]")


def write_slice(
    path: Path,
    meta: Sequence[str],
    contigs: Sequence[tuple[str, int]],
    fields: Sequence[Field],
    entries: Iterable[Entry],
) -> None:
    """Write ``path`` and ``path.tbi``. The same entries give the same bytes.

    Parameters
    ----------
    meta
        ``##`` lines of the source, without ``##``.
    contigs
        (name, length), in the order of the file.
    """
    import pysam

    order = {name: number for number, (name, _) in enumerate(contigs)}
    lines = ["##fileformat=VCFv4.3", *(f"##{line}" for line in meta)]
    lines += [f"##contig=<ID={name},length={length}>" for name, length in contigs]
    lines += [f'##INFO=<ID={f.key},Number=1,Type={f.kind},Description="{f.description}">' for f in fields]
    lines.append("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO")
    for entry in sorted(entries, key=lambda each: (order[each.variant.chrom], each.variant)):
        variant = entry.variant
        info = ";".join(f"{f.key}={_encoded(entry.info[f.key])}" for f in fields if f.key in entry.info)
        cells = (variant.chrom, str(variant.pos), entry.id or ".", variant.ref, variant.alt, ".", ".", info or ".")
        lines.append("\t".join(cells))
    with pysam.BGZFile(str(path), "w", None) as handle:
        handle.write(("\n".join(lines) + "\n").encode("utf-8"))
    pysam.tabix_index(str(path), preset="vcf", force=True, keep_original=True)


def read_slice(path: Path) -> dict[Variant, Entry]:
    """The entries of a slice; InputError where it is no whole bgzip file or not as :func:`write_slice` makes it."""
    file = text_file(path)
    if file.compression != "bgzip":
        raise InputError("is not compressed with bgzip", file=path, found=file.compression)
    read_header(file)
    found: dict[Variant, Entry] = {}
    for number, line in file.lines():
        if line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) != 8 or not cells[1].isdecimal():
            raise InputError("is not a line of a slice", file=path, line=number, found=line)
        variant = Variant(chrom=cells[0], pos=int(cells[1]), ref=cells[3], alt=cells[4])
        info = {key: unquote(value) for key, value in info_of(cells[7]).items()}
        found[variant] = Entry(variant, info, "" if cells[2] == "." else cells[2])
    return found


def _encoded(text: str) -> str:
    return _ENCODED.sub(lambda found: f"%{ord(found.group()):02X}", text)
