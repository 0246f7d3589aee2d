"""The fast screen against the measured folds of Villa et al. 2024, Table 2, with trivial baselines beside it.

    python benchmarks/structure_score.py RESULTS [--structure 2xp2.pdb] [--processes 2]

RESULTS holds one folder per drug with the screen.tsv of `kinescape structure screen` (crizotinib in its crystal, 2XP2;
lorlatinib laid on it). With --structure missing rows are calculated first (one to three CPU minutes each; a run that
was stopped goes on where it was, if it is given the same --replicates). Nothing is fitted, except in the line that says
so, which leaves out one mutation after another. Compounds whose wild type was measured in another study have no fold
and are not scored; mutations that 2XP2 does not show are not scored either.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import rankdata

from kinescape.structure.mutations import parse_mutations
from kinescape.structure.residues import LETTERS
from kinescape.tables import read_table

EVIDENCE = Path(__file__).resolve().parent.parent / "src/kinescape/data/knowledge/alk-ros1/evidence.tsv"
SOURCE = "Villa et al., npj Precis Oncol 2024;8:29"
SCREENS = {
    "crizotinib": ("crystal 2XP2", []),
    "lorlatinib": ("placed on crizotinib in 2XP2, not a crystal", ["--place", "lorlatinib"]),
}
RESISTANT = 10.0
"""Fold above which a mutation counts as resistant."""
DRAWS, SEED = 2000, 2024

# Side-chain volumes in cubic angstrom: Zamyatnin AA, Prog Biophys Mol Biol 1972;24:107.
VOLUMES = {
    "G": 60.1, "A": 88.6, "S": 89.0, "C": 108.5, "D": 111.1, "P": 112.7, "N": 114.1, "T": 116.1, "E": 138.4,
    "V": 140.0, "Q": 143.8, "H": 153.2, "M": 162.9, "I": 166.7, "L": 166.7, "K": 168.6, "R": 173.4, "F": 189.9,
    "Y": 193.6, "W": 227.8,
}  # fmt: skip
# Entries of BLOSUM62 (Henikoff S and JG, PNAS 1992;89:10915) for the substitutions of Table 2.
BLOSUM62 = {"EK": 1, "FL": 0, "LP": -3, "LR": -2, "TI": -1, "DN": 1, "CR": -3, "CY": -2, "LM": 2, "GR": -2}


@dataclass(frozen=True)
class Pair:
    """A drug and a mutation with its measured fold and what the screen says of them."""

    drug: str
    mutation: str
    fold: float
    censored: bool
    row: dict[str, str]

    def number(self, column: str) -> float:
        return float(self.row[column])


def measured() -> list[tuple[str, str, float | None, bool]]:
    """Drug, mutation, fold (None: no wild type of the same study) and whether it is a lower bound; from Table 2."""
    found = []
    for row in read_table(EVIDENCE, required=("variants", "drug", "value", "censoring", "fold", "source", "kind")):
        if row.cells["source"] == SOURCE and row.cells["kind"] == "in_vitro_IC50":
            fold = row.optional_number("fold")
            found.append((row.text("drug").lower(), row.text("variants"), fold, row.cells["censoring"] == ">"))
    return found


def screened(folder: Path) -> dict[str, dict[str, str]]:
    rows = read_table(folder / "screen.tsv", required=("mutation", "status"), delimiter="\t")
    return {row.cells["mutation"]: dict(row.cells) for row in rows}


def calculate(folder: Path, structure: Path, mutations: list[str], more: list[str]) -> None:
    command = [sys.executable, "-m", "kinescape.cli.main", "structure", "screen", str(structure), "--ligand", "VGH"]
    command += ["--mutations", ",".join(mutations), "-o", str(folder), *more]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def letters(mutation: str) -> list[str]:
    return [LETTERS[each.reference] + LETTERS[each.alternative] for each in parse_mutations(mutation)]


SCORES: dict[str, Callable[[Pair], float]] = {
    "screen: interaction energy": lambda pair: pair.number("delta_interaction_kcal"),
    "screen: Lennard-Jones part": lambda pair: pair.number("delta_lennard_jones_kcal"),
    "screen: electrostatic part": lambda pair: pair.number("delta_electrostatic_kcal"),
    "screen: plain, without solvent": lambda pair: (
        pair.number("delta_lennard_jones_kcal") + pair.number("delta_coulomb_kcal")
    ),
    "screen: MM/GBSA-like": lambda pair: pair.number("delta_binding_kcal"),
    "baseline: nearness to the ligand": lambda pair: -pair.number("distance_angstrom"),
    "baseline: change of volume": lambda pair: sum(
        abs(VOLUMES[one[1]] - VOLUMES[one[0]]) for one in letters(pair.mutation)
    ),
    "baseline: BLOSUM62": lambda pair: -min(BLOSUM62[one] for one in letters(pair.mutation)),
}


def spearman(scores: np.ndarray, folds: np.ndarray) -> float:
    """NaN where either has no spread."""
    one, other = rankdata(scores), rankdata(folds)
    if one.std() == 0 or other.std() == 0:
        return float("nan")
    return float(np.corrcoef(one, other)[0, 1])


def auc(scores: np.ndarray, folds: np.ndarray) -> float:
    """Area under the ROC curve for folds above 10; NaN where all or none are."""
    positive, negative = scores[folds > RESISTANT], scores[folds <= RESISTANT]
    if not len(positive) or not len(negative):
        return float("nan")
    difference = positive[:, None] - negative[None]
    return float(np.mean((difference > 0) + 0.5 * (difference == 0)))


def bootstrap(of: Callable[[np.ndarray, np.ndarray], float], scores: np.ndarray, folds: np.ndarray) -> str:
    random = np.random.default_rng(SEED)
    values = []
    for _ in range(DRAWS):
        chosen = random.integers(0, len(scores), len(scores))
        value = of(scores[chosen], folds[chosen])
        if np.isfinite(value):
            values.append(value)
    low, high = np.percentile(values, [2.5, 97.5])
    return f"{of(scores, folds):5.2f} [{low:5.2f}, {high:5.2f}]"


def fitted(pairs: list[Pair]) -> np.ndarray:
    """log10 fold predicted from interaction and MM/GBSA-like energy by least squares without the pair's mutation."""
    features = np.array(
        [[1.0, pair.number("delta_interaction_kcal"), pair.number("delta_binding_kcal")] for pair in pairs]
    )
    wanted = np.log10([pair.fold for pair in pairs])
    predicted = np.empty(len(pairs))
    for number, pair in enumerate(pairs):
        others = np.array([each.mutation != pair.mutation for each in pairs])
        weights, *_ = np.linalg.lstsq(features[others], wanted[others], rcond=None)
        predicted[number] = features[number] @ weights
    return predicted


