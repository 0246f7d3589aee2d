"""What is to be simulated: one sample, as its YAML file says it.

The classes are the schema: types and ranges stand here once and are checked when a file is read (:mod:`.spec_file`)
and, for what depends on the panel, when the sample is planned (:mod:`.plan`).
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from kinescape.errors import InputError

HAPLOID_GENOME_PG = 3.3
"""Mass of one haploid human genome, picograms: 3.1e9 base pairs x 650 g/mol / 6.022e23 per mol."""

Q5_ERROR_RATE = 5.3e-7
"""Substitutions per base and doubling of a high-fidelity polymerase (Q5): Potapov & Ong 2017, PLoS ONE 12:e0169774."""

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
PairCount = Annotated[int, msgspec.Meta(ge=0, le=2_000_000)]
"""Two million pairs of one amplicon need about 1 GB while its copies are drawn."""
Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=80)]
Parent = Literal["a", "b"]


class SpecError(InputError):
    """A fault in a specification, at a key such as ``haplotypes[0].changes[1]``."""

    def __init__(self, key: str, what: str, *, found: object = None, expected: object = None) -> None:
        self.key = key
        super().__init__(f"key '{key}': {what}" if key else what, found=found, expected=expected)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all parts of a specification: frozen, keyword-only, no unknown keys."""


class Haplotype(Settings, frozen=True, kw_only=True):
    """One kind of tumour molecule: all its changes lie in cis (on one molecule, where one amplicon holds them)."""

    name: Name
    fraction: Share
    """Share of the genome copies that carry it. Shares of all haplotypes add up to at most 1."""
    changes: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    """``ALK:L1196M``, ``ALK:c.3604G>A``, ``chr2:29220765:G>T`` (1-based) or ``chr2:g.29220765G>T``."""
    parent: Parent = "a"
    """The parental chromosome on which it arose: decides which heterozygous germline changes it carries."""


class GermlineChange(Settings, frozen=True, kw_only=True):
    """A change the person was born with."""

    change: str
    genotype: Literal["het", "hom"] = "het"
    parent: Parent = "a"
    """The parental chromosome of a heterozygous change."""


class NoisySite(Settings, frozen=True, kw_only=True):
    """A substitution that the amplification makes again and again at one site."""

    change: str
    vaf: Annotated[float, msgspec.Meta(ge=0, le=0.1)]
    """Mean share of copies that carry it, molecules without it taken alone."""


class Pcr(Settings, frozen=True, kw_only=True):
    """Amplification before the library is made."""

    error_rate: Annotated[float, msgspec.Meta(ge=0, le=0.01)] | None = None
    """Substitutions per base and doubling, mean over sites; None: Q5's, or what ``background`` asks for."""
    cycles: Annotated[int, msgspec.Meta(ge=1, le=60)] = 30
    """Doublings (at an efficiency below 1, fewer than the machine's cycles)."""
    transition_share: Share = 0.67
    """Share of the errors that are transitions (A<->G, C<->T); chosen, since most damage of cfDNA deaminates C."""
    site_spread: Annotated[float, msgspec.Meta(ge=0, le=2)] = 0.0
    """Standard deviation of ln(rate) from site to site; the same sites are noisy in every sample with one site_seed."""
    site_seed: Annotated[int, msgspec.Meta(ge=0)] = 0
    noisy_sites: tuple[NoisySite, ...] = ()
    chimera_fraction: Share = 0.0
    """Share of read pairs whose two parts come from two molecules (template switching)."""
    family_size_cv: Annotated[float, msgspec.Meta(ge=0, le=3)] = 0.5
    """Standard deviation over mean of the copies per molecule. A branching process that copies each strand with
    efficiency E has CV^2 = (1 - E) / (1 + E): 0.5 is E = 0.6."""


class Sequencing(Settings, frozen=True, kw_only=True):
    """The machine. A base with quality q is wrong with probability 10^(-q/10), exactly."""

    profile: Literal["miseq", "binned"] = "miseq"
    read_length: Annotated[int, msgspec.Meta(ge=30, le=600)] = 150
    n_rate: Annotated[float, msgspec.Meta(ge=0, le=0.3)] = 0.0001
    """Share of bases read as N (quality 2)."""


class OffTarget(Settings, frozen=True, kw_only=True):
    """Reads of other places than the amplicons."""

    fraction: Annotated[float, msgspec.Meta(ge=0, le=0.95)] = 0.0
    """Share of all read pairs."""
    fasta: str | None = None
    """FASTA from which the fragments are cut, relative to the specification; None: random sequence."""


class Umi(Settings, frozen=True, kw_only=True):
    """Random molecular tags, drawn per molecule (two molecules may get the same)."""

    length: Annotated[int, msgspec.Meta(ge=1, le=24)] = 8
    where: Literal["header", "read"] = "header"
    """header: last field of the read name; read: first bases of mate 1."""


class SampleSpec(Settings, frozen=True, kw_only=True):
    """One sample to simulate. Of ``molecules`` and ``cfdna_ng`` exactly one is given."""

    sample: Name
    panel: str = "alk-ros1"
    """Name of a packaged panel, or a folder (relative to the specification)."""
    pairs: PairCount | dict[str, PairCount]
    """Read pairs per amplicon: one number, or by amplicon name with an optional ``default``; 0 = missing amplicon."""
    molecules: Annotated[int, msgspec.Meta(ge=1, le=20_000_000)] | Literal["unlimited"] | None = None
    """Haploid genome copies that are amplified; ``unlimited``: every read pair is a molecule of its own."""
    cfdna_ng: Annotated[float, msgspec.Meta(gt=0, le=60_000)] | None = None
    """Input in nanograms, at 3.3 pg per haploid genome."""
    amplifiable: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0
    """Share of the genome copies of ``cfdna_ng`` that can be amplified (long enough to hold both primer sites)."""
    haplotypes: tuple[Haplotype, ...] = ()
    """What is left of the genome copies carries no somatic change."""
    germline: tuple[GermlineChange, ...] = ()
    pcr: Pcr = Pcr()
    sequencing: Sequencing = Sequencing()
    background: Annotated[float, msgspec.Meta(ge=0, le=0.1)] | None = None
    """Mismatches per mapped base, qualities not filtered, that polymerase and sequencing errors come to together."""
    off_target: OffTarget = OffTarget()
    umi: Umi | None = None

    def molecule_count(self, pairs: int) -> int:
        """Input molecules of an amplicon with so many read pairs."""
        if self.molecules == "unlimited":
            return pairs
        if self.molecules is not None:
            return self.molecules
        if self.cfdna_ng is None:
            raise SpecError("molecules", "missing", expected="one of molecules, cfdna_ng")
        return max(1, round(self.cfdna_ng * 1000.0 / HAPLOID_GENOME_PG * self.amplifiable))
