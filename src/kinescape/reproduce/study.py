"""The whole reproduction, one step after the other. Each step's folder is whole and kept: a stopped run goes on.

Read this first: everything else in this folder is called from here.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from kinescape.align.reference import window_reference
from kinescape.assay.blots import as_wells, basal_folds, normalised, read_lanes
from kinescape.assay.growth import experiment_rates, read_counts, variant_growth
from kinescape.assay.inputs import read_wells
from kinescape.assay.screen import Settings, analyse_screen
from kinescape.assay.write import write_blots, write_growth, write_screen
from kinescape.call.background_summary import BackgroundSummary
from kinescape.cohort.load import load_cohort
from kinescape.cohort.results import with_results
from kinescape.cohort.summary_report import write_summary
from kinescape.cohort.template import write_template
from kinescape.engine.background import write_from_sheet
from kinescape.engine.plan import Outcome, RunPlan
from kinescape.engine.run import run_samples
from kinescape.errors import InputError, KinescapeError
from kinescape.files import write_bytes, write_text
from kinescape.panel.load import load_panel
from kinescape.records import EvidenceCaps, Parameters, SampleResult
from kinescape.reproduce.bench import COUNTS, LANES, TABLE_2, WELLS, write_bench
from kinescape.reproduce.chain import ChainResult, run_chain
from kinescape.reproduce.claims import Claim, claims_table, judged_claims
from kinescape.reproduce.folders import step
from kinescape.reproduce.found import Found
from kinescape.reproduce.models import FOLDER as STRUCTURES
from kinescape.reproduce.models import models
from kinescape.reproduce.pictures import FOLDER
from kinescape.reproduce.plasma import CLINIC, CONTROLS_SHEET, TRUTH_TABLE, PutIn, read_truth, write_plasma
from kinescape.reproduce.scale import Scale
from kinescape.rules import PACKAGED, read_rules
from kinescape.sheet import read_sheet
from kinescape.simulate.cohort import SHEET_NAME, Progress

PANEL = "alk-ros1"
PLASMA, CONTROLS, RUN, CHAIN, CLINICAL, BENCH = "plasma", "controls", "run", "chain", "cohort", "bench"
READS = "reads"
"""Real reads, and the clinical tables beside them."""
SCREEN, GROWTH, BLOTS = "screen", "growth", "blots"
BACKGROUND = "background.parquet"
NUMBERS = "numbers.json"
CLAIMS_TABLE = "claims.tsv"
PAGE = "index.html"
PICTURES = "svg"

Say = Callable[[str], None]
Watch = Callable[[str, str], None]


@dataclass(frozen=True)
class Plan:
    """What to reproduce, and how much of it."""

    out: Path
    scale: Scale
    threads: int
    seed: int = 1
    sheet: Path | None = None
    """Real reads in place of simulated ones."""
    chain: bool = True
    structures: Path | None = None
    """Folder of PDB or mmCIF files named by their entries."""


@dataclass(frozen=True)
class Voice:
    """How the work is told: a line per step, and progress inside it."""

    say: Say
    simulated: Progress | None = None
    watch: Watch = lambda sample, stage: None


@dataclass(frozen=True)
class Reproduction:
    """What was written."""

    claims: list[Claim]
    page: Path
    table: Path


def reproduce(plan: Plan, voice: Voice) -> Reproduction:
    """Run every step, judge every claim, write the table and the page.

    Raises
    ------
    InputError
        A program is missing, the folder is of something else, or the given reads are faulty.
    """
    _check_folder(plan.out)
    truth = _plasma(plan, voice) if plan.sheet is None else []
    background = _controls(plan, voice) if plan.sheet is None else None
    results = _run(plan, voice)
    summary = _clinic(plan, voice)
    chain = _chain(plan, voice, truth)
    found = _bench(plan, voice, SequencingHalf(truth, background, results, summary, chain))
    modelled, why_not = models(plan.structures, plan.out, plan.threads, voice.say)
    found = replace(found, models=modelled, why_no_models=why_not)
    voice.say("claims and page")
    claims = judged_claims(found)
    table, page = plan.out / CLAIMS_TABLE, plan.out / PAGE
    write_text(table, claims_table(claims))
    from kinescape.reproduce.page import write_page

    write_page(found, claims, plan.out, page)
    return Reproduction(claims, page, table)


@dataclass(frozen=True)
class SequencingHalf:
    """What the sequencing half gave, until the bench is done."""

    truth: list[PutIn]
    background: BackgroundSummary | None
    results: dict[str, SampleResult]
    cohort: object
    chain: list[ChainResult]


def _check_folder(out: Path) -> None:
    """Refuse a folder that holds something else, before anything is written into it."""
    if out.exists() and not out.is_dir():
        raise InputError("is a file", file=out, expected="a folder for the reproduction")
    known = {
        PLASMA,
        CONTROLS,
        RUN,
        CHAIN,
        CLINICAL,
        BENCH,
        SCREEN,
        GROWTH,
        BLOTS,
        CLAIMS_TABLE,
        PAGE,
        READS,
        FOLDER,
        STRUCTURES,
    }
    if out.is_dir():
        strangers = sorted(each.name for each in out.iterdir() if each.name not in known and each.name[0] != ".")
        if strangers:
            raise InputError(
                "holds something else", file=out, found=strangers[0], expected="an empty folder, or an earlier run"
            )
    out.mkdir(parents=True, exist_ok=True)


def _plasma(plan: Plan, voice: Voice) -> list[PutIn]:
    voice.say("plasma and controls: simulated reads")
    folder = plan.out / PLASMA
    settings = {"scale": msgspec.to_builtins(plan.scale), "seed": plan.seed}
    step(
        folder,
        settings,
        lambda new: write_plasma(new, plan.scale, seed=plan.seed, threads=plan.threads, progress=voice.simulated),
    )
    return read_truth(folder / TRUTH_TABLE)


def _controls(plan: Plan, voice: Voice) -> BackgroundSummary:
    voice.say("background from the controls")
    folder = plan.out / CONTROLS

    def make(new: Path) -> None:
        written = write_from_sheet(
            read_sheet(plan.out / PLASMA / CONTROLS_SHEET),
            new / BACKGROUND,
            panel=PANEL,
            reference=None,
            end_mask=Parameters().end_mask,
            threads=plan.threads,
            watch=voice.watch,
        )
        write_bytes(new / NUMBERS, msgspec.json.encode(written.summary))

    step(folder, {"scale": msgspec.to_builtins(plan.scale), "seed": plan.seed}, make)
    return msgspec.json.decode((folder / NUMBERS).read_bytes(), type=BackgroundSummary)


def _run(plan: Plan, voice: Voice) -> dict[str, SampleResult]:
    voice.say("samples: both aligners, calls, phase, drugs")
    sheet = plan.sheet or plan.out / PLASMA / SHEET_NAME
    outcomes: tuple[Outcome, ...] = run_samples(
        RunPlan(
            samples=read_sheet(sheet),
            out=plan.out / RUN,
            panel=PANEL,
            knowledge_base=PANEL,
            reference=None,
            parameters=Parameters(),
            threads=plan.threads,
            evidence=EvidenceCaps() if plan.scale.pages else None,
        ),
        voice.watch,
    )
    failed = [outcome for outcome in outcomes if outcome.result is None]
    if failed:
        raise KinescapeError(f"{len(failed)} of {len(outcomes)} samples failed; {failed[0].sample}: {failed[0].error}")
    return {outcome.sample: outcome.result for outcome in outcomes if outcome.result is not None}


def _clinic(plan: Plan, voice: Voice) -> object:
    voice.say("clinical course")
    folder = plan.out / CLINICAL
    if plan.sheet is None:
        cohort, notes = with_results(load_cohort(plan.out / PLASMA / CLINIC), plan.out / RUN)
    else:
        template = plan.out / READS / CLINIC
        if not template.exists():
            write_template(template, excel=False, example=True)
        cohort, notes = load_cohort(template), ["simulated patients: runs of the deposit are not joined to them"]
    write_summary(cohort, notes, folder, order="time", formats=(PICTURES,), page=True)
    return json.loads((folder / "summary.json").read_text(encoding="utf-8"))


def _chain(plan: Plan, voice: Voice, truth: list[PutIn]) -> list[ChainResult]:
    if not plan.chain or plan.sheet is not None:
        return []
    reference = window_reference(load_panel(PANEL))
    chained = []
    for sample in plan.scale.chain_samples:
        voice.say(f"the paper's chain on {sample}")
        folder = plan.out / CHAIN / sample
        put_in = [each for each in truth if each.sample == sample]

        def make(new: Path, sample: str = sample, put_in: list[PutIn] = put_in) -> None:
            reads = plan.out / PLASMA / "reads"
            fastq = (reads / f"{sample}_R1.fastq.gz", reads / f"{sample}_R2.fastq.gz")
            result = run_chain(
                sample, fastq, put_in, reference, plan.threads, new, lambda stage: voice.say(f"  {sample}: {stage}")
            )
            write_bytes(new / NUMBERS, msgspec.json.encode(result))

        step(folder, {"scale": msgspec.to_builtins(plan.scale), "seed": plan.seed}, make)
        chained.append(msgspec.json.decode((folder / NUMBERS).read_bytes(), type=ChainResult))
    return chained


def _bench(plan: Plan, voice: Voice, half: SequencingHalf) -> Found:
    voice.say("plates, growth, blots")
    folder = plan.out / BENCH
    step(folder, {"scale": msgspec.to_builtins(plan.scale)}, lambda new: write_bench(new, plan.scale))
    rules = read_rules(PACKAGED)
    settings = Settings(threads=plan.threads)
    wells = read_wells([folder / WELLS])
    screen = analyse_screen(wells, rules.rule_set(), settings)
    write_screen(screen, wells, plan.out / SCREEN, pictures=PICTURES, page=True)
    counts = read_counts(folder / COUNTS)
    write_growth(counts, plan.out / GROWTH, reference="WT", window=(0.0, float("inf")), pictures=PICTURES)
    rates, _ = experiment_rates(counts)
    lanes = read_lanes(folder / LANES)
    write_blots(lanes, rules.rule_set(), settings, plan.out / BLOTS, pictures=PICTURES)
    return Found(
        scale=plan.scale,
        truth=half.truth,
        background=half.background,
        results=half.results,
        cohort=half.cohort,
        screen=screen,
        published=published_table(),
        rules=rules,
        growth=variant_growth(rates, "WT"),
        basal=basal_folds(lanes, "WT"),
        blots=analyse_screen(as_wells(normalised(lanes)), rules.rule_set(), settings),
        chain=half.chain,
    )


def published_table() -> dict[tuple[str, str], str]:
    """Table 2 as printed, by (variant, drug); what was not tested is left out."""
    with TABLE_2.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(line for line in handle if not line.startswith("#")))
    return {
        (row["variant"], drug): text for row in rows for drug, text in row.items() if drug != "variant" and text != "na"
    }
