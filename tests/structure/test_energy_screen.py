"""The screen: pieces, energies, rotamers, intervals, and the command on a synthetic complex and on a real one."""

from __future__ import annotations

import csv
import io
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
from kinescape.errors import InputError, KinescapeError  # noqa: E402
from kinescape.structure.dynamics.replica import alone  # noqa: E402
from kinescape.structure.forcefield import energy_kcal, open_context  # noqa: E402
from kinescape.structure.ligands.parameters import packaged_ligand  # noqa: E402
from kinescape.structure.ligands.placed import placed, shared_atoms  # noqa: E402
from kinescape.structure.mutations import parse_mutations  # noqa: E402
from kinescape.structure.pocket import cut_pocket  # noqa: E402
from kinescape.structure.read import read_model  # noqa: E402
from kinescape.structure.screen.compare import _grafted, compare  # noqa: E402
from kinescape.structure.screen.energies import (  # noqa: E402
    KAPPA,
    ROUNDS,
    SETTLED,
    STEPS,
    PosedComplex,
    salt_water,
)
from kinescape.structure.screen.interval import mean_with_interval  # noqa: E402
from kinescape.structure.screen.pieces import calculate  # noqa: E402
from kinescape.structure.screen.prepare import Prepared, prepare  # noqa: E402
from kinescape.structure.screen.replicates import grafted  # noqa: E402
from kinescape.structure.screen.request import site_of  # noqa: E402
from kinescape.structure.screen.rotamers import ranked_rotamers  # noqa: E402
from kinescape.structure.screen.run import Request, run_screen  # noqa: E402
from kinescape.structure.screen.table import row_of  # noqa: E402


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


@pytest.fixture(scope="module")
def posed(prepared: Prepared) -> PosedComplex:
    return PosedComplex(cut_pocket(prepared.model, prepared.ligand, (3,)), prepared.ligand)


def test_interaction_is_complex_less_its_parts_in_openmms_own_salt_water(posed: PosedComplex) -> None:
    from openmm import NonbondedForce, VerletIntegrator
    from openmm.app import ForceField, NoCutoff

    field, without_water = (
        ForceField("amber14/protein.ff14SB.xml", *more, io.StringIO(posed.ligand.parameters.xml))
        for more in (["implicit/obc2.xml"], [])
    )
    energies, dry = {}, {}
    for name, (topology, where) in posed.parts.items():
        # 0.15 mol/l of salt at 25 C: 0.93 per nm with Amber's factor for ions that are kept out.
        system = field.createSystem(topology, nonbondedMethod=NoCutoff, implicitSolventKappa=0.9302)
        assert any(isinstance(force, NonbondedForce) for force in system.getForces())
        context = open_context(system, posed.positions[where], platform="Reference", integrator=VerletIntegrator(0.001))
        energies[name] = energy_kcal(context)
        system = without_water.createSystem(topology, nonbondedMethod=NoCutoff)
        dry[name] = energy_kcal(open_context(system, posed.positions[where], platform="Reference"))
    found = posed.energies(posed.positions)
    assert found.interaction == pytest.approx(energies["complex"] - energies["receptor"] - energies["ligand"], abs=2e-3)
    assert found.interaction == pytest.approx(found.lennard_jones + found.electrostatic)
    in_vacuum = dry["complex"] - dry["receptor"] - dry["ligand"]
    assert found.lennard_jones + found.coulomb == pytest.approx(in_vacuum, abs=2e-3)
    assert found.lennard_jones < 0
    assert found.binding == found.interaction  # the receptor was not relaxed: no strain


def test_a_far_ligand_feels_nothing(prepared: Prepared) -> None:
    near = prepared.ligand
    away = replace(near, positions=near.positions + 300.0)
    complex_ = PosedComplex(cut_pocket(prepared.model, near, (3,)), away)
    found = complex_.energies(complex_.positions)
    assert found.lennard_jones == pytest.approx(0.0, abs=1e-6)
    assert found.electrostatic == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize("kappa", [0.0, KAPPA])
