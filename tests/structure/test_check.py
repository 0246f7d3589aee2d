"""What `kinescape structure check` says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from peptide_builder import peptide, with_benzene, write_peptide
from shared_structures import structure_file

from kinescape.structure.check import Gap, check_deposit
from kinescape.structure.read import read_deposit

Run = Callable[..., tuple[int, str, str]]


def test_gap_fragment_missing_atoms_and_ligand(tmp_path: Path) -> None:
    model = with_benzene(peptide())
    residues = []
    for each in model.residues:
        if each.number in (1193, 1194):
            continue
        if each.number == 1195:
            each = each.only(np.array([name == "N" for name in each.atoms]))
        if each.name == "MET":
            each = each.only(np.array([name not in ("SD", "CE") for name in each.atoms]))
        residues.append(each)
    found = check_deposit(read_deposit(write_peptide(tmp_path / "p.pdb", replace(model, residues=tuple(residues)))))
    assert found.gaps == (Gap(1193, 1195),)
    assert found.fragments == ("L1195 (N)",)
    assert found.missing_atoms == (("M1199", ("SD", "CE")),)
    assert [each.label for each in found.ligands] == ["BNZ 9000"]
    assert found.ligands[0].residues
    assert found.numbering_holds is None, "not asked for is not 'holds'"


def test_numbers_are_compared_with_the_gene(tmp_path: Path, command: Run) -> None:
    code, out, _ = command("check", write_peptide(tmp_path / "p.pdb"), "--gene", "ALK")
    assert code == 0
    assert "17 of 17 residues are ALK's at their numbers" in out
    shifted = peptide(first=1191)
    code, out, _ = command("check", write_peptide(tmp_path / "q.pdb", shifted), "--gene", "ALK")
    assert code == 2
    assert "differ without a word" in out


def test_stated_mutation_is_engineered_not_wrong(tmp_path: Path, command: Run) -> None:
    path = write_peptide(tmp_path / "p.pdb", peptide("LPRFILMELMAGGDLKS"))
    seqadv = "SEQADV 9XXX MET A 1196  UNP  Q9UM73    LEU  1196 ENGINEERED MUTATION\n"
    path.write_text(seqadv + path.read_text())
    code, out, _ = command("check", path, "--gene", "ALK")
    assert code == 0
    assert "L1196M (engineered mutation)" in out
    assert "16 of 17" in out
    assert "1 stated to differ" in out


def test_2xp2_as_its_header_says() -> None:
    from kinescape.panel.load import load_panel

    deposit = read_deposit(structure_file("2xp2.pdb"))
    found = check_deposit(deposit, protein=load_panel("alk-ros1").gene("ALK").protein)
    assert found.resolution == 1.9
    assert [(gap.first, gap.last) for gap in found.gaps] == [(1124, 1125), (1136, 1143), (1217, 1219), (1280, 1289)]
    assert found.fragments == ("S1136 (N)", "Q1217 (N)", "A1280 (N)", "Y1401 (N)")
    assert found.numbering_holds
    assert found.mismatches == ()
    assert [each.name for each in found.ligands] == ["VGH"]
    assert {"E1197", "M1199", "L1196", "G1269"} <= set(found.ligands[0].residues)
    assert found.waters == 167
    met = check_deposit(read_deposit(structure_file("2wgj.pdb")), protein=load_panel("alk-ros1").gene("ALK").protein)
    assert met.numbering_holds is False, "MET is not ALK"
