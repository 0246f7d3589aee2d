"""Profiles as Snakemake reads them; nothing is submitted here."""

from __future__ import annotations

from pathlib import Path

import pytest
from snakemake_interface_executor_plugins.registry import ExecutorPluginRegistry

from kinescape.engine import profile
from kinescape.engine.profile import JOBS_ON_A_CLUSTER, Dispatch, read_profile
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


def test_starts_cost_more_on_a_cluster() -> None:
    assert Dispatch().local
    assert Dispatch().start < Dispatch(profile="slurm").start
