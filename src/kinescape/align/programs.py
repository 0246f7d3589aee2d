"""Finding the aligners and knowing which versions were tested."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass, replace
from functools import cache

from kinescape.errors import InputError


@dataclass(frozen=True)
class ProgramFacts:
    """What is known of a program before it is run."""

    command: str
    version_arguments: tuple[str, ...]
    version_pattern: str
    tested_from: tuple[int, ...]
    """First version tested."""
    tested_before: tuple[int, ...]
    """First version not tested any more."""
    notes: tuple[tuple[str, str], ...] = ()
    """(version, what is known of it)."""


@dataclass(frozen=True)
class Program:
    """A program as it was found."""

    name: str
    path: str
    version: str
    tested: bool
    note: str


BWA = ProgramFacts(
    command="bwa",
    version_arguments=(),
    version_pattern=r"Version:\s*([0-9][\w.\-]*)",
    tested_from=(0, 7, 12),
    tested_before=(0, 8),
)
# The wrapper script `bowtie2` needs Perl modules that a minimal system lacks; the program behind it does not.
BOWTIE2 = ProgramFacts(
    command="bowtie2-align-s",
    version_arguments=("--version",),
    version_pattern=r"version\s+([0-9][\w.\-]*)",
    tested_from=(2, 4),
    tested_before=(2, 6),
    notes=(
        (
            "2.5.0",
            "this version marks overlapping mates as discordant and loses variants when run on pairs; "
            "mates are aligned single-end here, which it does right",
        ),
    ),
)
BOWTIE2_BUILD = replace(BOWTIE2, command="bowtie2-build-s", notes=())


@cache
def find_program(facts: ProgramFacts) -> Program:
    """The program on PATH and its version.

    Raises
    ------
    InputError
        Not installed, does not start, or older or newer than any version it was tested with.
    """
    path = shutil.which(facts.command)
    if path is None:
        raise InputError(
            f"the aligner program '{facts.command}' was not found on PATH",
            expected="bwa and bowtie2 installed (`python3 bootstrap.py` unpacks them without root)",
        )
    run = subprocess.run([path, *facts.version_arguments], capture_output=True, text=True, check=False)
    found = re.search(facts.version_pattern, run.stdout + run.stderr)
    if found is None:
        raise InputError(
            f"'{path}' does not say its version", found=(run.stdout + run.stderr).strip()[:80], expected=facts.command
        )
    version = found[1]
    numbers = tuple(int(part) for part in re.findall(r"\d+", version.split("-")[0]))
    tested = facts.tested_from <= numbers < facts.tested_before
    if not tested:
        raise InputError(
            f"'{path}' is of a version that was never tested",
            found=version,
            expected=f"{_dotted(facts.tested_from)} or later, before {_dotted(facts.tested_before)}",
        )
    return Program(facts.command, path, version, tested, dict(facts.notes).get(version, ""))


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)
