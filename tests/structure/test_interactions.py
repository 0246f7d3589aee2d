"""Contacts, networks, pictures and the page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest
from peptide_builder import STRAND, peptide, with_benzene, write_peptide
from shared_structures import structure_file

from kinescape.errors import InputError
from kinescape.structure.chemistry import known_ligands, molecule_of, smiles_of
from kinescape.structure.compare import State, differences_of, nothing_differs
from kinescape.structure.interactions import Contact, contacts_of, nearly_of
from kinescape.structure.ligand_picture import ligand_svg
from kinescape.structure.ligands.parameters import packaged_ligand, packaged_ligands
from kinescape.structure.mutant import Mutant
from kinescape.structure.mutate import mutate
from kinescape.structure.network import network_of, parse_network
from kinescape.structure.options import smiles_options
from kinescape.structure.read import read_model
from kinescape.structure.viewer import viewer_available, viewer_page

Run = Callable[..., tuple[int, str, str]]
SVG = "{http://www.w3.org/2000/svg}"
FORMULAS = {
    "VGH": "C21H23Cl2FN5O+",
    "5P8": "C21H19FN6O2",
    "4MK": "C28H37ClN5O3S+",
    "EMH": "C30H34N4O2",
    "6GY": "C29H40ClN7O2P+",
    "YMX": "C31H35F2N6O2+",
    "ADP": "C10H12N5O10P2-3",
    "ATP": "C10H12N5O13P3-4",
    "ANP": "C10H13N6O12P3-4",
}
"""Of the drugs' labels and the wwPDB's chemical components, with the protons of pH 7.4."""


def test_packaged_ligands_have_the_formulas_of_their_drugs() -> None:
    from rdkit import Chem
    from rdkit.Chem.rdMolDescriptors import CalcMolFormula

    found = {name: CalcMolFormula(Chem.MolFromSmiles(each.smiles)) for name, each in known_ligands().items()}
    assert found == FORMULAS


def test_bond_orders_and_parameters_are_of_the_same_molecules() -> None:
    from rdkit import Chem

    by_drug = {each.drug: each for each in known_ligands().values()} | known_ligands()
    both = [each for each in packaged_ligands() if each.name in by_drug]
    assert len(both) == 7, "all but repotrectinib"
    for each in both:
        known = by_drug[each.name]
        assert Chem.CanonSmiles(each.smiles) == Chem.CanonSmiles(known.smiles), each.name
        assert set(each.record["wwpdb_codes"]) <= {known.name}


def test_lorlatinib_has_its_methyl_beside_the_nitrile() -> None:
    # "2-methyl ... 3-carbonitrile" of its systematic name (Johnson 2014, doi:10.1021/jm500261q).
    from rdkit import Chem

    beside = Chem.MolFromSmarts("[CH3]n1c(C#N)ccn1")
    molecule = Chem.MolFromSmiles(packaged_ligand("lorlatinib").smiles)
    assert molecule.HasSubstructMatch(beside)


def test_unknown_ligand_says_how_to_give_a_smiles(tmp_path: Path, command: Run) -> None:
    model = with_benzene(peptide("FILLELM", 1193, STRAND))
    path = write_peptide(tmp_path / "p.pdb", model)
    code, _, err = command("interactions", path, "--ligand", "BNZ", "-o", tmp_path / "out")
    assert code == 2
    assert "--smiles 'BNZ=SMILES'" in err
    code, _, err = command("interactions", path, "--ligand", "VGH", "-o", tmp_path / "out")
    assert (code, "one of its ligands: BNZ" in err) == (2, True)
    for network, said in (
        ("K1196,L1198", "found 'K1196'; expected L there"),
        ("L1196,L1500", "residue 1500 is not in"),
        ("", "found ''; expected"),
    ):
        arguments = ("--ligand", "BNZ", "--smiles", "BNZ=c1ccccc1", "--network", network)
        code, _, err = command("interactions", path, *arguments, "-o", tmp_path / "out")
        assert (code, said in err) == (2, True)
    assert not (tmp_path / "out").exists()


def test_smiles_that_do_not_fit() -> None:
    ring = with_benzene(peptide()).ligand("BNZ")
    assert molecule_of(ring, "c1ccccc1").GetNumAtoms() == 12
    for smiles, said in (("c1ccccc", "not valid"), ("c1ccccc1C", "number of heavy atoms"), ("CCCCCC", "does not fit")):
        with pytest.raises(InputError, match=said):
            molecule_of(ring, smiles)
    assert smiles_options(["bnz=C1=CC=CC=C1"]) == {"BNZ": "C1=CC=CC=C1"}
    for bad in ("c1ccccc1", "c1ccccc1C(=O)O", "BNZ="):
        with pytest.raises(InputError, match="NAME=SMILES"):
            smiles_options([bad])
    assert smiles_of("VGH", {"VGH": "CC"}) == "CC"


def test_everything_is_written_for_a_peptide(tmp_path: Path, command: Run) -> None:
    path = write_peptide(tmp_path / "p.pdb", with_benzene(peptide("FILLELM", 1193, STRAND)))
    arguments = ("--ligand", "BNZ", "--smiles", "BNZ=c1ccccc1", "--mutations", "L1196F", "--network", "L1196,L1198")
    code, _, _ = command("interactions", path, *arguments, "-o", tmp_path / "out")
    assert code == 0
    names = {each.relative_to(tmp_path / "out").as_posix() for each in (tmp_path / "out").rglob("*") if each.is_file()}
    expected = {"differences.tsv", "contacts.tsv", "network.tsv", "map.svg", "states.json", "overlay-L1196F.png"}
    expected |= {
        f"{folder}{name}{end}"
        for name in ("WT", "L1196F")
        for folder, end in (("ligand-", ".svg"), ("models/", ".pdb"))
    }
    assert names - {"view.html", ".kinescape-files"} == expected
    for name in ("ligand-WT.svg", "ligand-L1196F.svg", "map.svg"):
        ElementTree.fromstring((tmp_path / "out" / name).read_text())
    rows = [line.split("\t") for line in (tmp_path / "out" / "contacts.tsv").read_text().splitlines()]
    assert rows[0][:4] == ["state", "residue", "interaction", "distance_A"]
    assert {row[0] for row in rows[1:]} <= {"WT", "L1196F"}
    assert any(row[2].startswith(("hydrophobic", "van der Waals")) for row in rows[1:])
    states = json.loads((tmp_path / "out" / "states.json").read_text())
    assert [each["name"] for each in states["states"]] == ["WT", "L1196F"]
    assert "F1196" in (tmp_path / "out" / "network.tsv").read_text()
    if viewer_available():
        page = (tmp_path / "out" / "view.html").read_text()
        assert len(page) < 5_000_000
        markup = re.sub(r"<script>.*?</script>", "", page, flags=re.S)
        assert not re.search(r"""(src|href)=["']?(https?:)?//""", markup), "nothing from the network"
        assert 'role="img"' in page


