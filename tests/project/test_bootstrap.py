"""bootstrap.py on small made-up systems: a copy of the project, with stand-ins for uv, apt-get, bwa ... as all of PATH.

Nothing here needs a network. docs/install.md says on which real systems it was tried.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest
import stand_ins

PROJECT = Path(__file__).parents[2]


@dataclass
class System:
    """A copy of the project and a folder of programs that is all of PATH."""

    project: Path
    programs: Path

    def add(self, *names: str) -> None:
        for name in names:
            stand_ins.add(self.programs / name)

    def remove(self, *names: str) -> None:
        for name in names:
            (self.programs / name).unlink()

    def let_fail(self, name: str, says: str) -> None:
        (self.programs / f"{name}.fails").write_text(says)

    def repair(self, name: str) -> None:
        (self.programs / f"{name}.fails").unlink()

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [stand_ins.PYTHON, "-I", str(self.project / "bootstrap.py"), *arguments],
            env={"PATH": str(self.programs), stand_ins.PROJECT: str(self.project), "HOME": str(self.project)}
            | {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
            | environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def calls(self) -> list[str]:
        """What was called since the last time, without the questions for a version."""
        notes = self.project / "calls"
        lines = notes.read_text().splitlines() if notes.exists() else []
        notes.unlink(missing_ok=True)
        return [line for line in lines if "--version" not in line]


@pytest.fixture
def system(tmp_path: Path) -> System:
    """A system with uv and both aligners."""
    project, programs = tmp_path / "a project", tmp_path / "programs"
    project.mkdir()
    programs.mkdir()
    for name in ("bootstrap.py", "uv.lock", "pyproject.toml"):
        shutil.copy(PROJECT / name, project / name)
    made = System(project, programs)
    made.add("uv", "bwa", "bowtie2-align-s", "bowtie2-build-s")
    return made


def assert_one_line(done: subprocess.CompletedProcess[str], *wanted: str) -> None:
    """The set-up failed with a last line that says all of ``wanted``, and without a traceback."""
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    last = done.stderr.splitlines()[-1]
    assert last.startswith("kinescape set-up: ")
    for text in wanted:
        assert text in last
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def bootstrap() -> ModuleType:
    specification = importlib.util.spec_from_file_location("bootstrap", PROJECT / "bootstrap.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_demo_installs_from_the_lock_file_then_becomes_the_demo(system: System) -> None:
    done = system.run("demo", "-o", "somewhere")
    assert done.returncode == 0, done.stderr
    sync, demo = system.calls()
    assert sync.startswith("uv sync --locked --no-dev --inexact --python ")
    assert sync.endswith(" --python-preference only-system")
    assert demo == "kinescape demo -o somewhere"
    assert done.stdout == ""  # progress goes to standard error
    assert "ready after" in done.stderr


def test_second_run_installs_nothing(system: System) -> None:
    system.run("setup")
    system.calls()
    done = system.run("run", "--", "panel", "list")
    assert system.calls() == ["kinescape panel list"]
    assert done.stderr == ""


def test_exit_code_is_that_of_the_command(system: System) -> None:
    assert system.run("run", "--", "doctor", EXIT_kinescape="3").returncode == 3


@pytest.mark.parametrize("name", ["uv.lock", "pyproject.toml"])
def test_change_of_the_project_is_installed(system: System, name: str) -> None:
    system.run("setup")
    system.calls()
    with (system.project / name).open("a") as handle:
        handle.write("\n")
    system.run("setup")
    assert [call.split()[:2] for call in system.calls()] == [["uv", "sync"]]


def test_tools_of_the_tests_are_installed_when_asked_for_and_stay(system: System) -> None:
    system.run("setup")
    system.run("test")
    assert "uv sync --locked --all-groups" in "\n".join(system.calls())
    system.run("demo")
    assert system.calls() == ["kinescape demo"]


def test_interrupted_installation_begins_afresh(system: System) -> None:
    system.let_fail("uv", "killed")
    assert_one_line(system.run("setup"), "cannot install the Python packages", "killed")
    half_installed = system.project / ".venv" / "half-a-package"
    half_installed.parent.mkdir()
    half_installed.touch()
    system.repair("uv")
    assert system.run("setup").returncode == 0
    assert not half_installed.exists()


def test_moved_project_makes_its_environment_anew(system: System) -> None:
    system.run("setup")
    (system.project / ".venv" / "old").touch()
    system.project = system.project.rename(system.project.parent / "moved")
    assert system.run("demo").returncode == 0
    assert not (system.project / ".venv" / "old").exists()


def test_environment_made_by_hand_is_kept(system: System) -> None:
    by_hand = system.project / ".venv" / "mine"
    by_hand.parent.mkdir()
    by_hand.touch()
    assert system.run("setup").returncode == 0
    assert by_hand.exists()


@pytest.mark.parametrize(
    ("said", "understood"),
    [
        ("error: Failed to fetch\n  Caused by: dns error\n  Caused by: failed to lookup address", "no network"),
        ("error: invalid peer certificate: UnknownIssuer", "SSL_CERT_FILE"),
        ("error: error sending request\n  operation timed out", "does not answer"),
        ("error: No space left on device (os error 28)", "the disk is full"),
        ("Resolved 83 packages\n  × Failed to build\n  ╰─▶ something new", "something new"),
    ],
)
def test_failure_of_the_installation_is_one_line(system: System, said: str, understood: str) -> None:
    system.let_fail("uv", said)
    assert_one_line(system.run("demo"), "cannot install the Python packages: ", understood, "setup.log")
    assert said in (system.project / ".tools" / "setup.log").read_text()


def test_uv_that_is_too_old_is_not_used(system: System) -> None:
    done = system.run("setup", STAND_IN_UV_VERSION="0.1.0")
    # With pip here it is pip that fails (it is told of no index), without pip that is what is said.
    assert_one_line(done, "uv")
    assert "from the package index: ERROR" in done.stderr or "neither pip nor ensurepip" in done.stderr
    assert system.calls() == []


def test_without_apt_missing_aligners_are_named_with_the_way_out(system: System) -> None:
    system.remove("bwa", "bowtie2-build-s")
    assert_one_line(system.run("demo"), "bwa, bowtie2: not on PATH", "environment.yml", "docs/install.md")
    assert not any(call.startswith("kinescape") for call in system.calls())


def add_apt(system: System) -> None:
    system.remove("bwa", "bowtie2-align-s", "bowtie2-build-s")
    system.add("apt-get", "dpkg-deb", "dpkg-query", "ldd")
    lists = system.project / ".tools" / "apt" / "lists"
    lists.mkdir(parents=True)
    (lists / "stand-in_Packages").touch()


def test_aligners_are_unpacked_with_the_libraries_that_are_missing(system: System) -> None:
    add_apt(system)
    done = system.run("setup")
    assert done.returncode == 0, done.stderr
    fetched = [call.split(" download ")[1] for call in system.calls() if " download " in call]
    assert fetched == ["bowtie2 bwa", "libfast2", "libdeep0"]  # neither libc6, which is here, nor perl
    (system.programs / "sh").symlink_to("/bin/sh")
    launcher = system.project / ".tools" / "bin" / "bowtie2-align-s"
    environment = {stand_ins.PROJECT: str(system.project)}
    subprocess.run([launcher, "-x", "an index"], env=environment, check=True)
    assert system.calls() == ["bowtie2-align-s -x an index"]
    assert "usr/lib/some-linux" in launcher.read_text()
    assert system.run("demo").stderr == ""
    assert system.calls() == ["kinescape demo"]


def test_download_that_fails_leaves_nothing_and_goes_on_later(system: System) -> None:
    add_apt(system)
    system.let_fail("apt-get", "E: Failed to fetch x  Temporary failure resolving 'example.org'")
    assert_one_line(system.run("demo"), "cannot fetch bowtie2, bwa from the distribution: no network")
    assert not (system.project / ".tools" / "bin").exists()
    system.calls()
    system.repair("apt-get")
    assert system.run("demo").returncode == 0
    assert not any(call.startswith("uv sync") for call in system.calls())


def test_library_that_no_package_brings_is_named(system: System) -> None:
    add_apt(system)
    elsewhere = (system.programs / "ldd").read_text() + "print('\\tlibelsewhere.so.1 => not found')\n"
    (system.programs / "ldd").write_text(elsewhere.replace("s.main()", "s.ldd(sys.argv[1:])"))
    assert_one_line(system.run("setup"), "lack libelsewhere.so.1")
    assert not (system.project / ".tools" / "bin").exists()


def test_programs_of_the_tests_may_be_absent_but_not_in_ci(system: System) -> None:
    done = system.run("test")
    assert done.returncode == 0
    assert "bcftools, samtools, tabix: not on PATH" in done.stderr
    assert "skipped" in done.stderr
    assert_one_line(system.run("test", CI="true"), "bcftools, samtools, tabix: not on PATH")


def test_test_runs_every_check_and_fails_if_one_does(system: System) -> None:
    done = system.run("test", "--", "tests/panel", "-k", "codon", EXIT_ruff="1", EXIT_pytest="5")
    assert done.returncode == 1
    begun = [line.split(" =")[0] for line in done.stdout.splitlines() if line.startswith("== ")]
    assert begun == ["== ruff check", "== ruff format", "== mypy", "== import layers", "== uv.lock", "== pytest"]
    assert done.stdout.splitlines()[-1] == "FAILED: ruff check, ruff format, pytest"
    assert system.calls()[-1].startswith("pytest ")


def test_arguments_after_the_dashes_go_to_pytest(system: System) -> None:
    done = system.run("test", "--", "tests/panel", "-k", "codon")
    assert done.stdout.splitlines()[-1] == "all checks and tests passed"
    assert system.calls()[-1].endswith(" tests/panel -k codon")


def test_shell_prints_a_line_that_a_shell_can_read(system: System) -> None:
    done = system.run("shell")
    shown = subprocess.run(
        ["/bin/sh", "-c", f'{done.stdout}\necho "$PATH"'],
        env={"PATH": "/x y"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout == f"{system.project}/.venv/bin:/x y:{system.project}/.tools/bin\n"


@pytest.mark.parametrize("arguments", [[], ["dmeo"], ["setup", "now"], ["shell", "--", "x"]])
def test_wrong_use_is_one_line_and_exit_code_2(system: System, arguments: list[str]) -> None:
    done = system.run(*arguments)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "demo, test, run, setup, shell" in done.stderr
    assert system.calls() == []


def test_help_names_every_verb(system: System) -> None:
    done = system.run("--help")
    assert done.returncode == 0
    for verb in ("demo", "test", "run", "setup", "shell"):
        assert f"python3 bootstrap.py {verb}" in done.stdout


def test_folder_that_cannot_be_written_is_one_line(system: System) -> None:
    (system.project / ".tools").write_text("in the way")
    assert_one_line(system.run("demo"), ".tools")


def test_python_that_is_too_old_hands_over_to_one_that_serves(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "PYTHON_VERSIONS", ("4.7", "4.8"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit, match="1"):
        bootstrap.go_on_with_python_that_serves()
    assert "kinescape needs Python 4.7 or 4.8: install one (python4.8, say)" in capsys.readouterr().err
    newer = tmp_path / "python4.8"
    newer.symlink_to(sys.executable)
    assert bootstrap.python_that_serves() == str(newer)
    newer.unlink()
    newer.write_text("#!/bin/sh\nexit 127\n")  # such as a version manager leaves for a version that is switched off
    newer.chmod(0o755)
    assert bootstrap.python_that_serves() == ""
    monkeypatch.undo()
    assert bootstrap.python_that_serves() == sys.executable


@pytest.mark.parametrize(
    ("depends", "names"),
    [
        ("libc6 (>= 2.34), zlib1g (>= 1:1.1.4)", {"libc6"}),
        (", libhts3t64 (>= 1.19), perl:any, libgsl27 | libgsl25", {"libhts3t64", "libgsl27"}),
        ("libstdc++6:any", {"libstdc++6"}),
        ("", set()),
    ],
)
def test_library_packages_of_a_depends_field(bootstrap: ModuleType, depends: str, names: set[str]) -> None:
    assert bootstrap.library_packages(depends) == names


def test_versions_are_compared_as_numbers(bootstrap: ModuleType) -> None:
    assert bootstrap.version_numbers("uv 0.13.9 (x86_64-unknown-linux-gnu)") == (0, 13, 9)
    assert bootstrap.version_numbers("uv 0.13.10") > bootstrap.version_numbers("uv 0.13.9")
    assert bootstrap.version_numbers("no number") == ()


def test_certificates_named_by_the_user_serve_pip_and_uv_alike(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bundle = tmp_path / "laboratory.crt"
    bundle.touch()
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("PIP_CERT", str(bundle))
    assert bootstrap.certificates() == {"SSL_CERT_FILE": str(bundle), "PIP_CERT": str(bundle)}
