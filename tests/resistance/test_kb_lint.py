"""The lint: every known fault of the raw facts, every seeded fault of a good base, and nothing on the packaged one."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest
from resistance_samples import KB, PANEL

from kinescape.resistance.build import build
from kinescape.resistance.lint import lint, notes
from kinescape.tables import read_table

RAW = Path(__file__).parent.parent / "data" / "knowledge" / "raw_facts.tsv"


def said(path: Path | str) -> list[str]:
    return [str(fault) for fault in lint(path, PANEL)]


def test_packaged_base_is_clean() -> None:
    assert said("alk-ros1") == []


@pytest.fixture(scope="module")
def raw_faults(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What the lint says of the raw facts, converted and not corrected."""
    out = tmp_path_factory.mktemp("raw") / "base"
    build(RAW, out, KB, curation=None, date="2026-11", curator="test")
    return said(out)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("E0140 G1202R Ceritinib", "CIViC EID1345, a faulty record (its text contradicts its own direction)"),
        ("E0151 G1202R Crizotinib", "CIViC EID1357, a faulty record (it describes G1202A"),
        ("E0064 L1196M+G1202R Crizotinib", "cross-study fold"),
        ("E0065 L1196M+G1202R Brigatinib", "cross-study fold"),
        ("E0066 L1196M+G1202R Ceritinib", "cross-study fold"),
        ("E0067 L1196M+G1202R Alectinib", "cross-study fold"),
        ("E0068 L1196M+G1202R Lorlatinib", "cross-study fold"),
        (
            "E0018 L1196P Alectinib",
            "censored at 3000 and no top dose is given; row E0016 of the same source gives 3112",
        ),
        ("E0053 C1237Y Alectinib", "censored at 3000"),
        ("E0052 C1237Y Ceritinib", "censored at 10000"),
        ("E0213a L1152P Crizotinib", "status must be unverified"),
        ("E0235 G1202R Entrectinib", "status must be unverified"),
        ("E0081 R1275Q TAE684", "resistant contradicts row E0080 of the same source, which says sensitive"),
        ("E0181 G2032R Foretinib", "reduced contradicts row E0110 of the same source"),
        ("E0092 T1151I Crizotinib", "profile is T1151INST"),
        ("E0158 T1151dup(T1151insT) Crizotinib", "not a protein change"),
        ("E0212 T1151dup(I1151Tins) Crizotinib", "wrong reference residue: ALK 1151 is T, not I"),
        ("E0176 I1171T Ceritinib", "fold over two systems"),
        ("E0069 L1196M+G1202R", "unknown drug 'brigatinib (prior report)'"),
        ("E0001 E1154K Crizotinib", "no status (verified, unverified or disputed) in 262 rows"),
    ],
)
def test_each_known_fault_of_the_raw_facts_is_found(raw_faults: list[str], row: str, words: str) -> None:
    assert any(row in line and words in line for line in raw_faults), row


def test_every_review_row_of_the_raw_facts_must_be_marked(raw_faults: list[str]) -> None:
    marked = [line for line in raw_faults if "status must be unverified" in line]
    reviews = [row for row in KB.claims if row.kind == "review" and row.row.startswith("E")]
    assert {claim.row for claim in reviews} <= {line.split(": ")[1].split()[0] for line in marked}


def test_raw_facts_are_linted_as_they_lie_with_their_own_lines() -> None:
    lines = RAW.read_text().splitlines()
    place = next(number for number, line in enumerate(lines, 1) if line.startswith("E0140\t"))
    assert any(line.startswith(f"{RAW}:{place}: E0140 ") for line in said(RAW))


def test_unmutated_values_of_several_laboratories_are_noted() -> None:
    """Crizotinib on the unmutated EML4::ALK: 90, 132, 27 and 19 nM in four studies."""
    (crizotinib,) = [note for note in notes("alk-ros1") if note.startswith("Crizotinib")]
    for value in ("90 nM", "132 nM", "27 nM", "19 nM"):
        assert value in crizotinib


GOOD = "E0002"
"""A row of Table 2 (E1154K, brigatinib, 46 nM against 30 nM) that is spoiled cell by cell."""


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return Path(shutil.copytree(KB.folder, tmp_path / "base"))


