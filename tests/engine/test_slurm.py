"""A batch through a real SLURM: two nodes on loopback, one drained on the way, one sample broken."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_runs import SHALLOW, contents, make_samples, processes_of, run, start, until, write_sheet
from slurm_cluster import NODES, Cluster, cluster, command, installable, missing

pytestmark = [pytest.mark.slurm, pytest.mark.slow, pytest.mark.aligners]
SAMPLES = 20


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if why := missing():
        if os.environ.get("CI") == "true" and why.startswith("not installed") and installable():
            pytest.fail(f"no SLURM: {why}", pytrace=False)
        pytest.skip(f"no SLURM: {why}")
    with cluster(tmp_path_factory.mktemp("slurm")) as up:
        yield up


def test_twenty_samples_a_broken_one_and_a_drained_node(slurm: Cluster, tmp_path: Path) -> None:
    names = [f"s{number}" for number in range(SAMPLES)]
    make_samples(tmp_path, names, 30)
    sheet = write_sheet(tmp_path / "sheet.csv", names)
    broken = tmp_path / "s7_R1.fastq.gz"
    broken.write_bytes(broken.read_bytes()[:-2000])
    here, there = tmp_path / "here", tmp_path / "on the cluster"
    process = start("batch", sheet, "-o", there, "--profile", "slurm", "--group-size", "5", *SHALLOW)
    # One node is drained while both work: its job goes on to its end, and no other is sent there.
    until(lambda: len({line.split()[-1] for line in slurm.jobs() if " RUNNING " in line}) == 2)
    drained = NODES[1]
    command("scontrol", "update", f"NodeName={drained}", "State=DRAIN", "Reason=test")
    before = set(slurm.nodes_of_jobs())
    _, said = process.communicate(timeout=400)
    assert process.returncode == 3, said
    assert slurm.states()[drained] == "drained"
    assert drained not in {node for job, node in slurm.nodes_of_jobs().items() if job not in before}
    command("scontrol", "update", f"NodeName={drained}", "State=RESUME")
    assert "sample s7: " in said
    assert slurm.jobs() == []
    assert sorted(path.name for path in there.iterdir()) == [
        *("contamination.tsv", "identity.tsv", "index.html", "logs", "multiqc", "provenance.json", "samples"),
    ]
    run("run", sheet, "-o", here, "--threads", "2", *SHALLOW, code=3)
    assert contents(there) == contents(here)
    assert len(list((there / "samples").iterdir())) == SAMPLES - 1


def test_a_driver_that_stops_takes_its_jobs_from_the_queue(slurm: Cluster, tmp_path: Path) -> None:
    names = ["s0", "s1", "s2"]
    make_samples(tmp_path, names, 30)
    sheet, out = write_sheet(tmp_path / "sheet.csv", names), tmp_path / "out"
    arguments = ("batch", sheet, "-o", out, "--profile", "slurm", "--group-size", "1", *SHALLOW)
    process = start(*arguments)
    until(lambda: len(slurm.jobs()) == 3)
    process.terminate()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command resumes" in said
    until(lambda: slurm.jobs() == [], 60)
    assert processes_of(out) == []
    # Killed outright it cannot; its jobs then find their run gone when the next begins, and write nothing.
    process = start(*arguments)
    until(lambda: any(" RUNNING " in line for line in slurm.jobs()))
    process.kill()
    process.communicate()
    run("run", sheet, "-o", out, "--threads", "1", *SHALLOW)
    until(lambda: slurm.jobs() == [], 120)
    run("run", sheet, "-o", tmp_path / "here", "--threads", "1", *SHALLOW)
    assert contents(out) == contents(tmp_path / "here")


def test_a_simulation_asks_for_a_gpu_and_a_reduced_one_does_not(slurm: Cluster, tmp_path: Path) -> None:
    pytest.importorskip("openmm", reason="needs the extra kinescape[structure]")
    peptide = Path(__file__).parents[1] / "structure" / "data" / "peptide.pdb"
    lines = [
        "structure\tligand\tmutation\ttask\tname\tprotocol\tnanoseconds\tequilibrate_ps\tframe_ps\treplicas",
        # An hour is all that this cluster gives a job.
        f"{peptide}\t\tWT\tsimulate\twhole\t\t0.1\t\t\t1",
        f"{peptide}\t\tWT\tsimulate\tshort\treduced\t0.0002\t0.06\t0.1\t1",
    ]
    plan, out = tmp_path / "plan.tsv", tmp_path / "out"
    plan.write_text("\n".join([*lines, ""]))
    before = set(slurm.wishes_of_jobs())
    process = start(
        *("structure", "batch", plan, "-o", out, "--profile", "slurm", "--gpus", "2", "--retries", "0"),
        env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
    )
    _, said = process.communicate(timeout=300)
    # The node's GPU is a count: the job that was given it finds none, says so, and the other is done.
    assert process.returncode == 3, said
    assert "whole: its job asked for a GPU, and OpenMM finds none" in said
    wishes = [wish for job, wish in slurm.wishes_of_jobs().items() if job not in before]
    assert sorted(wishes) == ["N/A", "gres:gpu:1"]
    rows = [line.split("\t") for line in (out / "simulations.tsv").read_text().splitlines()[2:]]
    assert [(row[0], row[6], row[9], row[12].split(":")[0]) for row in rows] == [
        ("whole", "reduced (0.1 ns instead of 5 ns)", "0", "failed"),
        (
            "short",
            "reduced (implicit solvent, 0.0002 ns instead of 5 ns, 0.06 ps of equilibration instead of 30 ps)",
            "1",
            "done",
        ),
    ]


def test_a_path_that_the_cluster_would_read_is_refused(slurm: Cluster, tmp_path: Path) -> None:
    make_samples(tmp_path, ["s0"], 20)
    sheet = write_sheet(tmp_path / "sheet.csv", ["s0"])
    out = tmp_path / "$(touch made)"
    refused = run("batch", sheet, "-o", out, "--profile", "slurm", *SHALLOW, code=2)
    assert "a cluster cannot take this path" in refused.stderr
    assert not list(tmp_path.rglob("made"))
    assert not out.exists()
