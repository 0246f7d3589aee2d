"""What stands in the files, counted in the files."""

from __future__ import annotations

import gzip
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kinescape.coordinates import reverse_complement
from kinescape.panel.model import Panel
from kinescape.simulate.sample import simulate_sample
from kinescape.simulate.spec_file import to_spec

ILLUMINA_NAME = re.compile(rb"@SIM:\d+:[A-Za-z0-9]+:\d:\d{4}:\d+:\d+ [12]:N:0:[A-Z0-9]+")
TRUSEQ_1, TRUSEQ_2 = b"AGATCGGAAGAGCACACGTCTGAACTCCAGTCA", b"AGATCGGAAGAGCGTCGTGTAGGGAAAGAGTGT"
FIVE_SIGMA = 5.0


def within(observed: float, expected: float, standard_error: float, sigma: float = FIVE_SIGMA) -> bool:
    return abs(observed - expected) <= sigma * standard_error


def cis(fraction: float = 0.1, *changes: str, name: str = "h") -> dict[str, Any]:
    return {"name": name, "fraction": fraction, "changes": list(changes)}


def test_same_seed_same_bytes_whatever_the_folder(panel: Panel, tmp_path: Path) -> None:
    spec = to_spec(
        {"sample": "s", "pairs": 1500, "molecules": 900, "haplotypes": [cis(0.1, "ALK:L1196M")], "background": 0.003}
    )
    written = []
    for prefix, seed in ((tmp_path / "a" / "x", 7), (tmp_path / "other" / "yy", 7), (tmp_path / "c", 8)):
        written.append([path.read_bytes() for path in simulate_sample(spec, panel, prefix, seed).files])
    assert written[0] == written[1]
    assert all(first != second for first, second in zip(written[0], written[2], strict=True))
    for gz in written[0][:2]:
        assert gz[3] == 0, "no file name in the gzip header"
        assert gz[4:8] == bytes(4), "no time in the gzip header"


def test_one_amplicon_does_not_change_the_molecules_of_another(write_sample: Callable[..., Any]) -> None:
    haplotypes = [cis(0.1, "ALK:L1196M")]
    whole = write_sample(haplotypes=haplotypes)
    without = write_sample(haplotypes=haplotypes, pairs={"default": 1000, "ALK_E22": 0})
    assert whole.truth.variants == without.truth.variants
    assert without.on("ALK_E22").rows.size == 0
    assert without.truth.amplicons[0].molecules == 0


def test_names_are_illumina_style_unique_and_tell_nothing(write_sample: Callable[..., Any], plain: Any) -> None:
    names_1, names_2 = plain.mate_1.names, plain.mate_2.names
    assert all(ILLUMINA_NAME.fullmatch(name) for name in names_1 + names_2)
    assert [name.split()[0] for name in names_1] == [name.split()[0] for name in names_2]
    assert len(set(names_1)) == len(names_1) == plain.truth.pairs
    mutated = write_sample(seed=5, pairs=2000, haplotypes=[cis(0.4, "ALK:L1196M")])
    assert mutated.mate_1.names == names_1, "names depend on the number of pairs only"


@pytest.mark.parametrize("profile", ["miseq", "binned"])
def test_a_base_of_quality_q_is_wrong_with_probability_10_to_the_minus_q_tenth(
    write_sample: Callable[..., Any], profile: str
) -> None:
    sample = write_sample(
        pairs=3000, pcr={"error_rate": 0}, sequencing={"profile": profile, "n_rate": 0.003}, molecules="unlimited"
    )
    parts = [sample.mismatches(each.name) for each in sample.panel.amplicons]
    mismatch, unknown, quality, _ = (np.concatenate([part[i] for part in parts]) for i in range(4))
    assert set(quality[unknown].tolist()) == {2}, "N has quality 2"
    assert within(unknown.mean(), 0.003, math.sqrt(0.003 / unknown.size))
    known_quality, wrong = quality[~unknown], mismatch[~unknown]
    shown = np.unique(known_quality)
    assert shown.tolist() == [12, 23, 37] if profile == "binned" else shown.size > 30
    for q in shown.tolist():
        of_quality = wrong[known_quality == q]
        p = 10 ** (-q / 10)
        assert within(of_quality.mean(), p, math.sqrt(p * (1 - p) / of_quality.size)), (q, of_quality.mean(), p)