def test_hydrogen_bonds_need_distance_and_angle() -> None:
    from kinescape.structure.model import Model, Residue

    def residue(name: str, number: int, atoms: dict[str, tuple[float, float, float]]) -> Residue:
        return Residue(
            "protein", name, number, "", tuple(atoms), tuple(each[0] for each in atoms), np.array(list(atoms.values()))
        )

    def model(hydrogen: tuple[float, float, float], gap: float) -> Model:
        tyrosine = residue("TYR", 1237, {"OH": (0, 0, 0), "HH": hydrogen})
        aspartate = residue("ASP", 1270, {"OD1": (gap, 0, 0)})
        return Model("m", "A", (tyrosine, aspartate))

    (pair,) = network_of(model((0.96, 0, 0), 2.8), [1237, 1270])
    assert (pair.distance, pair.angle, pair.bond) == (2.8, 180.0, True)
    assert (pair.first_atom, pair.second_atom) == ("OH", "OD1")
    assert not network_of(model((0, 0.96, 0), 2.8), [1237, 1270])[0].bond, "points aside"
    assert not network_of(model((0.96, 0, 0), 3.6), [1237, 1270])[0].bond, "too far"
    with pytest.raises(InputError, match="residue 1247 is not in m"):
        network_of(model((0.96, 0, 0), 2.8), [1237, 1247])
    assert parse_network("Y1237,H1247,D1270") == (("Y", 1237), ("H", 1247), ("D", 1270))
    for bad in ("Y1237", "Y1237,here"):
        with pytest.raises(InputError):
            parse_network(bad)


def test_what_differs_has_a_name() -> None:
    model = peptide("FILLELM", 1193)

    def state(name: str, *contacts: tuple[int, str, float]) -> State:
        made = tuple(Contact(number, f"X{number}", kind, length, (), ()) for number, kind, length in contacts)
        return State(Mutant(name, model, ()), made, ())

    wild = state("WT", (1196, "hydrophobic contact", 4.0), (1197, "hydrogen bond", 3.0), (1198, "halogen bond", 3.2))
    mutant = state("L1196M", (1197, "hydrogen bond", 3.4), (1198, "halogen bond", 3.1), (1199, "pi stacking", 4.5))
    found = {(each.number, each.change) for each in differences_of([wild, mutant])}
    assert found == {(1196, "lost"), (1197, "longer"), (1198, "same"), (1199, "new")}


