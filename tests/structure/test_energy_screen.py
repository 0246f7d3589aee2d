"""The screen: pieces, energies, rotamers, intervals, and the command on a synthetic complex and on a real one."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.structure
for needed in ("openmm", "rdkit", "pdbfixer", "propka"):
    pytest.importorskip(needed, reason="needs the extra kinescape[structure]")

from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from shared_structures import structure_file  # noqa: E402
from synthetic_complex import complex_text  # noqa: E402

from kinescape.cli.main import main  # noqa: E402
from kinescape.errors import InputError  # noqa: E402
from kinescape.structure.forcefield import energy_kcal  # noqa: E402
from kinescape.structure.ligands.parameters import packaged_ligand  # noqa: E402
from kinescape.structure.ligands.placed import placed, shared_atoms  # noqa: E402
from kinescape.structure.mutations import parse_mutations  # noqa: E402
from kinescape.structure.pocket import cut_pocket  # noqa: E402
from kinescape.structure.read import read_model  # noqa: E402
from kinescape.structure.screen.compare import compare  # noqa: E402
from kinescape.structure.screen.energies import PosedComplex  # noqa: E402
from kinescape.structure.screen.interval import mean_with_interval  # noqa: E402
from kinescape.structure.screen.prepare import Prepared, prepare  # noqa: E402
from kinescape.structure.screen.rotamers import ranked_rotamers  # noqa: E402


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("complex") / "complex.pdb"
    path.write_text(complex_text())
    return path


@pytest.fixture(scope="module")
def prepared(file: Path) -> Prepared:
    return prepare(read_model(file), "LOR")


def rows_of(path: Path) -> list[dict[str, str]]:
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines, delimiter="\t"))


def test_interaction_is_complex_less_its_parts(prepared: Prepared) -> None:
    complex_ = PosedComplex(cut_pocket(prepared.model, prepared.ligand, (3,)), prepared.ligand)
    found, positions = complex_.minimise(complex_.positions, apart=False)
    parts = {"complex": positions, "receptor": positions[: complex_.atoms], "ligand": positions[complex_.atoms :]}
    energies = {}
    for name, where in parts.items():
        context = complex_.contexts[name]
        context.setPositions(where / 10)
        # Group 11 is the copy without charges that energies are read from; it is no part of the energy.
        energies[name] = energy_kcal(context, set(range(32)) - {11})
    assert found.interaction == pytest.approx(
        energies["complex"] - energies["receptor"] - energies["ligand"], rel=1e-4, abs=1e-2
    )
    assert found.interaction == pytest.approx(found.lennard_jones + found.electrostatic, abs=1e-2)
    assert found.complex_minimum == pytest.approx(energies["complex"], rel=1e-4)
    assert found.lennard_jones < 0


def test_a_far_ligand_feels_nothing(prepared: Prepared) -> None:
    near = prepared.ligand
    away = replace(near, positions=near.positions + 300.0)
    complex_ = PosedComplex(cut_pocket(prepared.model, near, (3,)), away)
    found, _ = complex_.minimise(complex_.positions, apart=False)
    assert found.interaction == pytest.approx(0.0, abs=0.1)


def test_minimising_goes_downhill_and_moves_only_what_may_move(prepared: Prepared) -> None:
    complex_ = PosedComplex(cut_pocket(prepared.model, prepared.ligand, (3,), move=4.5), prepared.ligand)
    assert 0 < complex_.mobile.sum() < len(complex_.mobile)
    context = complex_.contexts["complex"]
    shaken = complex_.positions + 0.05 * complex_.mobile[:, None]
    context.setPositions(shaken / 10)
    before = energy_kcal(context, set(range(32)) - {11})
    found, positions = complex_.minimise(shaken, apart=False)
    assert found.complex_minimum < before
    still = ~complex_.mobile
    assert np.allclose(positions[still], complex_.positions[still], atol=1e-4)


def test_rotamers_are_distinct_and_leave_the_rest_alone(prepared: Prepared) -> None:
    complex_ = PosedComplex(cut_pocket(prepared.model, prepared.ligand, (3,)), prepared.ligand)
    starts = ranked_rotamers(complex_, (3,), 3)
    assert len(starts) == 3
    moved = [np.linalg.norm(start - complex_.positions, axis=1) > 0.05 for start in starts]
    names = {complex_.labels[index] for each in moved for index in np.flatnonzero(each)}
    assert {residue for residue, _ in names} == {"3"}
    assert not {"N", "CA", "C", "O", "CB"} & {atom for _, atom in names}
    assert np.abs(starts[0] - starts[1]).max() > 0.5


def test_same_seed_same_numbers(prepared: Prepared) -> None:
    one, other = (
        compare(prepared.model, prepared.ligand, parse_mutations("L3A"), replicates=2, seed=7) for _ in range(2)
    )
    assert one == other
    # The leucine under the ligand holds it by dispersion: without it there is less.
    assert one.lennard_jones.mean > 0.5
    assert one.interaction.low <= one.interaction.mean <= one.interaction.high


def test_wrong_reference_residue(prepared: Prepared) -> None:
    with pytest.raises(InputError, match="L3"):
        compare(prepared.model, prepared.ligand, parse_mutations("V3A"), replicates=2)


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=8))
def test_interval_holds_the_mean(values: list[float]) -> None:
    found = mean_with_interval(values)
    assert found.low <= found.mean <= found.high
    assert found.mean == pytest.approx(np.mean(values))


def test_interval_of_four_is_students() -> None:
    found = mean_with_interval([1.0, 2.0, 3.0, 4.0])
    # t(0.975, 3) = 3.182; s = 1.291
    assert found.high - found.mean == pytest.approx(3.182446 * 1.2909944 / 2, rel=1e-5)


def test_command_goes_on_where_it_was(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    call = [
        "structure",
        "screen",
        str(file),
        "--ligand",
        "LOR",
        "--replicates",
        "2",
        "--processes",
        "1",
        "-o",
        str(out),
    ]
    assert main([*call, "--mutations", "S4G,K44R"]) == 0
    first = rows_of(out / "screen.tsv")
    assert [row["mutation"] for row in first] == ["S4G", "K44R"]
    assert list(first[0])[:6] == ["mutation", "ligand", "delta_interaction_kcal", "ci_low", "ci_high", "seconds"]
    assert first[0]["status"] == "done"
    assert float(first[0]["ci_low"]) <= float(first[0]["delta_interaction_kcal"]) <= float(first[0]["ci_high"])
    # A residue that is not there is said, not scored.
    assert first[1]["status"].startswith("not modellable: K44R")
    assert first[1]["delta_interaction_kcal"] == ""
    capsys.readouterr()
    assert main([*call, "--mutations", "S4A+A2G,S4G"]) == 0
    second = rows_of(out / "screen.tsv")
    assert [row["mutation"] for row in second] == ["A2G+S4A", "S4G"]
    assert second[1] == first[0]  # kept, its seconds too
    assert "1 rows kept" in capsys.readouterr().err


def test_a_nucleotide_site_is_shown_beside_the_drugs(file: Path, tmp_path: Path) -> None:
    # The same complex stands for both sites, so that the two changes are the same.
    call = ["structure", "screen", str(file), "--ligand", "LOR", "--replicates", "2", "--processes", "1"]
    call += ["--atp-model", str(file), "--atp-ligand", "LOR", "--mutations", "A2G", "-o", str(tmp_path)]
    assert main(call) == 0
    (row,) = rows_of(tmp_path / "screen.tsv")
    assert row["delta_nucleotide_kcal"] == row["delta_interaction_kcal"] != ""
    assert float(row["delta_minus_nucleotide_kcal"]) == 0.0


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--mutations", "nonsense"], "no substitution"),
        (["--mutations", ","], "no mutation to screen"),
        (["--mutations", "V3A"], "L3"),
        (["--mutations", "L3A", "--place", "aspirin"], "no parameters of this ligand"),
        (["--mutations", "L3A", "--smiles", "CC"], "belong together"),
        (["--mutations", "L3A", "--atp-model", "none.pdb"], "no such file"),
    ],
)
def test_bad_requests(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], message: str
) -> None:
    out = tmp_path / "out"
    assert main(["structure", "screen", str(file), "--ligand", "LOR", *more, "-o", str(out)]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error
    assert not (out / "screen.tsv").exists()


def test_lorlatinib_and_crizotinib_share_the_aminopyridine() -> None:
    from rdkit import Chem

    first, second = (Chem.MolFromSmiles(packaged_ligand(name).smiles) for name in ("lorlatinib", "crizotinib"))
    pairs = shared_atoms(first, second)
    assert len(pairs) > 20
    assert all(first.GetAtomWithIdx(a).GetSymbol() == second.GetAtomWithIdx(b).GetSymbol() for a, b in pairs)
    amine = Chem.MolFromSmarts("[NH2]c1ncccc1")
    shared = dict(pairs)
    assert set(first.GetSubstructMatch(amine)) <= set(shared)


@pytest.mark.slow
def test_a_pocket_of_a_real_kinase_is_whole() -> None:
    from kinescape.structure.ligands.whole import whole_ligand
    from kinescape.structure.mutate import mutate

    model = mutate(read_model(structure_file("2xp2.pdb")), ()).model
    ligand = whole_ligand(model.ligand("VGH"))
    pocket = cut_pocket(model, ligand, (1196,))
    numbers = {residue.number for residue in pocket.model.residues if residue.kind == "protein"}
    # The hinge, the gatekeeper, the roof and the floor of the site (Cui JJ et al., J Med Chem 2011;54:6342).
    assert {1130, 1148, 1150, 1196, 1197, 1199, 1202, 1256, 1270} <= numbers
    complex_ = PosedComplex(pocket, ligand)
    assert 500 < len(complex_.positions) < 1200
    # Every cut is closed: the force field takes the piece as it is.
    assert complex_.contexts["complex"].getSystem().getNumParticles() == len(complex_.positions)


@pytest.mark.slow
def test_lorlatinib_is_laid_on_crizotinib_at_the_hinge() -> None:
    from kinescape.structure.ligands.whole import whole_ligand

    model = read_model(structure_file("2xp2.pdb"))
    reference = whole_ligand(model.ligand("VGH"))
    drug = packaged_ligand("lorlatinib")
    found = placed(model, reference, drug)
    whole = whole_ligand(found.residue, drug)
    hinge = model.residue(1199).at("N")
    nitrogens = whole.positions[[place for place in whole.heavy if whole.elements[place] == "N"]]
    assert np.linalg.norm(nitrogens - hinge, axis=1).min() < 3.6
    with pytest.raises(InputError, match="shares only"):
        placed(model, reference, replace(drug, smiles="CCO"))
