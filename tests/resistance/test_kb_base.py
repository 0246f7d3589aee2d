"""Loading a base: the packaged one, a laboratory's own, an overlay; every fault of a folder is one clear error."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from resistance_samples import KB, PANEL, call_of, positions

from kinescape.errors import InputError
from kinescape.resistance.base import load_knowledge_base
from kinescape.resistance.changes import parse_variants, residue_number
from kinescape.resistance.ic50_tables import read_ic50_table
from kinescape.resistance.lab_rows import Experiment, add
from kinescape.resistance.lint import lint
from kinescape.resistance.states import drug_states

OWN = Experiment(
    "ALK", "EML4::ALK", "Ba/F3 viability, 72 h", "own laboratory, plate 7", "2026-10-01", "A. Person", "LAB"
)


def overlay(folder: Path, table: str, name: str = "own", experiment: Experiment = OWN) -> Path:
    path = folder / f"{name}.csv"
    path.write_text(table)
    add(read_ic50_table(path, KB.drugs), KB, folder / "overlay", experiment)
    return folder / "overlay"


def test_packaged_base_says_what_it_is() -> None:
    assert (KB.name, KB.version, KB.genes) == ("alk-ros1", "1.0.0", ("ALK", "ROS1"))
    assert len(KB.evidence) == len(KB.claims) == 317
    assert re.fullmatch(r"[0-9a-f]{64}", KB.sha256)
    assert KB.reference.sha256 == KB.sha256
    statuses = {status: sum(claim.status == status for claim in KB.claims) for status in ("verified", "disputed")}
    assert statuses == {"verified": 183, "disputed": 5}


def test_known_about_a_change_lists_it_alone_then_its_residue_then_compounds() -> None:
    rows = KB.known_about("ALK", "I1171T", "Alectinib")
    assert [row.row for row in rows] == ["E0178", "E0209", "E0228a", "E0119", "E0152"]
    compounds = KB.known_about("ALK", "L1198F", "Lorlatinib")
    assert {row.variants for row in compounds} == {("C1156F", "L1198F"), ("C1156Y", "L1198F")}
    assert KB.known_about("ALK", "K9999A") == ()


def test_every_change_of_the_base_is_a_residue_of_the_panel() -> None:
    for claim in KB.claims:
        for change in () if claim.class_level else claim.variants:
            assert PANEL.genes[claim.gene].protein[residue_number(change) - 1] == change[0], claim.row


def test_row_order_and_comments_of_a_table_do_not_matter(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(KB.folder, tmp_path / "base"))
    header, *lines = (folder / "evidence.tsv").read_text().splitlines()
    (folder / "evidence.tsv").write_text("\n".join([header, "# turned around", *reversed(lines)]) + "\n")
    turned = load_knowledge_base(folder)
    assert turned.evidence == KB.evidence
    assert turned.sha256 != KB.sha256


def test_a_laboratory_adds_its_own_assay_without_code(tmp_path: Path) -> None:
    folder = overlay(
        tmp_path,
        "variant,drug,ic50,ic50_low,ic50_high\nWT,Zotizalkib,7,5,9\nL1196M+G1202R,TPX-0131,140,100,200\n",
    )
    assert lint(folder, PANEL) == []
    base = load_knowledge_base(folder)
    (row,) = [claim for claim in base.claims if claim.row == "LAB0001"]
    assert (row.drug, row.variants) == ("Zotizalkib", ("L1196M", "G1202R"))
    assert (row.fold_text, row.direction) == ("20", "resistant")
    # ln 20 - sqrt(ln(140/100)^2 + ln(9/7)^2) and ln 20 + sqrt(ln(200/140)^2 + ln(7/5)^2)
    assert (row.fold_low, row.fold_high) == (13.1, 32.7)
    assert len(base.claims) == len(KB.claims) + 1
    assert base.sha256 != KB.sha256


def test_an_overlay_changes_the_state_of_a_sample(tmp_path: Path) -> None:
    base = load_knowledge_base(overlay(tmp_path, "variant,Entrectinib\nWT,10\nL1198R,400\n"))
    calls = [call_of("L1198R")]
    for kb, state in ((KB, "not_assessable"), (base, "resistance")):
        found = {item.drug: item for item in drug_states(kb, PANEL, calls, positions(calls), [], "ALK")}
        assert found["Entrectinib"].state == state
    assert "own laboratory, plate 7" in found["Entrectinib"].evidence[0].source


def test_values_of_another_source_get_no_fold(tmp_path: Path) -> None:
    folder = overlay(tmp_path, "variant,Lorlatinib,source\nWT,2,here\nG1202R,100,elsewhere\n")
    (row,) = [claim for claim in load_knowledge_base(folder).claims if claim.row.startswith("LAB")]
    assert (row.fold, row.fold_basis, row.direction) == (None, "none", "unclear")
    assert lint(folder, PANEL) == []


def test_more_rows_go_to_the_same_overlay_and_none_twice(tmp_path: Path) -> None:
    folder = overlay(tmp_path, "variant,Lorlatinib\nWT,2\nG1202R,100\n")
    overlay(tmp_path, "variant,Alectinib\nWT,20\nG1202R,>3000\n", "second")
    rows = [claim for claim in load_knowledge_base(folder).claims if claim.row.startswith("LAB")]
    assert [(claim.row, claim.fold_text) for claim in rows] == [("LAB0001", "50"), ("LAB0002", ">150")]
    with pytest.raises(InputError, match="was added before"):
        overlay(tmp_path, "variant,Lorlatinib\nWT,2\nG1202R,100\n")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("variant,Lorlatinib\nWT,2\nclone 7,100\n", "line 3, column variant: not a protein change"),
        ("variant,NVL-655\nWT,2\nG1202R,100\n", "unknown drug"),
    ],
)
def test_what_the_base_cannot_name_is_not_added(tmp_path: Path, table: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        overlay(tmp_path, table)
    assert not (tmp_path / "overlay").exists()


def manifest(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "kb.yaml").write_text(text)
    return folder


HEAD = "name: own\nversion: 1\ndate: 2026-10-01\nextends: alk-ros1\n"


def test_an_overlay_may_replace_a_row_only_by_saying_so(tmp_path: Path) -> None:
    folder = manifest(tmp_path / "own", HEAD)
    header, *lines = (KB.folder / "evidence.tsv").read_text().splitlines()
    line = next(line for line in lines if line.startswith("E0110\t"))
    (folder / "evidence.tsv").write_text(f"{header}\n{line.replace('disputed', 'unverified')}\n")
    with pytest.raises(InputError, match=r"line 2: row id is taken by alk-ros1; found 'E0110'"):
        load_knowledge_base(folder)
    assert any("row id is taken" in fault.what for fault in lint(folder, PANEL))
    manifest(folder, HEAD + "replaces: [E0110]\n")
    (row,) = [claim for claim in load_knowledge_base(folder).claims if claim.row == "E0110"]
    assert row.status == "unverified"


DRUG_HEAD = "name\taliases\tgeneration\ttargets\tlicensed_for\treported\tsource\tnote\n"


def test_an_overlay_adds_a_drug_with_rows_and_replaces_another(tmp_path: Path) -> None:
    folder = manifest(tmp_path / "own", HEAD)
    drugs = "Neladalkib\tNVL-655\tfourth\tALK\t\tyes\town\t\nEnsartinib\tX-396\tsecond\tALK\tALK\tyes\town\t\n"
    (folder / "drugs.tsv").write_text(DRUG_HEAD + drugs)
    base = load_knowledge_base(folder)
    assert lint(folder, PANEL) == []
    states = {state.drug: state for state in drug_states(base, PANEL, [], positions(), [], "ALK")}
    assert set(states) - {state.drug for state in drug_states(KB, PANEL, [], positions(), [], "ALK")} == {
        "Neladalkib",
        "Ensartinib",
    }
    assert "holds no resistance evidence for Neladalkib" in states["Neladalkib"].summary


def test_an_overlay_may_not_take_the_alias_of_another_drug(tmp_path: Path) -> None:
    folder = manifest(tmp_path / "own", HEAD)
    (folder / "drugs.tsv").write_text(DRUG_HEAD + "Mine\tTPX-0131\tfourth\tALK\t\tyes\town\t\n")
    with pytest.raises(InputError, match="drug name or alias is taken; found 'TPX-0131'; expected not Zotizalkib's"):
        load_knowledge_base(folder)
    assert any("alias is taken" in fault.what for fault in lint(folder, PANEL))


def test_an_overlay_with_other_rules_turns_directions(tmp_path: Path) -> None:
    folder = manifest(tmp_path / "own", HEAD)
    rules = (KB.folder / "rules.yaml").read_text().replace("default: villa-2-10", "default: 2-4-10")
    (folder / "rules.yaml").write_text(rules)
    directions = {claim.row: claim.direction for claim in load_knowledge_base(folder).claims}
    assert directions["E0023"] == "resistant"  # L1198R with brigatinib, 6.9x: resistant above 4
    assert directions["E0001"] == "reduced"  # E1154K with crizotinib, 2.3x


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("version: 1\ndate: 2026\ngenes: [ALK]\n", "'name' is missing"),
        ("- a\n- b\n", "is not a mapping"),
        ("name: [", "not YAML"),
        (HEAD.replace("alk-ros1", "elsewhere"), "no such knowledge base"),
        ("name: own\nversion: 1\ndate: 2026\ngenes: [ALK]\nnot_assessable: [MET]\n", "drugs.tsv: no such file"),
    ],
)
def test_broken_manifests(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        load_knowledge_base(manifest(tmp_path / "own", text))


def test_a_base_that_extends_itself(tmp_path: Path) -> None:
    folder = manifest(tmp_path / "own", HEAD.replace("alk-ros1", str(tmp_path / "own")))
    with pytest.raises(InputError, match="extends itself"):
        load_knowledge_base(folder)


def test_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(
        InputError, match=r"no such knowledge base; found 'egfr'; expected a folder, or a name: alk-ros1"
    ):
        load_knowledge_base("egfr")


def test_unknown_drug_stops_the_loading_with_its_line(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(KB.folder, tmp_path / "base"))
    text = (folder / "evidence.tsv").read_text()
    (folder / "evidence.tsv").write_text(text.replace("\tBrigatinib\t", "\tBrigatnib\t", 1))
    with pytest.raises(InputError, match="line 3, column drug: unknown drug; found 'Brigatnib'"):
        load_knowledge_base(folder)


@pytest.mark.parametrize(
    ("cell", "changes"),
    [
        ("G1202R", ("G1202R",)),
        ("L1196M+G1202R", ("L1196M", "G1202R")),
        ("T1151dup", ("T1151dup",)),
        ("I1171(any)", ("I1171(any)",)),
        ("E1154_C1156del", ("E1154_C1156del",)),
        ("G1202delinsAR", ("G1202delinsAR",)),
        ("G1202fs", ("G1202fs",)),
        ("any", ("any",)),
    ],
)
def test_names_of_changes(cell: str, changes: tuple[str, ...]) -> None:
    assert parse_variants(cell) == changes


@pytest.mark.parametrize(
    "cell", ["G1202", "g1202r", "I1171T/N/S", "L1196M+", "any+G1202R", "G1202R+G1202R", "B12C", "G0R"]
)
def test_what_is_no_name_of_a_change(cell: str) -> None:
    with pytest.raises(ValueError, match=r"protein change|twice"):
        parse_variants(cell)
