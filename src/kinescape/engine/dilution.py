"""A dilution series through the real pipeline: is the promised limit of detection the one that is reached?

Every replicate is one simulated sample that carries all fractions of the series at once, each at several places of the
panel, on molecules of their own; it goes through aligners, counting and calling like any sample. What was put in and
called with strong evidence is detected. Beside it stands what the limits promised for that very position, alternative
and fraction.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kinescape.align.programs import BOWTIE2, BWA, find_program
from kinescape.align.reference import window_reference
from kinescape.columns.axis import BASES, Axis, panel_axis
from kinescape.engine.controls import learn_background
from kinescape.errors import InputError
from kinescape.limits.coverage import CallingRule, Sight
from kinescape.limits.detection import POWER, detection_power
from kinescape.limits.probit import MeasuredLimit, probit_limit
from kinescape.panel.load import load_panel
from kinescape.panel.model import Panel
from kinescape.records import Parameters, SampleInfo, Variant
from kinescape.sample import SampleAnalysis, Workbench, analyse_sample
from kinescape.sheet import SheetSample
from kinescape.simulate.cohort import sample_seed
from kinescape.simulate.sample import simulate_sample
from kinescape.simulate.spec_file import to_spec

LARGEST_SHARE = 0.5
"""Mutations on one amplicon lie on molecules of their own, at most this share of all together."""
CURVE_POINTS = 120
Watch = Callable[[str, str], None]


@dataclass(frozen=True)
class Series:
    """What to simulate. ``fractions`` are put in at ``sites`` places each in every one of ``replicates`` samples."""

    fractions: tuple[float, ...] = (0.002, 0.003, 0.004, 0.005, 0.006, 0.007, 0.008, 0.01, 0.012, 0.015)
    replicates: int = 8
    sites: int = 3
    nanograms: float = 20.0
    pairs: int = 25_000
    controls: int = 0
    """Healthy controls of the same assay to learn a background from; 0: the global threshold holds."""
    background: float = 0.0024
    site_spread: float = 0.3
    panel: str | Path = "alk-ros1"
    parameters: Parameters = field(default_factory=Parameters)
    seed: int = 1


@dataclass(frozen=True)
class Trial:
    """One mutation put into one sample: promised and found."""

    replicate: int
    variant: Variant
    fraction: float
    promised: float
    detected: bool


@dataclass(frozen=True)
class Dilution:
    """The outcome of a series.

    Attributes
    ----------
    curve
        float64[points, 2]: fraction, probability promised over the places used.
    promised
        Fraction at which that is 95%; None where none of the curve reaches it.
    measured
        Limit by probit regression over the trials.
    false_calls
        Strong calls that nobody put in, over all replicates.
    """

    series: Series
    trials: tuple[Trial, ...]
    curve: NDArray[np.float64]
    promised: float | None
    measured: MeasuredLimit | None
    false_calls: tuple[Variant, ...]


@dataclass
class _Gathered:
    """What the replicates leave behind."""

    trials: list[Trial] = field(default_factory=list)
    false_calls: list[Variant] = field(default_factory=list)
    cases: list[tuple[int, int, float, int | None]] = field(default_factory=list)
    """Of every trial: fragments, needed, background, molecules; needed is 0 where nothing can be called."""


def run_series(series: Series, threads: int = 1, watch: Watch = lambda sample, stage: None) -> Dilution:
    """Simulate and analyse the whole series. Files live in a temporary folder, one sample at a time.

    Raises
    ------
    InputError
        Fractions that do not fit on the panel together, or out of range.
    """
    find_program(BWA)
    find_program(BOWTIE2)
    panel = load_panel(series.panel)
    _check(series, panel)
    axis = panel_axis(panel)
    bench = Workbench(panel, window_reference(panel), None, series.parameters)
    gathered = _Gathered()
    with tempfile.TemporaryDirectory(prefix="kinescape-lod-") as folder:
        if series.controls:
            names = [f"control_{number}" for number in range(1, series.controls + 1)]
            controls = [_simulated(series, panel, Path(folder), name, {}) for name in names]
            background = learn_background(controls, bench, threads, watch)
            bench = Workbench(panel, bench.reference, None, series.parameters, background)
            for control in controls:
                _remove(control)
        for replicate in range(1, series.replicates + 1):
            name = f"replicate_{replicate}"
            watch(name, "simulating")
            put_in = place_mutations(series, axis, replicate)
            sample = _simulated(series, panel, Path(folder), name, put_in)
            analysis = analyse_sample(sample, bench, threads, partial(watch, name))
            _gather(gathered, analysis, put_in, replicate)
            _remove(sample)
            watch(name, "finished")
    return _outcome(series, gathered)


def place_mutations(series: Series, axis: Axis, replicate: int) -> dict[Variant, float]:
    """Mutations of one replicate: substitutions at random places between the primers, spread over the amplicons."""
    rng = np.random.default_rng(np.random.SeedSequence([series.seed, replicate]))
    wanted = rng.permutation(np.repeat(np.array(series.fractions), series.sites))
    order = rng.permutation(len(axis.amplicons))
    used: set[int] = set()
    put_in = {}
    for number, fraction in enumerate(wanted.tolist()):
        place = axis.insert(int(order[number % len(order)]))
        free = [index for index in range(place.start, place.stop) if index not in used]
        index = int(rng.choice(free))
        used.add(index)
        reference = int(axis.reference[index])
        base = int(rng.choice([code for code in range(4) if code != reference]))
        chrom = axis.chromosomes[axis.chrom[index]]
        put_in[Variant(chrom=chrom, pos=int(axis.position[index]) + 1, ref=BASES[reference], alt=BASES[base])] = (
            fraction
        )
    return put_in


def _check(series: Series, panel: Panel) -> None:
    for fraction in series.fractions:
        if not 0 < fraction <= LARGEST_SHARE:
            raise InputError("fraction out of range", found=fraction, expected=f"above 0 and at most {LARGEST_SHARE:g}")
    if len(set(series.fractions)) < 2:
        raise InputError("a series needs several fractions", found=len(set(series.fractions)), expected="2 or more")
    amplicons = len(panel.amplicons)
    each = -(-len(series.fractions) * series.sites // amplicons)
    if each * max(series.fractions) > LARGEST_SHARE:
        raise InputError(
            "too many mutations for the molecules of one amplicon",
            found=f"{each} of up to {max(series.fractions):g}",
            expected=f"at most {LARGEST_SHARE:g} together: fewer sites or smaller fractions",
        )
    if each > min(amplicon.insert_end - amplicon.insert_start for amplicon in panel.amplicons):
        raise InputError("more mutations than bases between the primers", found=each, expected="fewer sites")


def _simulated(series: Series, panel: Panel, folder: Path, name: str, put_in: dict[Variant, float]) -> SheetSample:
    haplotypes = [
        {"name": f"m{number}", "fraction": fraction, "changes": [variant.name]}
        for number, (variant, fraction) in enumerate(put_in.items())
    ]
    spec = to_spec(
        {
            "sample": name,
            "panel": panel.name,
            "pairs": series.pairs,
            "cfdna_ng": series.nanograms,
            "background": series.background,
            "haplotypes": haplotypes,
            "pcr": {"site_spread": series.site_spread, "site_seed": series.seed},
        }
    )
    truth = simulate_sample(spec, panel, folder / name, sample_seed(series.seed, name))
    info = SampleInfo(sample=name, cfdna_ng=series.nanograms)
    return SheetSample(info, truth.files[0], truth.files[1], simulated=True)


def _remove(sample: SheetSample) -> None:
    for path in (sample.fastq_1, sample.fastq_2):
        path.unlink()


def _gather(gathered: _Gathered, analysis: SampleAnalysis, put_in: dict[Variant, float], replicate: int) -> None:
    strong = {call.variant for call in analysis.result.calls if call.evidence == "strong"}
    for variant, fraction in put_in.items():
        case = _case(analysis.sight, variant)
        gathered.cases.append(case)
        promised = float(_power(np.array([fraction]), case)[0])
        gathered.trials.append(Trial(replicate, variant, fraction, promised, variant in strong))
    gathered.false_calls += sorted(strong - set(put_in))


def _case(sight: Sight, variant: Variant) -> tuple[int, int, float, int | None]:
    index = sight.axis.index(variant.chrom, variant.pos - 1)
    assert index is not None  # noqa: S101 - it was put there
    rule: CallingRule = sight.rule
    column = rule.column(BASES.index(variant.alt))
    callable_ = not np.isnan(rule.limit[index, column])
    needed = int(rule.needed[index, column]) if callable_ else 0
    return int(rule.fragments[index, column]), needed, float(rule.background[index, column]), sight.molecules


def _power(fractions: NDArray[np.float64], case: tuple[int, int, float, int | None]) -> NDArray[np.float64]:
    fragments, needed, background, molecules = case
    if needed == 0:
        return np.zeros(len(fractions))
    ones = np.ones(len(fractions), np.int64)
    return detection_power(fractions, fragments * ones, needed * ones, np.full(len(fractions), background), molecules)


def _outcome(series: Series, gathered: _Gathered) -> Dilution:
    trials = tuple(gathered.trials)
    fractions = np.array(sorted(set(series.fractions)))
    number = np.array([sum(trial.fraction == value for trial in trials) for value in fractions])
    found = np.array([sum(trial.detected for trial in trials if trial.fraction == value) for value in fractions])
    grid = np.geomspace(fractions[0] / 1.5, fractions[-1] * 1.5, CURVE_POINTS)
    power = np.mean([_power(grid, case) for case in gathered.cases], axis=0)
    reached = np.flatnonzero(power >= POWER)
    promised = None
    if len(reached):
        at = int(reached[0])
        promised = float(grid[0] if at == 0 else np.interp(POWER, power[at - 1 : at + 1], grid[at - 1 : at + 1]))
    curve = np.stack((grid, power), axis=1)
    limit = probit_limit(fractions, number, found)
    return Dilution(series, trials, curve, promised, limit, tuple(gathered.false_calls))


@dataclass(frozen=True)
class DilutionRow:
    """One fraction of the series."""

    fraction: float
    trials: int
    detected: int
    measured: float
    low: float
    high: float
    promised: float


def rows_of(dilution: Dilution) -> Sequence[DilutionRow]:
    """One row per fraction; ``low`` and ``high``: exact 95% interval (Clopper & Pearson 1934, Biometrika 26:404)."""
    from scipy.special import betaincinv

    rows = []
    for fraction in sorted(set(dilution.series.fractions)):
        here = [trial for trial in dilution.trials if trial.fraction == fraction]
        n, k = len(here), sum(trial.detected for trial in here)
        low = float(betaincinv(k, n - k + 1, 0.025)) if k else 0.0
        high = float(betaincinv(k + 1, n - k, 0.975)) if k < n else 1.0
        promised = float(np.mean([trial.promised for trial in here]))
        rows.append(DilutionRow(fraction, n, k, k / n, low, high, promised))
    return rows
