"""Everything that can be set about calling in LoFreq's way."""

from __future__ import annotations

from dataclasses import dataclass, field

from kinescape.call.filters import DEFAULT_ALPHA, DEFAULT_STRAND_ALPHA, Correction
from kinescape.call.indel import IndelSettings
from kinescape.call.snv import SnvSettings
from kinescape.columns.pileup import PileupSettings


@dataclass(frozen=True)
class QualityCorrection:
    """A multiple-testing correction of QUAL: calls that it does not reject are dropped."""

    rule: Correction
    alpha: float = DEFAULT_ALPHA
    n_tests: int | None = None
    """None: the number of calls of that type."""


@dataclass(frozen=True)
class StrandCorrection:
    """A multiple-testing correction of SB: calls that it rejects are dropped."""

    rule: Correction = "fdr"
    alpha: float = DEFAULT_STRAND_ALPHA
    compound: bool = True
    """Drop only calls with more than 85% of their alternative bases on one strand."""
    include_indels: bool = False


@dataclass(frozen=True)
class FilterSettings:
    """One run of ``lofreq filter``. None leaves a filter out."""

    min_coverage: int | None = None
    min_frequency: float | None = None
    min_snv_quality: int | None = None
    min_indel_quality: int | None = None
    snv_quality: QualityCorrection | None = None
    indel_quality: QualityCorrection | None = None
    strand: StrandCorrection | None = None


@dataclass(frozen=True)
class CallSettings:
    """How a BAM file becomes calls. Defaults are those of ``lofreq call``."""

    pileup: PileupSettings = field(default_factory=PileupSettings)
    snv: SnvSettings = field(default_factory=SnvSettings)
    indel: IndelSettings = field(default_factory=IndelSettings)
    call_indels: bool = False
    default_filter: bool = True
    """Coverage of at least 10 and no strand bias, as ``lofreq call`` filters on its own."""
    further: FilterSettings | None = None
    """A second filter on what passed the first, as ``lofreq filter`` after ``lofreq call``."""