def test_wrong_bases_are_each_of_the_three_others_alike(plain: Any) -> None:
    parts = [plain.mismatches(each.name) for each in plain.panel.amplicons]
    letters = np.concatenate([part[3][part[0]] for part in parts])
    # Shares of a letter among the errors follow the shares of the other letters in what was read.
    counts = {letter: int((letters == ord(letter)).sum()) for letter in "ACGT"}
    right = np.concatenate([part[3][~part[0] & ~part[1]] for part in parts])
    share = {letter: float((right == ord(letter)).mean()) for letter in "ACGT"}
    total = sum(counts.values())
    for letter in "ACGT":
        expected = (1 - share[letter]) / 3
        assert within(counts[letter] / total, expected, math.sqrt(expected / total) * 1.5)


def test_miseq_qualities_decline_along_the_read_and_mate_2_is_worse(plain: Any) -> None:
    first, second = plain.mate_1.qualities, plain.mate_2.qualities
    assert first[:, 20:40].mean() > first[:, 120:].mean() + 0.5
    assert second[:, 20:40].mean() > second[:, 120:].mean() + 1.0
    assert first.mean() > second.mean()
    assert 0.9 < (first >= 30).mean() < 0.98
    by_read = first.mean(axis=1)
    assert by_read.std() > 1.3 * first.std(axis=0).mean() / math.sqrt(first.shape[1]), "there are good and bad reads"


@pytest.mark.parametrize(("profile", "target"), [("miseq", 0.0024), ("binned", 0.0024), ("miseq", 0.006)])
def test_mismatches_per_base_come_to_the_stated_background(
    write_sample: Callable[..., Any], profile: str, target: float
) -> None:
    sample = write_sample(pairs=3000, molecules=5000, background=target, sequencing={"profile": profile})
    parts = [sample.mismatches(each.name) for each in sample.panel.amplicons]
    wrong = sum(int(part[0].sum()) for part in parts)
    bases = sum(int((~part[1]).sum()) for part in parts)
    assert sample.truth.background.total == pytest.approx(target)
    between = [_between_primers(sample, each.name) for each in sample.panel.amplicons]
    wrong_between, bases_between = (sum(part[i] for part in between) for i in (0, 1))
    expected = sample.truth.background.between_primers
    assert expected > target
    assert within(wrong_between / bases_between, expected, math.sqrt(2.5 * expected / bases_between) + 0.01 * expected)
    # Both mates of a pair show a copying error, and families share it: about twice the variance of single errors.
    assert within(wrong / bases, target, math.sqrt(2.0 * target / bases)), wrong / bases


def _between_primers(sample: Any, name: str) -> tuple[int, int]:
    """(mismatches, bases) of the forward reads between the primers."""
    amplicon, plus = sample.reference(name)
    first, last = amplicon.insert_start - amplicon.start, amplicon.insert_end - amplicon.start
    letters = sample.on(name).forward[:, first : min(last, 150)]
    known = letters != ord("N")
    expected = np.frombuffer(plus.encode(), np.uint8)[first : first + letters.shape[1]]
    return int(((letters != expected) & known).sum()), int(known.sum())


