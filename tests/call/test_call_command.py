"""``kinescape call`` as a user types it."""

import numpy as np
import pysam
import pytest

from alignment_files import DATA, Read, random_reads, write_bam, write_fasta
from kinescape.cli.main import main


@pytest.fixture
def sample(tmp_path):
    """A BAM file with one SNV, one deletion and noise, and its reference."""
    rng = np.random.default_rng(5)
    sequence = "".join(rng.choice(list("ACGT"), 200))
    reads = []
    for start in range(0, 100, 2):
        for i in range(20):
            bases = list(sequence[start : start + 60])
            if i < 3 and start <= 90 < start + 60:
                bases[90 - start] = "A" if sequence[90] != "A" else "C"
            cigar = "60M"
            if i in (4, 5) and start + 10 < 110 < start + 50:
                cut = 110 - start
                bases, cigar = bases[:cut] + list(sequence[start + cut + 3 : start + 63]), f"{cut}M3D{60 - cut}M"
            reads.append(Read(start, cigar, "".join(bases), 35, flag=16 * (i % 2)))
    bam = write_bam(tmp_path / "in.bam", {"chrT": 200}, reads)
    return bam, write_fasta(tmp_path / "ref.fa", {"chrT": sequence}), tmp_path


def run(*arguments):
    return main(["call", *[str(argument) for argument in arguments]])


def calls_of(path):
    with pysam.VariantFile(str(path)) as handle:
        return [(r.pos, r.ref, r.alts[0], list(r.filter), dict(r.info)) for r in handle]


def test_a_variant_is_written(sample, capsys):
    bam, reference, folder = sample
    assert run(bam, "--reference", reference, "--mode", "lofreq", "-o", folder / "out.vcf") == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "1 of 1 calls pass" in captured.err
    ((pos, _, _, verdict, info),) = calls_of(folder / "out.vcf")
    assert (pos, verdict) == (91, ["PASS"])
    assert info["DP4"][2:] == (60, 30)
    assert info["DP"] == 600
    assert info["HQA"] == 90
    assert info["AF"] == pytest.approx(0.15)
    header = (folder / "out.vcf").read_text().splitlines()[:4]
    assert header == [
        "##fileformat=VCFv4.2",
        header[1],
        "##reference=ref.fa",
        "##contig=<ID=chrT,length=200>",
    ]
    assert header[1].startswith("##source=kinescape ")
    assert str(folder) not in (folder / "out.vcf").read_text()


def test_indels_on_the_standard_output(sample, capsys):
    bam, reference, _ = sample
    assert run(bam, "--reference", reference, "--indels", "--dindel") == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("#")]
    assert len(lines) == 2
    assert ";INDEL;HRUN=" in lines[1]


def test_the_same_bytes_twice_and_compressed(sample, capsys):
    bam, reference, folder = sample
    run(bam, "--reference", reference, "--indels", "--indel-quality", "40,35", "-o", folder / "a.vcf")
    run(
        bam, "--reference", reference, "--indels", "--indel-quality", "40,35", "-o", folder / "b.vcf.gz", "--threads", 2
    )
    assert (folder / "b.vcf.gz.tbi").exists()
    with pysam.BGZFile(str(folder / "b.vcf.gz")) as handle:
        assert handle.read() == (folder / "a.vcf").read_bytes()
    assert "--indels --indel-quality 40,35" in (folder / "a.vcf").read_text().splitlines()[1]


def test_failed_calls_on_request(sample):
    bam, reference, folder = sample
    options = ("--reference", reference, "--af-min", "0.2", "--snvqual-mtc", "fdr")
    run(bam, *options, "-o", folder / "a.vcf")
    assert calls_of(folder / "a.vcf") == []
    run(bam, *options, "--print-all", "-o", folder / "b.vcf")
    assert [verdict for _, _, _, verdict, _ in calls_of(folder / "b.vcf")] == [["min_af_0.200000"]]


