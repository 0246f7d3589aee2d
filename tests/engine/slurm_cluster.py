"""A SLURM of two nodes on this machine's loopback, from the distribution's packages, without systemd."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CONFIGURATION = Path("/etc/slurm/slurm.conf")
"""Its place is given: the plugin takes every SLURM variable from the environment, SLURM_CONF included."""
MUNGE_PID = Path("/run/munge/munged.pid")
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol", "sinfo", "scancel")
GENERIC = CONFIGURATION.with_name("gres.conf")
NODES = ("kna", "knb")


def missing() -> str:
    """Why no SLURM can be brought up here; empty where one can."""
    if os.geteuid() != 0:
        return "needs root"
    if lacking := [name for name in PROGRAMS if _path(name) is None]:
        return f"not installed: {', '.join(lacking)} (apt-get install slurm-wlm munge)"
    for path in (CONFIGURATION, GENERIC):
        if path.exists() or path.is_symlink():
            return f"this machine has a SLURM of its own ({path})"
    return ""


def _path(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")


def command(name: str, *arguments: str) -> str:
    """Run one of SLURM's programs; its standard output."""
    path = _path(name)
    assert path is not None
    return subprocess.run([path, *arguments], capture_output=True, text=True, check=True, timeout=60).stdout


def installable() -> bool:
    """Whether the distribution has the packages."""
    if os.geteuid() != 0 or shutil.which("apt-cache") is None:
        return False
    said = subprocess.run(["apt-cache", "policy", "slurm-wlm"], capture_output=True, text=True, check=False).stdout
    return "Candidate: " in said and "Candidate: (none)" not in said


@dataclass(frozen=True)
class Cluster:
    """Two nodes of one core each; each says that it has one GPU, which is a count and nothing else."""

    folder: Path

    def states(self) -> dict[str, str]:
        lines = command("sinfo", "-h", "-N", "-o", "%N %T").split("\n")
        return dict(line.split() for line in lines if line)

    def jobs(self) -> list[str]:
        """Jobs that wait or run: number, state and node."""
        return command("squeue", "-h", "-t", "PD,R,CG", "-o", "%i %T %N").splitlines()

    def wishes_of_jobs(self) -> dict[str, str]:
        """Job -> what it asked for beside cores and memory, of all that SLURM still knows; ``N/A`` for nothing."""
        lines = command("squeue", "-h", "-t", "all", "-O", "JobID:20,tres-per-job:40").splitlines()
        return {line.split()[0]: " ".join(line.split()[1:]) for line in lines if line}

    def nodes_of_jobs(self) -> dict[str, str]:
        """Job -> its node, of all that SLURM still knows."""
        lines = command("squeue", "-h", "-t", "all", "-o", "%i %N").splitlines()
        return {line.split()[0]: " ".join(line.split()[1:]) for line in lines if line}


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Bring it up, and down again by the numbers of its processes; nothing of it stays."""
    started: list[int] = []
    own_munge = not MUNGE_PID.exists()
    folder.chmod(0o755)
    for name in ("state", "log", *(f"spool-{node}" for node in NODES)):
        (folder / name).mkdir()
    (folder / "slurm.conf").write_text(_configuration(folder))
    (folder / "gres.conf").write_text("Name=gpu File=/dev/null\n")
    CONFIGURATION.parent.mkdir(exist_ok=True)
    CONFIGURATION.symlink_to(folder / "slurm.conf")
    GENERIC.symlink_to(folder / "gres.conf")
    try:
        if own_munge:
            MUNGE_PID.parent.mkdir(exist_ok=True)
            shutil.chown(MUNGE_PID.parent, "munge", "munge")
            command("runuser", "-u", "munge", "--", _path("munged") or "", "--pid-file", str(MUNGE_PID))
            started.append(_pid(MUNGE_PID))
        command("slurmctld")
        started.append(_pid(folder / "slurmctld.pid"))
        for node in NODES:
            command("slurmd", "-N", node)
            started.append(_pid(folder / f"slurmd-{node}.pid"))
        up = Cluster(folder)
        _wait(lambda: up.states() == dict.fromkeys(NODES, "idle"), 60, "SLURM did not become idle")
        yield up
        command("scancel", "--user", "root")
    finally:
        for process in reversed(started):
            os.kill(process, signal.SIGTERM)
        for process in started:
            _wait(lambda process=process: _ended(process), 30, f"process {process} does not end")
        CONFIGURATION.unlink()
        GENERIC.unlink()


def _configuration(folder: Path) -> str:
    host = socket.gethostname()
    with socket.socket() as one, socket.socket() as two, socket.socket() as three:
        for each in (one, two, three):
            each.bind(("127.0.0.1", 0))
        controller, *of_nodes = (each.getsockname()[1] for each in (one, two, three))
    nodes = [
        f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=1 RealMemory=3000 Gres=gpu:1"
        " State=UNKNOWN"
        for node, port in zip(NODES, of_nodes, strict=True)
    ]
    lines = [
        *("ClusterName=local", f"SlurmctldHost={host}(127.0.0.1)", f"SlurmctldPort={controller}"),
        *("SlurmUser=root", "SlurmdUser=root", "AuthType=auth/munge", "CredType=cred/munge"),
        *("ProctrackType=proctrack/linuxproc", "TaskPlugin=task/none", "MpiDefault=none"),
        *("SelectType=select/cons_tres", "SelectTypeParameters=CR_CPU_Memory"),
        "GresTypes=gpu",
        "SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1,sched_min_interval=100000",
        *("AccountingStorageType=accounting_storage/none", "JobAcctGatherType=jobacct_gather/none"),
        *("ReturnToService=2", "MinJobAge=600", "KillWait=2"),
        *(f"StateSaveLocation={folder}/state", f"SlurmdSpoolDir={folder}/spool-%n"),
        *(f"SlurmctldLogFile={folder}/log/slurmctld.log", f"SlurmdLogFile={folder}/log/slurmd-%n.log"),
        *(f"SlurmctldPidFile={folder}/slurmctld.pid", f"SlurmdPidFile={folder}/slurmd-%n.pid"),
        *nodes,
        "PartitionName=main Nodes=ALL Default=YES MaxTime=60 State=UP DefMemPerCPU=500",
    ]
    return "\n".join(lines) + "\n"


def _ended(process: int) -> bool:
    """Gone, or dead and not yet collected, as happens where process 1 is no init."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def _pid(path: Path) -> int:
    _wait(lambda: path.exists() and path.read_text().strip().isdigit(), 30, f"no {path}")
    return int(path.read_text())


def _wait(condition: Callable[[], bool], seconds: float, otherwise: str) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, otherwise
        time.sleep(0.1)