def test_adapter_is_read_where_and_only_where_the_fragment_is_shorter_than_the_read(plain: Any) -> None:
    seen_short = 0
    for amplicon in plain.panel.amplicons:
        length = amplicon.end - amplicon.start
        pairs = plain.on(amplicon.name)
        for letters, adapter in (
            (np.where(pairs.flipped[:, None], pairs.reverse, pairs.forward), TRUSEQ_1),
            (np.where(pairs.flipped[:, None], pairs.forward, pairs.reverse), TRUSEQ_2),
        ):
            tail = letters[:, length:]
            if tail.shape[1] == 0:
                assert sum(b"AGATCGGAAGAGC" in row.tobytes() for row in letters[:300]) == 0
                continue
            seen_short += 1
            begin = np.frombuffer(adapter, np.uint8)[: tail.shape[1]]
            assert (tail[:, : begin.size] == begin).mean() > 0.97
    assert seen_short >= 4


def test_half_of_the_pairs_read_the_minus_strand_first(plain: Any) -> None:
    for amplicon in plain.panel.amplicons:
        flipped = plain.on(amplicon.name).flipped
        assert flipped.size == 2000
        assert within(flipped.mean(), 0.5, 0.5 / math.sqrt(flipped.size))


def alt_pairs(sample: Any, amplicon_name: str, pos: int, alt: str) -> np.ndarray[Any, Any]:
    """Pairs in which a mate with quality >= 30 shows the base at 1-based ``pos``, and no such mate another."""
    amplicon, plus = sample.reference(amplicon_name)
    pairs = sample.on(amplicon_name)
    at = pos - 1 - amplicon.start
    from_end = len(plus) - 1 - at
    shows = np.zeros(pairs.rows.size, bool)
    denies = np.zeros(pairs.rows.size, bool)
    for letters, qualities, where, base in (
        (pairs.forward, pairs.forward_quality, at, alt),
        (pairs.reverse, pairs.reverse_quality, from_end, reverse_complement(alt)),
    ):
        if where < letters.shape[1]:
            good = qualities[:, where] >= 30
            shows |= good & (letters[:, where] == ord(base))
            denies |= good & (letters[:, where] != ord(base))
    return shows & ~denies


def test_truth_is_what_the_reads_contain(write_sample: Callable[..., Any]) -> None:
    sample = write_sample(
        pairs=8000,
        molecules=4000,
        haplotypes=[
            cis(0.05, "ALK:L1196M", "ALK:c.3604G>A", name="compound"),
            cis(0.02, "chr2:29214017:C>T", name="c1237y"),
            cis(0.01, "ROS1:c.6094G>A", name="ros1"),
        ],
        germline=[{"change": "chr2:29209860:G>A", "parent": "b"}],
        pcr={"chimera_fraction": 0.02},
    )
    expected = {"chr2:29220765:G>T": 0.05, "chr2:29220747:C>T": 0.05, "chr2:29214017:C>T": 0.02}
    expected |= {"chr6:117317184:C>T": 0.01, "chr2:29209860:G>A": 0.5}
    assert {each.variant.name: pytest.approx(each.stated_vaf) for each in sample.truth.variants} == expected
    amplicon_of = {29220765: "ALK_E23", 29220747: "ALK_E23", 29214017: "ALK_E24", 29209860: "ALK_E25"}
    for each in sample.truth.variants:
        found = alt_pairs(sample, amplicon_of.get(each.variant.pos, "ROS1_E38"), each.variant.pos, each.variant.alt)
        assert each.pairs == 8000
        assert each.molecules == 4000
        assert abs(int(found.sum()) - each.alt_pairs) <= 0.01 * each.alt_pairs + 6, each
        assert within(each.drawn_vaf, each.stated_vaf, math.sqrt(each.stated_vaf / 4000))