def spoil(folder: Path, row: str = GOOD, /, **cells: str) -> int:
    """Change cells of one row; gives its line."""
    path = folder / "evidence.tsv"
    with path.open(newline="") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    place = next(number for number, line in enumerate(rows) if line["row"] == row)
    rows[place] |= cells
    with path.open("w", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]), delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return place + 2


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"variants": "E1155K"}, "wrong reference residue: ALK 1155 is V, not E"),
        ({"variants": "E9154K"}, "ALK has 1620 residues"),
        ({"variants": "E1154K/G1202R"}, "not a protein change"),
        ({"variants": "F1174L+E1154K", "cis_required": "yes"}, "not in the order of residues"),
        ({"variants": "E1154K+F1174L"}, "a compound needs cis_required yes"),
        ({"cis_required": "yes"}, "cis_required is yes for a single change"),
        ({"gene": "ALC"}, "unknown gene 'ALC'"),
        ({"drug": "Brigatinib,Ceritinib"}, "several drugs in one cell"),
        ({"drug": "AP26113"}, "written by an alias: 'AP26113', expected 'Brigatinib'"),
        ({"drug": "Brigatnib"}, "unknown drug 'Brigatnib'"),
        ({"unit": ""}, "value has no unit"),
        ({"unit": "ng"}, "unknown value in column unit"),
        ({"value": "many"}, "not a number in column value"),
        ({"value": "-46"}, "value is not above zero"),
        ({"censoring": ""}, "no censoring sign"),
        ({"censoring": "~"}, "unknown value in column censoring"),
        ({"censoring": ">"}, "no top dose is given"),
        ({"censoring": ">", "top_dose": "100", "direction": "sensitive"}, "censored at 46 while the top dose is 100"),
        ({"top_dose": "40"}, "lies beyond the top dose 40"),
        ({"fold": "2.53", "direction": "reduced"}, "fold 2.53 is not value / wt_value = 1.533"),
        ({"wt_value": ""}, "a fold is formed within one study"),
        ({"fold": ""}, "fold_basis is derived and there is no fold"),
        ({"fold_basis": "none"}, "there is a fold and fold_basis is none"),
        ({"wt_source": "PMID:1"}, "unknown column"),
        ({"direction": "resistant"}, "direction 'resistant' contradicts fold 1.53, which is 'sensitive'"),
        ({"direction": "fine"}, "unknown value in column direction"),
        ({"status": "checked"}, "unknown value in column status"),
        ({"status": ""}, "no status (verified, unverified or disputed) in 1 row"),
        ({"kind": "review"}, "status must be unverified, not verified"),
        ({"date": "last year"}, "date 'last year' is not YYYY"),
        ({"note": "mutant value from an earlier paper"}, "cross-study fold"),
        ({"note": "profile: EML4-ALK E1154Q"}, "profile is E1154Q"),
        ({"record": "CIViC EID1345 (rating 4)"}, "faulty record"),
        ({"row": "E0003"}, "row id E0003 stands twice"),
        (
            {"drug": "Crizotinib", "value": "205", "wt_value": "90", "fold": "2.28", "direction": "reduced"},
            "same as row E0001",
        ),
        ({"wt_value": "90", "fold": "0.51"}, "one of them is from another study"),
    ],
)
def test_each_fault_is_named_by_file_and_line(base: Path, cells: dict[str, str], words: str) -> None:
    if "wt_source" in cells:
        text = (base / "evidence.tsv").read_text().splitlines()
        columns = [text[0] + "\twt_sauce", *(line + "\t" for line in text[1:])]
        (base / "evidence.tsv").write_text("\n".join(columns) + "\n")
        line = 1
    else:
        line = spoil(base, **cells)
    found = said(base)
    assert any(words in fault for fault in found), found
    if "stands twice" not in words and "from another study" not in words:
        assert any(fault.startswith(f"{base / 'evidence.tsv'}:{line}: ") and words in fault for fault in found)


def test_a_control_of_another_study_is_found_by_its_named_source(base: Path) -> None:
    text = (base / "evidence.tsv").read_text().splitlines()
    lines = [text[0] + "\twt_source", *(line + "\t" + ("PMID:1" if line.startswith(GOOD) else "") for line in text[1:])]
    (base / "evidence.tsv").write_text("\n".join(lines) + "\n")
    assert any("cross-study fold: wt_value is from PMID:1" in fault for fault in said(base))


def test_two_top_doses_of_one_experiment(base: Path) -> None:
    spoil(base, "E0053", value="5000", top_dose="5000", fold="263.16")
    assert any("top dose 5000 differs from 3000 of row E0018" in fault for fault in said(base))


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("kb.yaml", 'version: "1.0.0"', "", "'version' is missing"),
        ("kb.yaml", "name: alk-ros1", "name: [", "not YAML"),
        ("rules.yaml", "up_to: 2,", "up_to: 20,", "not a set of rules"),
        ("rules.yaml", "Brigatinib, ", "Brigatinob, ", "names an unknown drug 'Brigatinob'"),
        ("rules.yaml", "default: villa-2-10", "default: mine", "default names no rule set"),
        ("drugs.tsv", "Ceritinib\tLDK378", "Crizotinib\tLDK378", "drug name or alias stands twice"),
        ("drugs.tsv", "\tsecond\t", "\tnewest\t", "unknown value in column generation"),
        ("comments.tsv", "E1154K", "E1155K", "wrong reference residue: 1155 is V, not E"),
        ("comments.tsv", "C002", "C001", "comment id C001 stands twice"),
        ("comments.tsv", "\tLorlatinib\t", "\tLorlatinip\t", "unknown drug 'Lorlatinip'"),
        ("evidence.tsv", "\tstatus\t", "\tstatuses\t", "column 'status' is missing"),
    ],
)
def test_faults_of_the_other_files(base: Path, name: str, old: str, new: str, words: str) -> None:
    text = (base / name).read_text()
    assert old in text
    (base / name).write_text(text.replace(old, new, 1))
    found = said(base)
    assert any(words in fault and name in fault for fault in found), found


@pytest.mark.parametrize("name", ["kb.yaml", "drugs.tsv", "evidence.tsv", "rules.yaml", "comments.tsv"])
def test_a_missing_table_is_a_fault(base: Path, name: str) -> None:
    (base / name).unlink()
    assert any(name in fault and "no such file" in fault for fault in said(base))


def test_packaged_rows_are_the_raw_facts_and_the_written_corrections(tmp_path: Path) -> None:
    """Every cell of the rows E0001 to E0235 that differs from the conversion stands in curation.tsv."""
    build(RAW, tmp_path / "again", KB, curation=KB.folder / "curation.tsv", date="2026-11", curator="kinescape")
    again = {row.cells["row"]: row.cells for row in read_table(tmp_path / "again" / "evidence.tsv", required=("row",))}
    packaged = {row.cells["row"]: row.cells for row in read_table(KB.folder / "evidence.tsv", required=("row",))}
    assert again == {row: cells for row, cells in packaged.items() if row.startswith("E")}
    assert sorted(set(packaged) - set(again)) == [f"A{number:04d}" for number in range(1, 56)]