def test_charges_are_screened_by_water_and_salt(kappa: float) -> None:
    from openmm import NonbondedForce, System
    from openmm.app import Element, Topology

    def energy(apart: float) -> float:
        """Of two ions in water, in kcal/mol."""
        topology, system, charges = Topology(), System(), NonbondedForce()
        residue = topology.addResidue("ION", topology.addChain())
        for charge in (1.0, -1.0):
            topology.addAtom("Na", Element.getBySymbol("Na"), residue)
            system.addParticle(23.0)
            charges.addParticle(charge, 0.2, 0.0)
        system.addForce(charges)
        system.addForce(salt_water(charges, topology, kappa))
        return energy_kcal(open_context(system, np.array([[0.0, 0.0, 0.0], [apart, 0.0, 0.0]]), platform="Reference"))

    # Far apart: Coulomb's law in water, with the salt's exponential (Debye and Hueckel).
    for apart in (12.0, 20.0):
        wanted = -332.06 / (78.5 * apart) * np.exp(-kappa * apart / 10.0)
        assert energy(apart) - energy(5000.0) == pytest.approx(wanted, rel=0.1)


def test_relaxing_goes_downhill_and_moves_only_what_may_move(prepared: Prepared) -> None:
    complex_ = PosedComplex(cut_pocket(prepared.model, prepared.ligand, (3,), move=4.5), prepared.ligand)
    assert 0 < complex_.mobile.sum() < len(complex_.mobile)
    shaken = complex_.positions + 0.05 * complex_.mobile[:, None]
    positions = complex_.relaxed(shaken)
    assert complex_.energy(positions) < complex_.energy(shaken)
    still = ~complex_.mobile
    assert np.allclose(positions[still], complex_.positions[still], atol=1e-4)


def test_a_relaxed_complex_stays_and_the_receptors_strain_is_not_negative(posed: PosedComplex) -> None:
    relaxed = posed.relaxed(posed.positions)
    again = posed.relaxed(relaxed)
    assert posed.energy(relaxed) - posed.energy(again) < 2 * SETTLED
    free = posed.relaxed(relaxed[: posed.atoms], "receptor")
    found = posed.energies(relaxed, free)
    assert found.strain >= -0.01
    assert found.binding == pytest.approx(found.interaction + found.strain)


