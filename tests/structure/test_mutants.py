"""Mutants on small peptides: what is built, what is refused, what is told."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import openmm
import pytest
from openmm import unit
from openmm.app import ForceField
from peptide_builder import HELIX, STRAND, peptide, with_benzene, write_peptide

from kinescape.errors import InputError
from kinescape.structure.chain_ends import completed
from kinescape.structure.clashes import clashes_of
from kinescape.structure.geometry import dihedral
from kinescape.structure.model import Model, Residue
from kinescape.structure.mutate import mutate
from kinescape.structure.mutations import name_of, parse_mutations
from kinescape.structure.openmm_bridge import FORCE_FIELD, topology_of
from kinescape.structure.parameters import parameters_of
from kinescape.structure.place import Candidate, merged
from kinescape.structure.protonate import state_changes, state_names, titratable_sites, with_hydrogens
from kinescape.structure.read import read_model
from kinescape.structure.region import region_of
from kinescape.structure.rotamers import nearest_rotamer

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def short() -> Model:
    """Residues 1193 to 1199 of ALK as a strand: FILLELM."""
    return peptide("FILLELM", 1193, STRAND)


def test_names_of_mutations() -> None:
    assert name_of(parse_mutations("G1202R+p.Leu1196Met")) == "L1196M+G1202R"
    assert name_of(parse_mutations(["WT"])) == "WT"
    assert parse_mutations([]) == parse_mutations("WT") == ()
    same = ("L1196M", "l1196m", "p.L1196M", "p.Leu1196Met", "p.(Leu1196Met)", "P.LEU1196MET", " L1196M ")
    assert {name_of(parse_mutations(name)) for name in same} == {"L1196M"}
    for bad, said in (
        ("L1196", "no substitution"),
        ("L1196*", "cannot be modelled"),
        ("L1196del", "cannot be modelled"),
        ("L1196L", "changes nothing"),
        ("L1196X", "no amino acid"),
        ("L1196M+L1196Q", "stands twice"),
        ("", "a mutation is empty; found ''"),
        (" ", "a mutation is empty"),
        ("+", r"a mutation is empty; found '\+'; expected one such as L1196M"),
        ("L1196M+", "a mutation is empty"),
        (
            "L1196M,G1202R",
            r"several mutations where one is expected; found .*; expected L1196M\+G1202R \(\+ joins a compound",
        ),
        ("p.(Leu1196Met", "no substitution"),
        ("L" + "1" * 5000 + "M", "no substitution"),
        ("L\u0661196M", "no substitution"),
    ):
        with pytest.raises(InputError, match=said):
            parse_mutations(bad)


@pytest.mark.parametrize("mutation", ["", " ", "+", ",", "L1196M,G1202R", "nonsense"])
def test_what_is_no_mutation_makes_no_file(tmp_path: Path, command: Run, mutation: str) -> None:
    path = write_peptide(tmp_path / "p.pdb", peptide("FILLELM", 1193))
    code, out, err = command("mutate", path, "--mutation", mutation, "-o", tmp_path / "out.pdb")
    assert (code, out) == (2, "")
    assert f"found '{mutation}'; expected" in err
    assert err.count("\n") == 1
    assert not (tmp_path / "out.pdb").exists()


@pytest.mark.parametrize("verb", ["screen", "interactions", "batch"])
@pytest.mark.parametrize("mutations", ["", ",", " , "])
def test_a_list_without_a_mutation_is_an_error(tmp_path: Path, command: Run, verb: str, mutations: str) -> None:
    path = write_peptide(tmp_path / "p.pdb", with_benzene(peptide("FILLELM", 1193)))
    given = ("--structures", path, "--ligands", "BNZ") if verb == "batch" else (path, "--ligand", "BNZ")
    code, out, err = command(verb, *given, "--mutations", mutations, "-o", tmp_path / "out")
    assert (code, out) == (2, "")
    assert re.search(f"--mutations names no(thing| mutation); found '{mutations}'; expected names", err)
    assert not (tmp_path / "out").exists()


def test_bond_orders_of_a_ligand_that_is_not_there(tmp_path: Path, command: Run) -> None:
    path = write_peptide(tmp_path / "p.pdb", with_benzene(peptide("FILLELM", 1193)))
    said = "--smiles is given for a ligand that is not in p, chain A; found 'FOO'; expected one of its ligands: BNZ"
    for verb in (("mutate", path, "--mutation", "L1196M"), ("interactions", path, "--ligand", "BNZ")):
        code, _, err = command(*verb, "--smiles", "FOO=CCO", "-o", tmp_path / "out")
        assert (code, err.count("\n")) == (2, 1)
        assert said in err


def test_a_chain_of_one_residue_can_be_mutated() -> None:
    mutant = mutate(peptide("L", 1196), "L1196M")
    assert [each.name for each in mutant.model.residues] == ["ACE", "MET", "NME"]
    assert mutant.changes[0].shift == 0.0


def test_wrong_wild_type_and_gap_are_one_clear_error(tmp_path: Path, command: Run) -> None:
    model = peptide("FILLELM", 1193)
    holed = replace(model, residues=tuple(each for each in model.residues if each.number != 1195))
    path = write_peptide(tmp_path / "p.pdb", holed)
    for mutation, said in (
        ("M1196L", "found 'L1196'; expected M1196"),
        ("L1195M", "the gap lies between 1194 and 1196"),
        ("G1500R", "expected 1193 to 1199"),
        ("L1196Z", "no amino acid"),
    ):
        code, out, err = command("mutate", path, "--mutation", mutation, "-o", tmp_path / "out.pdb")
        assert code == 2
        assert said in err
        assert (out, err.count("\n")) == ("", 1)
    assert not (tmp_path / "out.pdb").exists()


def test_a_residue_seen_in_a_fragment_cannot_be_changed(short: Model) -> None:
    last = short.residue(1199)
    keep = [last.atoms.index("N")]
    fragment = replace(last, atoms=("N",), elements=("N",), positions=last.positions[keep])
    model = short.with_residues([*(each for each in short.residues if each.number != 1199), fragment])
    for call in (lambda: mutate(model, "M1199L"), lambda: mutate(model, (), relax_around=[1199])):
        with pytest.raises(InputError, match=r"residue M1199 of .* was seen in a fragment only"):
            call()


@pytest.mark.parametrize("ph", ["nan", "-1", "15", "x"])
def test_a_ph_is_a_number_from_0_to_14(tmp_path: Path, command: Run, ph: str) -> None:
    path = write_peptide(tmp_path / "p.pdb", peptide("FILLELM", 1193))
    code, _, err = command("mutate", path, "--mutation", "L1196M", "--ph", ph, "-o", tmp_path / "out.pdb")
    assert code == 2
    assert "--ph" in err
    assert not (tmp_path / "out.pdb").exists()


def test_mutant_has_the_new_residue_whole_and_the_old_backbone(short: Model) -> None:
    mutant = mutate(short, "L1196M")
    residue = mutant.model.residue(1196)
    assert residue.name == "MET"
    heavy = residue.only(residue.heavy())
    assert set(heavy.atoms) == {"N", "CA", "C", "O", "CB", "CG", "SD", "CE"}
    assert np.linalg.norm(residue.at("SD") - residue.at("CE")) == pytest.approx(1.81, abs=0.03), "ff14SB: 1.810 A"
    assert np.linalg.norm(residue.at("CA") - short.residue(1196).at("CA")) < 0.4
    n, ca, c, cb = (residue.at(atom) for atom in ("N", "CA", "C", "CB"))
    assert dihedral(c, n, ca, cb) < -100, "still an L-amino acid"
    (change,) = mutant.changes
    assert change.clashes_after == ()
    assert change.strain >= 0
    assert [each.chosen for each in change.candidates].count(True) == 1
    assert change.candidates[0].energy == 0.0
    assert [each.name for each in mutant.model.residues if each.kind == "cap"] == ["ACE", "NME"]


def test_compound_and_same_input_gives_the_same_atoms(short: Model) -> None:
    first, again = (mutate(short, ["L1198F", "L1196M"], seed=3) for _ in range(2))
    assert first.name == "L1196M+L1198F"
    assert [change.name for change in first.changes] == ["L1196M", "L1198F"]
    assert np.array_equal(first.model.positions, again.model.positions)
    assert clashes_of(first.model, {(1196, ""), (1198, "")}) == ()


def test_proline_and_glycine(short: Model) -> None:
    mutant = mutate(short, "L1196P+E1197G")
    proline, glycine = mutant.model.residue(1196), mutant.model.residue(1197)
    assert not proline.has("H"), "no amide hydrogen"
    assert np.linalg.norm(proline.at("N") - proline.at("CD")) == pytest.approx(1.47, abs=0.06), "the ring is closed"
    assert "CB" not in glycine.atoms
    assert any("phi of residue 1196 is -120" in note for note in mutant.model.notes)
    helix = mutate(peptide("AAAAALAAA", 1, HELIX), "L6P")
    assert any("hydrogen bond of L6 to O of A2 is lost" in note for note in helix.model.notes)


def test_a_rotamer_can_be_asked_for(short: Model) -> None:
    mutant = mutate(short, "L1196M", rotamers={"L1196M": "mtm"})
    assert mutant.changes[0].rotamer == "mtm"
    with pytest.raises(InputError, match="no such rotamer; found 'xyz'"):
        mutate(short, "L1196M", rotamers={"L1196M": "xyz"})
    with pytest.raises(InputError, match="asked for L1198F"):
        mutate(short, "L1196M", rotamers={"L1198F": "m-85"})


@pytest.mark.parametrize(
    ("mutation", "rotamer", "said"),
    [
        ("L1196M", "L1196M=zzz", "L1196M: MET has no such rotamer; found 'zzz'; expected one of mmm, mmp, mmt, mtm"),
        ("L1196G", "L1196G=mtm", "L1196G: GLY has no such rotamer"),
        ("WT", "L1196M=mtm", "a rotamer is asked for L1196M"),
    ],
)
def test_a_rotamer_that_there_is_none_of_is_refused_before_anything_is_prepared(
    tmp_path: Path, command: Run, monkeypatch: pytest.MonkeyPatch, mutation: str, rotamer: str, said: str
) -> None:
    monkeypatch.setattr("kinescape.structure.mutate.completed", _nothing_is_calculated)
    path = write_peptide(tmp_path / "p.pdb", peptide("FILLELM", 1193))
    code, out, err = command("mutate", path, "--mutation", mutation, "--rotamer", rotamer, "-o", tmp_path / "m.pdb")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err


def test_a_file_that_cannot_be_written_is_refused_before_anything_is_read(
    tmp_path: Path, command: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kinescape.structure.read.read_model", _nothing_is_calculated)
    path = write_peptide(tmp_path / "p.pdb", with_benzene(peptide("FILLELM", 1193)))
    (tmp_path / "there").mkdir()
    screen = ("screen", path, "--ligand", "BNZ", "--mutations", "L1196M", "-o")
    for call, said in (
        (("mutate", path, "--mutation", "L1196M", "-o", tmp_path / "there"), "there: is a folder; expected a file"),
        (("mutate", path, "--mutation", "L1196M", "-o", path / "in" / "m.pdb"), "cannot be made: "),
        ((*screen, path), "p.pdb: is a file; expected a folder to write to"),
        ((*screen, path / "out"), "cannot be made: "),
    ):
        code, out, err = command(*call)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert said in err
    monkeypatch.setattr("os.access", lambda *_: False)
    code, _, err = command("mutate", path, "--mutation", "L1196M", "-o", tmp_path / "there" / "m.pdb")
    assert (code, "cannot be written" in err) == (2, True)
    assert sorted(each.name for each in tmp_path.rglob("*")) == ["p.pdb", "there"]


def _nothing_is_calculated(*_: object) -> None:
    raise AssertionError("calculated before the request was checked")


def test_rotamers_are_named_by_what_they_relaxed_to(short: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    histidine = mutate(short, "L1196H")
    (change,) = histidine.changes
    names = [each.rotamer for each in change.candidates]
    assert len(set(names)) == len(names)
    (chosen,) = (each for each in change.candidates if each.chosen)
    assert chosen.rotamer == change.rotamer == nearest_rotamer("HIS", change.chis)
    assert change.rotamer not in change.undecided
    # Whatever the last relaxation turns the chosen one to, none that was not chosen has its name.
    other = next(each for each in change.candidates if not each.chosen)
    monkeypatch.setattr("kinescape.structure.mutate.nearest_rotamer", lambda *_: other.rotamer)
    (turned,) = mutate(short, "L1196H").changes
    assert turned.rotamer == other.rotamer
    assert [each.start for each in turned.candidates if each.rotamer == other.rotamer] == [chosen.start]
    assert turned.rotamer not in turned.undecided


def test_of_rotamers_that_relax_to_the_same_the_lowest_stands() -> None:
    each = [Candidate("m80", 0.0, True, "m170"), Candidate("m-70", 0.1, False, "m-70")]
    each += [Candidate("m80", 0.2, False, "m80"), Candidate("m-70", 3.0, False, "p80")]
    assert merged(each) == tuple(each[:2])


def test_a_rotamer_that_does_not_stay_where_it_was_asked_for_is_told(
    short: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    stays = mutate(short, "L1196M", rotamers={"L1196M": "mtm"})
    assert not any("as asked for" in note for note in stays.model.notes)
    monkeypatch.setattr("kinescape.structure.mutate.nearest_rotamer", lambda *_: "mtt")
    moves = mutate(short, "L1196M", rotamers={"L1196M": "mtm"})
    assert "L1196M: rotamer mtm, as asked for, relaxed to mtt." in moves.model.notes


def test_missing_side_chain_is_built_and_said(short: Model) -> None:
    cut = [each.backbone_only() if each.number == 1199 else each for each in short.residues]
    wild_type = mutate(short.with_residues(cut), [])
    assert wild_type.name == "WT"
    assert wild_type.model.residue(1199).has("CG", "SD", "CE")
    assert any("M1199: CB CG SD CE were not seen" in note for note in wild_type.model.notes)


def test_gap_is_capped_not_built(short: Model) -> None:
    holed = short.with_residues([each for each in short.residues if each.number not in (1195, 1196)])
    model, _ = completed(holed)
    assert [each.name for each in model.residues if each.kind == "cap"] == ["ACE", "NME", "ACE", "NME"]
    assert [(each.name, each.number) for each in model.residues if each.kind == "cap"][1:3] == [
        ("NME", 1195),
        ("ACE", 1196),
    ]
    assert len(model.segments()) == 2
    assert any("I1194 to E1197" in note for note in model.notes)
    for cap, carbon, nitrogen in _peptide_bonds(model):
        assert np.linalg.norm(carbon - nitrogen) == pytest.approx(1.329, abs=0.02), cap


def _peptide_bonds(model: Model) -> list[tuple[str, np.ndarray, np.ndarray]]:
    found = []
    for places in model.segments():
        members = [model.residues[place] for place in places]
        found += [(f"{a.label}-{b.label}", a.at("C"), b.at("N")) for a, b in pairwise(members)]
    return found


def test_selenomethionine_and_phosphotyrosine(short: Model) -> None:
    residues: list[Residue] = []
    for each in short.residues:
        if each.name == "MET":
            atoms = tuple("SE" if atom == "SD" else atom for atom in each.atoms)
            elements = tuple("Se" if symbol == "S" else symbol for symbol in each.elements)
            each = replace(each, name="MSE", atoms=atoms, elements=elements)
        residues.append(each)
    model, _ = completed(short.with_residues(residues))
    assert model.residue(1199).name == "MET"
    assert model.residue(1199).has("SD")
    assert any("MSE 1199 is modelled as MET" in note for note in model.notes)
    strange = [replace(each, name="XYZ") if each.number == 1196 else each for each in short.residues]
    with pytest.raises(InputError, match="XYZ 1196 of the chain is no amino acid"):
        completed(short.with_residues(strange))


def test_protons_follow_the_ph() -> None:
    model, _ = completed(peptide("AEAHAKADA", 1, STRAND))
    acid, blood = ({site.label: site.state for site in titratable_sites(model, ph)} for ph in (2.0, 7.4))
    assert acid["E2"] == "GLH"
    assert acid["D8"] == "ASH"
    assert acid["H4"] == "HIP"
    assert (blood["E2"], blood["D8"], blood["K6"]) == ("GLU", "ASP", "LYS")
    shown = state_names(with_hydrogens(model, titratable_sites(model, 2.0)))
    assert (shown[2, ""], shown[4, ""], shown[8, ""]) == ("GLH", "HIP", "ASH")
    assert state_names(with_hydrogens(model, titratable_sites(model, 7.4)))[4, ""] in ("HID", "HIE")
    assert {site.label for site in titratable_sites(model, 2.0) if site.unusual} == {"E2", "H4", "D8"}


def test_a_state_that_is_not_the_wild_types_is_told(tmp_path: Path, command: Run) -> None:
    """At a pH between the pKa of K6 with E2 beside it and without, the lysine's proton depends on the mutation."""
    model = peptide("AEAAAKAAA", 1, HELIX)
    usual = mutate(model, "E2A")
    assert usual.unlike_wild_type == (), "the same at pH 7.4; the mutated residue itself does not count"
    with_e2, without = (
        next(site.pka for site in sites if site.label == "K6")
        for sites in (titratable_sites(completed(model)[0]), usual.sites)
    )
    ph = (with_e2 + without) / 2
    states = ("LYN", "LYS") if with_e2 < without else ("LYS", "LYN")
    assert with_e2 != without
    told = f"K6 ({states[1]}, pKa {without:g}; wild type {states[0]}, pKa {with_e2:g})"
    mutant = mutate(model, "E2A", ph=ph)
    assert [str(each) for each in mutant.unlike_wild_type] == [told]
    assert state_names(mutant.model)[6, ""] == states[1]
    assert mutate(model, "WT", ph=ph).unlike_wild_type == ()
    path, out = write_peptide(tmp_path / "p.pdb", model), tmp_path / "m.pdb"
    code, said, _ = command("mutate", path, "--mutation", "E2A", "--ph", ph, "-o", out)
    assert code == 0
    assert f"note: Protonation differs from the wild type: {told}." in said
    assert "Protonation differs from the wild type: K6" in re.sub(r"\nREMARK   3 ", " ", out.read_text())


