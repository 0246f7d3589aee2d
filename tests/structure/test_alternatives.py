"""Models of undecided rotamers: which there are, their files, and which differences hold in all of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from peptide_builder import STRAND, peptide, with_benzene, write_peptide

from kinescape.errors import InputError
from kinescape.structure.alternatives import alternative_file, possible_files
from kinescape.structure.compare import State
from kinescape.structure.figures import draw_map
from kinescape.structure.holding import held_differences
from kinescape.structure.interactions import Contact
from kinescape.structure.model import Model
from kinescape.structure.mutant import UNDECIDED, Change, Mutant, Turned
from kinescape.structure.mutate import mutate
from kinescape.structure.mutations import parse_mutations
from kinescape.structure.read import read_model
from kinescape.structure.report import write_comparison
from kinescape.structure.rotamers import angle_differences, nearest_rotamer, rotamers_of
from kinescape.structure.sidechain import chis_of
from kinescape.structure.viewer import viewer_available, viewer_page

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def short() -> Model:
    """Residues 1193 to 1199 of ALK as a strand: FILLELM."""
    return peptide("FILLELM", 1193, STRAND)


@pytest.fixture(scope="module")
def methionine(short: Model) -> Mutant:
    return mutate(short, "L1196M", alternatives=True)


def test_every_undecided_rotamer_has_a_model(short: Model, methionine: Mutant) -> None:
    (change,) = methionine.changes
    assert len(change.undecided) >= 2
    assert tuple(each.turned.rotamer for each in methionine.alternatives if each.turned) == change.undecided
    for each in methionine.alternatives:
        assert each.turned is not None
        assert each.name == f"L1196M[{each.turned.rotamer}]"
        assert (each.turned.of, each.turned.chosen) == ("L1196M", change.rotamer)
        assert 0.0 <= each.turned.energy < UNDECIDED
        (turned,) = each.changes
        residue = each.model.residue(1196)
        assert turned.rotamer == nearest_rotamer("MET", chis_of(residue)) == each.turned.rotamer
        library = next(one.chis for one in rotamers_of("MET") if one.name == turned.rotamer)
        assert max(angle_differences("MET", chis_of(residue), library)) < 60.0
        assert change.rotamer in turned.undecided
        assert turned.rotamer not in turned.undecided
        assert turned.clashes_after == ()
        assert residue.atoms == methionine.model.residue(1196).atoms
        assert np.linalg.norm(residue.at("CA") - short.residue(1196).at("CA")) < 0.4
        assert len(each.model.residues) == len(methionine.model.residues)


def test_the_chosen_model_is_the_same_with_and_without(short: Model, methionine: Mutant) -> None:
    plain = mutate(short, "L1196M")
    assert plain.alternatives == ()
    assert np.array_equal(plain.model.positions, methionine.model.positions)
    assert plain.changes == methionine.changes


def test_an_alternative_is_what_asking_for_the_rotamer_gives(short: Model, methionine: Mutant) -> None:
    """The same within what the minimiser leaves: 0.1 A on the side chain."""
    one = methionine.alternatives[0]
    assert one.turned is not None
    asked = mutate(short, "L1196M", rotamers={"L1196M": one.turned.rotamer}, alternatives=True)
    assert asked.alternatives == (), "its rotamer was asked for"
    ours, theirs = (each.model.residue(1196) for each in (one, asked))
    heavy = ours.heavy()
    assert np.linalg.norm(ours.positions[heavy] - theirs.positions[heavy], axis=1).max() < 0.1


def test_in_a_compound_one_residue_is_turned_at_a_time(short: Model) -> None:
    both = mutate(short, "L1196M+L1198F", alternatives=True)
    names = [f"{change.name}[{rotamer}]" for change in both.changes for rotamer in change.undecided]
    assert {name.split("[")[0] for name in names} == {"L1196M", "L1198F"}
    assert [each.name for each in both.alternatives] == [
        f"{name}+L1198F" if name.startswith("L1196M") else f"L1196M+{name}" for name in names
    ]
    chosen = {change.name: change.rotamer for change in both.changes}
    for each in both.alternatives:
        assert each.turned is not None
        for change in each.changes:
            if change.name != each.turned.mutation:
                assert change.rotamer == chosen[change.name]
            elif change.rotamer != each.turned.rotamer:
                # Between two minima of a phenylalanine there may be no barrier once everything gives way.
                said = f"{change.name}: the undecided rotamer {each.turned.rotamer} relaxed to {change.rotamer}."
                assert said in each.model.notes
    one = mutate(short, "L1196M+L1198F", rotamers={"L1196M": "mtm"}, alternatives=True)
    assert {each.turned.mutation for each in one.alternatives if each.turned} == {"L1198F"}
    assert mutate(short, [], alternatives=True).alternatives == ()


def test_a_water_goes_only_where_the_side_chain_is(short: Model, methionine: Mutant) -> None:
    turned = methionine.alternatives[0]
    at = turned.model.residue(1196).at("CE") + 0.5
    assert np.linalg.norm(at - methionine.model.residue(1196).at("CE")) > 2.4
    water = replace(with_benzene(short).ligand("BNZ"), kind="water", name="HOH", number=9001, atoms=("O",))
    water = replace(water, elements=("O",), positions=at[None], b_factors=(20.0,))
    again = mutate(short.with_residues([*short.residues, water]), "L1196M", alternatives=True)
    (same,) = (each for each in again.alternatives if each.name == turned.name)
    assert same.model.waters == ()
    assert any("HOH 9001" in note for note in same.model.notes)
    assert len(again.model.waters) == 1


def test_names_can_be_foreseen(tmp_path: Path) -> None:
    assert alternative_file(tmp_path / "out.pdb", "L1196M", "mtm") == tmp_path / "out.L1196M-mtm.pdb"
    assert alternative_file(Path("my.v2"), "L1198F", "m-85").name == "my.v2.L1198F-m-85.pdb"
    substitutions = parse_mutations("L1196M+L1198F+G1202R")
    names = {each.name for each in possible_files(Path("o.ent"), substitutions, {"G1202R": "ttt85"})}
    assert {"o.L1196M-mtm.ent", "o.L1198F-m-85.ent"} <= names
    assert len(names) == 13 + 4
    assert possible_files(Path("o.pdb"), parse_mutations("R1202G"), {}) == ()


def test_models_are_written_and_told(tmp_path: Path, command: Run, short: Model) -> None:
    path = write_peptide(tmp_path / "p.pdb", short)
    asked = ("mutate", path, "--mutation", "L1196M", "-o", tmp_path / "m.pdb")
    code, plain, _ = command(*asked)
    assert code == 0
    chosen = (tmp_path / "m.pdb").read_bytes()
    assert "model" not in plain.split("rotamer  kJ/mol")[1].splitlines()[0]
    code, out, err = command(*asked, "--alternatives")
    assert (code, err) == (0, "")
    assert (tmp_path / "m.pdb").read_bytes() == chosen
    undecided = re.search(r"not decided by the energy \(within 6 kJ/mol\): (.*)", out)
    assert undecided
    names = undecided[1].split(", ")
    files = {f"m.L1196M-{name}.pdb" for name in names}
    assert {each.name for each in tmp_path.iterdir()} == {"p.pdb", "m.pdb", *files}
    for name in names:
        (row,) = (line.split() for line in out.splitlines() if line.endswith(f"m.L1196M-{name}.pdb"))
        energy = row[1]
        text = re.sub(r"\nREMARK   3 ", " ", (tmp_path / f"m.L1196M-{name}.pdb").read_text())
        assert f"MODEL, NOT AN EXPERIMENT: L1196M[{name}] modelled on p.pdb" in text
        assert f"L1196M in the undecided rotamer {name}, {energy} kJ/mol above the chosen one" in text
        residue = read_model(tmp_path / f"m.L1196M-{name}.pdb").residue(1196)
        assert nearest_rotamer("MET", chis_of(residue)) == name
        assert f"L1196M[{name}]: chi " in out
    # What an earlier run wrote and this one did not is said, and left.
    (tmp_path / "m.L1196M-ttm.pdb").write_bytes(chosen)
    (tmp_path / "m.other-notes.pdb").write_text("mine\n")
    code, again, err = command(*asked, "--alternatives")
    assert (code, again) == (0, out)
    assert "m.L1196M-ttm.pdb: of an earlier run; this one did not write it" in err
    assert err.count("of an earlier run") == 1
    # Without the option, too: they would lie beside a model that they are not of.
    code, _, err = command(*asked)
    assert (code, err.count("of an earlier run")) == (0, len(names) + 1)
    code, out, _ = command(*asked, "--alternatives", "--rotamer", f"L1196M={names[0]}")
    assert (code, "models of undecided rotamers: none, no residue has a rotamer left to choose" in out) == (0, True)


def test_what_must_not_be_replaced_is_refused_before_anything_is_read(
    tmp_path: Path, command: Run, monkeypatch: pytest.MonkeyPatch, short: Model
) -> None:
    def nothing(*_: object) -> None:
        raise AssertionError("calculated before the request was checked")

    monkeypatch.setattr("kinescape.structure.read.read_model", nothing)
    path = write_peptide(tmp_path / "o.L1196M-mmt.pdb", short)
    theirs, folder = tmp_path / "n.L1196M-ttp.pdb", tmp_path / "k.L1196M-ttt.pdb"
    theirs.write_text("my own notes\n")
    folder.mkdir()
    for out, said in (
        ("o", "o.L1196M-mmt.pdb: is an input and would be overwritten"),
        ("n", "n.L1196M-ttp.pdb: is no model of a mutant"),
        ("k", "k.L1196M-ttt.pdb: is a folder"),
    ):
        code, said_out, err = command(
            "mutate", path, "--mutation", "L1196M", "--alternatives", "-o", tmp_path / f"{out}.pdb"
        )
        assert (code, said_out, err.count("\n")) == (2, "", 1)
        assert said in err
    assert {each.name for each in tmp_path.iterdir()} == {path.name, theirs.name, folder.name}
    assert theirs.read_text() == "my own notes\n"


def test_all_models_are_written_or_none(
    tmp_path: Path, command: Run, monkeypatch: pytest.MonkeyPatch, short: Model
) -> None:
    from kinescape.structure import alternatives

    path = write_peptide(tmp_path / "p.pdb", short)
    written = []

    def full_disk(*arguments: object) -> str:
        written.append(arguments)
        if len(written) == 3:
            raise InputError("the disk is full")
        return "a model\n"

    monkeypatch.setattr(alternatives, "pdb_text", full_disk)
    code, _, _ = command("mutate", path, "--mutation", "L1196M", "--alternatives", "-o", tmp_path / "m.pdb")
    assert (code, len(written)) == (2, 3)
    assert [each.name for each in tmp_path.iterdir()] == ["p.pdb"]


def states_with_contacts(model: Model) -> list[State]:
    """A wild type, a mutant with three undecided rotamers, and one without: made-up contacts of a made-up complex."""
    bond = Contact(1197, "E1197", "hydrogen bond, ligand gives", 3.0, ("C1",), ("O",))
    touch = Contact(1196, "L1196", "van der Waals contact", 3.2, ("C1",), ("CG",))
    changes = (Change("L1196M", 1196, "mtt", (), 0.0, (), (), (), (), 0.0),)

    def turned(rotamer: str, energy: float) -> Mutant:
        what = Turned("L1196M", "L1196M", rotamer, "mtt", energy, rotamer)
        return Mutant(what.name, model, (), changes, turned=what)

    return [
        State(Mutant("WT", model, ()), (bond, touch), ()),
        State(Mutant("L1196M", model, (), changes), (touch,), ()),
        State(turned("mtp", 0.2), (bond, touch), ()),
        State(turned("mmm", 2.5), (), ()),
        State(turned("mtm", 2.7), (touch, bond), ()),
        State(Mutant("L1198F", model, ()), (touch,), ()),
    ]


def test_a_difference_says_in_which_rotamers_it_holds(short: Model) -> None:
    states = states_with_contacts(with_benzene(short))
    said = [
        (each.mutant, each.difference.mutant, each.difference.number, each.difference.change, each.words)
        for each in held_differences(states)
        if each.difference.change != "same"
    ]
    assert said == [
        ("L1196M", "L1196M[mmm]", 1196, "lost", "in 1 of 4 undecided rotamers: mmm"),
        ("L1196M", "L1196M", 1197, "lost", "in 2 of 4 undecided rotamers: mtt, mmm"),
        ("L1198F", "L1198F", 1197, "lost", "in its only model (no undecided rotamer)"),
    ]
    gone = [states[0], *(replace(state, contacts=()) for state in states[1:5])]
    assert {each.words for each in held_differences(gone)} == {"in all 4 undecided rotamers"}


def test_map_and_page_show_the_rotamers(short: Model, tmp_path: Path) -> None:
    from xml.etree import ElementTree

    states = states_with_contacts(with_benzene(short))
    with mpl.rc_context({"svg.fonttype": "none"}):
        draw_map(states, tmp_path / "map.svg")
        draw_map([states[0], states[1]], tmp_path / "plain.svg")
    texts, plain = (
        [each.text or "" for each in ElementTree.parse(tmp_path / name).iter("{http://www.w3.org/2000/svg}text")]
        for name in ("map.svg", "plain.svg")
    )
    assert {"WT", "L1196M[mtt]", "[mtp]", "[mmm]", "[mtm]", "L1198F"} <= set(texts)
    assert any("within 6 kJ/mol" in text for text in texts)
    assert "L1196M" in plain
    assert not any("kJ/mol" in text or "[" in text for text in plain)
    if not viewer_available():
        return
    page, _, data = viewer_page(states, "BNZ").partition('<script type="application/json" id="data">')
    shown = json.loads(data.partition("</script>")[0])["states"]
    assert [each.get("of") for each in shown] == [None, None, 1, 1, 1, None]
    assert len({each["colour"] for each in shown[:5]}) == 5
    assert [each["tip"]["text"] for each in shown[1:5]] == ["mtt", "mtp", "mmm", "mtm"]
    assert 'aria-label="Undecided rotamers of L1196M"' in page
    assert "<td>in 2 of 4 undecided rotamers: mtt, mmm</td>" in page
    default, _, data = viewer_page(states[:2], "BNZ").partition('<script type="application/json" id="data">')
    assert not re.search("rotamer|holds|undecided", default)
    assert not {"of", "tip"} & json.loads(data.partition("</script>")[0])["states"][1].keys()


def test_rotamers_are_states_of_the_comparison(tmp_path: Path, command: Run, short: Model) -> None:
    path = write_peptide(tmp_path / "p.pdb", with_benzene(short))
    asked = ("interactions", path, "--ligand", "BNZ", "--smiles", "BNZ=c1ccccc1", "--mutations", "L1196M")
    code, out, _ = command(*asked, "--alternatives", "-o", tmp_path / "out")
    assert code == 0
    states = json.loads((tmp_path / "out" / "states.json").read_text())["states"]
    undecided = states[1]["changes"][0]["undecided"]
    assert [each["name"] for each in states] == ["WT", "L1196M", *(f"L1196M[{name}]" for name in undecided)]
    assert [each["undecided_rotamer"]["rotamer"] for each in states[2:]] == undecided
    assert all("undecided_rotamer" not in each for each in states[:2])
    for name in undecided:
        assert (tmp_path / "out" / "models" / f"L1196M-{name}.pdb").is_file()
        assert (tmp_path / "out" / f"ligand-L1196M-{name}.svg").is_file()
    header, *rows = (line.split("\t") for line in (tmp_path / "out" / "differences.tsv").read_text().splitlines())
    assert header[:2] == ["mutant", "state"]
    assert header[-2:] == ["models_with_this", "models"]
    assert {row[0] for row in rows} == {"L1196M"}
    assert {row[1] for row in rows} == {each["name"] for each in states[1:]}
    assert {row[-1] for row in rows} == {str(len(undecided) + 1)}
    for row in rows:
        same = [other for other in rows if (other[2], other[5], other[8], other[9]) == (row[2], row[5], row[8], row[9])]
        assert row[-2] == str(len(same))
    assert re.search(rf"in \d of {len(undecided) + 1} undecided rotamers: ", out)
    assert out.count("not decided by the energy (within 6 kJ/mol): ") == 1


def test_without_the_option_the_tables_are_as_ever(short: Model, tmp_path: Path) -> None:
    states = states_with_contacts(with_benzene(short))
    write_comparison(tmp_path / "out", states[:2], "BNZ", "p.pdb", {"BNZ": "c1ccccc1"})
    header, *_ = (tmp_path / "out" / "differences.tsv").read_text().splitlines()
    names = "mutant residue wild_type mutant_residue interaction wild_type_A mutant_A change outside"
    assert header.split("\t") == names.split()
    assert "undecided_rotamer" not in (tmp_path / "out" / "states.json").read_text()
