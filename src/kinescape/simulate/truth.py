"""What was put in: the record of a simulated sample, and its VCF."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from kinescape import __version__
from kinescape.panel.model import Panel
from kinescape.records import Variant
from kinescape.simulate.background import Background


@dataclass(frozen=True)
class TrueVariant:
    """One change that was put in. Counts are sums over the amplicons that hold it."""

    variant: Variant
    texts: tuple[str, ...]
    """As the specification writes it (more than one where haplotypes name it differently)."""
    haplotypes: tuple[str, ...]
    """Names of the haplotypes that carry it, or ``germline``."""
    stated_vaf: float
    alt_molecules: int
    molecules: int
    alt_pairs: int
    """Read pairs whose template has the change, before amplification and sequencing errors."""
    pairs: int

    @property
    def germline(self) -> bool:
        """Whether the person was born with it."""
        return self.haplotypes == ("germline",)

    @property
    def drawn_vaf(self) -> float:
        """Allele fraction over the molecules drawn; 0 where there were none."""
        return self.alt_molecules / self.molecules if self.molecules else 0.0

    @property
    def read_vaf(self) -> float:
        """Allele fraction over the read pairs written; 0 where there were none."""
        return self.alt_pairs / self.pairs if self.pairs else 0.0


@dataclass(frozen=True)
class TrueAmplicon:
    """Read pairs and molecules of one amplicon."""

    name: str
    pairs: int
    molecules: int
    """Molecules drawn; 0 where no read pair was asked for."""


@dataclass(frozen=True)
class Truth:
    """Everything known of a simulated sample."""

    sample: str
    seed: int
    variants: tuple[TrueVariant, ...]
    amplicons: tuple[TrueAmplicon, ...]
    off_target_pairs: int
    chimeric_pairs: int
    background: Background
    files: tuple[Path, Path, Path]
    """Mate 1, mate 2, truth VCF."""

    @property
    def on_target_pairs(self) -> int:
        """Read pairs of all amplicons."""
        return sum(each.pairs for each in self.amplicons)

    @property
    def pairs(self) -> int:
        """All read pairs written."""
        return self.on_target_pairs + self.off_target_pairs


_HEADER = """\
##fileformat=VCFv4.3
##source=kinescape simulate {version}
##reference={genome}
##simulated=yes: reads made by a program, no person stands behind them
##sample={truth.sample}
##seed={truth.seed}
##panel=<ID={panel.name},Version="{panel.version}",Sha256={panel.sha256}>
##pairs=<ID=written,OnTarget={truth.on_target_pairs},OffTarget={truth.off_target_pairs},Chimeric={truth.chimeric_pairs}>
##expectedMismatchesPerMappedBase={truth.background.total:.6g}
"""

_INFO = """\
##INFO=<ID=TVAF,Number=A,Type=Float,Description="Allele fraction as stated in the specification">
##INFO=<ID=AM,Number=A,Type=Integer,Description="Molecules drawn that carry the allele">
##INFO=<ID=TM,Number=1,Type=Integer,Description="Molecules drawn">
##INFO=<ID=AR,Number=A,Type=Integer,Description="Read pairs written whose template carries the allele">
##INFO=<ID=TR,Number=1,Type=Integer,Description="Read pairs written">
##INFO=<ID=HAP,Number=.,Type=String,Description="Simulated haplotypes that carry the allele">
##INFO=<ID=GERMLINE,Number=0,Type=Flag,Description="Simulated as germline">
#CHROM	POS	ID	REF	ALT	QUAL	FILTER	INFO
"""


def truth_vcf(truth: Truth, panel: Panel) -> str:
    """The truth as VCF 4.3 (1-based, left-aligned, sorted); no clock and no folder name inside."""
    chromosomes = sorted({window.chrom for window in panel.windows}, key=_chromosome_order)
    parts = [_HEADER.format(version=__version__, genome=panel.genome, truth=truth, panel=panel)]
    parts += [f"##contig=<ID={chrom},assembly={panel.genome}>\n" for chrom in chromosomes]
    parts += [
        f"##amplicon=<ID={each.name},Pairs={each.pairs},Molecules={each.molecules}>\n" for each in truth.amplicons
    ]
    parts.append(_INFO)
    order = {chrom: index for index, chrom in enumerate(chromosomes)}
    in_order = sorted(
        truth.variants, key=lambda v: (order[v.variant.chrom], v.variant.pos, v.variant.ref, v.variant.alt)
    )
    parts += [_line(each) for each in in_order]
    return "".join(parts)


def _line(each: TrueVariant) -> str:
    variant = each.variant
    information = (
        f"TVAF={each.stated_vaf:.6g};AM={each.alt_molecules};TM={each.molecules};"
        f"AR={each.alt_pairs};TR={each.pairs};HAP={','.join(each.haplotypes)}" + (";GERMLINE" if each.germline else "")
    )
    return f"{variant.chrom}\t{variant.pos}\t.\t{variant.ref}\t{variant.alt}\t.\t.\t{information}\n"


def _chromosome_order(chrom: str) -> list[int | str]:
    """chr2 before chr10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", chrom)]
