"""Many mutants and drugs as one plan: what is refused, what is calculated, kept, resumed, and asked of the engine."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.structure
for needed in ("openmm", "rdkit", "pdbfixer", "propka"):
    pytest.importorskip(needed, reason="needs the extra kinescape[structure]")

from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from synthetic_complex import complex_text  # noqa: E402

from kinescape.engine import structure_work as work_of_jobs  # noqa: E402
from kinescape.engine.profile import Dispatch, Place  # noqa: E402
from kinescape.engine.state import attempt_in  # noqa: E402
from kinescape.engine.structure_work import SharedStructures, structure_work  # noqa: E402
from kinescape.engine.structures import jobs_of  # noqa: E402
from kinescape.engine.workflow import SNAKEFILE, last_words  # noqa: E402
from kinescape.structure.batch.check import checked  # noqa: E402
from kinescape.structure.batch.heatmap import draw_heatmap  # noqa: E402
from kinescape.structure.batch.plan import Task, crossed, read_plan  # noqa: E402
from kinescape.structure.batch.results import Matrix  # noqa: E402
from kinescape.structure.dynamics.platforms import accelerators_here, choose_platform  # noqa: E402
from kinescape.structure.screen.table import COLUMNS, empty_row  # noqa: E402

Command = Callable[..., tuple[int, str, str]]
QUICK = {"nanoseconds": "0.0004", "equilibrate_ps": "0.06", "frame_ps": "0.1", "replicas": "1"}
HERE = Place(None, True, 2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two synthetic complexes; in the second the ligand lies far from any protein."""
    path = tmp_path_factory.mktemp("complexes")
    lines = complex_text().splitlines()
    (path / "near.pdb").write_text("\n".join(lines) + "\n")
    far = [
        f"{line[:46]}{float(line[46:54]) + 60:8.3f}{line[54:]}" if line.startswith("HETATM") else line for line in lines
    ]
    (path / "far.pdb").write_text("\n".join(far) + "\n")
    return path


def write_plan(folder: Path, *lines: dict[str, str], name: str = "plan.tsv") -> Path:
    """Lines of a plan about ``near.pdb`` with LOR, screened with two starts unless they say otherwise."""
    rows = [{"structure": "near.pdb", "ligand": "LOR", "mutation": "L3A", "task": "screen"} | line for line in lines]
    columns = list(dict.fromkeys(column for row in rows for column in row))
    text = ["\t".join(columns), *("\t".join(row.get(column, "") for column in columns) for row in rows)]
    path = folder / name
    path.write_text("\n".join(text) + "\n")
    return path


def table(path: Path) -> list[dict[str, str]]:
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines, delimiter="\t"))


@pytest.mark.parametrize(
    ("line", "column", "said"),
    [
        ({"task": "guess"}, "task", "one of screen, simulate"),
        ({"structure": "none.pdb"}, "structure", "no such file"),
        ({"structure": ""}, "structure", "empty cell"),
        ({"ligand": "VGH"}, "ligand", "VGH is not in"),
        ({"ligand": ""}, "ligand", "empty cell"),
        ({"chain": "Z"}, "chain", "no protein in chain Z"),
        ({"mutation": "nonsense"}, "mutation", "no substitution"),
        ({"mutation": "V3A"}, "mutation", "found 'L3'"),
        ({"mutation": "WT"}, "mutation", "wild type is what every mutant"),
        ({"mutation": ""}, "mutation", "empty cell"),
        ({"replicas": "1"}, "replicas", "2 to 100"),
        ({"seed": "one"}, "seed", "whole number"),
        ({"place": "aspirin"}, "place", "no parameters of this ligand"),
        ({"parameters": "x.xml"}, "smiles", "belong together"),
        ({"smiles": "CC", "parameters": "x.xml"}, "parameters", "no such file"),
        ({"atp_ligand": "ATP"}, "atp_model", "nucleotide without its structure"),
        ({"atp_model": "near.pdb"}, "atp_ligand", "ligand ADP is not in"),
        ({"nanoseconds": "1"}, "nanoseconds", "nothing for task screen"),
        ({"task": "simulate", "place": "lorlatinib"}, "place", "nothing for task simulate"),
        ({"task": "simulate", "mutation": "K44R"}, "mutation", "44"),
        ({"task": "simulate", "protocol": "full"}, "protocol", "--gpus N, or protocol reduced"),
        ({"task": "simulate", "nanoseconds": "-1"}, "nanoseconds", "more than 0"),
        ({"task": "simulate", "nanoseconds": "0.001", "frame_ps": "5"}, "nanoseconds", "at least one frame"),
        ({"task": "simulate", "sites": "near"}, "sites", "joined by +"),
        ({"task": "simulate", "sites": "99"}, "sites", "99"),
        ({"name": "../up"}, "name", "not usable as a name"),
    ],
)
def test_a_fault_is_one_error_with_its_place_before_anything_is_written(
    folder: Path, tmp_path: Path, command: Command, line: dict[str, str], column: str, said: str
) -> None:
    # The faulty line is the second; the first is sound and must not have been begun.
    plan = write_plan(folder, {"mutation": "S4G"}, line, name="faulty.tsv")
    code, out, err = command("batch", plan, "-o", tmp_path / "out", "--gpus", 0)
    assert code == 2, err
    assert f"faulty.tsv, line 3, column {column}: " in err
    assert said in err
    assert err.count("kinescape: error") == 1
    assert "Traceback" not in err
    assert out == ""
    assert not (tmp_path / "out").exists()


