"""Whether a file of variants is on the panel's genome: by what its header states, and by its reference alleles."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from kinescape.coordinates import to_one_based, to_zero_based
from kinescape.errors import InputError
from kinescape.panel.genome import GRCH38_LENGTHS
from kinescape.panel.model import Panel

MOST_WRONG = 0.1
"""Share of differing reference alleles from which the file counts as another assembly's. By chance three in four bases
differ; in the right assembly none should."""

GRCH37_LENGTHS = {"chr2": 243199373, "chr6": 171115067, "chr7": 159138663, "chr12": 133851895, "chr17": 81195210}
"""Of chromosomes of common panels, to name what was found (NCBI assembly report of GRCh37.p13)."""
_GRCH37_WORDS = re.compile(r"GRCh37|hg19|hs37|\bb37\b|human_g1k_v37", re.IGNORECASE)
_GRCH38_WORDS = re.compile(r"GRCh38|hg38", re.IGNORECASE)
_CONTIG = re.compile(r"^##contig=<(.*)>\s*$")


def panel_names(panel: Panel) -> dict[str, str]:
    """Every name that a file may use for a chromosome of the panel -> the panel's name."""
    names: dict[str, str] = {}
    for chrom in {window.chrom for window in panel.windows}:
        bare = chrom.removeprefix("chr")
        for name in (chrom, bare, f"chr{bare}", f"Chr{bare}", f"CHR{bare}", panel.accessions.get(chrom, chrom)):
            names[name] = chrom
    return names


def stated_assembly(header: Iterable[str], panel: Panel) -> str:
    """What the header says of another assembly than the panel's, in words; empty where it says nothing against it."""
    if panel.genome != "GRCh38":
        return ""
    names = panel_names(panel)
    for line in header:
        contig = _CONTIG.match(line)
        if contig:
            told = _contig_against(contig.group(1), names)
            if told:
                return told
        elif _is_reference(line) and _GRCH37_WORDS.search(line) and not _GRCH38_WORDS.search(line):
            return line.removeprefix("##").strip()
    return ""


def _is_reference(line: str) -> bool:
    return line.lower().startswith(("##reference=", "##assembly=", "##genome="))


def _contig_against(fields: str, names: dict[str, str]) -> str:
    name = re.search(r"(?:^|,)ID=([^,]+)", fields)
    length = re.search(r"(?:^|,)length=(\d+)", fields)
    chrom = names.get(name.group(1)) if name else None
    if name is None or chrom is None or length is None or int(length.group(1)) == GRCH38_LENGTHS.get(chrom):
        return ""
    known = " (GRCh37)" if int(length.group(1)) == GRCH37_LENGTHS.get(chrom) else ""
    return f"contig {name.group(1)} of {int(length.group(1)):,} bases{known}"


def wrong_assembly(path: Path, found: str, panel: Panel) -> InputError:
    """The error for a file on another genome."""
    lengths = ", ".join(
        f"{chrom} of {GRCH38_LENGTHS[chrom]:,} bases"
        for chrom in sorted({window.chrom for window in panel.windows})
        if panel.genome == "GRCh38" and chrom in GRCH38_LENGTHS
    )
    expected = panel.genome + (f" ({lengths})" if lengths else "")
    return InputError("is on another assembly than the panel", file=path, found=found, expected=expected)


@dataclass
class ReferenceCheck:
    """Counts reference alleles that agree with the panel's windows, and those that do not."""

    panel: Panel
    agree: int = 0
    differ: list[str] = field(default_factory=list)

    def agrees(self, chrom: str, pos: int, ref: str) -> bool:
        """Compare an allele at the 1-based ``pos``, as far as the windows reach, and count it."""
        start = to_zero_based(pos)
        compared = False
        for window in self.panel.windows:
            first, last = max(start, window.start), min(start + len(ref), window.end)
            if window.chrom != chrom or first >= last:
                continue
            compared = True
            found = ref[first - start : last - start]
            expected = window.sequence[first - window.start : last - window.start]
            if found != expected:
                self.differ.append(
                    f"{found} at {chrom}:{to_one_based(first)}, where {self.panel.genome} has {expected}"
                )
                return False
        self.agree += compared
        return True

    def judge(self, path: Path) -> list[str]:
        """Notes on what was compared; InputError where too much differs to be the panel's assembly."""
        total = self.agree + len(self.differ)
        if not total:
            return ["no record inside the panel's windows, so the assembly could not be compared"]
        if len(self.differ) >= MOST_WRONG * total:
            found = f"{len(self.differ)} of {total} reference alleles differ, first {self.differ[0]}"
            raise wrong_assembly(path, found, self.panel)
        if self.differ:
            return [
                f"{len(self.differ)} of {total} records left out: their reference allele differs ({self.differ[0]})"
            ]
        return []