def show(title: str, pairs: list[Pair]) -> None:
    folds = np.array([pair.fold for pair in pairs])
    print(f"\n{title}: {len(pairs)} pairs, {int((folds > RESISTANT).sum())} above {RESISTANT:.0f}-fold")
    print(f"  {'score':36s} {'Spearman [95%]':22s} AUC > 10-fold [95%]")
    scores = {name: np.array([of(pair) for pair in pairs]) for name, of in SCORES.items()}
    if len({pair.mutation for pair in pairs}) > 4:
        scores["screen: two terms, left-one-out fit"] = fitted(pairs)
    for name, values in scores.items():
        print(f"  {name:36s} {bootstrap(spearman, values, folds):22s} {bootstrap(auc, values, folds)}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("--structure", type=Path)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--replicates", type=int, default=4)
    arguments = parser.parse_args()
    table = measured()
    pairs: list[Pair] = []
    print(
        f"{'drug':12s} {'mutation':15s} {'fold':>8s} {'interaction [95%], kcal/mol':>28s} {'MM/GBSA':>8s} {'CPU s':>6s}"
    )
    for drug, (pose, more) in SCREENS.items():
        folder = arguments.results / drug
        wanted = [(mutation, fold, censored) for name, mutation, fold, censored in table if name == drug]
        if arguments.structure is not None:
            names = [mutation for mutation, _, _ in wanted]
            how = ["--processes", str(arguments.processes), "--replicates", str(arguments.replicates), *more]
            calculate(folder, arguments.structure, names, how)
        if not (folder / "screen.tsv").is_file():
            print(f"{drug}: no screen.tsv in {folder}")
            continue
        rows = screened(folder)
        print(f"{drug} ({pose})")
        for mutation, fold, censored in wanted:
            row = rows.get(mutation, {"status": "not calculated"})
            label = "no fold" if fold is None else f"{'>' if censored else ''}{fold:.2f}"
            if row["status"] != "done":
                print(f"{'':12s} {mutation:15s} {label:>8s} {row['status']}")
                continue
            interval = f"{row['delta_interaction_kcal']} [{row['ci_low']}, {row['ci_high']}]"
            binding, seconds = row["delta_binding_kcal"], row["cpu_seconds"]
            print(f"{'':12s} {mutation:15s} {label:>8s} {interval:>28s} {binding:>8s} {seconds:>6s}")
            if fold is not None:
                pairs.append(Pair(drug, mutation, fold, censored, row))
    for drug in SCREENS:
        own = [pair for pair in pairs if pair.drug == drug]
        if len(own) > 3:
            show(f"{drug} ({SCREENS[drug][0]})", own)
    if len({pair.drug for pair in pairs}) > 1:
        show("together", pairs)
    left = sorted({name for name, *_ in table} - set(SCREENS))
    print(
        f"\nNot scored: {', '.join(left)}: no structure of ALK with the drug at hand, and no defensible pose on 2XP2."
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
