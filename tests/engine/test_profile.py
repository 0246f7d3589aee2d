"""Profiles as Snakemake reads them; nothing is submitted here."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from snakemake_interface_executor_plugins.registry import ExecutorPluginRegistry

from kinescape.cli.main import main
from kinescape.engine import profile
from kinescape.engine.profile import JOBS_ON_A_CLUSTER, Dispatch, read_profile
from kinescape.engine.workflow import cause_of
from kinescape.errors import InputError


def test_a_folder_is_read_by_snakemakes_own_rules(tmp_path: Path) -> None:
    pytest.importorskip("snakemake_executor_plugin_slurm")
    (tmp_path / "config.yaml").write_text(
        "executor: slurm\njobs: 37\nslurm-no-account: true\ndefault-resources:\n  slurm_partition: fast\n"
    )
    read = read_profile(str(tmp_path))
    assert (read.executor, read.jobs, read.slurm_no_account) == ("slurm", 37, True)
    assert "slurm_partition" in dict(read.default_resources.items())


def test_kubernetes_is_read_with_its_image_and_volumes(tmp_path: Path) -> None:
    pytest.importorskip("snakemake_executor_plugin_kubernetes")
    (tmp_path / "config.yaml").write_text(
        "executor: kubernetes\ncontainer-image: lab/kinescape:1\nkubernetes-persistent-volumes: ['lab-data:/data']\n"
    )
    read = read_profile(str(tmp_path))
    assert (read.executor, read.container_image, read.jobs) == ("kubernetes", "lab/kinescape:1", JOBS_ON_A_CLUSTER)
    settings = ExecutorPluginRegistry().get_plugin("kubernetes").get_settings(read)
    assert [volume.unparse() for volume in settings.persistent_volumes] == ["lab-data:/data"]
    assert read_profile("kubernetes").executor == "kubernetes"


def test_what_is_not_there_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="no such profile"):
        read_profile(str(tmp_path))
    (tmp_path / "config.yaml").write_text("jobs: many\n")
    with pytest.raises(InputError, match="not a profile that Snakemake can read"):
        read_profile(str(tmp_path))
    monkeypatch.setattr(profile.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install kinescape\[slurm\]"):
        read_profile("slurm")


def test_a_cluster_without_accounting_is_asked_by_squeue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("snakemake_executor_plugin_slurm")
    for name, code in (("sbatch", 0), ("squeue", 0), ("sacct", 1)):
        (program := tmp_path / name).write_text(f"#!/bin/sh\nexit {code}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    without = profile._slurm_arguments()
    assert without[-3:] == ["--slurm-status-command", "squeue", "--slurm-no-account"]
    (tmp_path / "sacct").write_text("#!/bin/sh\nexit 0\n")
    assert "--slurm-no-account" not in profile._slurm_arguments()
    (tmp_path / "sbatch").unlink()
    with pytest.raises(InputError, match="there is no sbatch here"):
        profile._slurm_arguments()


def write_pair(folder: Path) -> Path:
    """A sheet of one sample with a read pair that nobody will look at."""
    for mate in (1, 2):
        (folder / f"a_{mate}.fastq").write_text("@r\nACGT\n+\nIIII\n")
    (folder / "sheet.csv").write_text("sample,fastq_1,fastq_2\na,a_1.fastq,a_2.fastq\n")
    return folder / "sheet.csv"


def programs(folder: Path, **scripts: str) -> str:
    """A PATH of shell scripts alone, with the shell itself."""
    folder.mkdir()
    for name, script in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    for name in ("sh", "bash", "which"):
        if found := shutil.which(name):
            (folder / name).symlink_to(found)
    return str(folder)


FATAL = "echo 'sinfo: error: fetch_config' >&2; echo 'sinfo: fatal: no configuration source' >&2; exit 1"


@pytest.mark.parametrize(
    ("given", "scripts", "code", "said"),
    [
        ("slurm", {}, 2, "--profile slurm, and there is no sbatch here; expected a machine that submits jobs to SLURM"),
        ("own", {}, 2, "there is no sbatch here"),
        (
            *("slurm", {"sbatch": "exit 1", "sinfo": FATAL, "sacct": "exit 1"}, 1),
            "--profile slurm, and SLURM does not answer here (sinfo: fatal: no configuration source)",
        ),
        ("nowhere", {}, 2, "no such profile"),
        ("broken", {}, 2, "not a profile that Snakemake can read"),
    ],
)
def test_a_refused_profile_is_told_at_once_and_leaves_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    given: str,
    scripts: dict[str, str],
    code: int,
    said: str,
) -> None:
    pytest.importorskip("snakemake_executor_plugin_slurm")
    for name, text in (("own", "executor: slurm\njobs: 2\n"), ("broken", "exekutor: slurm\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.yaml").write_text(text)
    monkeypatch.setenv("PATH", programs(tmp_path / "bin", **scripts))
    sheet, out = write_pair(tmp_path), tmp_path / "new" / "out"
    profile_ = given if given == "slurm" else str(tmp_path / given)
    assert main(["batch", str(sheet), "-o", str(out), "--profile", profile_]) == code
    lines = capsys.readouterr().err.splitlines()
    assert said in lines[-1]
    assert not out.parent.exists()


def test_the_reason_of_a_failed_submission_is_found_among_what_snakemake_logs() -> None:
    # As the plugin 2.8.0 and Snakemake 9.27 log them where there are SLURM's programs and no cluster.
    refused = (
        "SLURM sbatch failed. The error message was 'sbatch: error: fetch_config: DNS SRV lookup failed\n"
        "sbatch: fatal: Could not establish a configuration source'.\n    sbatch call:\n        sbatch -p fast"
    )
    follows = [
        "Error in rule samples_1, jobid: 1",
        "Exiting because a job execution failed. Look above for error messages",
        "WorkflowError: At least one job did not complete successfully.",
    ]
    assert cause_of([refused, *follows]) == (
        "SLURM sbatch failed. The error message was 'sbatch: error: fetch_config: DNS SRV lookup failed; "
        "sbatch: fatal: Could not establish a configuration source'."
    )
    raised = (
        "Exception in run_job for rule samples_1: Failed to run sinfo: no partition\nTraceback (most recent call last):"
    )
    assert cause_of([raised, *follows]) == "Failed to run sinfo: no partition"
    assert cause_of(follows) == follows[-1]


def test_starts_cost_more_on_a_cluster() -> None:
    assert Dispatch().local
    assert Dispatch().start < Dispatch(profile="slurm").start