def test_a_contact_that_only_crosses_a_limit_is_borderline(tmp_path: Path) -> None:
    from kinescape.structure.figures import draw_map

    model = with_benzene(peptide("FILLELM", 1193))

    def contact(length: float, angle: float, atom: str = "O") -> Contact:
        return Contact(1197, "E1197", "halogen bond", length, ("CL1", "C1"), (atom, "C"), angles=(165.0, angle))

    def changes(*nearly: Contact) -> list[tuple[str, str, tuple[str, str]]]:
        holding = State(Mutant("WT", model, ()), (contact(3.27, 80.9),), (), (contact(3.27, 80.9),))
        other = State(Mutant("L1196M", model, ()), (), (), nearly)
        there = differences_of([holding, other]) + differences_of([other, holding])
        return [(each.change, each.outside, each.lengths) for each in there]

    # The chlorine of crizotinib at G1269 of 2XP2 and of the model of L1196M; ProLIF's limit is 80 degrees.
    assert changes(contact(3.34, 78.8)) == [
        ("borderline", "mutant", ("3.27", "(3.34)")),
        ("borderline", "wild type", ("(3.34)", "3.27")),
    ]
    for gone in ((), (contact(3.58, 80.0),), (contact(3.3, 70.5),), (contact(3.34, 78.8, "N"),)):
        assert [each[0] for each in changes(*gone)] == ["lost", "new"]
    states = [
        State(Mutant("WT", model, ()), (contact(3.27, 80.9),), ()),
        State(Mutant("L1196M", model, ()), (), (), (contact(3.34, 78.8),)),
    ]
    with mpl.rc_context({"svg.fonttype": "none"}):
        draw_map(states, tmp_path / "map.svg")
    texts = [each.text or "" for each in ElementTree.parse(tmp_path / "map.svg").iter(SVG + "text")]
    assert {"X", "(X)"} <= set(texts)
    assert any(text.startswith("(X): borderline") for text in texts)
    if viewer_available():
        page = viewer_page(states, "BNZ").partition('<script type="application/json"')[0]
        assert "<td>3.27</td><td>(3.34)</td><td>borderline</td>" in page
        assert "in brackets: no contact by its criteria" in page


def test_what_nearly_is_a_contact_holds_all_that_are() -> None:
    model = mutate(with_benzene(peptide("FILLELM", 1193, STRAND)), "WT", smiles={"BNZ": "c1ccccc1"}).model
    ring = {"BNZ": "c1ccccc1"}
    contacts, nearly = contacts_of(model, "BNZ", ring), nearly_of(model, "BNZ", ring)
    assert contacts
    places = {(each.number, each.kind, each.ligand_atoms, each.residue_atoms, each.distance) for each in nearly}
    for each in contacts:
        assert (each.number, each.kind, each.ligand_atoms, each.residue_atoms, each.distance) in places
    assert len(nearly) > len(contacts)


def test_nothing_that_differs_is_said_in_words() -> None:
    model = with_benzene(peptide("FILLELM", 1193))
    contact = Contact(1196, "L1196", "hydrophobic contact", 4.0, ("C1",), ("CG",))
    same = [State(Mutant(name, model, ()), (contact,), ()) for name in ("WT", "L1196M", "L1198F")]
    words = nothing_differs(same)
    assert words.startswith("Nothing: L1196M, L1198F and the wild type have the same contacts")
    if viewer_available():
        page = viewer_page(same, "BNZ").partition('<script type="application/json"')[0]
        assert words in page
        assert "None, in any of the models." in page
        assert "<table>" not in page, "no table without rows"
        other = State(Mutant("L1196M", model, ()), (), ())
        page = viewer_page([same[0], other], "BNZ").partition('<script type="application/json"')[0]
        assert page.count("<table>") == 1
        assert "<td>lost</td>" in page


@pytest.mark.skipif(not viewer_available(), reason="3Dmol.js was not built into this installation")
def test_notes_of_the_page_name_the_models_that_they_are_of() -> None:
    model = with_benzene(peptide("FILLELM", 1193))
    noted = [model.with_residues(model.residues, "Ends are capped.", *more) for more in ((), ("HOH 7 is left out.",))]
    states = [State(Mutant(name, each, ()), (), ()) for name, each in zip(("WT", "L1196M"), noted, strict=True)]
    page = viewer_page(states, "BNZ").partition('<script type="application/json"')[0]
    assert "<li>Ends are capped.</li>" in page
    assert "<li>L1196M: HOH 7 is left out.</li>" in page


