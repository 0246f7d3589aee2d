"""What is read from trajectories, against numbers worked out here by hand or by numpy on synthetic trajectories."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.structure
for needed in ("openmm", "MDAnalysis", "pymbar"):
    pytest.importorskip(needed, reason="needs the extra kinescape[structure]")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from kinescape import __version__  # noqa: E402
from kinescape.errors import InputError  # noqa: E402
from kinescape.structure.analysis.bonds import contact_series, hydrogen_bond_series  # noqa: E402
from kinescape.structure.analysis.errors import average, contrast, error_within, holm, inefficiency  # noqa: E402
from kinescape.structure.analysis.load import Arm, load_arm  # noqa: E402
from kinescape.structure.analysis.motion import rmsd_series, rmsf_by_residue  # noqa: E402
from kinescape.structure.analysis.pairs import pair_options  # noqa: E402
from kinescape.structure.dynamics.protocol import Protocol  # noqa: E402
from kinescape.structure.dynamics.trajectory import Trajectory  # noqa: E402

Command = Callable[..., tuple[int, str, str]]
PROTOCOL = Protocol(solvent="implicit", time_ns=0.02, frame_ps=1.0)
# A made-up chain: serine (with its hydroxyl), glycine, alanine, aspartate, and a ligand of three atoms.
ATOMS = [
    ("SER", 1, "N", "N", (0.0, 0.0, 0.0)),
    ("SER", 1, "CA", "C", (1.46, 0.0, 0.0)),
    ("SER", 1, "C", "C", (2.0, 1.4, 0.0)),
    ("SER", 1, "O", "O", (1.3, 2.4, 0.0)),
    ("SER", 1, "OG", "O", (1.9, -1.3, 0.6)),
    ("SER", 1, "HG", "H", (2.8, -1.2, 0.9)),
    ("GLY", 2, "N", "N", (3.3, 1.5, 0.2)),
    ("GLY", 2, "CA", "C", (4.0, 2.8, 0.3)),
    ("GLY", 2, "C", "C", (5.5, 2.6, 0.1)),
    ("GLY", 2, "O", "O", (6.1, 1.6, 0.5)),
    ("ALA", 3, "N", "N", (6.1, 3.6, -0.5)),
    ("ALA", 3, "CA", "C", (7.5, 3.6, -0.8)),
    ("ALA", 3, "C", "C", (8.2, 4.7, -0.1)),
    ("ALA", 3, "O", "O", (7.6, 5.6, 0.5)),
    ("ASP", 4, "N", "N", (9.5, 4.6, -0.2)),
    ("ASP", 4, "CA", "C", (10.3, 5.6, 0.5)),
    ("ASP", 4, "C", "C", (11.7, 5.1, 0.8)),
    ("ASP", 4, "O", "O", (12.1, 4.0, 0.4)),
    ("ASP", 4, "OD1", "O", (20.0, 20.0, 20.0)),
    ("LIG", 9, "C1", "C", (7.5, 3.6, 8.0)),
    ("LIG", 9, "N1", "N", (8.5, 3.6, 8.9)),
    ("LIG", 9, "C2", "C", (6.5, 3.6, 8.9)),
]
START = np.array([each[4] for each in ATOMS])
HEAVY_BACKBONE = np.array([each[2] in ("N", "CA", "C", "O") and each[0] != "LIG" for each in ATOMS])
LIGAND = np.array([each[0] == "LIG" for each in ATOMS])


def pdb_of(positions: np.ndarray) -> str:
    lines = []
    for number, ((residue, place, name, element, _), (x, y, z)) in enumerate(zip(ATOMS, positions, strict=True), 1):
        record = "HETATM" if residue == "LIG" else "ATOM  "
        lines.append(
            f"{record}{number:5d}  {name:<3s} {residue} A{place:4d}    {x:8.3f}{y:8.3f}{z:8.3f}"
            f"  1.00  0.00{element:>12s}"
        )
    return "\n".join([*lines, "END"]) + "\n"


def write_arm(
    folder: Path, runs: list[np.ndarray], state: str = "WT", seed: int = 1, finished: int | None = None
) -> Path:
    """A simulation's folder with given frames, (frames, atoms, 3) in Å per replica."""
    from openmm.app import PDBFile

    folder.mkdir(parents=True)
    (folder / "solute.pdb").write_text(pdb_of(START))
    topology = PDBFile(str(folder / "solute.pdb")).topology
    record = {
        "kinescape": __version__,
        "label": PROTOCOL.label,
        "structure_sha256": "0",
        "chain": "A",
        "state": state,
        "ligand": "LIG",
        "ligand_parameters": "made up",
        "sites": [1],
        "seed": seed,
        "replicas": len(runs),
        "protocol": PROTOCOL.as_dict(),
    }
    (folder / "run.json").write_text(json.dumps(record))
    for number, frames in enumerate(runs, 1):
        place = folder / f"replica-{number}"
        place.mkdir()
        trajectory = Trajectory(place / "trajectory.dcd", topology, 0.002, 500)
        trajectory.start()
        for frame in frames:
            trajectory.write(frame / 10.0, None)
        trajectory.close()
        if finished is None or number <= finished:
            (place / "done.json").write_text(json.dumps({"seed": seed + number - 1, "frames": len(frames)}))
    return folder


