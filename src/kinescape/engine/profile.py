"""Where the jobs of a run go: this machine, or what a Snakemake profile names. Reads the profile as Snakemake does."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kinescape.engine.packing import LOCAL_START, REMOTE_START
from kinescape.errors import InputError, KinescapeError
from kinescape.web import printable

PLUGINS = {"slurm": "snakemake_executor_plugin_slurm", "kubernetes": "snakemake_executor_plugin_kubernetes"}


@dataclass(frozen=True)
class Dispatch:
    """How the jobs of a run are started.

    Attributes
    ----------
    profile
        None: on this machine. ``slurm`` or ``kubernetes``: on that cluster with its own defaults. Else a folder with a
        Snakemake profile (``config.yaml``).
    jobs
        Jobs at a time; None: as many as the machine's threads allow, or what the profile says.
    threads
        Threads of each job.
    group_size
        Samples per job; None: as many as make the start of a job cheap.
    retries
        How often a job that ended from outside, or failed for another reason than its input, is tried again.
    gpus
        Jobs with a GPU at a time; None: no such limit (where no job asks for one).
    """

    profile: str | None = None
    jobs: int | None = None
    threads: int = 1
    group_size: int | None = None
    retries: int = 0
    gpus: int | None = None

    @property
    def local(self) -> bool:
        """Whether the jobs run on this machine, as far as can be said without reading the profile."""
        return self.profile is None

    @property
    def start(self) -> float:
        """Seconds to start a job."""
        return LOCAL_START if self.local else REMOTE_START


JOBS_ON_A_CLUSTER = 100
"""Jobs at a time where neither the command nor the profile says."""
_PLAIN_PATH = re.compile(r"[\w/.+@%,:= -]+")


@dataclass(frozen=True)
class Place:
    """Where the jobs go. ``profile`` is what Snakemake made of it, None on this machine without one."""

    profile: Any
    local: bool
    at_once: int


def place_of(dispatch: Dispatch, cores: int, out: Path) -> Place:
    """Read the profile and say how many jobs run at a time; ``cores`` are those of this machine.

    Raises
    ------
    InputError
        The profile cannot be read, there is no SLURM here that it could submit to, or the path of the output is nothing
        for a cluster. Nothing has been written.
    KinescapeError
        There is one, and it does not answer.
    """
    profile = read_profile(dispatch.profile) if dispatch.profile is not None else None
    at_once = dispatch.jobs or (profile.jobs if profile else max(1, cores // dispatch.threads))
    local = profile is None or profile.executor == "local"
    if profile is not None and profile.executor == "slurm":
        _look_for_slurm(str(dispatch.profile))
    if not local and not _PLAIN_PATH.fullmatch(str(out)):
        raise InputError(
            "a cluster cannot take this path: its submission goes through shells of its own",
            found=str(out),
            expected="letters, digits, spaces and the signs . _ - + @ % , : =",
        )
    return Place(profile, local, at_once)


def read_profile(profile: str) -> Any:
    """What Snakemake's own parser makes of a profile: its arguments.

    Raises
    ------
    InputError
        No such profile, a plugin that is not installed, or an option that Snakemake does not know.
    """
    arguments = ["--workflow-profile", "none", *_arguments(profile)]
    from snakemake.cli import parse_args

    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            _, parsed = parse_args(arguments)
    except SystemExit:
        lines = [line for line in said.getvalue().splitlines() if line.strip()]
        why = lines[-1].partition("error: ")[2] or lines[-1] if lines else "no reason given"
        raise InputError(f"not a profile that Snakemake can read: {why}", file=profile) from None
    except Exception as problem:
        raise InputError(f"not a profile that Snakemake can read: {problem}", file=profile) from None
    if parsed.jobs is None:
        parsed.jobs = JOBS_ON_A_CLUSTER
    return parsed


def _arguments(profile: str) -> list[str]:
    if profile in PLUGINS:
        if importlib.util.find_spec(PLUGINS[profile]) is None:
            raise InputError(
                f"--profile {profile} needs a plugin that is not installed",
                expected=f"pip install kinescape[{profile}]",
            )
        return ["--profile", "none", "--executor", profile, *(_slurm_arguments() if profile == "slurm" else [])]
    folder = Path(profile)
    if not any((folder / name).is_file() for name in ("config.yaml", "config.v8+.yaml", "config.v9+.yaml")):
        raise InputError("no such profile", found=profile, expected="slurm, kubernetes, or a folder with a config.yaml")
    return ["--profile", str(folder.absolute())]


def _look_for_slurm(profile: str) -> None:
    """Refuse to go on where nothing can be submitted; the plugin would find out late, and say so in its log."""
    _need_sbatch(profile)
    if profile != "slurm" or shutil.which("sinfo") is None:
        # A profile of one's own may name partitions, and its sbatch may be another program that goes elsewhere.
        return
    try:
        asked = subprocess.run(["sinfo", "-h", "-o", "%P"], capture_output=True, text=True, timeout=60, check=False)
        failed, said = asked.returncode != 0, asked.stderr.strip()
    except (OSError, subprocess.TimeoutExpired):
        failed, said = True, ""
    if failed:
        # Its last line is what it ends for; those before lead there.
        why = printable(said.splitlines()[-1]) if said else "sinfo gave no answer in a minute"
        raise KinescapeError(f"--profile slurm, and SLURM does not answer here ({why})")


def _need_sbatch(profile: str) -> None:
    if shutil.which("sbatch") is None:
        raise InputError(
            f"--profile {profile}, and there is no sbatch here", expected="a machine that submits jobs to SLURM"
        )


def _slurm_arguments() -> list[str]:
    """Without an accounting database neither an account nor ``sacct`` is to be had."""
    # Before Snakemake is imported, which takes longer than all that is asked here.
    _need_sbatch("slurm")
    arguments = ["--slurm-init-seconds-before-status-checks", "8"]
    try:
        done = subprocess.run(["sacct", "-n", "-X"], capture_output=True, timeout=60, check=False)
        accounting = done.returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        accounting = False
    return arguments if accounting else [*arguments, "--slurm-status-command", "squeue", "--slurm-no-account"]
