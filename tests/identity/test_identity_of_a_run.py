"""From reads to the tables of a run: a swap and a mixture of 1%, and no sample that depends on another."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest

from kinescape.cli.main import main
from kinescape.panel.load import load_panel
from kinescape.simulate.sample import simulate_sample
from kinescape.simulate.spec_file import to_spec

pytestmark = [pytest.mark.slow, pytest.mark.aligners]

PAIRS = 900
SITES = ("chr2:29222369:A>G", "chr2:29214022:A>G", "chr6:117308827:C>T")
"""In the inserts of ALK exons 22 and 25 and of ROS1 exon 38; nothing is listed there."""
ONE, TWO = ("hom", "hom", ""), ("", "", "hom")


def simulated(folder: Path, name: str, genotypes: tuple[str, ...], seed: int) -> None:
    germline = [{"change": s, "genotype": g} for s, g in zip(SITES, genotypes, strict=True) if g]
    values = {"sample": name, "panel": "alk-ros1", "background": 0.0024, "molecules": 5000, "pairs": PAIRS}
    simulate_sample(to_spec({**values, "germline": germline}), load_panel(), folder / name, seed)


def lines_of(path: Path) -> list[str]:
    with gzip.open(path, "rt") as handle:
        return handle.read().splitlines()


def mix(folder: Path, into: str, source: str, share: float) -> None:
    """Put as many pairs of ``source`` into ``into`` as make up ``share`` of it."""
    chosen: list[int] | None = None
    for mate in (1, 2):
        path = folder / f"{into}_R{mate}.fastq.gz"
        own, other = lines_of(path), lines_of(folder / f"{source}_R{mate}.fastq.gz")
        if chosen is None:
            wanted = round(len(own) // 4 * share / (1 - share))
            chosen = sorted(random.Random(5).sample(range(len(other) // 4), wanted))
        added = [line for at in chosen for line in ("@MIX" + other[4 * at][1:], *other[4 * at + 1 : 4 * at + 4])]
        with gzip.open(path, "wt") as handle:
            handle.write("\n".join([*own, *added]) + "\n")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("identity")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KINESCAPE_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("KINESCAPE_ANNOTATION", str(tmp_path_factory.mktemp("annotation")))
        people = {"P1_a": ONE, "P1_b": TWO, "P2_a": TWO, "P2_b": TWO, "P3": ("", "", "")}
        for seed, (name, genotypes) in enumerate(people.items()):
            simulated(folder, name, genotypes, seed)
        mix(folder, "P3", "P1_a", 0.01)
        lines = [f"{n},{n[:2]},{n}_R1.fastq.gz,{n}_R2.fastq.gz,yes" for n in people]
        for sheet, rows in (("all", lines), ("alone", lines[-1:])):
            text = "\n".join(["sample,patient,fastq_1,fastq_2,simulated", *rows]) + "\n"
            (folder / f"{sheet}.csv").write_text(text, encoding="utf-8")
            command = ["run", str(folder / f"{sheet}.csv"), "-o", str(folder / sheet), "--min-depth", "500", "--quiet"]
            assert main(command) == 0
    return folder


def rows_of(path: Path) -> list[dict[str, str]]:
    head, *lines = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    return [dict(zip(head, line, strict=True)) for line in lines]


def test_the_swapped_sample_is_told(run: Path) -> None:
    pairs = {(row["sample_a"], row["sample_b"]): row for row in rows_of(run / "all" / "identity.tsv")}
    assert len(pairs) == 10
    assert pairs["P1_a", "P1_b"]["verdict"] in ("differ", "doubtful")
    assert "swapped" in pairs["P1_a", "P1_b"]["concern"]
    assert pairs["P2_a", "P2_b"]["different"] == "0"
    assert pairs["P2_a", "P2_b"]["concern"] == "."
    assert "swapped" in (run / "all" / "index.html").read_text(encoding="utf-8")


def test_one_percent_of_another_sample_is_found(run: Path) -> None:
    rows = {(row["recipient"], row["donor"]): row for row in rows_of(run / "all" / "contamination.tsv")}
    found = rows["P3", "P1_a"]
    assert found["state"] in ("seen", "suspected")
    assert float(found["share_low"]) <= 0.01 <= float(found["share_high"])
    assert {row["state"] for (recipient, _), row in rows.items() if recipient != "P3"} <= {"not_seen", "cannot_be_told"}


def test_multiqc_files_are_beside_the_run(run: Path) -> None:
    assert len(list((run / "all" / "multiqc").glob("kinescape_*_mqc.json"))) == 8


def test_no_sample_depends_on_the_others(run: Path) -> None:
    one, alone = (run / sheet / "samples" / "P3" for sheet in ("all", "alone"))
    names = sorted(path.name for path in alone.iterdir())
    assert names == sorted(path.name for path in one.iterdir())
    assert all((one / name).read_bytes() == (alone / name).read_bytes() for name in names)


def test_a_run_of_one_has_tables_without_rows(run: Path) -> None:
    assert rows_of(run / "alone" / "identity.tsv") == []
    assert rows_of(run / "alone" / "contamination.tsv") == []
