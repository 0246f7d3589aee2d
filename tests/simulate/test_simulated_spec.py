"""Specifications: what is accepted, and one clear error for each fault."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinescape.errors import InputError
from kinescape.panel.model import Panel
from kinescape.simulate.plan import make_plan
from kinescape.simulate.sample import simulate_file, simulate_sample
from kinescape.simulate.spec import SpecError
from kinescape.simulate.spec_file import read_spec, to_spec

GOOD = "sample: s\npairs: 10\nmolecules: 20\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "spec.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def haplotype(*changes: str, fraction: float = 0.1, name: str = "h") -> str:
    listed = "".join(f'\n      - "{change}"' for change in changes)
    return f"  - name: {name}\n    fraction: {fraction}\n    changes:{listed}\n"


BAD = [
    # (text, words of the message, line)
    ("", "is empty", None),
    ("- a\n- b\n", "is not a list of keys", 1),
    ("sample: [\n", "not YAML", 2),
    (GOOD + "pairs: 11\n", "key 'pairs' stands twice", 4),
    (GOOD + "reads: 5\n", "key 'reads': unknown key", 4),
    (GOOD + "pcr:\n  cycle: 5\n", "key 'pcr.cycle': unknown key", 5),
    ("pairs: 10\nmolecules: 1\n", "key 'sample': missing", 1),
    ("sample: s\nmolecules: 1\n", "key 'pairs': missing", 1),
    ("sample: a b\npairs: 10\nmolecules: 1\n", "key 'sample': wrong value; found 'a b'", 1),
    ("sample: s\npairs: -1\nmolecules: 1\n", "key 'pairs': wrong value; found -1; expected int >= 0", 2),
    ("sample: s\npairs: many\nmolecules: 1\n", "key 'pairs': wrong value; found 'many'", 2),
    ("sample: s\npairs: 10\nmolecules: 0\n", "key 'molecules': wrong value; found 0", 3),
    ("sample: s\npairs: 10\n", "key 'molecules': missing; expected exactly one of molecules, cfdna_ng", 1),
    (GOOD + "cfdna_ng: 5\n", "key 'molecules': both are given", 3),
    (GOOD + "cfdna_ng: 0\n", "key 'cfdna_ng': wrong value; found 0; expected float > 0.0", 4),
    (GOOD + "pcr:\n  cycles: 30\n  chimera_fraction: 2\n", "key 'pcr.chimera_fraction': wrong value; found 2", 6),
    (GOOD + "pcr: {error_rate: 1e-6}\nbackground: 0.002\n", "key 'background': is given together with", 5),
    (GOOD + "background: 0.0001\n", "key 'background': is below what this machine's qualities mean", 4),
    (GOOD + "sequencing: {profile: nanopore}\n", "key 'sequencing.profile': wrong value; found 'nanopore'", 4),
    (GOOD + "umi: {length: 8, where: tail}\n", "key 'umi.where': wrong value; found 'tail'", 4),
    (GOOD + "off_target: {fraction: 1}\n", "key 'off_target.fraction': wrong value", 4),
    ("sample: s\nmolecules: 1\npairs:\n  default: 5\n  ALK_E99: 4\n", "key 'pairs.ALK_E99': no amplicon of panel", 5),
    ("sample: s\nmolecules: 1\npairs:\n  ALK_E22: 4\n", "key 'pairs': says nothing about ALK_E23", 3),
    ("sample: s\nmolecules: 1\npairs: 0\n", "no read pair to write", None),
    (GOOD + "haplotypes:\n" + haplotype("ALK:L1196M", fraction=1.2), "key 'haplotypes[0].fraction': wrong value", 6),
    (GOOD + "haplotypes:\n" + haplotype("ALK:L1196"), "key 'haplotypes[0].changes[0]'", 8),
    (GOOD + "haplotypes:\n" + haplotype("nonsense"), "key 'haplotypes[0].changes[0]': not a change", 8),
    (GOOD + "haplotypes:\n" + haplotype("EGFR:T790M"), "key 'haplotypes[0].changes[0]'", 8),
    (GOOD + "haplotypes:\n" + haplotype("ALK:M1196L"), "key 'haplotypes[0].changes[0]'", 8),
    (GOOD + "haplotypes:\n" + haplotype("chr2:29220765:A>T"), "wrong reference base", 8),
    (GOOD + "haplotypes:\n" + haplotype("chr2:29220765:G>G"), "changes nothing", 8),
    (GOOD + "haplotypes:\n" + haplotype("chr1:5:G>A"), "lies outside the panel's windows", 8),
    (GOOD + "haplotypes:\n" + haplotype("ROS1:G2101A"), "lies in no amplicon between the primers", 8),
    (GOOD + "haplotypes:\n" + haplotype("ALK:L1196M", "ALK:c.3586C>A"), "the same change stands twice", 9),
    (GOOD + "haplotypes:\n" + haplotype("ALK:L1196M", "ALK:c.3586C>T"), "two changes of one molecule overlap", 7),
    (GOOD + "haplotypes:\n" + haplotype("ALK:L1196M") * 2, "key 'haplotypes[1].name': is taken", 9),
    (
        GOOD
        + "haplotypes:\n"
        + haplotype("ALK:L1196M", fraction=0.6)
        + haplotype("ALK:L1198F", fraction=0.6, name="i"),
        "key 'haplotypes': fractions add up to more than 1; found 1.2",
        4,
    ),
    (
        GOOD + "haplotypes:\n" + haplotype("ALK:L1196M") + 'germline:\n  - change: "ALK:L1196M"\n',
        "is a germline change and one of a haplotype",
        10,
    ),
    (GOOD + "pcr:\n  noisy_sites:\n    - {change: 'ALK:c.3521_3523del', vaf: 0.01}\n", "is not a single base", 6),
    (GOOD + "panel: no-such-panel\n", "no such panel", None),
    (GOOD + "off_target: {fraction: 0.1, fasta: absent.fa}\n", "no such file", None),
]


@pytest.mark.parametrize(("text", "words", "line"), BAD, ids=[words[:50] for _, words, _ in BAD])
def test_each_fault_is_one_error_at_its_place(tmp_path: Path, text: str, words: str, line: int | None) -> None:
    path = write(tmp_path, text)
    with pytest.raises(InputError) as caught:
        simulate_file(path, tmp_path / "out" / "x", 1)
    assert words in str(caught.value)
    assert caught.value.line == line
    if line is not None:
        assert caught.value.file == path
    assert not (tmp_path / "out").exists(), "nothing is written"


def test_files_that_are_not_text(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_spec(tmp_path / "absent.yaml")
    with pytest.raises(InputError, match="cannot be read"):
        read_spec(tmp_path)
    path = tmp_path / "binary.yaml"
    path.write_bytes(b"sample: \xff\xfe\n")
    with pytest.raises(InputError, match="not UTF-8"):
        read_spec(path)
    path.write_bytes(b"sample: a\x07b\n")
    with pytest.raises(InputError, match="not YAML"):
        read_spec(path)
    path.write_bytes(b"#" * 1_000_001)
    with pytest.raises(InputError, match="too long"):
        read_spec(path)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_specification_or_one_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / f"any-{os.getpid()}.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError):
        read_spec(path)


def test_seed_and_prefix_are_checked(panel: Panel, tmp_path: Path) -> None:
    spec = to_spec({"sample": "s", "pairs": 1, "molecules": 1})
    with pytest.raises(InputError, match="seed out of range"):
        simulate_sample(spec, panel, tmp_path / "x", -1)
    with pytest.raises(InputError, match="prefix is a folder"):
        simulate_sample(spec, panel, tmp_path, 1)


def test_broken_off_target_sequences(panel: Panel, tmp_path: Path) -> None:
    for content, words in ((b"ACGT\n", "cannot be read as FASTA"), (b">a\nACGTNN\n", "no stretch of 50 bases")):
        fasta = tmp_path / "decoy.fa"
        fasta.write_bytes(content)
        spec = to_spec(
            {"sample": "s", "pairs": 5, "molecules": 5, "off_target": {"fraction": 0.5, "fasta": str(fasta)}}
        )
        with pytest.raises(InputError, match=words):
            simulate_sample(spec, panel, tmp_path / "x", 1)


def test_numbers_with_an_exponent_are_numbers(tmp_path: Path) -> None:
    spec = read_spec(write(tmp_path, GOOD + "pcr: {error_rate: 1e-6}\n")).spec
    assert spec.pcr.error_rate == 1e-6


def test_paths_are_relative_to_the_specification(tmp_path: Path) -> None:
    (tmp_path / "my-panel").mkdir()
    spec = read_spec(write(tmp_path, GOOD + "panel: my-panel\noff_target: {fasta: d.fa}\n")).spec
    assert spec.panel == str(tmp_path / "my-panel")
    assert spec.off_target.fasta == str(tmp_path / "d.fa")


def test_heterozygous_changes_stay_at_one_half(panel: Panel) -> None:
    spec = to_spec(
        {
            "sample": "s",
            "pairs": 1,
            "molecules": 1,
            "haplotypes": [{"name": "h", "fraction": 0.3, "changes": ["ALK:L1196M"], "parent": "b"}],
            "germline": [
                {"change": "chr2:29209860:G>A", "parent": "a"},
                {"change": "chr2:29220719:G>A", "parent": "b"},
                {"change": "chr2:29214017:C>T", "genotype": "hom"},
            ],
        }
    )
    plan = make_plan(spec, panel)
    stated = {change.variant.pos: fraction for change, fraction in zip(plan.changes, plan.fractions, strict=True)}
    assert stated == pytest.approx({29220765: 0.3, 29209860: 0.5, 29220719: 0.5, 29214017: 1.0})
    exon_23 = next(each for each in plan.amplicons if each.amplicon.name == "ALK_E23")
    clone = exon_23.populations[0]
    assert [plan.changes[i].variant.pos for i in clone.changes] == [29220719, 29220765], "the clone's parent is b"
    assert sum(each.fraction for each in exon_23.populations) == pytest.approx(1)


def test_a_clone_larger_than_one_parent_shifts_the_balance(panel: Panel) -> None:
    spec = to_spec(
        {
            "sample": "s",
            "pairs": 1,
            "molecules": 1,
            "haplotypes": [{"name": "h", "fraction": 0.8, "changes": ["ALK:L1196M"]}],
            "germline": [{"change": "chr2:29209860:G>A", "parent": "a"}],
        }
    )
    assert make_plan(spec, panel).fractions == pytest.approx((0.8, 0.8))


def test_the_same_change_under_two_names_is_one_variant(panel: Panel) -> None:
    spec = to_spec(
        {
            "sample": "s",
            "pairs": 1,
            "molecules": 1,
            "haplotypes": [
                {"name": "a", "fraction": 0.1, "changes": ["ALK:L1196M"]},
                {"name": "b", "fraction": 0.2, "changes": ["chr2:29220765:G>T", "ALK:p.Gly1202Arg"]},
                {"name": "c", "fraction": 0.05, "changes": ["chr2:g.29220747C>T"]},
            ],
        }
    )
    plan = make_plan(spec, panel)
    assert [change.variant.name for change in plan.changes] == ["chr2:29220765:G>T", "chr2:29220747:C>T"]
    assert plan.labels == (("a", "b"), ("b", "c"))
    assert plan.texts[0] == ("ALK:L1196M", "chr2:29220765:G>T")
    assert plan.fractions == pytest.approx((0.3, 0.25))


def test_spec_error_keeps_its_key() -> None:
    with pytest.raises(SpecError) as caught:
        to_spec({"sample": "s", "pairs": 1, "haplotypes": [{"name": "a", "fraction": 0.1, "changes": []}]})
    assert caught.value.key == "haplotypes[0].changes"