@pytest.mark.parametrize(
    ("change", "replaced", "by"),
    [
        ("ALK:c.3521_3523del", 3, 0),
        ("ALK:c.3452_3454dup", 0, 3),
        ("chr2:29220747:CC>TT", 2, 2),
    ],
)
def test_indels_and_multi_base_changes_stand_in_the_reads(
    write_sample: Callable[..., Any], change: str, replaced: int, by: int
) -> None:
    sample = write_sample(pairs=2000, molecules=2000, haplotypes=[cis(0.3, change)], background=0.002)
    (variant,) = sample.truth.variants
    name = "ALK_E22" if "3452" in change else "ALK_E23"
    amplicon, plus = sample.reference(name)
    at = variant.variant.pos - 1 - amplicon.start
    assert plus[at : at + len(variant.variant.ref)] == variant.variant.ref
    assert len(variant.variant.alt) - len(variant.variant.ref) == by - replaced
    mutated = plus[:at] + variant.variant.alt + plus[at + len(variant.variant.ref) :]
    # What no reference read can contain, whatever repeats surround the change.
    probe = next(
        mutated[at - k : at + len(variant.variant.alt) + k]
        for k in range(6, 30)
        if mutated[at - k : at + len(variant.variant.alt) + k] not in plus
    )
    pairs = sample.on(name)
    texts = [b"".join((a.tobytes(), b"|", b.tobytes())) for a, b in zip(pairs.forward, pairs.reverse, strict=True)]
    both = (probe.encode(), reverse_complement(probe).encode())
    found = sum(any(each in text for each in both) for text in texts)
    assert variant.alt_pairs * 0.97 <= found <= variant.alt_pairs + 2
    assert within(variant.alt_pairs / 2000, 0.3, math.sqrt(0.21 * (1 / 2000 + 1.25 / 2000)))


def test_cis_changes_share_their_pairs_and_trans_changes_never_do(write_sample: Callable[..., Any]) -> None:
    sample = write_sample(
        pairs=6000,
        molecules=6000,
        haplotypes=[
            cis(0.1, "ALK:L1196M", "ALK:c.3604G>A", name="both"),
            cis(0.08, "ALK:c.3703T>C", name="clone_1"),
            cis(0.12, "ALK:c.3710G>A", name="clone_2"),
        ],
    )
    first, second = (alt_pairs(sample, "ALK_E23", pos, alt) for pos, alt in ((29220765, "T"), (29220747, "T")))
    assert first.sum() > 400
    assert (first & second).sum() > 0.95 * max(first.sum(), second.sum())
    one, other = (alt_pairs(sample, "ALK_E24", pos, alt) for pos, alt in ((29214024, "G"), (29214017, "T")))
    assert min(one.sum(), other.sum()) > 300
    assert (one & other).sum() <= 1, "only a sequencing error could make it"


def test_chimeras_recombine_at_the_stated_rate(write_sample: Callable[..., Any]) -> None:
    sample = write_sample(
        pairs={"default": 0, "ALK_E23": 20000},
        molecules="unlimited",
        haplotypes=[
            cis(0.5, "chr2:29220710:C>A", name="x"),
            cis(
                0.5,
                "chr2:29220831:A>G",
                name="y",
            ),
        ],
        pcr={"chimera_fraction": 0.2},
        sequencing={"profile": "binned", "n_rate": 0},
    )
    assert within(sample.truth.chimeric_pairs, 4000, math.sqrt(20000 * 0.2 * 0.8))
    left, right = alt_pairs(sample, "ALK_E23", 29220710, "A"), alt_pairs(sample, "ALK_E23", 29220831, "G")
    # The sites are 121 bases apart; a breakpoint is one of the 132 places behind the first of the insert's 133 bases.
    # Half of the partners are of the other haplotype; of the recombinants half carry both changes and half neither.
    expected = 20000 * 0.2 * (121 / 132) * 0.5 * 0.5
    assert within((left & right).sum() / 0.97, expected, 1.1 * math.sqrt(expected)), (left & right).sum()


