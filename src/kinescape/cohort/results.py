"""Sequencing results, joined to the samples of a cohort by name.

A sample counts as mutated when it has a strong call that changes the protein in the patient's driver gene (synonymous,
intronic and filtered calls do not count; strong: found with both aligners). A sample whose gate failed was not tested
with success. Its limit of detection is the largest of the limits at known positions that were looked at and not found.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np

from kinescape.cohort.model import Cohort, Variants
from kinescape.errors import InputError
from kinescape.records import SampleResult

SILENT = ("synonymous", "intronic")


def find_results(folder: Path) -> dict[str, Path]:
    """Path of every sample's ``result.json`` in a run's folder, by sample."""
    if not folder.is_dir():
        raise InputError("no such folder", file=folder, expected="a folder with samples/<sample>/result.json")
    found = sorted(
        [*folder.glob("samples/*/result.json"), *folder.glob("*/result.json"), *folder.glob("*.result.json")]
    )
    if not found:
        raise InputError("holds no results", file=folder, expected="samples/<sample>/result.json")
    return {path.name.removesuffix(".result.json") if path.name != "result.json" else path.parent.name: path
            for path in found}  # fmt: skip


def read_result(path: Path) -> SampleResult:
    """One sample's result."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=SampleResult)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise InputError(f"is not a result of kinescape ({problem})", file=path) from None


def changes_of(result: SampleResult, gene: str) -> list[tuple[str, str, float]]:
    """Gene, protein change and allele fraction of every call that counts."""
    return [
        (call.consequence.gene, call.consequence.protein, call.vaf)
        for call in result.calls
        if call.evidence == "strong"
        and call.consequence is not None
        and call.consequence.gene == gene
        and call.consequence.protein
        and call.consequence.kind not in SILENT
    ]


def limit_of(result: SampleResult) -> float | None:
    """Largest limit of detection over the known positions that were looked at and not found."""
    limits = [known.lod95 for known in result.known_positions if known.state == "not_detected" and known.lod95]
    return max(limits) if limits else None


def with_results(cohort: Cohort, folder: Path) -> tuple[Cohort, list[str]]:
    """The cohort with its samples' states and variants from results; returns notes on what was joined.

    Raises
    ------
    InputError
        A sample has both a result and rows in the table ``variants``, or a result names another patient.
    """
    paths = find_results(folder)
    samples, variants = cohort.samples, cohort.variants
    row_of = {str(name): row for row, name in enumerate(samples.name)}
    tested, lod, mutated = samples.tested.astype("<U6"), samples.lod.copy(), samples.mutated.copy()
    added: list[tuple[int, str, str, float]] = []
    joined = 0
    for name in sorted(set(paths) & set(row_of)):
        result, row = read_result(paths[name]), row_of[name]
        typed = np.flatnonzero(variants.sample == row)
        if typed.size:
            what = "the sample has variants here and a sequencing result"
            raise variants.table.error(int(typed[0]), "sample", what, "one source of variants per sample")
        patient = str(cohort.patients.name[samples.patient[row]])
        if result.sample.patient and result.sample.patient != patient:
            raise InputError(
                "result of another patient", file=paths[name], found=result.sample.patient, expected=patient
            )
        changes = changes_of(result, str(cohort.patients.gene[samples.patient[row]]))
        tested[row] = "failed" if result.gate.status == "fail" and not changes else "yes"
        limit = limit_of(result)
        lod[row] = np.nan if limit is None else limit
        mutated[row] = bool(changes)
        added += [(row, *change) for change in changes]
        joined += 1
    notes = [f"{joined} of {len(samples)} samples joined to sequencing results"]
    strangers = sorted(set(paths) - set(row_of))
    if strangers:
        notes.append(
            f"{len(strangers)} results are of samples that the cohort does not have: {', '.join(strangers[:10])}"
        )
    joined_samples = replace(samples, tested=tested, lod=lod, mutated=mutated)
    return replace(cohort, samples=joined_samples, variants=_extended(variants, added)), notes


def _extended(variants: Variants, added: list[tuple[int, str, str, float]]) -> Variants:
    return replace(
        variants,
        sample=np.concatenate((variants.sample, np.array([one[0] for one in added], dtype=np.int64))),
        gene=np.concatenate((variants.gene, np.array([one[1] for one in added], dtype=np.str_))),
        protein=np.concatenate((variants.protein, np.array([one[2] for one in added], dtype=np.str_))),
        vaf=np.concatenate((variants.vaf, np.array([one[3] for one in added], dtype=np.float64))),
    )