def test_a_plan_as_a_whole_can_be_wrong(folder: Path, tmp_path: Path, command: Command) -> None:
    same = write_plan(folder, {"mutation": "L3A"}, {"mutation": "p.Leu3Ala"}, name="same.tsv")
    code, _, err = command("batch", same, "-o", tmp_path / "out")
    assert code == 2
    assert "same.tsv, line 3, column mutation: is near-LOR-L3A once more, first in line 2" in err
    (folder / "short.tsv").write_text("structure\tligand\tmutation\nnear.pdb\tLOR\tL3A\n")
    assert "column 'task' is missing" in command("batch", folder / "short.tsv", "-o", tmp_path / "out")[2]
    (folder / "empty.tsv").write_text("structure\tligand\tmutation\ttask\n")
    assert "has no lines" in command("batch", folder / "empty.tsv", "-o", tmp_path / "out")[2]
    odd = write_plan(folder, {"mutant": "x"}, name="odd.tsv")
    assert "column mutant: unknown column" in command("batch", odd, "-o", tmp_path / "out")[2]
    code, _, err = command("batch", same, "--ligands", "LOR", "-o", tmp_path / "out")
    assert code == 2
    assert "not both" in err
    assert command("batch", "--ligands", "LOR", "-o", tmp_path / "out")[0] == 2