def test_off_target_reads_are_those_of_the_fasta(write_sample: Callable[..., Any], tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    decoys = ["".join(rng.choice(list("ACGT"), size=size)) for size in (300, 600)]
    fasta = tmp_path / "decoys.fa.gz"
    fasta.write_bytes(gzip.compress(f">a\n{decoys[0]}\n>b\nNNNN{decoys[1]}NNACGTNN\n".encode()))
    sample = write_sample(
        pairs=500, off_target={"fraction": 0.2, "fasta": str(fasta)}, sequencing={"profile": "binned", "n_rate": 0}
    )
    assert sample.truth.off_target_pairs == round(3500 * 0.25)
    on = np.concatenate([sample.on(each.name).rows for each in sample.panel.amplicons])
    off = np.setdiff1d(np.arange(sample.truth.pairs), on)
    assert off.size == sample.truth.off_target_pairs
    strands = [text for decoy in decoys for text in (decoy, reverse_complement(decoy))]
    words = [sample.mate_1.letters[row, :30].tobytes().decode() for row in off.tolist()]
    assert np.mean([any(word in strand for strand in strands) for word in words]) > 0.9


def test_random_off_target_reads_resemble_no_amplicon(write_sample: Callable[..., Any]) -> None:
    sample = write_sample(pairs=300, off_target={"fraction": 0.1})
    on = sum(sample.on(each.name).rows.size for each in sample.panel.amplicons)
    assert on == 2100
    assert sample.truth.off_target_pairs == 233
    assert len(sample.mate_1.names) == 2333


@pytest.mark.parametrize("where", ["header", "read"])
def test_umis_tell_molecules_apart(write_sample: Callable[..., Any], where: str) -> None:
    sample = write_sample(
        pairs={"default": 0, "ALK_E23": 6000},
        molecules=300,
        haplotypes=[cis(0.3, "ALK:L1196M")],
        umi={"length": 10, "where": where},
        sequencing={"profile": "binned", "n_rate": 0},
    )
    skip = 10 if where == "read" else 0
    pairs = sample.on("ALK_E23", skip_1=skip)
    assert pairs.rows.size == 6000
    if where == "header":
        tags = [name.split()[0].rsplit(b":", 1)[1] for name in sample.mate_1.names]
        assert tags == [name.split()[0].rsplit(b":", 1)[1] for name in sample.mate_2.names]
    else:
        tags = [row[:10].tobytes() for row in sample.mate_1.letters]
    assert {len(tag) for tag in tags} == {10}
    families: dict[bytes, list[int]] = {}
    for row, tag in enumerate(tags):
        families.setdefault(tag, []).append(row)
    large = {tag: rows for tag, rows in families.items() if len(rows) >= 4}
    assert 250 <= len(large) <= 300, "one family for each of the molecules that were read often"
    assert sum(len(rows) for rows in large.values()) > 0.95 * 6000
    amplicon, _ = sample.reference("ALK_E23")
    at = 29220764 - amplicon.start
    letter = dict(zip(pairs.rows.tolist(), pairs.forward[:, at].tolist(), strict=True))
    agreement = [max(np.mean([letter[row] == ord(base) for row in rows]) for base in "GT") for rows in large.values()]
    assert np.mean(agreement) > 0.99, "a family is one molecule"


def test_a_tag_in_the_read_is_read_through_by_mate_2(write_sample: Callable[..., Any]) -> None:
    sample = write_sample(
        pairs={"default": 0, "ALK_E22": 500},
        umi={"length": 6, "where": "read"},
        sequencing={"profile": "binned", "n_rate": 0},
    )
    amplicon, _ = sample.reference("ALK_E22")
    length = amplicon.end - amplicon.start
    tag = sample.mate_1.letters[:, :6]
    complement = np.zeros(256, np.uint8)
    complement[list(b"ACGT")] = list(b"TGCA")
    behind = sample.mate_2.letters[:, length : length + 6]
    assert (complement[tag[:, ::-1]] == behind).mean() > 0.99
    adapter = sample.mate_2.letters[:, length + 6 :]
    assert (adapter[:, :20] == np.frombuffer(TRUSEQ_2[:20], np.uint8)).mean() > 0.98


def test_a_failed_write_leaves_nothing(panel: Panel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("kinescape.simulate.sample.truth_vcf", broken)
    with pytest.raises(OSError, match="No space"):
        simulate_sample(to_spec({"sample": "s", "pairs": 10, "molecules": 5}), panel, tmp_path / "x", 1)
    assert list(tmp_path.iterdir()) == []
