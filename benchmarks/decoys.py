"""The panel's own windows against a larger reference, on reads of which many come from elsewhere.

    python benchmarks/decoys.py DECOYS.fa [--pairs 3000] [--off-target 0.3] [--seed 1]

DECOYS.fa: other regions of the genome (FASTA, any number). A sample is simulated whose off-target reads are cut from
them, and `kinescape run` reads it twice: against the embedded windows, and with `--reference` against a FASTA of
the same windows and the decoys. Printed is what differs: calls, depth, mismatches per base, reads counted.

A genome FASTA has chromosomes of full length. So that an index is built in seconds, the panel is moved: 29,190,000 is
taken off its positions on chr2 and 117,280,000 off those on chr6; both chromosomes are N outside the windows. Both
runs use that panel. bwa fills N with random bases, and says so; Bowtie2 leaves them out.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import gzip
import io
import json
import random
import re
import resource
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import yaml

OFFSETS = {"chr2": 29_190_000, "chr6": 117_280_000}
PACKAGED = Path(__file__).parents[1] / "src" / "kinescape" / "data" / "panels" / "alk-ros1"
POSITIONS = {
    "exons.tsv": ("start", "end", "coding_start", "coding_end"),
    "amplicons.tsv": ("start", "end", "insert_start", "insert_end"),
    "known_positions.tsv": ("pos",),
}
CHANGES = ({"name": "compound", "fraction": 0.04, "changes": ["ALK:c.3586C>A", "ALK:c.3604G>A"]},
           {"name": "low", "fraction": 0.015, "changes": ["ALK:c.3710G>A"]},
           {"name": "ros1", "fraction": 0.02, "changes": ["ROS1:c.6094G>A"]})  # fmt: skip
CHROMOSOMES = {"ALK": "chr2", "ROS1": "chr6"}


def moved_panel(folder: Path) -> Path:
    """The packaged panel with its positions taken down by :data:`OFFSETS`."""
    from kinescape.files import sha256_of

    shutil.copytree(PACKAGED, folder)
    changed = (*POSITIONS, "windows.fa")
    sums = {name: sha256_of(folder / name) for name in changed}
    for name, columns in POSITIONS.items():
        with (folder / name).open(encoding="utf-8", newline="") as handle:
            rows = list(csv.DictReader(handle, delimiter="\t"))
        for row in rows:
            offset = OFFSETS[row["chrom"] if "chrom" in row else CHROMOSOMES[row["gene"]]]
            row |= {column: str(int(row[column]) - offset) for column in columns if row[column].isdigit()}
        with (folder / name).open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, rows[0].keys(), delimiter="\t", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    windows = (folder / "windows.fa").read_text(encoding="utf-8")

    def lowered(match: re.Match[str]) -> str:
        chrom, start, end = match[1], int(match[2]), int(match[3])
        return f"{chrom}:{start - OFFSETS[chrom]}-{end - OFFSETS[chrom]}"

    (folder / "windows.fa").write_text(re.sub(r"(chr\d+):(\d+)-(\d+)", lowered, windows), encoding="utf-8")
    manifest = (folder / "panel.yaml").read_text(encoding="utf-8")
    for name in changed:
        manifest = manifest.replace(sums[name], sha256_of(folder / name))
    (folder / "panel.yaml").write_text(manifest, encoding="utf-8")
    return folder


def larger_reference(panel_folder: Path, decoys: Path, path: Path) -> Path:
    """Windows at their places and the decoys, with both indexes."""
    from kinescape.panel.load import load_panel

    panel = load_panel(str(panel_folder))
    with path.open("w", encoding="utf-8") as handle:
        for chrom in OFFSETS:
            windows = [window for window in panel.windows if window.chrom == chrom]
            bases = bytearray(b"N" * (max(window.end for window in windows) + 500))
            for window in windows:
                bases[window.start : window.end] = window.sequence.encode()
            handle.write(f">{chrom}\n{bases.decode()}\n")
        handle.write(decoys.read_text(encoding="utf-8"))
    for command in (
        ["bwa", "index", path.name],
        ["bowtie2-build-s", "--wrapper", "basic-0", "-q", path.name, path.name],
    ):
        subprocess.run(command, cwd=path.parent, check=True, capture_output=True)
    return path


def add_diverged_copy(panel_folder: Path, decoys: Path, share: float, seed: int) -> None:
    """A made-up relative of ALK's amplicons: no such copy is known; it shows what one would do."""
    from kinescape.panel.load import load_panel

    panel, draw = load_panel(str(panel_folder)), random.Random(seed)
    with decoys.open("a", encoding="utf-8") as handle:
        for amplicon in panel.amplicons:
            if amplicon.chrom == "chr2":
                bases = panel.bases(amplicon.chrom, amplicon.start - 20, amplicon.end + 20)
                changed = (draw.choice("ACGT".replace(base, "")) if draw.random() < share else base for base in bases)
                handle.write(f">copy_of_{amplicon.name}\n{''.join(changed)}\n")