def test_twice_the_iterations_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Crizotinib, which the peptide holds: lorlatinib slides along it for as long as it is let (2.4, 1.9, -1.9 kcal/mol
    # after one, two and four times the iterations), which no criterion of a minimiser can mend.
    path = tmp_path / "complex.pdb"
    path.write_text(complex_text("crizotinib", "VGH"))
    prepared = prepare(read_model(path), "VGH")
    relaxed = PosedComplex.relaxed
    rows = []
    for more in (1, 2):

        def longer(
            self: PosedComplex,
            start: np.ndarray,
            part: str = "complex",
            *,
            rounds: int = ROUNDS,
            steps: int = STEPS,
            factor: int = more,
        ) -> np.ndarray:
            for _ in range(factor if rounds > 1 else 1):
                start = relaxed(self, start, part, rounds=rounds, steps=steps)
            return start

        monkeypatch.setattr(PosedComplex, "relaxed", longer)
        rows.append(compare(prepared.model, prepared.ligand, parse_mutations("L3A"), replicates=2))
    for term in ("interaction", "binding"):
        once, twice = (getattr(row, term).mean for row in rows)
        assert once == pytest.approx(twice, abs=0.1)


def test_a_graft_keeps_what_both_forms_have(prepared: Prepared) -> None:
    pocket = cut_pocket(prepared.model, prepared.ligand, (3,))
    wild = PosedComplex(pocket, prepared.ligand)
    mutant = PosedComplex(_grafted(pocket, prepared.model, parse_mutations("L3A"), 1), prepared.ligand)
    moved = wild.positions + np.array([1.0, 2.0, 3.0])
    there = grafted(wild, moved, mutant, mutant.positions, (3,))
    names = {label: moved[index] for index, label in enumerate(wild.labels)}
    for index, label in enumerate(mutant.labels):
        if label[0] != "3" or label[1] in ("N", "CA", "C", "O", "H", "HA"):
            assert np.allclose(there[index], names[label])
    # The new side chain came along: its bonds are as long as in the template.
    alpha, beta = (mutant.labels.index(("3", name)) for name in ("CA", "CB"))
    assert np.linalg.norm(there[alpha] - there[beta]) == pytest.approx(1.53, abs=0.06)
    # And back: the wild type's own side chain where it was.
    back = grafted(mutant, there, wild, wild.positions, (3,))
    assert np.abs(back - moved).max() < 0.05


def test_rotamers_are_distinct_and_leave_the_rest_alone(prepared: Prepared) -> None:
    complex_ = PosedComplex(cut_pocket(prepared.model, prepared.ligand, (3,)), prepared.ligand)
    starts = ranked_rotamers(complex_, complex_.positions, (3,), 3)
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


def test_rows_in_pieces_are_the_same_over_any_number_of_processes(prepared: Prepared) -> None:
    todo = {name: parse_mutations(name) for name in ("L3A", "L3V")}
    found: list[dict[str, dict[str, str]]] = []
    for processes in (1, 3):
        rows: dict[str, dict[str, str]] = {}
        calculate([prepared], todo, 2, 7, processes, rows.__setitem__)
        found.append(rows)
    for name, substitutions in todo.items():
        alone = row_of(
            compare(prepared.model, prepared.ligand, substitutions, replicates=2, seed=7), "crystal", (0.0, 0.0)
        )
        for rows in found:
            timed = {"seconds", "cpu_seconds"}
            assert {column: cell for column, cell in rows[name].items() if column not in timed} == {
                column: cell for column, cell in alone.items() if column not in timed
            }
            assert float(rows[name]["cpu_seconds"]) > 0.0


def test_a_row_that_cannot_be_calculated_fails_alone(prepared: Prepared) -> None:
    lost = replace(prepared.ligand, positions=np.full_like(prepared.ligand.positions, np.nan))
    rows: dict[str, dict[str, str]] = {}
    todo = {name: parse_mutations(name) for name in ("L3A", "L3V")}
    calculate([replace(prepared, ligand=lost)], todo, 2, 1, 2, rows.__setitem__)
    assert sorted(rows) == ["L3A", "L3V"]
    assert all(row["status"].startswith("failed: ") and not row["delta_interaction_kcal"] for row in rows.values())


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


def test_a_table_of_somebody_else_stays(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "screen.tsv").write_text("mine\n")
    call = ["structure", "screen", str(file), "--ligand", "LOR", "--mutations", "S4G", "-o", str(tmp_path)]
    assert main(call) == 2
    assert "was not written by a screen" in capsys.readouterr().err
    assert (tmp_path / "screen.tsv").read_text() == "mine\n"


def test_command_goes_on_where_it_was(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    call = [
        "structure",
        "screen",
        str(file),
        "--ligand",
        "LOR",
        "--replicas",
        "2",
        "--processes",
        "1",
        "-o",
        str(out),
    ]
    assert main([*call, "--mutations", "S4G,K44R"]) == 0
    assert (out / "screen.tsv").read_text().startswith("mutation\tligand\tdelta_interaction_kcal\t")
    first = rows_of(out / "screen.tsv")
    assert [row["mutation"] for row in first] == ["S4G", "K44R"]
    assert list(first[0])[:6] == ["mutation", "ligand", "delta_interaction_kcal", "ci_low", "ci_high", "seconds"]
    assert first[0]["status"] == "done"
    assert float(first[0]["ci_low"]) <= float(first[0]["delta_interaction_kcal"]) <= float(first[0]["ci_high"])
    # A residue that is not there is said, not scored.
    assert first[1]["status"].startswith("not modellable: K44R")
    assert first[1]["delta_interaction_kcal"] == ""
    # Both terms are shown: they can disagree.
    shown = list(csv.DictReader(capsys.readouterr().out.splitlines(), delimiter="\t"))
    assert shown[0]["delta_binding_kcal"] == first[0]["delta_binding_kcal"] != ""
    assert shown[1]["status"] == first[1]["status"]
    assert main([*call, "--mutations", "S4A+A2G,S4G"]) == 0
    second = rows_of(out / "screen.tsv")
    assert [row["mutation"] for row in second] == ["A2G+S4A", "S4G"]
    assert second[1] == first[0]  # kept, its seconds too
    assert "kept: 1, not modellable: 0, to do: 1" in capsys.readouterr().err
    # What was calculated is not lost because it is not named this time, nor replaced by other settings.
    assert main([*call, "--mutations", "S4G"]) == 0
    assert rows_of(out / "screen.tsv") == [second[1], second[0]]
    told = capsys.readouterr()
    assert "keeps finished rows that are not asked for now: A2G+S4A" in told.err
    assert [line.split("\t")[0] for line in told.out.splitlines()] == ["mutation", "S4G"]
    before = (out / "screen.tsv").read_bytes()
    assert main([*call, "--mutations", "S4G", "--seed", "2"]) == 2
    assert "has finished rows of another screen, which would be lost; found 'S4G, A2G+S4A'" in capsys.readouterr().err
    assert (out / "screen.tsv").read_bytes() == before


def test_two_screens_do_not_share_a_folder(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = ["structure", "screen", str(file), "--ligand", "LOR", "--mutations", "S4G", "-o", str(tmp_path)]
    with alone(tmp_path):
        assert main(call) == 2
    assert capsys.readouterr().err == f"kinescape: error: {tmp_path}: another process runs this screen\n"
    assert not (tmp_path / "screen.tsv").exists()


def test_a_backbone_that_does_not_suit_a_proline_is_told(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def far_enough(*_: object, **__: object) -> None:
        raise KinescapeError("far enough")

    told: list[str] = []
    request = Request(site_of(file, None, "LOR"), ("S4P", "A2G", "K44P"), replicates=2)
    with monkeypatch.context() as patched:
        patched.setattr("kinescape.structure.screen.run.prepare", far_enough)
        with pytest.raises(KinescapeError, match="far enough"):
            run_screen(request, tmp_path / "out", told.append)
    assert not (tmp_path / "out").exists(), "what ended before its first row leaves nothing"
    notes = [line for line in told if line.startswith("note: ")]
    assert len(notes) == 1
    said = "S4P: phi of residue 4 is 180 degrees, where prolines are rare (-100 to -40)"
    assert notes[0].startswith(f"note: {said}")
    # And it stays with the number.
    run_screen(request, tmp_path / "out")
    proline, glycine, absent = rows_of(tmp_path / "out" / "screen.tsv")
    assert proline["notes"].startswith(said)
    assert glycine["notes"] == absent["notes"] == ""


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
        (["--mutations", ","], "--mutations names no mutation"),
        (["--mutations", "V3A"], "L3"),
        (
            ["--mutations", "K44R,L99M"],
            "no mutation can be modelled: K44R lies in a part that complex does not show; L99M",
        ),
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


def test_a_drug_that_cannot_be_laid_is_refused_before_anything_is_prepared(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def prepared(*_: object, **__: object) -> None:
        raise AssertionError("prepared before the request was checked")

    # The two share 12 atoms, more than are asked for otherwise.
    monkeypatch.setattr("kinescape.structure.ligands.placed.LEAST_SHARED", 30)
    monkeypatch.setattr("kinescape.structure.screen.run.prepare", prepared)
    call = ["structure", "screen", str(file), "--ligand", "LOR", "--mutations", "L3A", "--place", "ATP"]
    assert main([*call, "-o", str(tmp_path / "out")]) == 2
    assert "ATP shares only 12 atoms with lorlatinib: a pose cannot be laid on it" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


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
    assert np.isfinite(complex_.energy(complex_.positions))


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
