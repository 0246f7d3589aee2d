"""Dynamics of an alanine dipeptide and of a synthetic complex: determinism, kills, explosions, bad input."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.structure
for needed in ("openmm", "rdkit", "pdbfixer", "propka", "MDAnalysis"):
    pytest.importorskip(needed, reason="needs the extra kinescape[structure]")

from peptide_builder import peptide, with_benzene, write_peptide  # noqa: E402
from synthetic_complex import complex_text  # noqa: E402

from kinescape.errors import InputError, KinescapeError  # noqa: E402
from kinescape.structure.analysis.quiet import quiet  # noqa: E402
from kinescape.structure.dynamics.assemble import Assembled, assemble, load_assembled, save_assembled  # noqa: E402
from kinescape.structure.dynamics.checkpoint import NAME, read_checkpoint  # noqa: E402
from kinescape.structure.dynamics.platforms import PROCESSOR, choose_platform  # noqa: E402
from kinescape.structure.dynamics.protocol import Protocol, plan  # noqa: E402
from kinescape.structure.dynamics.replica import LOG, TRAJECTORY, Engine, Progress, run_replica  # noqa: E402
from kinescape.structure.dynamics.run import Request, protocol_for, run_arm  # noqa: E402

Command = Callable[..., tuple[int, str, str]]
TINY = Protocol(solvent="vacuum", time_ns=0.0004, heat_ps=0.1, nvt_ps=0.1, npt_ps=0.0, frame_ps=0.02, chunk_ps=0.1)
REFERENCE = Engine("Reference", 1)


@pytest.fixture(scope="module")
def dipeptide() -> Assembled:
    return assemble(peptide("A", 100), None, "WT", TINY)


def files_of(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in (TRAJECTORY, LOG, NAME)}


class Killed(Exception):
    """Stands for what ends a process at once."""


def kill_after(calls: int) -> Callable[[Progress], None]:
    seen = [0]

    def tell(_: Progress) -> None:
        seen[0] += 1
        if seen[0] > calls:
            raise Killed

    return tell


def test_plan_has_the_stages_in_order_and_all_the_time() -> None:
    chunks = plan(Protocol())
    assert list(dict.fromkeys(chunk.stage for chunk in chunks)) == ["minimise", "heat", "NVT", "NPT", "production"]
    assert sum(chunk.steps for chunk in chunks if chunk.stage == "production") * 2e-6 == pytest.approx(5.0)
    assert sum(chunk.steps for chunk in chunks if chunk.stage != "production") * 2e-3 == pytest.approx(350.0)
    production = [chunk for chunk in chunks if chunk.stage == "production"]
    assert all(chunk.hold == 0 and chunk.constant_pressure and chunk.temperature == 300 for chunk in production)
    assert [chunk.hold for chunk in chunks if chunk.stage == "NPT"][-1] == 0.0
    assert "NPT" not in {chunk.stage for chunk in plan(replace(Protocol(), solvent="implicit"))}


def test_only_the_whole_papers_run_is_called_full() -> None:
    assert Protocol().label == "full"
    for change in ({"solvent": "implicit"}, {"pocket": True, "solvent": "implicit"}, {"time_ns": 4.9}):
        assert Protocol(**change).label.startswith("reduced (")  # type: ignore[arg-type]
    assert protocol_for("CPU", ligand=True).label == "reduced (pocket only, implicit solvent, 0.1 ns instead of 5 ns)"
    assert protocol_for("CUDA", ligand=True).label == "full"
    short = protocol_for("CUDA", ligand=True, equilibrate_ps=7)
    assert (short.reduced, short.label) == (True, "reduced (7 ps of equilibration instead of 350 ps)")
    assert protocol_for("CUDA", ligand=True, equilibrate_ps=700).label == "full"
    assert protocol_for("CPU", ligand=True, solvent="explicit").label == "full"


@pytest.mark.parametrize("platform", ["Reference", "CPU"])
def test_same_seed_same_bytes_and_another_seed_another_path(
    dipeptide: Assembled, tmp_path: Path, platform: str
) -> None:
    engine = Engine(platform, 1)
    for name, seed in (("one", 1), ("again", 1), ("two", 2)):
        assert run_replica(tmp_path / name, dipeptide, TINY, seed, engine) == 20
    assert files_of(tmp_path / "one") == files_of(tmp_path / "again")
    assert files_of(tmp_path / "one")[TRAJECTORY] != files_of(tmp_path / "two")[TRAJECTORY]


@pytest.mark.parametrize("platform", ["Reference", "CPU"])
@pytest.mark.parametrize("calls", [3, 15, 22])
def test_a_run_that_was_stopped_goes_on_bit_for_bit(
    dipeptide: Assembled, tmp_path: Path, platform: str, calls: int
) -> None:
    engine = Engine(platform, 1)
    run_replica(tmp_path / "whole", dipeptide, TINY, 7, engine)
    with pytest.raises(Killed):
        run_replica(tmp_path / "cut", dipeptide, TINY, 7, engine, kill_after(calls))
    # A frame that was begun, and half a line of the log.
    with (tmp_path / "cut" / TRAJECTORY).open("ab") as out:
        out.write(b"\x54\x00\x00\x00half a frame")
    with (tmp_path / "cut" / LOG).open("a") as out:
        out.write("production\t12")
    run_replica(tmp_path / "cut", dipeptide, TINY, 7, engine)
    assert files_of(tmp_path / "cut") == files_of(tmp_path / "whole")


def test_explicit_water_goes_on_bit_for_bit_under_pressure(tmp_path: Path) -> None:
    wet = replace(TINY, solvent="explicit", time_ns=0.00012, npt_ps=0.04, heat_ps=0.02, nvt_ps=0.02, chunk_ps=0.06)
    wet = replace(wet, minimise_steps=30)
    assembled = assemble(peptide("A", 100), None, "WT", wet)
    engine = Engine("CPU", 1)
    run_replica(tmp_path / "whole", assembled, wet, 7, engine)
    with pytest.raises(Killed):
        # The second chunk of the production has begun.
        run_replica(tmp_path / "cut", assembled, wet, 7, engine, kill_after(len(plan(wet)) - 3 + 4))
    save_assembled(tmp_path, assembled)
    run_replica(tmp_path / "cut", load_assembled(tmp_path), wet, 7, engine)
    assert files_of(tmp_path / "cut") == files_of(tmp_path / "whole")
    checkpoint = read_checkpoint(tmp_path / "cut")
    assert checkpoint is not None
    assert checkpoint.moment.box is not None
    assert not np.array_equal(checkpoint.moment.box, assembled.start.box), "the barostat never moved the box"


def test_a_killed_process_goes_on_bit_for_bit(tmp_path: Path) -> None:
    """kill -9 in the middle of the production, then the same command again."""
    pdb = write_peptide(tmp_path / "dipeptide.pdb", peptide("A", 100))
    options = ["--platform", "Reference", "--solvent", "vacuum", "--time-ns", "0.03", "--equilibrate-ps", "0.2"]
    options += ["--frame-ps", "1", "--replicas", "1", "--seed", "3"]
    program = [sys.executable, "-c", "from kinescape.cli.main import run_program; run_program()"]
    command = [*program, "structure", "simulate", str(pdb), *options, "-o"]
    environment = {**os.environ, "OPENMM_CPU_THREADS": "1"}
    subprocess.run([*command, str(tmp_path / "whole")], check=True, capture_output=True, env=environment, timeout=200)
    process = subprocess.Popen(
        [*command, str(tmp_path / "cut")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    )
    log = tmp_path / "cut" / "replica-1" / LOG
    until = time.monotonic() + 100
    while time.monotonic() < until and process.poll() is None:
        if log.exists() and log.read_text().count("production") >= 12:
            break
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (log.parent / "done.json").exists(), "it was too fast to be killed"
    subprocess.run([*command, str(tmp_path / "cut")], check=True, capture_output=True, env=environment, timeout=200)
    assert files_of(tmp_path / "cut" / "replica-1") == files_of(tmp_path / "whole" / "replica-1")


def test_trajectory_is_read_by_mdanalysis_and_ends_where_the_checkpoint_is(
    dipeptide: Assembled, tmp_path: Path
) -> None:
    save_assembled(tmp_path, dipeptide)
    run_replica(tmp_path / "replica-1", dipeptide, TINY, 1, REFERENCE)
    checkpoint = read_checkpoint(tmp_path / "replica-1")
    assert checkpoint is not None
    with quiet():
        import MDAnalysis

        universe = MDAnalysis.Universe(str(tmp_path / "solute.pdb"), str(tmp_path / "replica-1" / TRAJECTORY))
        assert len(universe.trajectory) == checkpoint.frames == 20
        universe.trajectory[-1]
        last = universe.atoms.positions
    np.testing.assert_allclose(last, 10 * checkpoint.moment.positions, atol=2e-5)
    assert universe.trajectory.dt == pytest.approx(0.02, rel=1e-4)


def test_the_saved_system_is_the_same_system(dipeptide: Assembled, tmp_path: Path) -> None:
    save_assembled(tmp_path, dipeptide)
    read = load_assembled(tmp_path)
    run_replica(tmp_path / "one", dipeptide, TINY, 1, REFERENCE)
    run_replica(tmp_path / "two", read, TINY, 1, REFERENCE)
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")
    (tmp_path / "start.npz").write_bytes(b"damaged")
    with pytest.raises(InputError, match="cannot be read"):
        load_assembled(tmp_path)


def test_temperature_is_the_one_asked_for(dipeptide: Assembled, tmp_path: Path) -> None:
    longer = replace(TINY, time_ns=0.02, frame_ps=0.1, chunk_ps=20, friction=10.0, nvt_ps=2.0)
    run_replica(tmp_path, dipeptide, longer, 1, REFERENCE)
    rows = [line.split("\t") for line in (tmp_path / LOG).read_text().splitlines()]
    temperatures = [float(row[4]) for row in rows if row[0] == "production"]
    assert np.mean(temperatures) == pytest.approx(300, abs=25)


def test_an_explosion_says_where_and_keeps_what_was_before(dipeptide: Assembled, tmp_path: Path) -> None:
    wild = replace(TINY, timestep_fs=4.0, frame_ps=0.04, nvt_ps=0.12, heat_ps=0.12)
    from openmm import CustomExternalForce, XmlSerializer

    broken = replace(dipeptide, system=XmlSerializer.deserialize(XmlSerializer.serialize(dipeptide.system)))
    push = CustomExternalForce("-1e9*x^2")
    push.addParticle(4, [])
    broken.system.addForce(push)
    with pytest.raises(KinescapeError, match=r"blew up in .*(atom|NaN|not a number)") as problem:
        run_replica(tmp_path, broken, replace(wild, minimise_steps=1), 1, REFERENCE)
    assert not isinstance(problem.value, InputError)
    assert not (tmp_path / "done.json").exists()


def test_not_a_number_is_named_by_its_atom(dipeptide: Assembled) -> None:
    from kinescape.structure.dynamics.watch import check_sound

    positions = np.zeros((len(dipeptide.solute), 3))
    positions[4, 1] = np.nan
    label = dipeptide.labels[4]
    with pytest.raises(KinescapeError, match=f"in heat, steps 1 to 50: the position of atom {label} is not a number"):
        check_sound(positions, positions, 0.0, 300.0, 300.0, "in heat, steps 1 to 50", dipeptide.labels)


def test_two_processes_do_not_write_one_replica(dipeptide: Assembled, tmp_path: Path) -> None:
    import fcntl

    with (tmp_path / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(InputError, match="another process"):
            run_replica(tmp_path, dipeptide, TINY, 1, REFERENCE)


def test_a_second_process_changes_nothing(tmp_path: Path, command: Command) -> None:
    import fcntl

    pdb = write_peptide(tmp_path / "dipeptide.pdb", peptide("A", 100))
    options = ["--platform", "Reference", "--solvent", "vacuum", "--time-ns", "0.0002", "--equilibrate-ps", "0.1"]
    options += ["--frame-ps", "0.02", "-o", str(tmp_path / "out"), "--replicas"]
    assert command("simulate", pdb, *options, 1)[0] == 0
    path = tmp_path / "out" / "run.json"
    before, when = path.read_bytes(), path.stat().st_mtime_ns
    with (tmp_path / "out" / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        code, _, err = command("simulate", pdb, *options, 2)
    assert (code, "another process runs this simulation" in err) == (2, True)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, when)
    assert not (tmp_path / "out" / "replica-2").exists()
    assert command("simulate", pdb, *options, 2)[0] == 0
    first, after = json.loads(before), json.loads(path.read_text())
    assert after["replicas"] == 2
    assert after["ns_per_day_estimate"] == first["ns_per_day_estimate"], "the same machine: its first estimate stays"
    # Where the owner has ended before its record was written, its lock alone does not stand in the way.
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / ".lock").touch()
    run_arm(Request(pdb, TINY, platform="Reference", replicas=1), tmp_path / "new")
    assert (tmp_path / "new" / "replica-1" / TRAJECTORY).is_file()


def test_a_cold_start_of_production_is_told(dipeptide: Assembled, tmp_path: Path) -> None:
    from kinescape.structure.dynamics.watch import away_from

    assert away_from(170.4, 300.0, 6000) == ("production began at 170 K, not at 300 K: the equilibration was too short")
    assert away_from(289.0, 300.0, 60_000)
    assert not away_from(291.0, 300.0, 60_000)
    assert not away_from(289.0, 300.0, 600), "what 600 degrees of freedom fluctuate by"
    assert not away_from(float("nan"), 300.0, 600)
    told: list[str] = []
    # Straight from the minimiser, at 10 K.
    run_replica(tmp_path, dipeptide, replace(TINY, heat_ps=0.0, nvt_ps=0.0), 1, REFERENCE, note=told.append)
    assert len(told) == 1
    assert told[0].startswith("production began at ")


def test_a_damaged_checkpoint_or_a_lost_trajectory_is_told(dipeptide: Assembled, tmp_path: Path) -> None:
    run_replica(tmp_path, dipeptide, TINY, 1, REFERENCE)
    good = (tmp_path / NAME).read_bytes()
    (tmp_path / NAME).write_bytes(good[: len(good) // 2])
    with pytest.raises(InputError, match="checkpoint is damaged"):
        run_replica(tmp_path, dipeptide, TINY, 1, REFERENCE)
    (tmp_path / NAME).write_bytes(good)
    (tmp_path / TRAJECTORY).write_bytes(b"")
    with pytest.raises(InputError, match="shorter than when the run stopped"):
        run_replica(tmp_path, dipeptide, TINY, 1, REFERENCE)


def test_pockets_of_wild_type_and_mutant_are_one_piece(tmp_path: Path) -> None:
    path = tmp_path / "complex.pdb"
    path.write_text(complex_text())
    from kinescape.structure.read import read_model

    model = read_model(path)
    implicit = replace(TINY, solvent="implicit", pocket=True)
    wild = assemble(model, "LOR", "WT", implicit, sites=(3,))
    mutant = assemble(model, "LOR", "L3M", implicit)

    def residues(which: Assembled) -> list[tuple[str, str]]:
        return [(each.name, each.id) for each in which.topology.residues()]

    assert [each for each in residues(wild) if each[1] != "3"] == [each for each in residues(mutant) if each[1] != "3"]
    assert ("LEU", "3") in residues(wild)
    assert ("MET", "3") in residues(mutant)


def test_the_solute_is_one_molecule_for_the_barostat(tmp_path: Path) -> None:
    path = tmp_path / "complex.pdb"
    path.write_text(complex_text())
    from openmm import Context, VerletIntegrator

    from kinescape.structure.read import read_model

    wet = assemble(read_model(path), "LOR", "WT", replace(TINY, solvent="explicit"))
    context = Context(wet.system, VerletIntegrator(0.001))
    groups = [set(each) for each in context.getMolecules()]
    assert any(set(wet.solute.tolist()) == group for group in groups)


def test_command_runs_replicas_records_them_and_keeps_what_is_done(tmp_path: Path, command: Command) -> None:
    pdb = write_peptide(tmp_path / "dipeptide.pdb", peptide("A", 100))
    options = ["--platform", "Reference", "--solvent", "vacuum", "--time-ns", "0.0002", "--equilibrate-ps", "0.1"]
    options += ["--frame-ps", "0.02", "-o", str(tmp_path / "out")]
    code, out, err = command("simulate", pdb, *options, "--replicas", 2)
    assert code == 0, err
    assert out.startswith("reduced (vacuum, 0.0002 ns instead of 5 ns, 0.1 ps of equilibration instead of 30 ps)")
    assert "ns/day" in err
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert record["label"].startswith("reduced")
    assert record["hardware"][0]["platform"] == "Reference"
    assert record["state"] == "WT"
    assert record["protocol"]["time_ns"] == 0.0002
    first = files_of(tmp_path / "out" / "replica-1")
    code, _, err = command("simulate", pdb, *options, "--replicas", 3)
    assert code == 0
    assert "replica 1: done before" in err
    assert files_of(tmp_path / "out" / "replica-1") == first
    assert files_of(tmp_path / "out" / "replica-3") != first
    code, _, err = command("simulate", pdb, *options, "--replicas", 2, "--seed", 9)
    assert code == 2
    assert "holds another simulation: its seed differs" in err
    other = write_peptide(tmp_path / "other.pdb", peptide("G", 100))
    code, _, err = command("simulate", other, *options)
    assert code == 2
    assert "holds another simulation" in err
    # What is done is looked at before it is called so.
    cut = tmp_path / "out" / "replica-2" / "trajectory.dcd"
    cut.write_bytes(cut.read_bytes()[:-100])
    code, _, err = command("simulate", pdb, *options, "--replicas", 2)
    assert code == 2
    assert "the trajectory of a finished replica is not whole" in err
    assert "without the folder replica-2 this replica is calculated anew" in err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--ligand", "VGH"], "ligand VGH is not in"),
        (["--ligand", "BNZ"], "no parameters for this ligand"),
        (["--mutation", "C1237Y"], "1237"),
        (["--mutation", "L1190A", "--mutation", "G1190A"], "G1190A"),
        (["--mutation", "nonsense"], "nonsense"),
        (["--time-ns", "-1"], "--time-ns; found '-1'; expected more than 0"),
        (["--time-ns", "0"], "--time-ns; found '0'; expected more than 0"),
        (["--time-ns", "nan"], "--time-ns; found 'nan'"),
        (["--time-ns", "0.001", "--frame-ps", "10"], "at least one frame"),
        (["--frame-ps", "0.0001"], "shorter than a time step"),
        (["--equilibrate-ps", "-5"], "--equilibrate-ps; found '-5'; expected 0 or more"),
        (["--frame-ps", "0"], "--frame-ps; found '0'"),
        (["--timestep-fs", "0"], "--timestep-fs; found '0'"),
        (["--timestep-fs", "20"], "time step too long"),
        (["--platform", "Abacus"], "no such platform"),
        (["--pocket"], "a pocket is cut around a ligand"),
        (["--pocket", "--solvent", "explicit"], "not put into explicit water"),
        (["--parameters", "x.xml"], "belong together"),
        (["--replicas", "0"], "replicas"),
    ],
)
def test_bad_input_is_one_clear_error(tmp_path: Path, command: Command, options: list[str], said: str) -> None:
    pdb = write_peptide(tmp_path / "peptide.pdb", with_benzene(peptide()))
    code, out, err = command("simulate", pdb, "-o", tmp_path / "out", "--platform", "CPU", *options)
    assert code == 2
    assert said in err
    assert not out
    assert not (tmp_path / "out").exists()


def test_a_folder_with_other_things_is_not_written_to(tmp_path: Path) -> None:
    pdb = write_peptide(tmp_path / "dipeptide.pdb", peptide("A", 100))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="is not empty and holds no simulation"):
        run_arm(Request(pdb, TINY, platform="Reference"), tmp_path / "out")


@pytest.mark.parametrize(
    ("device", "processor"),
    [
        ("cpu-haswell-AMD EPYC 7763 64-Core Processor", True),
        ("pthread-AMD Ryzen 7", True),
        ("Intel(R) Xeon(R) Gold 6226R CPU @ 2.90GHz", True),
        ("NVIDIA H100 80GB HBM3", False),
        ("gfx1100", False),
        ("Intel(R) Arc(TM) A770 Graphics", False),
    ],
)
def test_a_processor_that_speaks_opencl_is_no_gpu(device: str, processor: bool) -> None:
    assert bool(PROCESSOR.search(device)) is processor


def test_an_accelerator_that_is_not_there_is_no_cpu() -> None:
    assert choose_platform("cpu") == "CPU"
    assert choose_platform("auto") in ("CUDA", "HIP", "OpenCL", "CPU")
    if choose_platform("auto") == "CPU":
        with pytest.raises(InputError, match="CUDA"):
            choose_platform("CUDA")