@pytest.mark.parametrize(
    ("option", "passes"),
    [
        (("--cov-min", "601"), 0),
        (("--sb-mtc", "holm", "--sb-no-compound", "--sb-alpha", "0.99"), 0),
        (("--sb-mtc", "fdr"), 1),
        (("--snvqual-mtc", "bonf", "--snvqual-ntests", "1000000"), 1),
        (("--min-bq", "36"), 0),
        (("--min-alt-bq", "36"), 0),
        (("--bonf", "1", "--sig", "1e-300"), 0),
        (("--no-mq", "--no-default-filter", "--plain-baq", "--use-orphan"), 1),
        (("--min-cov", "5000"), 0),
        (("--min-mq", "60", "--max-mq", "60"), 1),
    ],
)
def test_options(sample, option, passes, capsys):
    bam, reference, _ = sample
    fixed = ("--indels", "--dindel") if "--plain-baq" in option else ("--no-baq",)
    assert run(bam, "--reference", reference, *fixed, *option) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("#")]
    assert len([line for line in lines if "INDEL" not in line]) == passes


def test_a_file_without_variants_is_a_valid_vcf(tmp_path):
    reference = write_fasta(tmp_path / "ref.fa", {"chrT": "ACGT" * 20})
    bam = write_bam(tmp_path / "in.bam", {"chrT": 80}, [Read(4, "40M", "ACGT" * 10)])
    assert run(bam, "--reference", reference, "-o", tmp_path / "out.vcf") == 0
    assert calls_of(tmp_path / "out.vcf") == []


def test_random_reads_make_a_valid_vcf(tmp_path):
    rng = np.random.default_rng(8)
    sequence = "".join(rng.choice(list("ACGT"), 300))
    bam = write_bam(tmp_path / "in.bam", {"chrT": 300}, random_reads(rng, sequence, 800))
    reference = write_fasta(tmp_path / "ref.fa", {"chrT": sequence})
    options = ("--indels", "--dindel", "--print-all", "--sig", "1", "--bonf", "1", "--no-mq", "--no-baq")
    assert run(bam, "--reference", reference, *options, "-o", tmp_path / "out.vcf") == 0
    found = calls_of(tmp_path / "out.vcf")
    assert len(found) > 20
    for pos, ref, _, _, _ in found:
        assert sequence[pos - 1 : pos - 1 + len(ref)] == ref
    assert [pos for pos, *_ in found] == sorted(pos for pos, *_ in found)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("none.bam", "--reference", "ref.fa"), "none.bam: no such file"),
        (("in.bam", "--reference", "none.fa"), "none.fa: no such file"),
        (("in.bam", "--reference", "ref.fa", "--indels"), "no indel qualities"),
        (("in.bam", "--reference", "ref.fa", "--bonf", "many"), "neither 'dynamic' nor a positive number"),
        (("in.bam", "--reference", "ref.fa", "--indel-quality", "200"), "is not INS or INS,DEL"),
        (("in.bam", "--reference", "ref.fa", "--indel-quality", "3", "--dindel"), "exclude each other"),
        (("in.bam", "--reference", "ref.fa", "--no-baq", "--plain-baq"), "exclude each other"),
        (("in.bam", "--reference", "ref.fa", "--mode", "other"), "'other' is not 'lofreq'"),
        (("in.bam",), "Missing option '--reference'"),
    ],
)
def test_bad_input_is_one_message_and_exit_code_2(sample, arguments, message, capsys, monkeypatch):
    _, _, folder = sample
    monkeypatch.chdir(folder)
    assert run(*arguments, "-o", "out.vcf") == 2
    assert message in " ".join(capsys.readouterr().err.split())
    assert not (folder / "out.vcf").exists()


def test_a_cut_file_leaves_no_output(sample, capsys):
    bam, reference, folder = sample
    content = bam.read_bytes()
    (folder / "cut.bam").write_bytes(content[: len(content) // 2])
    assert run(folder / "cut.bam", "--reference", reference, "-o", folder / "out.vcf") == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (folder / "out.vcf").exists()


def test_parity_through_the_command(tmp_path):
    """CRAM in, LoFreq's records out."""
    out = tmp_path / "out.vcf"
    assert run(DATA / "parity_2.cram", "--reference", DATA / "reference.fa", "--no-baq", "-o", out) == 0
    printed = [line for line in (DATA / "parity_2.nobaq.vcf").read_text().splitlines() if line[0] != "#"]
    assert [line for line in out.read_text().splitlines() if line[0] != "#"] == printed
