"""Libraries with UMIs, from reads to molecules, through the real aligners. All data simulated."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from e2e_samples import make

from kinescape.cli.main import main
from kinescape.panel.load import load_panel
from kinescape.records import SampleResult
from kinescape.simulate.truth import Truth

Records = list[tuple[str, str, str, str]]

MOLECULES = 250
DELETION = "ROS1:c.6094_6096del"


def run(folder: Path, sample: str, out: str, *options: str) -> SampleResult:
    fastq = [str(folder / f"{sample}_R{mate}.fastq.gz") for mate in (1, 2)]
    assert main(["run", "--fastq", *fastq, "-o", str(folder / out), "--sample", sample, "--quiet", *options]) == 0
    path = folder / out / "samples" / sample / "result.json"
    return msgspec.json.decode(path.read_bytes(), type=SampleResult)


def rewrite(folder: Path, sample: str, new: str, change: Callable[[Records], Records]) -> None:
    """A copy of a sample whose pairs ``change`` has changed: (name, mate 1's record, mate 2's record, tail)."""
    texts = [gzip.decompress((folder / f"{sample}_R{mate}.fastq.gz").read_bytes()).decode() for mate in (1, 2)]
    lines = [text.splitlines() for text in texts]
    pairs = [
        (one[0].split(" ")[0], "\n".join(one[1:]), "\n".join(two[1:]), "")
        for one, two in zip(*([each[i : i + 4] for i in range(0, len(each), 4)] for each in lines), strict=True)
    ]
    changed = change(pairs)
    for mate in (1, 2):
        text = "".join(f"{pair[0]} {mate}:N:0:1\n{pair[mate]}\n" for pair in changed)
        (folder / f"{new}_R{mate}.fastq.gz").write_bytes(gzip.compress(text.encode(), 1, mtime=0))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("umi")


@pytest.fixture(scope="module")
def small(folder: Path) -> dict[str, Truth]:
    """250 molecules of two amplicons, eight read pairs each: tagged in the header and in the read."""
    values = {
        "pairs": {"default": 0, "ALK_E23": 2000, "ROS1_E38": 2000},
        "molecules": MOLECULES,
        "haplotypes": [
            {"name": "one", "fraction": 0.08, "changes": ["ALK:G1202R"]},
            {"name": "two", "fraction": 0.12, "changes": [DELETION]},
        ],
    }
    return {where: make(folder, where, 5, umi={"length": 10, "where": where}, **values) for where in ("header", "read")}


@pytest.fixture(scope="module")
def header_result(folder: Path, small: dict[str, Truth]) -> SampleResult:
    return run(folder, "header", "out_header", "--umi", "header", "--min-depth", "100")


def check_molecules(result: SampleResult, truth: Truth) -> None:
    assert result.umi is not None
    covered = {each.name: each for each in result.amplicons if each.name in ("ALK_E23", "ROS1_E38")}
    for each in covered.values():
        assert 0.9 * MOLECULES <= each.median_depth <= 1.02 * MOLECULES
        assert each.median_depth == each.fragments
    called = {call.variant: call for call in result.calls if call.evidence == "strong"}
    assert set(called) == {each.variant for each in truth.variants}
    for each in truth.variants:
        call = called[each.variant]
        # The molecules themselves are counted, so the drawn fraction is met almost exactly.
        assert call.vaf == pytest.approx(each.drawn_vaf, abs=0.015)
        assert call.vaf_low <= each.drawn_vaf <= call.vaf_high


def test_molecules_are_counted_from_header_umis(header_result: SampleResult, small: dict[str, Truth]) -> None:
    check_molecules(header_result, small["header"])
    umi = header_result.umi
    assert umi is not None
    assert (umi.strategy, umi.umi_length, umi.duplex) == ("joined", 10, None)
    assert umi.pairs == header_result.qc.pairs == 4000
    assert sum(size * families for size, families in umi.family_sizes) == 4000
    assert header_result.parameters.min_vaf == 0.001


def test_molecules_are_counted_from_read_umis(folder: Path, small: dict[str, Truth]) -> None:
    result = run(folder, "read", "out_read", "--umi-read-structure", "10M+T +T", "--min-depth", "100")
    check_molecules(result, small["read"])
    assert result.umi is not None
    assert result.umi.pairs_low_quality_umi > 0
    assert result.qc.read_length_1 == result.qc.read_length_2 - 10


def test_order_of_the_reads_is_irrelevant(folder: Path, header_result: SampleResult) -> None:
    def shuffled(pairs: Records) -> Records:
        random.Random(3).shuffle(pairs)
        return pairs

    rewrite(folder, "header", "mixed", shuffled)
    mixed = run(folder, "mixed", "out_mixed", "--umi", "header", "--min-depth", "100")
    for part in ("umi", "calls", "coverage", "amplicons", "known_positions"):
        assert getattr(mixed, part) == getattr(header_result, part), part


def test_duplex_umis_join_the_strands(folder: Path, small: dict[str, Truth], header_result: SampleResult) -> None:
    """F1R2 pairs get the UMI's halves as A+B, F2R1 pairs as B+A, as adapters with a UMI at either end give them."""
    panel = load_panel()
    starts = [panel.bases(each.chrom, each.start, each.start + 12) for each in panel.amplicons]

    def tagged(pairs: Records) -> Records:
        changed = []
        for name, one, two, tail in pairs:
            stem, tag = name.rsplit(":", 1)
            forward = any(sum(x == y for x, y in zip(one, start, strict=False)) >= 9 for start in starts)
            first, second = (tag[:5], tag[5:]) if forward else (tag[5:], tag[:5])
            changed.append((f"{stem}:{first}+{second}", one, two, tail))
        return changed

    rewrite(folder, "header", "duplex", tagged)
    result = run(folder, "duplex", "out_duplex", "--umi", "header", "--min-depth", "100")
    check_molecules(result, small["header"])
    assert result.umi is not None
    assert result.umi.strategy == "paired"
    # Eight pairs of random orientation: nearly every molecule is read both ways.
    assert result.umi.duplex is not None
    assert result.umi.duplex > 0.9
    assert abs(result.umi.molecules - (header_result.umi.molecules if header_result.umi else 0)) <= 10
    apart = run(folder, "duplex", "out_apart", "--umi", "header", "--umi-strategy", "adjacency", "--min-depth", "100")
    assert apart.umi is not None
    assert apart.umi.families > 1.8 * result.umi.families


