"""Structure files as people have them."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from peptide_builder import ALK_FIRST, ALK_STRETCH, peptide, with_benzene, write_peptide

from kinescape.errors import InputError
from kinescape.structure.openmm_bridge import quantity, topology_of
from kinescape.structure.read import model_of, read_deposit, read_model
from kinescape.structure.write_pdb import pdb_text

Run = Callable[..., tuple[int, str, str]]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    model = with_benzene(peptide())
    again = read_model(write_peptide(tmp_path / "p.pdb", model))
    assert again.sequence() == ALK_STRETCH
    assert [each.number for each in again.protein] == list(range(ALK_FIRST, ALK_FIRST + len(ALK_STRETCH)))
    assert [each.name for each in again.ligands] == ["BNZ"]
    assert np.abs(again.positions - model.positions).max() < 6e-4, "PDB has three decimals"
    assert read_model(tmp_path / "p.pdb").residues[0].elements == model.residues[0].elements


def test_mmcif_says_the_same_as_pdb(tmp_path: Path) -> None:
    from openmm.app import PDBxFile

    model = peptide()
    topology, nanometres = topology_of(model)
    with (tmp_path / "p.cif").open("w") as handle:
        PDBxFile.writeFile(topology, quantity(nanometres), handle, keepIds=True)
    again = read_model(tmp_path / "p.cif")
    assert again.chain == "A"
    assert again.sequence() == model.sequence()
    assert [each.number for each in again.protein] == [each.number for each in model.protein]
    assert np.abs(again.positions - model.positions).max() < 1e-3


def test_gzip(tmp_path: Path) -> None:
    path = tmp_path / "p.pdb.gz"
    path.write_bytes(gzip.compress(pdb_text(peptide()).encode()))
    assert read_model(path).sequence() == ALK_STRETCH
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(InputError, match="truncated gzip"):
        read_model(path)


def test_the_better_occupied_alternate_is_taken_whole(tmp_path: Path) -> None:
    lines = []
    for line in pdb_text(peptide()).splitlines():
        atom, number = line[12:16].strip(), line[22:26].strip()
        if line.startswith("ATOM") and number == "1196" and atom not in ("N", "CA", "C", "O"):
            lines.append(line[:16] + "A" + line[17:54] + "  0.30" + line[60:])
            lines.append(line[:16] + "B" + line[17:30] + "   1.000   2.000   3.000  0.70" + line[60:])
        else:
            lines.append(line)
    path = tmp_path / "alt.pdb"
    path.write_text("\n".join(lines))
    model = read_model(path)
    assert model.residue(1196).at("CG").tolist() == [1.0, 2.0, 3.0]
    assert any("L1196 B" in note for note in model.notes)
    assert read_deposit(path).altlocs["A"][0].occupancies == (("A", 0.3), ("B", 0.7))


def test_first_model_and_first_chain_are_taken_and_said(tmp_path: Path) -> None:
    one = [line for line in pdb_text(peptide()).splitlines() if line != "END"]
    other = [line[:21] + "B" + line[22:] if line[:4] in ("ATOM", "TER ") else line for line in one]
    path = tmp_path / "nmr.pdb"
    path.write_text("\n".join(["MODEL        1", *one, *other, "ENDMDL", "MODEL        2", *one, "ENDMDL"]))
    model = read_model(path)
    assert model.chain == "A"
    assert len(model.protein) == len(ALK_STRETCH), "the second model's atoms are not added"
    assert any("first of 2 models" in note for note in model.notes)
    assert any("--chain" in note for note in model.notes)
    assert read_model(path, "B").chain == "B"
    with pytest.raises(InputError, match="no protein in chain X; expected --chain A, B"):
        read_model(path, "X")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("once upon a time\n", "neither a PDB nor an mmCIF"),
        ("HEADER    NOTHING\nREMARK   2\n", "has no atoms"),
        ("data_x\nloop_\n_atom_site.id\n", "has no atoms"),
    ],
)
def test_what_is_no_structure(tmp_path: Path, content: str, said: str, command: Run) -> None:
    path = tmp_path / "bad.pdb"
    path.write_text(content)
    code, _, err = command("check", path)
    assert code == 2
    assert said in err
    assert err.count("\n") == 1


def test_truncated_and_damaged_lines_are_named(tmp_path: Path, command: Run) -> None:
    text = pdb_text(peptide())
    path = tmp_path / "cut.pdb"
    path.write_text(text[: len(text) // 2 + 17])
    code, _, err = command("check", path)
    assert code == 2
    assert "truncated" in err
    assert "line " in err
    lines = text.splitlines()
    lines[4] = lines[4][:30] + "  abcdef" + lines[4][38:]
    path.write_text("\n".join(lines))
    code, _, err = command("check", path)
    assert code == 2
    assert "line 5, column 31-38: coordinate is no number" in err


def test_a_file_cut_anywhere_is_told_or_ends_with_a_whole_line(tmp_path: Path) -> None:
    text = pdb_text(with_benzene(peptide("FI", 1193)))
    path = tmp_path / "cut.pdb"
    whole = {line.rstrip() for line in text.splitlines()}
    told = 0
    for end in range(80, len(text) - 5, 3):
        path.write_text(text[:end])
        lines = text[:end].splitlines()
        try:
            read_deposit(path)
        except InputError as error:
            problem = error
        else:
            # Where a line ends is no telling that there were more; what follows the atoms is none.
            assert lines[-1] in whole or lines[-1].startswith("TER")
            continue
        told += 1
        assert lines[-1] not in whole
        assert problem.line == len(lines)
        assert None not in (problem.found, problem.expected)
    assert told > 500


@pytest.mark.parametrize("columns", [30, 53, 54, 57, 60, 63, 65])
def test_a_line_cut_in_the_middle_of_the_file_is_told(tmp_path: Path, command: Run, columns: int) -> None:
    lines = pdb_text(peptide()).splitlines()
    lines[9] = lines[9][:columns]
    path = tmp_path / "cut.pdb"
    path.write_text("\n".join(lines) + "\n")
    code, out, err = command("check", path)
    assert (code, out) == (2, "")
    assert "cut.pdb, line 10: line of an atom is cut short; is the file truncated?; found " in err
    assert f"found {len(lines[9].rstrip())}; expected at least 66 columns: coordinates, occupancy and B factor" in err
    assert err.count("\n") == 1


def test_files_older_than_the_elements_columns_are_read(tmp_path: Path) -> None:
    text = pdb_text(with_benzene(peptide()))
    path = tmp_path / "old.pdb"
    path.write_text("\n".join(line[:66] for line in text.splitlines()))
    again = read_model(path)
    path.write_text(text)
    new = read_model(path)
    assert [each.elements for each in again.residues] == [each.elements for each in new.residues]
    assert again.sequence() == ALK_STRETCH


@pytest.mark.parametrize(
    ("name", "stated", "element"),
    [
        (" C1 ", "", "C"),
        ("CL1 ", "", "Cl"),
        ("CL12", "", "Cl"),
        ("BR  ", "", "Br"),
        ("HO5'", "", "H"),
        (" CD ", "", "C"),
        ("CD  ", "", ""),  # cadmium, as the format has it, or a delta carbon in the wrong column
        (" X1 ", "", ""),
        ("    ", "", ""),
        ("CD  ", " C", "C"),
        (" UNK", " X", "X"),
        (" C1 ", " 123", "C"),
        (" D1 ", " D", "H"),
        (" C1 ", "QQ", ""),
        ("CL1 ", "C", ""),  # the symbol lost its second letter
        ("CL1 ", "CL", "Cl"),
        (" C1 ", "C", "C"),
    ],
)
def test_an_element_is_stated_or_settled_by_the_name(tmp_path: Path, name: str, stated: str, element: str) -> None:
    line = f"HETATM    1 {name} LIG A   9       1.000   2.000   3.000  1.00 10.00          {stated}"
    path = tmp_path / "l.pdb"
    path.write_text(line + "\nEND\n")
    if element:
        (residue,) = read_deposit(path).chains["A"]
        assert residue.elements == (element,)
    else:
        with pytest.raises(InputError, match=r"line 1, column 77-78: .* no element that is known; found"):
            read_deposit(path)


def test_an_entry_without_its_end_is_told(tmp_path: Path) -> None:
    header = "HEADER    TRANSFERASE                             19-AUG-10   2XP2              \n"
    path = tmp_path / "e.pdb"
    path.write_text(header + pdb_text(peptide()))
    assert read_deposit(path).entry == "2XP2"
    path.write_text(header + pdb_text(peptide()).replace("END\n", ""))
    with pytest.raises(
        InputError, match=r"without its last line; is the file truncated\?; found 'TER .*; expected END"
    ):
        read_deposit(path)


def test_occupancy_and_b_factor_are_numbers_or_blank(tmp_path: Path) -> None:
    lines = pdb_text(peptide()).splitlines()
    path = tmp_path / "o.pdb"
    path.write_text("\n".join([lines[0][:54] + " " * 12 + lines[0][66:], *lines[1:]]))
    assert read_deposit(path).chains["A"][0].b_factors[0] == 0.0
    for cut, columns in (
        (lines[0][:54] + "  1.x0" + lines[0][60:], "55-60"),
        (lines[0][:60] + "   nan" + lines[0][66:], "61-66"),
    ):
        path.write_text("\n".join([cut, *lines[1:]]))
        with pytest.raises(InputError, match=f"line 1, column {columns}: .* is no number"):
            read_deposit(path)


def test_a_row_of_mmcif_that_is_cut_short(tmp_path: Path) -> None:
    from openmm.app import PDBxFile

    topology, nanometres = topology_of(peptide("FIL", 1193))
    path = tmp_path / "p.cif"
    with path.open("w") as handle:
        PDBxFile.writeFile(topology, quantity(nanometres), handle, keepIds=True)
    text = path.read_text().rstrip("# \n")
    for end in range(4, 90, 7):
        path.write_text(text[:-end])
        with pytest.raises(InputError, match=r"row \d+ of _atom_site is cut short"):
            read_deposit(path)


def test_missing_file_binary_file_folder(tmp_path: Path, command: Run) -> None:
    for path, said in ((tmp_path / "none.pdb", "no such file"), (tmp_path, "is a folder")):
        code, _, err = command("check", path)
        assert (code, said in err) == (2, True)
    (tmp_path / "b.pdb").write_bytes(b"\xff\xfe\x00binary")
    code, _, err = command("check", tmp_path / "b.pdb")
    assert (code, "is not text" in err) == (2, True)


def test_only_waters(tmp_path: Path) -> None:
    path = tmp_path / "w.pdb"
    path.write_text("HETATM    1  O   HOH A   1       1.000   2.000   3.000  1.00 10.00           O\n")
    with pytest.raises(InputError, match="has no protein"):
        model_of(read_deposit(path))
