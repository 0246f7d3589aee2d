"""`kinescape export`, called as a user does: where files land, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from example_results import compound_cis, earlier_sample, no_calls, trans_clones
from hypothesis import given
from hypothesis import strategies as st
from results_at_hand import odd, run_folder

from kinescape.cli.export import FORMATS as OF_THE_COMMAND
from kinescape.cli.main import main
from kinescape.exports.select import file_stem, known_identifiers
from kinescape.exports.write import FORMATS
from kinescape.report.result import write_result

ENDINGS = {
    "tsv": ".tsv",
    "maf": ".maf",
    "vcf": ".vcf.gz",
    "fhir": ".json",
    "phenopackets": ".json",
    "docx": ".docx",
    "pdf": ".pdf",
}
ONE_PER_SAMPLE = ("vcf", "fhir", "docx", "pdf")


def files_under(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_the_command_offers_every_format() -> None:
    assert OF_THE_COMMAND == FORMATS
    assert set(ENDINGS) | {"cbioportal"} == set(FORMATS)


@pytest.mark.parametrize("kind", ENDINGS)
def test_one_sample_is_one_file(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_result(tmp_path / "s" / "result.json", compound_cis())
    out = tmp_path / "out" / f"file{ENDINGS[kind]}"
    assert main(["export", str(tmp_path / "s"), "--format", kind, "-o", str(out)]) == 0
    assert capsys.readouterr().out == f"{out}\n"
    assert files_under(tmp_path / "out") == {out.name} | ({f"{out.name}.tbi"} if kind == "vcf" else set())


@pytest.mark.parametrize("kind", ONE_PER_SAMPLE)
def test_a_run_is_a_folder_of_files(kind: str, tmp_path: Path) -> None:
    run = run_folder(tmp_path / "run", compound_cis(), no_calls())
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("stays", encoding="utf-8")
    assert main(["export", str(run), "--format", kind, "-o", str(tmp_path / "out")]) == 0
    names = {f"{name}{ENDINGS[kind]}" for name in ("SIM01-relapse", "SIM09-relapse")}
    extra = {f"{name}.tbi" for name in names} if kind == "vcf" else set()
    assert files_under(tmp_path / "out") == names | extra | {"mine.txt"}


def test_a_run_of_one_sample_is_a_folder_too(tmp_path: Path) -> None:
    run = run_folder(tmp_path / "run", compound_cis())
    assert main(["export", str(run), "--format", "fhir", "-o", str(tmp_path / "out")]) == 0
    assert files_under(tmp_path / "out") == {"SIM01-relapse.json"}


@pytest.mark.parametrize("kind", ["tsv", "maf"])
def test_tables_hold_the_whole_run(kind: str, tmp_path: Path) -> None:
    run = run_folder(tmp_path / "run", compound_cis(), trans_clones())
    assert main(["export", str(run), "--format", kind, "-o", str(tmp_path / f"all.{kind}")]) == 0
    text = (tmp_path / f"all.{kind}").read_text(encoding="utf-8")
    assert "SIM01-relapse" in text
    assert "SIM06-relapse" in text


def test_phenopackets_are_one_per_patient(tmp_path: Path) -> None:
    run = run_folder(tmp_path / "run", compound_cis(), earlier_sample(), trans_clones())
    assert main(["export", str(run), "--format", "phenopackets", "-o", str(tmp_path / "out")]) == 0
    assert files_under(tmp_path / "out") == {"SIM-P01.json", "SIM-P06.json"}


@pytest.mark.parametrize("kind", FORMATS)
def test_odd_names_stay_inside_the_folder(kind: str, tmp_path: Path) -> None:
    run = run_folder(tmp_path / "run", odd(), no_calls())
    out = tmp_path / "deep" / "out"
    target = out / f"all{ENDINGS[kind]}" if kind in ("tsv", "maf") else out
    assert main(["export", str(run), "--format", kind, "-o", str(target)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"run", "deep"}
    assert {path.name for path in (tmp_path / "deep").iterdir()} == {"out"}
    for name in files_under(out):
        assert "script" not in name or "<" not in name
        assert ".." not in name


@given(st.text(max_size=150), st.text(max_size=150))
def test_stems_are_plain_and_never_shared(one: str, other: str) -> None:
    stems = [file_stem(one), file_stem(other)]
    for stem in stems:
        assert stem
        assert not set(stem) & set('/\\\0:*?"<>|\n')
        assert not stem.startswith(".")
        assert len(stem) <= 110
    assert (stems[0] == stems[1]) == (one == other)


@given(st.lists(st.text(max_size=40).filter(lambda text: text.isprintable()), unique=True, max_size=5))
def test_identifiers_are_never_shared(names: list[str]) -> None:
    made = known_identifiers(names, "._-")
    assert len(set(made.values())) == len(names)
    assert all(
        set(value) <= set("._-") | set("0123456789") | {c for c in value if c.isalnum()} for value in made.values()
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["{run}", "--format", "pdf", "-o", "{out}/one.pdf"], "2 files do not go into one"),
        (["{run}", "{run}", "--format", "tsv", "-o", "{out}/x.tsv"], "is given twice"),
        (["{run}/samples/s0", "--format", "maf", "-o", "{out}/x.pdf"], "not the ending of this format"),
        (["{run}/nowhere", "--format", "tsv", "-o", "{out}/x.tsv"], "no such file"),
        (["{run}", "--format", "cbioportal", "-o", "{out}/s", "--study", "a b"], "not an identifier"),
        (["{run}", "--format", "cbioportal", "-o", "{run}"], "is there and is no study"),
        (["{run}", "--format", "pdf", "-o", "{out}", "--template", "x.docx"], "goes with --format docx"),
        (["{run}", "--format", "docx", "-o", "{out}", "--template", "x.docx"], "no such file"),
        (["{run}", "--format", "phenopackets", "-o", "{out}", "--disease", "lung"], "not a disease"),
        (["{run}", "--format", "xml", "-o", "{out}"], "xml"),
        (["--format", "tsv", "-o", "{out}/x.tsv"], "SOURCES"),
    ],
)
def test_what_is_wrong_is_one_line_and_leaves_nothing(
    arguments: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_folder(tmp_path / "run", compound_cis(), no_calls())
    before = files_under(run)
    places = {"run": str(run), "out": str(tmp_path / "out")}
    assert main(["export", *(each.format(**places) for each in arguments)]) == 2
    printed = capsys.readouterr()
    assert told in printed.err
    assert "Traceback" not in printed.err
    assert printed.out == ""
    assert files_under(run) == before
    assert not (tmp_path / "out").exists() or not files_under(tmp_path / "out")


def test_a_study_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    run = run_folder(tmp_path / "run", compound_cis())
    for _ in range(2):
        assert main(["export", str(run), "--format", "cbioportal", "-o", str(tmp_path / "study")]) == 0
    assert (tmp_path / "study" / "meta_study.txt").is_file()


def test_an_empty_run_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "samples").mkdir()
    assert main(["export", str(tmp_path), "--format", "tsv", "-o", str(tmp_path / "x.tsv")]) == 2
    assert "no sample has a result" in capsys.readouterr().err