def analysed(arguments: list[str], sample: Path) -> dict[str, Any]:
    """Result and positions of one run, with the CPU seconds that it took."""
    from kinescape.cli.main import main

    before = _cpu()
    with contextlib.redirect_stdout(io.StringIO()):
        code = main(["run", *arguments])
    if code:
        raise SystemExit(f"kinescape run ended with {code}")
    with gzip.open(sample / "positions.tsv.gz", "rt") as handle:
        lines = [line for line in handle if not line.startswith("##")]
    positions = list(csv.DictReader(lines, delimiter="\t"))
    return {"result": json.loads((sample / "result.json").read_text()), "positions": positions, "cpu": _cpu() - before}


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def report(windows: dict[str, Any], larger: dict[str, Any]) -> None:
    """What the two runs say otherwise."""
    for name, run in (("windows", windows), ("larger", larger)):
        result = run["result"]
        aligners = "; ".join(
            f"{each['aligner']}: {each['aligned_reads']:,} reads counted of {each['distinct_mates']:,} distinct mates, "
            f"{result['qc']['mismatches_per_base'][each['aligner']]:.6f} mismatches per base"
            for each in result["aligners"]
        )
        on_target = result["qc"]["on_target_fraction"]
        print(
            f"{name:8} {run['cpu']:6.1f} CPU s; on target {on_target:.5f}; gate {result['gate']['status']}; {aligners}"
        )
    one, two = ({_place(call): call for call in run["result"]["calls"]} for run in (windows, larger))
    for place in sorted(set(one) | set(two)):
        print(f"call {place:24} windows {_said(one.get(place)):28} larger {_said(two.get(place))}")
    columns = [name for name in windows["positions"][0] if name not in ("#chrom", "chrom", "pos", "ref")]
    differing = dict.fromkeys(columns, 0)
    largest = dict.fromkeys(columns, 0.0)
    for a, b in zip(windows["positions"], larger["positions"], strict=True):
        for name in columns:
            if a[name] != b[name]:
                differing[name] += 1
                with contextlib.suppress(ValueError):
                    largest[name] = max(largest[name], abs(float(a[name]) - float(b[name])))
    print(f"{len(windows['positions'])} positions; columns that differ somewhere:")
    for name in columns:
        if differing[name]:
            print(f"  {name}: at {differing[name]} positions, by {largest[name]:g} at most")
    if not any(differing.values()):
        print("  none")


def _place(call: dict[str, Any]) -> str:
    variant = call["variant"]
    return f"{variant['chrom']}:{variant['pos']}:{variant['ref']}>{variant['alt']}"


def _said(call: dict[str, Any] | None) -> str:
    return "-" if call is None else f"{call['evidence']} {call['vaf']:.4%} {','.join(call['filters'])}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("decoys", type=Path)
    parser.add_argument("--pairs", type=int, default=3000)
    parser.add_argument("--off-target", type=float, default=0.3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--diverged", type=float, default=0.0, help="add a copy of ALK's windows that differs so much")
    parser.add_argument("--min-depth", type=int, default=500)
    options = parser.parse_args()

    from kinescape.simulate.sample import simulate_file

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        panel = moved_panel(folder / "panel")
        decoys = folder / "decoys.fa"
        decoys.write_text(options.decoys.read_text(encoding="utf-8"), encoding="utf-8")
        if options.diverged:
            add_diverged_copy(panel, decoys, options.diverged, options.seed)
        spec = {
            "sample": "S", "panel": "panel", "pairs": options.pairs, "molecules": 5000, "background": 0.0024,
            "haplotypes": list(CHANGES),
            "off_target": {"fraction": options.off_target, "fasta": str(decoys)},
        }  # fmt: skip
        (folder / "spec.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
        truth = simulate_file(folder / "spec.yaml", folder / "S", options.seed, None)
        print(f"simulated: {truth.pairs:,} read pairs, {truth.off_target_pairs:,} of them from {options.decoys.name}")
        reference = larger_reference(panel, decoys, folder / "larger.fa")
        shared = ["--fastq", str(folder / "S_R1.fastq.gz"), str(folder / "S_R2.fastq.gz"), "--sample", "S", "--quiet",
                  "--panel", str(panel), "--min-depth", str(options.min_depth), "--threads", "1"]  # fmt: skip
        runs = {}
        for name, more in {"windows": [], "larger": ["--reference", str(reference)]}.items():
            runs[name] = analysed([*shared, *more, "-o", str(folder / name)], folder / name / "samples" / "S")
        report(runs["windows"], runs["larger"])


if __name__ == "__main__":
    main()