def test_a_tautomer_that_is_not_the_wild_types_is_told() -> None:
    model, _ = completed(peptide("AEAHAKADA", 1, STRAND))
    sites = titratable_sites(model)
    histidine = model.residue(4)
    # An oxygen beside ND1 takes the hydrogen there.
    oxygen = Residue("ligand", "OXY", 900, "", ("O1",), ("O",), histidine.at("ND1")[None] + 1.6)
    beside = model.with_residues([*model.residues, oxygen, replace(oxygen, number=901)])
    (change,) = state_changes(model, sites, beside, sites, {2})
    assert (change.label, change.wild_type_state, change.state) == ("H4", "HIE", "HID")
    assert state_changes(model, sites, beside, sites, {4}) == ()


def test_energy_is_openmms_own(short: Model) -> None:
    """The parameters that are cut out give, when nothing is cut, the energy of OpenMM's own implicit-solvent system."""
    model, _ = completed(short)
    model = with_hydrogens(model, titratable_sites(model))
    p = parameters_of(model)
    everything = np.ones(len(p.start), dtype=bool)
    ours = region_of(p, everything, everything, p.start).energy(p.start)
    topology, nanometres = topology_of(model)
    system = ForceField(*FORCE_FIELD).createSystem(topology)
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("Reference"))
    context.setPositions(nanometres)
    theirs = context.getState(getEnergy=True).getPotentialEnergy().value_in_unit(unit.kilojoule_per_mole)
    # The surface term has another form (OpenMM: ACE in one, its own in the other), hence not exactly.
    assert ours == pytest.approx(theirs, rel=2e-3, abs=2.0)