def test_errors_are_suppressed_and_a_variant_of_four_in_a_thousand_is_found(folder: Path) -> None:
    truth = make(
        folder,
        "deep",
        11,
        pairs={"default": 0, "ALK_E23": 15000},
        molecules=3000,
        umi={"length": 12, "where": "header"},
        haplotypes=[{"name": "low", "fraction": 0.004, "changes": ["ALK:G1202R"]}],
    )
    with_umis = run(folder, "deep", "out_deep", "--umi", "header")
    plain = run(folder, "deep", "out_plain")
    assert plain.umi is None
    for aligner, rate in plain.qc.mismatches_per_base.items():
        assert rate > 0.002
        assert with_umis.qc.mismatches_per_base[aligner] < rate / 5
    (call,) = [call for call in with_umis.calls if call.evidence != "filtered"]
    assert call.consequence is not None
    assert (call.consequence.protein, call.evidence) == ("G1202R", "strong")
    assert call.vaf == pytest.approx(truth.variants[0].drawn_vaf, abs=0.001)
    known = {(each.gene, each.protein): each for each in with_umis.known_positions}
    before = {(each.gene, each.protein): each for each in plain.known_positions}
    limit, plain_limit = known["ALK", "L1196M"].lod95, before["ALK", "L1196M"].lod95
    assert limit is not None
    assert plain_limit is not None
    assert limit < 0.004 < plain_limit
    (same,) = [each for each in plain.calls if each.variant == call.variant]
    # Copies of some molecules outnumber those of others: counting molecules comes nearer to what was in the tube.
    drawn = truth.variants[0].drawn_vaf
    assert abs(call.vaf - drawn) <= abs(same.vaf - drawn)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--umi", "header", "--umi-read-structure", "8M+T +T"], "either --umi header or --umi-read-structure"),
        (["--umi", "header", "--background", "b.parquet"], "UMIs and a background exclude each other"),
        (["--umi-read-structure", "8M+T"], "two read structures are needed"),
        (["--umi-read-structure", "8X+T +T"], "read structure cannot be followed"),
    ],
)
def test_options_that_cannot_be_followed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    assert main(["run", "--fastq", "a", "b", "-o", str(tmp_path / "out"), *options]) == 2
    assert said in capsys.readouterr().err


def test_reads_without_umis_are_refused(
    folder: Path, small: dict[str, Truth], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The read-tagged sample has no UMI in its names: coordinates are no UMI."""
    fastq = [str(folder / f"read_R{mate}.fastq.gz") for mate in (1, 2)]
    assert main(["run", "--fastq", *fastq, "-o", str(tmp_path / "out"), "--umi", "header", "--quiet"]) == 2
    printed = capsys.readouterr()
    assert "line 1: read name does not end in a UMI" in printed.out + printed.err
    assert not (tmp_path / "out" / "samples" / "read").exists()