def rotation(rng: np.random.Generator) -> np.ndarray:
    q, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    return np.asarray(q * np.sign(np.linalg.det(q)))


def noisy(seed: int, frames: int = 20, size: float = 0.3, tumbling: bool = True) -> np.ndarray:
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(frames):
        frame = START + rng.normal(0, size, START.shape)
        found.append(frame @ rotation(rng).T + rng.normal(0, 5, 3) if tumbling else frame)
    return np.array(found)


def fitted(frame: np.ndarray, target: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Kabsch, written out."""
    a, b = frame[by] - frame[by].mean(axis=0), target[by] - target[by].mean(axis=0)
    u, _, vt = np.linalg.svd(a.T @ b)
    flip = np.diag([1, 1, np.sign(np.linalg.det(u @ vt))])
    return np.asarray((frame - frame[by].mean(axis=0)) @ (u @ flip @ vt) + target[by].mean(axis=0))


def test_rmsd_is_kabschs(tmp_path: Path) -> None:
    frames = noisy(1)
    arm = load_arm([write_arm(tmp_path / "one", [frames])])
    found = rmsd_series(arm.replicas[0], "LIG")
    laid = np.array([fitted(frame, START, HEAVY_BACKBONE) for frame in frames])
    square = ((laid - START) ** 2).sum(axis=2)
    np.testing.assert_allclose(found["backbone"], np.sqrt(square[:, HEAVY_BACKBONE].mean(axis=1)), atol=1e-4)
    np.testing.assert_allclose(found["ligand"], np.sqrt(square[:, LIGAND].mean(axis=1)), atol=1e-4)


def test_a_ligand_that_leaves_shows_by_how_much(tmp_path: Path) -> None:
    frames = np.array([START + LIGAND[:, None] * np.array([0.0, 0.0, 0.5 * step]) for step in range(20)])
    found = rmsd_series(load_arm([write_arm(tmp_path / "one", [frames])]).replicas[0], "LIG")
    np.testing.assert_allclose(found["backbone"], 0.0, atol=1e-3)
    np.testing.assert_allclose(found["ligand"], 0.5 * np.arange(20), atol=1e-3)


def test_rmsf_is_the_spread_about_the_mean(tmp_path: Path) -> None:
    """One CA swings by ±1 Å along z: its RMSF is 1, less what the fit to 16 atoms takes up; the others hardly move."""
    alpha = next(n for n, each in enumerate(ATOMS) if each[1] == 3 and each[2] == "CA")
    frames = np.array([START.copy() for _ in range(20)])
    frames[::2, alpha, 2] += 1.0
    frames[1::2, alpha, 2] -= 1.0
    found = rmsf_by_residue(load_arm([write_arm(tmp_path / "one", [frames])]).replicas[0])
    laid = np.array([fitted(frame, START, HEAVY_BACKBONE) for frame in frames])
    by_hand = np.sqrt(((laid - laid.mean(axis=0)) ** 2).sum(axis=2).mean(axis=0))
    assert found[3] == pytest.approx(by_hand[alpha], abs=0.01)
    assert found[3] > 0.8 > 0.3 > max(found[1], found[2], found[4])


def bond_frames() -> np.ndarray:
    """Aspartate's OD1 in a straight line beyond serine's O-H at 2.8 Å in frames 0-11; too far; then bent."""
    oxygen, hydrogen = START[4], START[5]
    along = (hydrogen - oxygen) / np.linalg.norm(hydrogen - oxygen)
    across = np.cross(along, [0, 0, 1.0])
    across /= np.linalg.norm(across)
    frames = np.array([START.copy() for _ in range(20)])
    frames[:12, 18] = oxygen + 2.8 * along
    frames[12:16, 18] = oxygen + 3.7 * along
    frames[16:, 18] = oxygen + 2.8 * across
    return frames


def test_hydrogen_bonds_need_length_and_angle(tmp_path: Path) -> None:
    replica = load_arm([write_arm(tmp_path / "one", [bond_frames()])]).replicas[0]
    found = hydrogen_bond_series(replica, "LIG", [(1, 4), (None, 3)])
    np.testing.assert_array_equal(found["S1", "D4"], [1.0] * 12 + [0.0] * 8)
    np.testing.assert_array_equal(found["LIG", "A3"], np.zeros(20))
    with pytest.raises(InputError, match="residue 77 is not in the trajectory"):
        hydrogen_bond_series(replica, "LIG", [(1, 77)])


def test_contacts_are_counted_within_the_cut(tmp_path: Path) -> None:
    frames = noisy(5, size=1.2, tumbling=False)
    frames[:10, LIGAND, 2] -= 4.5
    arm = load_arm([write_arm(tmp_path / "one", [frames])])
    found = contact_series(arm.replicas[0], "LIG")
    for number, label in ((1, "S1"), (2, "G2"), (3, "A3"), (4, "D4")):
        own = np.array([each[1] == number and each[3] != "H" for each in ATOMS])
        gaps = np.linalg.norm(frames[:, own, None] - frames[:, None, LIGAND], axis=3).reshape(20, -1).min(axis=1)
        np.testing.assert_array_equal(found.get(label, np.zeros(20)), (gaps <= 4.5).astype(float))
    assert found["A3"].mean() > 0.3


def autoregressive(phi: float, length: int, seed: int) -> np.ndarray:
    from scipy.signal import lfilter

    noise = np.random.default_rng(seed).normal(size=length + 500)
    return np.asarray(lfilter([1.0], [1.0, -phi], noise)[500:])


@pytest.mark.parametrize("phi", [0.0, 0.5, 0.9])
def test_errors_of_an_autoregressive_process_are_the_known_ones(phi: float) -> None:
    """Standard error of the mean of AR(1): sigma / ((1 - phi) sqrt(n)); inefficiency (1 + phi) / (1 - phi)."""
    length = 4000
    runs = [autoregressive(phi, length, seed) for seed in range(30)]
    assert np.mean([inefficiency(run) for run in runs]) == pytest.approx((1 + phi) / (1 - phi), rel=0.15)
    assert np.mean([error_within(run) for run in runs]) == pytest.approx(1 / ((1 - phi) * math.sqrt(length)), rel=0.15)


def test_intervals_over_replicas_cover_the_truth() -> None:
    """Three replicas of 300 correlated frames: 95% intervals hold the true mean about as often as they say."""
    inside = 0
    for study in range(200):
        found = average([autoregressive(0.9, 300, 1000 * study + replica) for replica in range(3)])
        assert found.low is not None
        assert found.high is not None
        inside += found.low <= 0.0 <= found.high
    assert inside >= 0.93 * 200


def test_one_replica_is_never_a_difference() -> None:
    one, other = average([autoregressive(0.5, 500, 1)]), average([autoregressive(0.5, 500, 2) + 100])
    assert one.low is None
    assert math.isfinite(one.error)
    found = contrast(one, other)
    assert (found.difference, found.p, found.verdict) == (None, None, "not compared: one replica each")
    three = average([autoregressive(0.5, 500, seed) for seed in range(3)])
    assert contrast(three, other).verdict == "not compared: one replica of the mutant"
    assert contrast(one, three).verdict == "not compared: one replica of the wild type"


def test_differences_are_found_where_they_are_and_not_where_they_are_not() -> None:
    def arm(shift: float, seed: int) -> list[np.ndarray]:
        return [autoregressive(0.5, 500, seed + replica) + shift for replica in range(3)]

    contrasts = [contrast(average(arm(0, 10)), average(arm(0, 20))), contrast(average(arm(0, 30)), average(arm(5, 40)))]
    same, other = holm(contrasts)
    assert same.verdict == "no difference shown"
    assert other.verdict == "differs"
    assert other.low is not None
    assert other.high is not None
    assert other.low < 5 < other.high


def test_what_never_changes_has_no_error_and_no_interval() -> None:
    always, never = [np.ones(50)] * 3, [np.zeros(50)] * 3
    assert math.isnan(average(always).error)
    assert average(always).low is None
    assert contrast(average(always), average(always)).verdict == "the same in every frame"
    assert contrast(average(always), average(never)).verdict == "not compared: no variation within either arm"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.floats(-1e3, 1e3, allow_nan=False), min_size=1, max_size=30).map(np.array), min_size=1, max_size=5
    )
)
def test_averages_of_anything_stand(runs: list[np.ndarray]) -> None:
    found = average(runs)
    assert found.mean == pytest.approx(float(np.mean([run.mean() for run in runs])))
    assert found.effective <= found.frames + 1e-9
    if found.low is not None:
        assert found.high is not None
        assert found.low <= found.mean <= found.high


def test_command_compares_arms_by_replicas(tmp_path: Path, command: Command) -> None:
    wild = write_arm(tmp_path / "wild", [noisy(seed, tumbling=False) for seed in (1, 2, 3)])
    far = []
    for seed in (4, 5, 6):
        frames = noisy(seed, tumbling=False)
        frames[:, LIGAND, 2] += 6.0
        far.append(frames)
    mutant = write_arm(tmp_path / "mutant", far, state="S1A")
    code, out, err = command("analyse", wild, "--against", mutant, "-o", tmp_path / "out", "--pair", "1-4")
    assert code == 0, err
    assert "RMSD (Å) ligand" in out
    lines = (tmp_path / "out" / "differences.tsv").read_text().splitlines()
    assert lines[0].startswith("# reduced (implicit solvent, 0.02 ns instead of 5 ns); a model, not an experiment")
    rows = {(row["quantity"], row["name"]): row for row in csv.DictReader(lines[1:], delimiter="\t")}
    ligand = rows["RMSD (Å)", "ligand"]
    assert ligand["verdict"] == "differs"
    assert float(ligand["low_95"]) < float(ligand["difference"]) < float(ligand["high_95"])
    assert float(ligand["difference"]) > 4
    assert rows["RMSD (Å)", "backbone"]["verdict"] == "no difference shown"
    for name in ("rmsd.svg", "rmsf.svg", "hydrogen_bonds.svg"):
        # matplotlib draws letters as paths and writes the text into a comment.
        comments = re.findall("<!-- (.*?) -->", (tmp_path / "out" / name).read_text())
        assert f"Simulation, {PROTOCOL.label}" in " ".join(comments)
    series = (tmp_path / "out" / "series.tsv").read_text()
    assert series.count("\tbackbone\t") == 6 * 20


def test_command_tells_a_cold_start_and_what_its_table_leaves_out(tmp_path: Path, command: Command) -> None:
    runs = [noisy(seed, tumbling=False) for seed in (1, 2)]
    for frames in runs:
        # On the first atom in a quarter of the frames.
        frames[:5, LIGAND] += frames[:5, :1] + 3.0 - frames[:5, LIGAND][:, :1]
    wild = write_arm(tmp_path / "wild", runs)
    record = json.loads((wild / "run.json").read_text())
    said = "replica-2: production began at 170 K, not at 300 K: the equilibration was too short"
    (wild / "run.json").write_text(json.dumps({**record, "notes": ["gap 3-7", said]}))
    code, out, err = command("analyse", wild, "-o", tmp_path / "out")
    assert code == 0, err
    assert f"note: wild/{said}" in out
    assert "gap" not in out
    summary = (tmp_path / "out" / "summary.tsv").read_text().splitlines()[2:]
    rare = [row for row in summary if row.split("\t")[1].startswith("contact") and float(row.split("\t")[3]) < 0.5]
    assert rare
    assert f"and {len(rare)} more in summary.tsv" in out


def test_command_does_not_compare_single_runs(tmp_path: Path, command: Command) -> None:
    wild = write_arm(tmp_path / "wild", [noisy(1)])
    mutant = write_arm(tmp_path / "mutant", [noisy(2)], state="S1A")
    code, out, _ = command("analyse", wild, "--against", mutant, "-o", tmp_path / "out")
    assert code == 0
    assert "not compared: one replica each" in out
    rows = list(csv.DictReader((tmp_path / "out" / "differences.tsv").read_text().splitlines()[1:], delimiter="\t"))
    assert {row["verdict"] for row in rows} == {"not compared: one replica each"}
    assert {row["difference"] for row in rows} == {""}


def test_folders_of_one_system_are_one_arm(tmp_path: Path) -> None:
    one = write_arm(tmp_path / "one", [noisy(1), noisy(2)])
    two = write_arm(tmp_path / "two", [noisy(3), noisy(4)], seed=11, finished=1)
    arm: Arm = load_arm([one, two])
    assert [replica.seed for replica in arm.replicas] == [1, 2, 11]
    assert arm.notes == ("two/replica-2 is not finished and was left out.",)
    record = json.loads((two / "run.json").read_text())
    record["protocol"]["chunk_ps"] = 12345.0
    (two / "run.json").write_text(json.dumps(record))
    assert len(load_arm([one, two]).replicas) == 3
    record["protocol"]["temperature"] = 310.0
    (two / "run.json").write_text(json.dumps(record))
    with pytest.raises(InputError, match="another temperature"):
        load_arm([one, two])
    with pytest.raises(InputError, match="two replicas have the seed 1"):
        load_arm([one, write_arm(tmp_path / "copy", [noisy(1)])])
    with pytest.raises(InputError, match="other systems are compared with --against"):
        load_arm([one, write_arm(tmp_path / "mutant", [noisy(1)], state="S1A", seed=30)])


def test_folders_that_cannot_be_analysed_are_refused(tmp_path: Path, command: Command) -> None:
    wild = write_arm(tmp_path / "wild", [noisy(1)])
    (tmp_path / "empty").mkdir()

    def said(*arguments: object) -> str:
        code, _, err = command("analyse", *arguments, "-o", tmp_path / "out")
        assert code == 2
        assert not (tmp_path / "out").exists()
        return err

    assert "holds no simulation" in said(tmp_path / "empty")
    assert "both arms are of the same state" in said(wild, "--against", write_arm(tmp_path / "again", [noisy(2)]))
    assert "no finished replica" in said(write_arm(tmp_path / "unfinished", [noisy(1)], finished=0))
    assert "--pair" in said(wild, "--pair", "abc")
    assert "two residues" in said(wild, "--pair", "5-5")
    short = write_arm(tmp_path / "short", [noisy(1)])
    path = short / "replica-1" / "trajectory.dcd"
    path.write_bytes(path.read_bytes()[:-4000])
    assert "trajectory" in said(short)
    (wild / "run.json").write_text("{}")
    assert "is no record of a simulation" in said(wild)


def test_pairs_as_written() -> None:
    assert pair_options(["Y1237-H1247", "ligand-1197", "1199-ligand"]) == [(1237, 1247), (None, 1197), (None, 1199)]
    assert pair_options([]) is None
