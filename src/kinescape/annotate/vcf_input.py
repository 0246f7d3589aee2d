"""A user's VCF, cut to the panel: through its index where it has one, else read from end to end.

The eight fixed columns are enough here, so a line is split at tabs and nothing else of the format is demanded: public
files are not always valid VCF in every field, and a fault in one that is not used must not stop anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from kinescape.annotate.assembly import ReferenceCheck, panel_names, stated_assembly, wrong_assembly
from kinescape.annotate.text_input import TextFile, text_file
from kinescape.errors import InputError
from kinescape.panel.edit import edit_of, variant_of
from kinescape.panel.model import Panel
from kinescape.records import Variant

FIXED_COLUMNS = ("#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO")
_BASES = frozenset("ACGT")


@dataclass(frozen=True)
class VcfLine:
    """One line inside the panel's windows. ``chrom`` is the panel's name; ``pos`` is 1-based."""

    chrom: str
    pos: int
    id: str
    ref: str
    alts: tuple[str, ...]
    filter: str
    info: dict[str, str]

    def of_allele(self, key: str, allele: int) -> str:
        """The value of an INFO key for one of the alternative alleles; empty where it is absent or ``.``."""
        value = self.info.get(key, "")
        parts = value.split(",")
        if len(parts) == len(self.alts) > 1:
            value = parts[allele]
        return "" if value == "." else value


@dataclass(frozen=True)
class VcfContent:
    """What a VCF holds inside the panel's windows, and what had to be said of the file."""

    header: tuple[str, ...]
    lines: tuple[VcfLine, ...]
    chromosomes: frozenset[str]
    """Chromosomes of the panel that the file has any record of: on others it says nothing."""
    notes: tuple[str, ...]


def read_vcf(path: Path, panel: Panel) -> VcfContent:
    """The records of a VCF that touch the panel's windows, reference alleles compared.

    Raises
    ------
    InputError
        Not a VCF, truncated, a malformed line, or on another assembly.
    """
    file = text_file(path)
    header = read_header(file)
    stated = stated_assembly(header, panel)
    if stated:
        raise wrong_assembly(path, stated, panel)
    notes: list[str] = []
    reader = _Reader(path, panel)
    through_index = file.compression == "bgzip" and _read_by_index(file, panel, reader, notes)
    if not through_index:
        if file.compression == "gzip":
            notes.append("plain gzip, not bgzip: read from end to end and compressed anew with bgzip for the slice")
        elif file.compression == "none":
            notes.append("plain text: read from end to end and compressed with bgzip for the slice")
        for number, line in file.lines():
            if not line.startswith("#"):
                reader.take(line, number)
    notes += reader.check.judge(path)
    return VcfContent(header, tuple(reader.kept), frozenset(reader.seen), tuple(notes))


def read_header(file: TextFile) -> tuple[str, ...]:
    """The header lines, the one with the columns' names included; InputError where there is none such."""
    header: list[str] = []
    for number, line in file.lines():
        if number == 1 and not line.startswith("##fileformat=VCF"):
            what = "BCF, not text" if line.startswith("BCF") else line[:40]
            raise InputError("is not a VCF", file=file.path, line=1, found=what, expected="##fileformat=VCFv4...")
        header.append(line)
        if not line.startswith("##"):
            if tuple(line.split("\t")[: len(FIXED_COLUMNS)]) != FIXED_COLUMNS:
                expected = " ".join(FIXED_COLUMNS) + ", separated by tabs"
                raise InputError("header of the columns", file=file.path, line=number, found=line, expected=expected)
            return tuple(header)
    raise InputError("has a VCF header and no line of column names", file=file.path, expected="#CHROM POS ID REF ...")


class _Reader:
    """Takes lines, keeps those in windows whose reference allele is the panel's."""

    def __init__(self, path: Path, panel: Panel) -> None:
        self.path, self.panel = path, panel
        self.names = panel_names(panel)
        self.check = ReferenceCheck(panel)
        self.kept: list[VcfLine] = []
        self.seen: set[str] = set()

    def take(self, line: str, number: int | None) -> None:
        cells = line.split("\t", len(FIXED_COLUMNS))
        chrom = self.names.get(cells[0])
        if chrom is None and line:
            return
        if len(cells) < len(FIXED_COLUMNS):
            raise InputError(
                "line is cut off", file=self.path, line=number, found=f"{len(cells)} columns", expected="8 columns"
            )
        if not cells[1].isdecimal():
            raise InputError("position", file=self.path, line=number, found=cells[1], expected="a whole number")
        assert chrom is not None  # noqa: S101 - an empty line has no columns
        self.seen.add(chrom)
        pos, ref = int(cells[1]), cells[3].upper()
        end = pos - 1 + len(ref)
        if not any(each.chrom == chrom and each.start < end and pos - 1 < each.end for each in self.panel.windows):
            return
        if self.check.agrees(chrom, pos, ref):
            id_ = "" if cells[2] == "." else cells[2]
            alts = tuple(cells[4].upper().split(","))
            self.kept.append(VcfLine(chrom, pos, id_, ref, alts, cells[6], info_of(cells[7])))


def info_of(text: str) -> dict[str, str]:
    """INFO as a mapping; flags have an empty value."""
    pairs = (part.partition("=") for part in text.split(";") if part not in ("", "."))
    return {key: value for key, _, value in pairs}


def _read_by_index(file: TextFile, panel: Panel, reader: _Reader, notes: list[str]) -> bool:
    """Read the windows through the index; False where there is none that can be used."""
    import pysam

    index = next((p for p in (Path(f"{file.path}.tbi"), Path(f"{file.path}.csi")) if p.is_file()), None)
    if index is None:
        notes.append("no index (.tbi or .csi) beside it: read from end to end")
        return False
    try:
        table = pysam.TabixFile(str(file.path), index=str(index))
    except (OSError, ValueError):
        notes.append(f"its index {index.name} cannot be read: read from end to end")
        return False
    with table:
        named = {panel_names(panel)[name]: name for name in table.contigs if name in panel_names(panel)}
        reader.seen.update(named)
        taken: set[str] = set()
        try:
            for window in panel.windows:
                if window.chrom in named:
                    for line in table.fetch(named[window.chrom], window.start, window.end):
                        if line not in taken:
                            taken.add(line)
                            reader.take(line, None)
        except (OSError, ValueError) as problem:
            raise InputError(f"is damaged, or not the file of its index ({problem})", file=file.path) from None
    return True


def alleles(panel: Panel, line: VcfLine, skipped: Callable[[str], None]) -> Iterator[tuple[int, Variant]]:
    """(number of the alternative allele, variant trimmed and left-aligned) of one line.

    Symbolic and spanning alleles (``<DEL>``, ``*``) have no bases to compare, and an allele that reaches beyond the
    panel's sequences cannot be aligned: ``skipped`` is told of them.
    """
    for number, alt in enumerate(line.alts):
        if alt in ("", ".", line.ref):
            continue
        if set(alt) - _BASES or set(line.ref) - _BASES:
            skipped("alleles without bases (symbolic, spanning or N)")
            continue
        variant = Variant(chrom=line.chrom, pos=line.pos, ref=line.ref, alt=alt)
        try:
            yield number, variant_of(panel, edit_of(panel, variant))
        except InputError:
            skipped("alleles that reach beyond the panel's windows")


def plain(value: str) -> str:
    """A value of an INFO field as it is read: percent and hexadecimal codes resolved, underscores as blanks."""
    return unquote(value).replace("\\x2c", ",").replace("\\x3b", ";").replace("_", " ").strip()
