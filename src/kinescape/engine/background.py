"""Sheet of controls -> files: the background, its table of contexts, its pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kinescape.align.programs import BOWTIE2, BWA, find_program
from kinescape.align.reference import genome_reference, window_reference
from kinescape.call.background_file import background_table, write_background
from kinescape.call.background_summary import BackgroundSummary, rates_by_context, summary_of, with_thresholds
from kinescape.columns.axis import panel_axis
from kinescape.engine.controls import THRESHOLD_FACTOR, Watch, learn_background
from kinescape.files import write_text
from kinescape.limits.coverage import background_caveats
from kinescape.panel.load import load_panel
from kinescape.records import Parameters
from kinescape.report.figures.background import write_background_figure
from kinescape.sample import Workbench
from kinescape.sheet import SheetSample


@dataclass(frozen=True)
class WrittenBackground:
    """What was learned and where it was written."""

    summary: BackgroundSummary
    files: tuple[Path, ...]


def write_from_sheet(
    samples: Sequence[SheetSample],
    out: Path,
    *,
    panel: str | Path,
    reference: Path | None,
    end_mask: int,
    threads: int,
    watch: Watch,
    from_samples: bool = False,
) -> WrittenBackground:
    """Learn the background of a panel from a sheet of controls and write it to ``out`` (``.parquet``).

    Raises
    ------
    InputError
        Panel, reference, a program or a file of a control is faulty. Nothing is written then.
    """
    find_program(BWA)
    find_program(BOWTIE2)
    loaded = load_panel(panel)
    place = genome_reference(loaded, reference) if reference else window_reference(loaded)
    bench = Workbench(loaded, place, None, Parameters(end_mask=end_mask))
    background = learn_background(samples, bench, threads, watch, from_samples=from_samples)
    axis = panel_axis(loaded)
    table = with_thresholds(background_table(background, loaded, axis))
    caveat = "; ".join(f"{each.what}: {each.reason}" for each in background_caveats(background))
    summary = summary_of(background, table, THRESHOLD_FACTOR, caveat)
    contexts, pictures = out.with_suffix(".contexts.tsv"), (out.with_suffix(".svg"), out.with_suffix(".png"))
    write_background(out, background, loaded, axis)
    text = rates_by_context(table).to_csv(sep="\t", index=False, float_format="%.6g", lineterminator="\n")
    write_text(contexts, text)
    write_background_figure(pictures, table, summary)
    return WrittenBackground(summary, (out, contexts, *pictures))