def test_a_job_that_ends_with_an_error_of_its_own_says_it(
    folder: Path, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As where the machines of a cluster have another version of the program.
    monkeypatch.setattr("kinescape.engine.structures.VERB", "run-nothing")
    plan = write_plan(folder, {"replicas": "2"}, name="own.tsv")
    code, _, err = command("batch", plan, "-o", tmp_path / "out", "--cores", 1, "--retries", 0, "--quiet")
    assert code == 2, err
    assert "near-LOR-L3A: its job could not begin: No such command 'run-nothing'" in err
    assert "from outside" not in err
    assert "No such command" in (tmp_path / "out" / "screen.tsv").read_text()
    assert "No such command" in (tmp_path / "out" / "logs" / "near-LOR-L3A.log").read_text()


@pytest.mark.parametrize(
    ("printed", "said", "bad_input"),
    [
        ("", "", False),
        ("Killed\n", "", False),
        ("kinescape: error: x.pdb: no such file\n", "its job could not begin: x.pdb: no such file", True),
        ("kinescape: error: x.pdb: no such file\nKilled\n", "", False),
        ("kinescape: failed: out of memory\n", "its job could not begin: out of memory", False),
        ("Usage: kinescape\n\nError: No such option: --x\n\n", "its job could not begin: No such option: --x", True),
        (
            "Traceback (most recent call last):\n  File x\nModuleNotFoundError: No module named 'kinescape'\n",
            "its job ended with an error of the program: ModuleNotFoundError: No module named 'kinescape'",
            False,
        ),
        ("Traceback (most recent call last):\n  File x\n", "", False),
        ("Traceback (most recent call last):\n  File x\nOSError: y\nslurmstepd: killed\n", "", False),
    ],
)
def test_last_words(printed: str, said: str, bad_input: bool) -> None:
    assert last_words(printed) == (said, bad_input)


def test_everything_with_everything(folder: Path) -> None:
    path = str(folder / "near.pdb")
    tasks = crossed([path], ["LOR"], ["L3A", "A2G+S4A"], "screen")
    assert [task.name for task in tasks] == ["near-LOR-L3A", "near-LOR-A2G+S4A"]
    arms = checked(crossed([path], ["LOR"], ["WT", "L3A", "S4G"], "simulate"), gpus=0)
    # Pockets of all arms are cut around the same places, so that they can be compared.
    assert {task.sites for task in arms} == {(3, 4)}
    assert [task.mutation for task in arms] == ["WT", "L3A", "S4G"]
    assert {task.protocol for task in arms} == {"reduced"}


def test_a_batch_has_the_screens_numbers_and_a_failure_costs_only_itself(
    folder: Path, tmp_path: Path, command: Command
) -> None:
    plan = write_plan(
        folder,
        *({"mutation": name, "replicas": "2"} for name in ("A2G", "L3A", "S4G", "K44R")),
        {"structure": "far.pdb", "mutation": "L3A", "replicas": "2"},
    )
    out = tmp_path / "out"
    code, printed, err = command("batch", plan, "-o", out, "--cores", 2, "--retries", 0)
    assert code == 3, err
    assert "kinescape: error: far-LOR-L3A: no protein around ligand" in err
    assert "3 of 5 mutants screened (1 not modellable); 1 failed" in printed
    rows = {row["name"]: row for row in table(out / "screen.tsv")}
    assert list(rows) == ["near-LOR-A2G", "near-LOR-L3A", "near-LOR-S4G", "near-LOR-K44R", "far-LOR-L3A"]
    single = tmp_path / "single"
    names = "A2G,L3A,S4G,K44R"
    near = folder / "near.pdb"
    code, *_ = command(
        *("screen", near, "--ligand", "LOR", "--mutations", names, "--replicates", 2, "--processes", 1, "-o", single)
    )
    assert code == 0
    for row in table(single / "screen.tsv"):
        mine = rows[f"near-LOR-{row['mutation']}"]
        assert {name: mine[name] for name in COLUMNS if not name.endswith("seconds")} == {
            name: row[name] for name in COLUMNS if not name.endswith("seconds")
        }
        assert (mine["structure"], mine["drug"], mine["chain"]) == ("near", "lorlatinib", "A")
    assert rows["near-LOR-K44R"]["status"].startswith("not modellable: K44R")
    assert rows["far-LOR-L3A"]["status"].startswith("failed: no protein around")
    assert rows["far-LOR-L3A"]["delta_interaction_kcal"] == ""
    summary = {row["mutation"]: row for row in table(out / "summary.tsv")}
    row = rows["near-LOR-L3A"]
    assert summary["L3A"]["lorlatinib (near)"] == (
        f"{row['delta_interaction_kcal']} [{row['ci_low']}, {row['ci_high']}]"
    )
    assert summary["A2G"]["lorlatinib (far)"] == "not asked"
    picture = (out / "heatmap.svg").read_text()
    assert all(text in picture for text in ("not asked", "not modellable", "failed", "L3A", "lorlatinib"))
    record = json.loads((out / "provenance.json").read_text())
    assert {each["name"] for each in record["inputs"]} == {"near.pdb", "far.pdb"}
    assert [each["state"] for each in record["tasks"]] == ["done", "done", "done", "done", "failed"]
    assert "no protein around" in (out / "logs" / "far-LOR-L3A.log").read_text()
    assert not (out / ".kinescape").exists()

    # Again: nothing but what is missing. Its wall seconds tell a kept row from one that was calculated anew.
    before = {path.name: path.stat().st_mtime_ns for path in (out / "rows").iterdir()}
    assert set(before) == {f"near-LOR-{name}.json" for name in ("A2G", "L3A", "S4G")}
    (out / "rows" / "near-LOR-S4G.json").unlink()
    plan = write_plan(folder, *({"mutation": name, "replicas": "2"} for name in ("A2G", "L3A", "S4G")))
    code, _, err = command("batch", plan, "-o", out, "--cores", 1)
    assert code == 0, err
    after = {path.name: path.stat().st_mtime_ns for path in (out / "rows").iterdir()}
    assert {name for name in after if after[name] != before[name]} == {"near-LOR-S4G.json"}
    assert [(row["name"], row["status"]) for row in table(out / "screen.tsv")] == [
        (f"near-LOR-{name}", "done") for name in ("A2G", "L3A", "S4G")
    ]


def test_other_settings_keep_nothing_and_a_damaged_row_is_none(folder: Path, tmp_path: Path) -> None:
    from kinescape.structure.batch.requests import Settings
    from kinescape.structure.batch.rows import kept_row, row_file, write_row

    tasks = read_plan(write_plan(folder, {}, {"seed": "2", "name": "other"}, name="seeds.tsv"))
    one, other = (Settings().of(task) for task in tasks)
    assert one != other
    row = empty_row("L3A", "LOR", "done")
    write_row(tmp_path, tasks[0], one, row)
    assert kept_row(tmp_path, tasks[0], one) == row
    assert kept_row(tmp_path, tasks[0], other) is None
    path = row_file(tmp_path, tasks[0])
    path.write_text(path.read_text()[:-20])
    assert kept_row(tmp_path, tasks[0], one) is None


@pytest.mark.slow
def test_killed_and_resumed_only_what_is_missing_is_calculated(folder: Path, tmp_path: Path, command: Command) -> None:
    names = ("A2G", "L3A", "S4G")
    plan = write_plan(folder, *({"mutation": name, "replicas": "4"} for name in names), name="killed.tsv")
    out = tmp_path / "out"
    arguments = [str(each) for each in ("batch", plan, "-o", out, "--cores", 1, "--group-size", 1, "--quiet")]
    process = subprocess.Popen([sys.executable, "-m", "kinescape.cli.main", "structure", *arguments])
    limit = time.monotonic() + 120
    while not list((out / "rows").glob("[a-z]*.json")):
        assert time.monotonic() < limit
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = {path.name: path.read_bytes() for path in (out / "rows").glob("[a-z]*.json")}
    assert 1 <= len(kept) < 3
    code, printed, err = command(*arguments)
    assert code == 0, err
    assert "3 of 3 mutants screened" in printed
    for name, content in kept.items():
        assert (out / "rows" / name).read_bytes() == content
    assert not [path for path in out.rglob(".*") if path.is_file()]


@pytest.mark.slow
def test_arms_of_a_plan_are_those_of_simulate(folder: Path, tmp_path: Path, command: Command) -> None:
    plan = write_plan(
        folder,
        {"task": "simulate", "mutation": "WT", "sites": "3", **QUICK},
        {"task": "simulate", "mutation": "L3A", **QUICK, "name": "mutant"},
        name="arms.tsv",
    )
    out = tmp_path / "out"
    code, printed, err = command("batch", plan, "-o", out, "--gpus", 0)
    assert code == 0, err
    assert "2 of 2 simulations done (reduced protocol)" in printed
    options = ["--time-ns", 0.0004, "--equilibrate-ps", 0.06, "--frame-ps", 0.1, "--replicas", 1, "--threads", 1]
    near = folder / "near.pdb"
    code, *_ = command(
        *("simulate", near, "--ligand", "LOR", "--site", 3, "--platform", "CPU", *options, "-o", tmp_path / "alone")
    )
    assert code == 0
    arm = out / "simulations" / "near-LOR-WT-simulation"
    for name in ("trajectory.dcd", "log.tsv", "checkpoint.npz"):
        assert (arm / "replica-1" / name).read_bytes() == (tmp_path / "alone" / "replica-1" / name).read_bytes()
    rows = table(out / "simulations.tsv")
    assert [row["name"] for row in rows] == ["near-LOR-WT-simulation", "mutant"]
    assert all(row["protocol"].startswith("reduced (pocket only") for row in rows)
    assert [(row["replicas_done"], row["platform"], row["status"]) for row in rows] == [("1", "CPU", "done")] * 2
    assert not (out / "screen.tsv").exists()
    # The arms are what `analyse` takes.
    code, printed, err = command("analyse", arm, "--against", out / "simulations" / "mutant", "-o", tmp_path / "shown")
    assert code == 0, err
    before = (arm / "replica-1" / "done.json").stat().st_mtime_ns
    code, _, err = command("batch", plan, "-o", out, "--gpus", 0)
    assert code == 0
    assert "near-LOR-WT-simulation kept" in err
    assert (arm / "replica-1" / "done.json").stat().st_mtime_ns == before
    # Another simulation in the same folder is refused, and the other arm is not touched by it.
    again = write_plan(folder, {"task": "simulate", "mutation": "WT", "sites": "3", **QUICK, "seed": "7"})
    code, _, err = command("batch", again, "-o", out, "--gpus", 0)
    assert code == 2
    assert "holds another simulation: its seed differs" in err


def test_a_gpu_is_a_resource_of_the_job(folder: Path, tmp_path: Path) -> None:
    plan = write_plan(folder, {"task": "simulate"}, {"task": "simulate", "mutation": "S4G", "protocol": "reduced"}, {})
    tasks = checked(read_plan(plan), gpus=2)
    assert [task.protocol for task in tasks] == ["full", "reduced", ""]
    dispatch = Dispatch(threads=1, gpus=2)
    jobs = jobs_of(tasks, dispatch, HERE)
    assert [(row.gpu, [task.mutation for task in of_job]) for row, of_job in jobs] == [
        (1, ["L3A"]),
        (0, ["S4G"]),
        (0, ["L3A"]),
    ]
    assert all(row.mem_mb > 0 and row.minutes > 0 for row, _ in jobs)
    with attempt_in(tmp_path / "out") as attempt:
        shared = SharedStructures(str(tmp_path / "out"), 1, 2, None)
        attempt.write(shared, [row for row, _ in jobs], [of_job for _, of_job in jobs])
        config = [f"attempt={attempt.folder}", "verb=run-structures", "python=python"]
        done = subprocess.run(
            [sys.executable, "-m", "snakemake", "-n", "-s", str(SNAKEFILE), "--cores", "2", "--config", *config],
            cwd=attempt.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert attempt.members(0, Task) == list(jobs[0][1])
    assert done.returncode == 0, done.stdout + done.stderr
    blocks = {}
    for block in (done.stdout + done.stderr).split("rule ")[1:]:
        name = block.partition(":")[0]
        blocks[name] = next((line for line in block.splitlines() if "resources:" in line), "")
    assert "gpu=1" in blocks["structures_gpu"]
    others = [line for name, line in blocks.items() if name.startswith("structures_") and name != "structures_gpu"]
    assert len(others) == 2
    assert not any("gpu" in line for line in others)


def test_a_job_with_a_gpu_that_is_not_there_says_so(folder: Path, tmp_path: Path) -> None:
    if choose_platform("auto") != "CPU":
        pytest.skip("there is a GPU here")
    assert accelerators_here() == 0
    plan = write_plan(folder, {"task": "simulate", "protocol": "full"}, name="full.tsv")
    (task,) = checked(read_plan(plan), gpus=1)
    with attempt_in(tmp_path / "out") as attempt:
        jobs = jobs_of([task], Dispatch(gpus=1), HERE)
        attempt.write(SharedStructures(str(tmp_path / "out"), 1, 1, None), [jobs[0][0]], [jobs[0][1]])
        ((name, action),) = structure_work(attempt, 0)
        end = action(lambda name, stage: None)
    assert (name, end.state, end.bad_input) == (task.name, "failed", False)
    assert "asked for a GPU, and OpenMM finds none" in end.error
    assert not (tmp_path / "out" / "simulations").exists()


def test_jobs_side_by_side_take_devices_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in work_of_jobs.VISIBLE:
        monkeypatch.setenv(variable, "")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    with attempt_in(tmp_path) as attempt:
        seen = []
        for _ in range(2):
            monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
            work_of_jobs._claim_device(attempt, 2)
            seen.append(os.environ["CUDA_VISIBLE_DEVICES"])
    assert seen == ["3", "5"]


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(2, 100)), min_size=1, max_size=120),
    st.integers(1, 64),
    st.none() | st.integers(1, 20),
)
def test_every_mutant_is_in_one_job_with_its_own_structure(
    given: list[tuple[str, int]], at_once: int, group: int | None
) -> None:
    tasks = [
        Task(f"{file}-{number}", "screen", Path(f"/{file}.pdb"), "LOR", "L3A", Path("p"), 1, replicas=replicas)
        for number, (file, replicas) in enumerate(given)
    ]
    jobs = jobs_of(tasks, Dispatch(group_size=group), Place(None, True, at_once))
    assert sorted(task.name for _, of_job in jobs for task in of_job) == sorted(task.name for task in tasks)
    assert all(len({(task.structure, task.replicas) for task in of_job}) == 1 for _, of_job in jobs)
    assert group is None or max(len(of_job) for _, of_job in jobs) <= group
    assert all(row.gpu == 0 for row, _ in jobs)


def test_a_picture_says_every_missing_number_and_has_the_same_bytes(tmp_path: Path) -> None:
    done = empty_row("L3A", "LOR", "done") | {"delta_interaction_kcal": "-1.25", "ci_low": "-2.0", "ci_high": "-0.5"}
    alone = empty_row("S4G", "LOR", "done") | {"delta_interaction_kcal": "0.40", "ci_low": "", "ci_high": ""}
    cells = {("L3A", "x (a)"): done, ("S4G", "x (a)"): alone, ("S4G", "y (b)"): empty_row("S4G", "Y", "failed: heat")}
    matrix = Matrix(("L3A", "S4G"), ("x (a)", "y (b)"), cells)
    for name in ("one.svg", "two.svg"):
        draw_heatmap(matrix, tmp_path / name)
    text = (tmp_path / "one.svg").read_text()
    assert all(
        each in text for each in ("−1.25", "[−2.00, −0.50]", "no interval", "not asked", "failed", "Research use")
    )
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