def test_every_look_of_a_line_has_one_entry_in_the_legend() -> None:
    ring = with_benzene(peptide()).ligand("BNZ")
    kinds = (
        "van der Waals contact",
        "hydrogen bond, ligand takes",
        "hydrogen bond, ligand gives",
        "cation-pi, ligand positive",
        "pi stacking",
        "water bridge",
    )
    contacts = [Contact(number, f"L{number}", kind, 3.0, ("C1",), ("N",)) for number, kind in enumerate(kinds, 10)]
    svg = ElementTree.fromstring(ligand_svg(ring, "c1ccccc1", contacts, "BNZ"))
    (legend,) = (each for each in svg.iter(SVG + "g") if each.get("id") == "legend")
    texts = [each.text or "" for each in legend.iter(SVG + "text")]
    assert texts[:4] == ["hydrogen bond", "pi stacking, cation-pi", "van der Waals contact", "water bridge"]
    assert any("Arrows" in text for text in texts)

    def looks(lines: Iterable[ElementTree.Element]) -> set[tuple[str | None, ...]]:
        return {tuple(line.get(name) for name in ("stroke", "stroke-width", "stroke-dasharray")) for line in lines}

    drawn = svg.findall(SVG + "line")
    assert looks(legend.iter(SVG + "line")) == looks(drawn)
    assert len(list(legend.iter(SVG + "line"))) == len(looks(drawn)) == 4
    assert len(svg.findall(SVG + "polygon")) == 2, "an arrow for each hydrogen bond"
    # What is coloured is a contact: the formula is black.
    (formula,) = (each for each in svg.findall(SVG + "g") if (each.get("transform") or "").startswith("translate"))
    strokes = set(re.findall("#[0-9A-Fa-f]{6}", ElementTree.tostring(formula, "unicode")))
    assert strokes <= {"#000000", "#FFFFFF"}


def test_the_maps_colours_have_numbers(tmp_path: Path) -> None:
    from kinescape.structure.figures import draw_map

    model = peptide("FILLELM", 1193)
    contact = Contact(1196, "L1196", "hydrophobic contact", 4.0, ("C1",), ("CG",))
    with mpl.rc_context({"svg.fonttype": "none"}):
        draw_map([State(Mutant("WT", model, ()), (contact,), ())], tmp_path / "map.svg")
    texts = [each.text for each in ElementTree.parse(tmp_path / "map.svg").iter(SVG + "text")]
    assert {"0", "1", "2", "3", "L1196", "O"} <= set(texts)
    assert any("kinds of contact in a cell" in (text or "") for text in texts)


def test_labels_lie_neither_on_each_other_nor_outside() -> None:
    import matplotlib.pyplot as plt

    from kinescape.structure.label_places import Label, place_labels

    rng = np.random.default_rng(4)
    ends = rng.uniform(0, 20, (22, 2))
    sticks = [[end, end + rng.uniform(-1.5, 1.5, 2)] for end in ends]
    figure, axes = plt.subplots(figsize=(7.5, 6), layout="constrained")
    axes.set_xlim(-2, 22)
    axes.set_ylim(-2, 22)
    labels = [Label(f"L{1190 + number}", end, number == 3) for number, end in enumerate(ends)]
    boxes = place_labels(axes, labels, sticks)
    frame = axes.get_window_extent().extents
    shown = {text.get_text(): text.get_window_extent() for text in axes.texts}
    assert set(shown) == {label.text for label in labels}
    for number, box in enumerate(boxes):
        assert (box[:2] >= frame[:2]).all()
        assert (box[2:] <= frame[2:]).all()
        written = shown[labels[number].text].extents
        assert (written[:2] > box[:2]).all()
        assert (written[2:] < box[2:]).all()
        for other in boxes[:number]:
            sides = np.minimum(box[2:], other[2:]) - np.maximum(box[:2], other[:2])
            assert min(sides) <= 0, "two labels on each other"
    plt.close(figure)


@pytest.mark.slow
def test_crizotinib_holds_the_hinge_of_2xp2() -> None:
    """Cui 2011 (doi:10.1021/jm2007613): crizotinib gives a hydrogen bond to E1197's oxygen and takes one from M1199."""
    from kinescape.structure.interactions import contacts_of
    from kinescape.structure.mutate import mutate

    wild_type = mutate(read_model(structure_file("2xp2.pdb")), [])
    contacts = contacts_of(wild_type.model, "VGH")
    bonds = {
        (each.residue, each.kind, each.residue_atoms) for each in contacts if each.kind.startswith("hydrogen bond")
    }
    assert ("E1197", "hydrogen bond, ligand gives", ("O",)) in bonds
    assert ("M1199", "hydrogen bond, ligand takes", ("N",)) in bonds
    crystal = read_model(structure_file("2xp2.pdb"))
    drug = crystal.ligand("VGH")
    for atom, number, partner in (("N22", 1197, "O"), ("N23", 1199, "N")):
        seen = np.linalg.norm(drug.at(atom) - crystal.residue(number).at(partner))
        name = next(each for each in contacts if each.number == number and each.ligand_atoms == (atom,))
        assert name.distance == pytest.approx(float(seen), abs=0.1)
    bare = replace(wild_type.model, residues=wild_type.model.protein)
    with pytest.raises(InputError, match="ligand VGH is not in 2XP2"):
        contacts_of(bare, "VGH")