def test_ligand_stands_still_and_a_water_in_the_way_goes(short: Model) -> None:
    model = with_benzene(short)
    first = mutate(model, "L1196M")
    assert np.array_equal(first.model.ligand("BNZ").positions, model.ligand("BNZ").positions)
    at = first.model.residue(1196).at("CE") + 0.5
    water = Residue("water", "HOH", 9001, "", ("O",), ("O",), at[None], (20.0,))
    far = replace(water, number=9002, positions=at[None] + 30.0)
    second = mutate(model.with_residues([*model.residues, water, far]), "L1196M")
    assert [each.number for each in second.model.waters] == [9002]
    assert any("HOH 9001" in note for note in second.model.notes)


def test_the_file_says_that_it_is_a_model(tmp_path: Path, command: Run, short: Model) -> None:
    path = write_peptide(tmp_path / "p.pdb", short)
    code, out, _ = command("mutate", path, "--mutation", "L1196M", "-o", tmp_path / "m.pdb")
    assert code == 0
    assert "strain" in out
    text = (tmp_path / "m.pdb").read_text()
    assert "MODEL, NOT AN EXPERIMENT: L1196M" in text
    assert read_model(tmp_path / "m.pdb").residue(1196).name == "MET"
    code, _, _ = command("mutate", path, "--mutation", "L1196M", "-o", tmp_path / "n.pdb")
    assert (code, (tmp_path / "n.pdb").read_bytes()) == (0, (tmp_path / "m.pdb").read_bytes())
