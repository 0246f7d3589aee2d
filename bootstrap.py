#!/usr/bin/env python3
"""Set kinescape up and run it, on a machine that has python3 and nothing else.

    python3 bootstrap.py demo          set up, then `kinescape demo`
    python3 bootstrap.py test          set up, then the static checks and the tests
    python3 bootstrap.py run -- ARGS   set up, then `kinescape ARGS`
    python3 bootstrap.py setup         set up only
    python3 bootstrap.py shell         set up, then print the line that puts everything on PATH:
                                       eval "$(python3 bootstrap.py shell)"

What stands after `demo` or `test` is handed on, to `kinescape demo` or to pytest:
`python3 bootstrap.py test -- tests/panel -k codon`.

Everything is put into two folders of the project, `.venv` and `.tools`; nothing needs root, pip or the venv module:

1. uv, pinned: the one on PATH if it is new enough, else from the package index;
2. the Python packages of uv.lock, into `.venv`;
3. bwa and bowtie2: those on PATH, else unpacked from the distribution's packages (Debian, Ubuntu) into `.tools`.

What is there already is not fetched again, and a set-up that was interrupted goes on where it stopped. The output of
every command that was run is in `.tools/setup.log`. docs/install.md says more.
"""

import sys

try:
    import contextlib
    import fcntl
    import hashlib
    import json
    import os
    import re
    import shlex
    import shutil
    import ssl
    import subprocess
    import time
    from collections.abc import Iterator, Sequence
    from pathlib import Path
except ModuleNotFoundError as problem:
    sys.exit(f"kinescape set-up: this python3 lacks the module {problem.name!r}: install the whole python3 package")

PYTHON_VERSIONS = ("3.11", "3.12", "3.13")
"""As `requires-python` in pyproject.toml (a test holds them together), oldest first."""


def say(text: str) -> None:
    print(f"kinescape set-up: {text}", file=sys.stderr, flush=True)


def python_that_serves() -> str:
    """Path of a Python of a supported version: this one, else one on PATH; empty if there is none."""
    if f"{sys.version_info[0]}.{sys.version_info[1]}" in PYTHON_VERSIONS:
        return sys.executable
    for version in reversed(PYTHON_VERSIONS):
        other = shutil.which(f"python{version}")
        if other and subprocess.call([other, "-c", "pass"], stderr=subprocess.DEVNULL) == 0:
            return other
    return ""


def go_on_with_python_that_serves() -> None:
    """Ends this run where this Python is not supported. Called here, before anything that an old one cannot read."""
    python, here = python_that_serves(), sys.version.split()[0]
    if not python:
        versions = f"{', '.join(PYTHON_VERSIONS[:-1])} or {PYTHON_VERSIONS[-1]}"
        say(f"python3 is {here}, kinescape needs Python {versions}: install one (python{PYTHON_VERSIONS[-1]}, say)")
        sys.exit(1)
    if python != sys.executable:
        say(f"python3 is {here}; going on with {python}")
        os.execv(python, [python, *sys.argv])


if __name__ == "__main__":
    go_on_with_python_that_serves()

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
TOOLS = ROOT / ".tools"
LAUNCHERS = TOOLS / "bin"
PACKAGES = TOOLS / "packages"
STAMP = TOOLS / "python-packages.json"
LOG = TOOLS / "setup.log"
SYSTEM_PACKAGE_LISTS = Path("/var/lib/apt/lists")
SYSTEM_CERTIFICATES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch, Alpine
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, Red Hat
    "/etc/ssl/ca-bundle.pem",  # SUSE
)

UV_VERSION = "0.13.9"
UV_SHA256 = (  # of that version's wheels on the package index
    "d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19",  # Linux x86_64
    "ecb6028d79dc96fbeafffe5c8af62a7099487ebc05a701e76714eebcffd06375",  # Linux aarch64, glibc 2.28
    "5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe",  # Linux aarch64, older
    "66c512266d633bef48384a1f53003f41f2a8e7b36fe6e7fbfd3e0fd52d96fa63",  # macOS arm64
    "c16ed11e013557536b3e60065f1b912f6407bd6518e041b961e23ef9e6b4fbf5",  # macOS x86_64
)

# Programs by the distribution's package that holds them. Bowtie2's own programs are called without its Perl wrapper.
ALIGNERS = {"bwa": ("bwa",), "bowtie2": ("bowtie2-align-s", "bowtie2-build-s")}
TEST_PROGRAMS = {"bcftools": ("bcftools",), "samtools": ("samtools",), "tabix": ("tabix", "bgzip")}
# Programs of some tests that only an installation by root brings (CI runs as root in a machine of its own).
SYSTEM_PROGRAMS = {
    "chromium": ("chromium",),
    "slurm-wlm": ("slurmctld", "slurmd", "sbatch"),
    "munge": ("munged",),
}
DISTRIBUTION_PIP = "python3-pip-whl"

OUTER_CAUSES = (  # what apt-get, pip and uv say, and what it means
    (
        "certificate verif|CERTIFICATE_VERIFY|invalid peer certificate|self-signed certificate",
        "the server's certificate is not trusted here (behind a proxy: let SSL_CERT_FILE name its certificates)",
    ),
    (
        "name resolution|failure resolving|Could not resolve|failed to lookup|dns error|Name or service not known",
        "no network: the server's name is not found",
    ),
    (
        "Could not connect|timed out|unreachable|Connection refused|establish a new connection|error sending request",
        "the server does not answer",
    ),
    ("No space left", "the disk is full"),
    ("Unable to locate package", "its package lists do not have them (Ubuntu: enable `universe`)"),
)

VERBS = ("demo", "test", "run", "setup", "shell")
SECONDS_BETWEEN_SIGNS_OF_LIFE = 20


class SetupError(Exception):
    """The set-up cannot go on: one line for the user."""


# ---------------------------------------------------------------------------------------------------------------------
# Saying what happens, running commands
# ---------------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def step(title: str) -> Iterator[None]:
    """One step of the set-up: a line when it begins, its seconds when it is done."""
    started = time.monotonic()
    say(f"{title} ...")
    yield
    say(f"{title}: done in {time.monotonic() - started:.1f} s")


def run(
    command: Sequence[str | Path], failure: str, folder: Path = ROOT, environment: dict[str, str] | None = None
) -> str:
    """Run a command with its output in the log and return that; SetupError says ``failure`` and the reason found."""
    with LOG.open("ab") as log:
        log.write(f"\n$ {' '.join(map(str, command))}\n".encode())
        log.flush()
        begin = log.tell()
        try:
            process = subprocess.Popen(
                [str(word) for word in command],
                cwd=folder,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                close_fds=False,  # it inherits the set-up lock, see alone()
            )
        except OSError as problem:
            raise SetupError(f"{failure}: {problem}") from None
        code = patiently_wait(process)
    output = LOG.read_bytes()[begin:].decode(errors="replace")
    if code:
        raise SetupError(f"{failure}: {reason_in(output) or f'exit code {code}'} (details: {LOG})")
    return output


def patiently_wait(process: subprocess.Popen[bytes]) -> int:
    """Wait for a command, with a line now and then; it is stopped when the set-up is."""
    started = time.monotonic()
    try:
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return process.wait(timeout=SECONDS_BETWEEN_SIGNS_OF_LIFE)
            say(f"  still at it after {time.monotonic() - started:.0f} s (see {LOG})")
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


def reason_in(output: str) -> str:
    """Why a command failed: in plain words where its output shows network or disk at fault, else its last line."""
    for pattern, plain_words in OUTER_CAUSES:
        if re.search(pattern, output, re.IGNORECASE):
            return plain_words
    lines = [re.sub(r"^([\s╰─▶├│×]|Caused by:)+", "", line).strip() for line in output.splitlines()]
    return next((line[:300] for line in reversed(lines) if line and not line.startswith("hint:")), "")


def output_of(command: Sequence[str | Path], environment: dict[str, str] | None = None) -> str:
    """Standard output of a short command; empty if it failed or is not there."""
    try:
        done = subprocess.run(
            [str(word) for word in command],
            env={**os.environ, "LC_ALL": "C", **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    except OSError:
        return ""
    return done.stdout.decode(errors="replace") if done.returncode == 0 else ""


def search_path() -> str:
    """PATH of everything that is started here: the project's own Python first, unpacked programs last."""
    return os.pathsep.join([str(VENV / "bin"), os.environ.get("PATH", os.defpath), str(LAUNCHERS)])


def absent(programs: dict[str, tuple[str, ...]]) -> list[str]:
    """Those packages of which a program is not on PATH."""
    path = search_path()
    return [package for package, names in programs.items() if not all(shutil.which(name, path=path) for name in names)]


# ---------------------------------------------------------------------------------------------------------------------
# Packages of a Debian or Ubuntu system, unpacked without root
# ---------------------------------------------------------------------------------------------------------------------


def has_apt() -> bool:
    return bool(shutil.which("apt-get") and shutil.which("dpkg-deb"))


def unpack(packages: Sequence[str], programs: Sequence[str] = ()) -> Path:
    """Unpack the distribution's packages into one folder of ``.tools/packages``, which is whole or not there.

    Libraries that ``programs`` need and the system lacks are unpacked beside them, found through the packages' own
    dependencies; nothing is taken that the system has.
    """
    folder = PACKAGES / "-".join(packages)
    partial = PACKAGES / f"{folder.name}.partial"
    downloads = partial / "downloads"
    shutil.rmtree(partial, ignore_errors=True)
    wanted, seen = set(packages), set[str]()
    while wanted:
        downloads.mkdir(parents=True)
        download(sorted(wanted), downloads)
        seen |= wanted
        depended_on: set[str] = set()
        for package in sorted(downloads.glob("*.deb")):
            run(["dpkg-deb", "-x", package, partial], f"cannot unpack {package.name}")
            depends = output_of(["dpkg-deb", "--show", "--showformat=${Pre-Depends}, ${Depends}", package])
            depended_on |= library_packages(depends)
        shutil.rmtree(downloads)
        missing = missing_libraries(partial, programs)
        wanted = depended_on - seen - installed_packages() if missing else set()
    if missing:
        raise SetupError(f"the distribution's packages of {', '.join(programs)} lack {', '.join(missing)}")
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    return folder


def download(packages: Sequence[str], folder: Path) -> None:
    """Fetch .deb files with apt-get, by the system's package lists if they serve, else by lists of our own."""
    failure = f"cannot fetch {', '.join(packages)} from the distribution"
    own = TOOLS / "apt"
    if not own.is_dir() and any(SYSTEM_PACKAGE_LISTS.glob("*Packages*")):
        with contextlib.suppress(SetupError):  # lists that are out of date name files that are gone
            run(["apt-get", "-q", "download", *packages], failure, folder)
            return
    for each in ("lists", "archives"):
        (own / each / "partial").mkdir(parents=True, exist_ok=True)
    apt = ["apt-get", "-q", "-o", f"Dir::State::lists={own / 'lists'}", "-o", f"Dir::Cache={own}"]
    if not any((own / "lists").glob("*Packages*")):
        say("  fetching the distribution's package lists")
        no_lists = "cannot fetch the distribution's package lists"
        output = run([*apt, "update"], no_lists)
        if not any((own / "lists").glob("*Packages*")):  # apt-get calls an update that fetched nothing a success
            raise SetupError(f"{no_lists}: {reason_in(output)} (details: {LOG})")
    run([*apt, "download", *packages], failure, folder)


def library_packages(depends: str) -> set[str]:
    """Library packages of a Depends field: "libc6 (>= 2.34), perl:any, libfoo1 | libfoo2" -> {libc6, libfoo1}."""
    names = {re.split(r"[ (:|]", entry.strip(), maxsplit=1)[0] for entry in depends.split(",")}
    return {name for name in names if name.startswith("lib")}


def installed_packages() -> set[str]:
    lines = output_of(["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n"]).splitlines()
    return {line.split()[0] for line in lines if line.endswith(" installed")}


def library_folders(folder: Path) -> list[Path]:
    """The folders with shared libraries in an unpacked tree, such as usr/lib/x86_64-linux-gnu."""
    return sorted({library.parent for top in ("usr/lib", "lib") for library in folder.glob(f"{top}/*/*.so*")})


def missing_libraries(folder: Path, programs: Sequence[str]) -> list[str]:
    """Shared libraries that unpacked programs need and that neither the system nor the unpacked tree has."""
    libraries = os.pathsep.join(map(str, library_folders(folder)))
    missing = set()
    for program in programs:
        listed = output_of(["ldd", folder / "usr/bin" / program], {"LD_LIBRARY_PATH": libraries} if libraries else {})
        if not listed:
            missing.add(f"a program {program} that runs here")
        missing |= set(re.findall(r"^\s*(\S+) => not found", listed, re.M))
    return sorted(missing)


def make_launchers(folder: Path, programs: Sequence[str]) -> None:
    """Put unpacked programs into .tools/bin; those libraries that were unpacked are shown to these programs only."""
    LAUNCHERS.mkdir(parents=True, exist_ok=True)
    libraries = ":".join(f"$tools/{each.relative_to(TOOLS)}" for each in library_folders(folder))
    for program in programs:
        lines = ["#!/bin/sh", "# Written by bootstrap.py.", "tools=${0%/*}/.."]
        if libraries:
            lines.append(f'export LD_LIBRARY_PATH="{libraries}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}"')
        lines.append(f'exec "$tools/{folder.relative_to(TOOLS)}/usr/bin/{program}" "$@"')
        partial = LAUNCHERS / f".{program}.partial"
        partial.write_text("\n".join(lines) + "\n", encoding="utf-8")
        partial.chmod(0o755)
        partial.rename(LAUNCHERS / program)


def set_up_programs(programs: dict[str, tuple[str, ...]]) -> None:
    """Make sure that programs can be called: on PATH already, else unpacked."""
    packages = absent(programs)
    if not packages:
        return
    listed = ", ".join(packages)
    if not has_apt():
        raise SetupError(
            f"{listed}: not on PATH, and there is no apt here to get them from: install them, or use the environment"
            " file (conda env create -f environment.yml; see docs/install.md)"
        )
    names = [program for package in packages for program in programs[package]]
    with step(f"{listed} from the distribution's packages"):
        make_launchers(unpack(packages, names), names)


def install_system_programs() -> None:
    """In CI, as root: have the distribution install what cannot be unpacked. Elsewhere their tests are skipped."""
    packages = absent(SYSTEM_PROGRAMS)
    if not packages:
        return
    listed = ", ".join(packages)
    if os.environ.get("CI") != "true" or os.geteuid() != 0 or not has_apt():
        say(f"{listed}: not installed; the tests that need them are skipped")
        return
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        with step(f"{listed} from the distribution, installed"):
            run(["apt-get", "-q", "update"], "cannot read the distribution's package lists", environment=quiet)
            install = ["apt-get", "-q", "-y", "--no-install-recommends", "install", *packages]
            run(install, f"cannot install {listed}", environment=quiet)
    except SetupError as problem:
        say(f"{problem}; the tests that need them are skipped")


# ---------------------------------------------------------------------------------------------------------------------
# uv and the Python packages
# ---------------------------------------------------------------------------------------------------------------------


def system_python() -> str:
    """This Python, or the one below it if it is that of a virtual environment (such as .venv itself)."""
    return str(getattr(sys, "_base_executable", None) or sys.executable)


def certificates() -> dict[str, str]:
    """Environment by which pip and uv trust what this system trusts (each brings a list of its own otherwise).

    A bundle that the user names in the environment comes first, then the system's; where there is none at all, the
    distribution's package is unpacked. Empty if nothing was found: then the tools' own lists serve.
    """
    named = [os.environ.get(name) for name in ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE")]
    system = [ssl.get_default_verify_paths().cafile, *SYSTEM_CERTIFICATES]
    bundle = next((each for each in [*named, *system] if each and Path(each).is_file()), None)
    if bundle is None and has_apt():
        bundle = str(unpacked_certificates())
    return {"SSL_CERT_FILE": bundle, "PIP_CERT": bundle} if bundle else {}


def unpacked_certificates() -> Path:
    """The distribution's ca-certificates as one file, without their installation (which needs root)."""
    bundle = PACKAGES / "ca-certificates" / "all.crt"
    if not bundle.exists():
        say("  this system has no certificates: taking the distribution's package ca-certificates")
        single = sorted(unpack(["ca-certificates"]).glob("usr/share/ca-certificates/**/*.crt"))
        partial = bundle.with_suffix(".partial")
        partial.write_bytes(b"".join(each.read_bytes().rstrip() + b"\n" for each in single))
        partial.rename(bundle)
    return bundle


def pip_command() -> list[str | Path]:
    """A pip that runs: this Python's, else one made by its ensurepip, else the distribution's wheel of it."""
    if output_of([sys.executable, "-m", "pip", "--version"]):
        return [sys.executable, "-m", "pip"]
    if output_of([sys.executable, "-m", "ensurepip", "--version"]):
        home = TOOLS / "pip"
        run([sys.executable, "-m", "venv", "--clear", home], "cannot make a virtual environment for pip")
        return [home / "bin" / "python", "-m", "pip"]
    if not has_apt():
        raise SetupError("this python3 has neither pip nor ensurepip: install pip, or uv, and run this again")
    folder = PACKAGES / DISTRIBUTION_PIP
    if not folder.is_dir():
        unpack([DISTRIBUTION_PIP])
    wheel = max(folder.glob("usr/share/python-wheels/pip-*.whl"), default=None)
    if wheel is None:
        raise SetupError(f"the distribution's {DISTRIBUTION_PIP} holds no pip: install pip, or uv, and run this again")
    return [sys.executable, wheel / "pip"]


def version_numbers(text: str) -> tuple[int, ...]:
    """The first version in a text as numbers: "uv 0.13.9 (x86_64)" -> (0, 13, 9); empty if there is none."""
    found = re.search(r"\d+(?:\.\d+)+", text)
    return tuple(map(int, found.group().split("."))) if found else ()


def find_uv() -> str | None:
    """A uv of the pinned version or newer: that on PATH, else that in .tools."""
    for candidate in (shutil.which("uv"), TOOLS / "uv" / "bin" / "uv"):
        if candidate and version_numbers(output_of([candidate, "--version"])) >= version_numbers(UV_VERSION):
            return str(candidate)
    return None


def install_uv() -> str:
    """Install the pinned uv into .tools with pip, its bytes checked against the sums above."""
    folder, partial = TOOLS / "uv", TOOLS / "uv.partial"
    requirement = TOOLS / "uv.txt"
    with step(f"uv {UV_VERSION} from the package index"):
        trust = certificates()
        pip = pip_command()
        sums = " ".join(f"--hash=sha256:{each}" for each in UV_SHA256)
        requirement.write_text(f"uv=={UV_VERSION} {sums}\n", encoding="utf-8")
        shutil.rmtree(partial, ignore_errors=True)
        options = ["--disable-pip-version-check", "--only-binary=:all:", "--no-deps", "--require-hashes"]
        run(
            [*pip, "install", "-q", *options, "-r", requirement, "--target", partial],
            f"cannot get uv {UV_VERSION} from the package index",
            environment={"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0", **trust},
        )
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
    uv = find_uv()
    if uv is None:
        raise SetupError(f"uv {UV_VERSION} was installed in {folder}, but does not run on this machine")
    return uv


def uv_environment() -> dict[str, str]:
    """Where uv works: always in this project's .venv; its cache goes into .tools where there is no home to keep it."""
    environment = {"UV_PROJECT_ENVIRONMENT": str(VENV), **certificates()}
    cache = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))  # noqa: PTH111  (no home, no error)
    while not cache.exists() and cache != cache.parent:
        cache = cache.parent
    if "UV_CACHE_DIR" not in os.environ and not os.access(cache, os.W_OK):
        environment["UV_CACHE_DIR"] = str(TOOLS / "uv-cache")
    return environment


def uv_python() -> list[str]:
    """uv's options that keep it to the Python that is here: it never fetches one."""
    return ["--python", system_python(), "--python-preference", "only-system"]


def fingerprint() -> str:
    """Changes when .venv must: with the lock file, the project file, the Python, or the folder all this stands in."""
    digest = hashlib.sha256()
    for part in (ROOT / "uv.lock", ROOT / "pyproject.toml"):
        digest.update(part.read_bytes())
    digest.update(f"{sys.version}\0{os.path.realpath(system_python())}\0{ROOT}".encode())
    return digest.hexdigest()


def read_stamp() -> dict[str, object]:
    """What the last set-up of the Python packages left behind; empty if there was none."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write_stamp(content: dict[str, object]) -> None:
    partial = STAMP.with_suffix(".partial")
    partial.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    partial.rename(STAMP)


def python_packages_ready(for_tests: bool) -> bool:
    stamp = read_stamp()
    return (
        stamp.get("state") == "complete"
        and stamp.get("fingerprint") == fingerprint()
        and (stamp.get("for_tests") is True or not for_tests)
        and (VENV / "bin" / "kinescape").exists()
    )


def set_up_python_packages(for_tests: bool) -> None:
    """Bring .venv to what uv.lock says; the tools of the tests are left out until they are asked for."""
    if python_packages_ready(for_tests):
        return
    uv = find_uv() or install_uv()
    stamp = read_stamp()
    if VENV.exists() and stamp and (stamp.get("state") != "complete" or stamp.get("folder") != str(ROOT)):
        # An interrupted installation may have left half a package; a moved folder has scripts that name the old place.
        shutil.rmtree(VENV)
    state: dict[str, object] = {"folder": str(ROOT), "for_tests": for_tests, "fingerprint": fingerprint()}
    write_stamp({"state": "begun", **state})
    groups = ["--all-groups", "--all-extras"] if for_tests else ["--no-dev", "--inexact"]
    with step("Python packages of uv.lock"):
        run(
            [uv, "sync", "--locked", *groups, *uv_python()],
            "cannot install the Python packages",
            environment=uv_environment(),
        )
    write_stamp({"state": "complete", **state})


# ---------------------------------------------------------------------------------------------------------------------
# The whole
# ---------------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Hold the project's set-up lock: two set-ups in one folder wait for each other.

    Commands inherit the lock, so that one which outlives a killed set-up is waited for as well.
    """
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("w") as handle:
        os.set_inheritable(handle.fileno(), True)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up is at work in this folder; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def set_up(for_tests: bool) -> None:
    """Bring the machine to where kinescape runs. Returns at once if it is there already."""
    in_ci = os.environ.get("CI") == "true"
    wanted = {**ALIGNERS, **(TEST_PROGRAMS if for_tests else {}), **(SYSTEM_PROGRAMS if for_tests and in_ci else {})}
    if python_packages_ready(for_tests) and not absent(wanted):
        return
    started = time.monotonic()
    with alone():
        LOG.write_bytes(b"")
        set_up_python_packages(for_tests)
        set_up_programs(ALIGNERS)
        if for_tests:
            try:
                set_up_programs(TEST_PROGRAMS)
            except SetupError as problem:
                if os.environ.get("CI") == "true":
                    raise
                say(f"{problem}; the tests that need them are skipped")
            install_system_programs()
        shutil.rmtree(TOOLS / "apt", ignore_errors=True)
        compile_kernels()
    say(f"ready after {time.monotonic() - started:.0f} s")


def compile_kernels() -> None:
    """Have the compiled parts of the main job made now, so that the first sample does not wait for them."""
    python = VENV / "bin" / "python"
    if not python.exists():
        return
    with step("compiled kernels"):
        try:
            run([python, "-m", "kinescape.warm"], "cannot compile ahead", environment={"PATH": search_path()})
        except SetupError as problem:
            say(f"{problem}; they are compiled when they are first used")


def run_tests(arguments: Sequence[str]) -> int:
    """Run the static checks, then the tests; every one of them is run, and any that fails makes the whole fail."""
    uv = find_uv() or install_uv()
    sources = [name for name in ("src", "tests", "benchmarks", "docs", "bootstrap.py") if (ROOT / name).exists()]
    checks = [
        ("ruff check", ["ruff", "check", *sources]),
        ("ruff format", ["ruff", "format", "--check", *sources]),
        ("mypy", ["mypy"]),
        ("import layers", ["lint-imports"]),
        ("uv.lock", [uv, "lock", "--check", *uv_python()]),
        # One file's tests stay in one process, so that what a module prepares once is prepared once.
        ("pytest", ["pytest", "-n", "auto", "--maxprocesses=8", "--dist=loadfile", *arguments]),
    ]
    environment = {**os.environ, **uv_environment(), "PATH": search_path()}
    failed = []
    for name, command in checks:
        print(f"\n== {name} {'=' * (76 - len(name))}", flush=True)
        started = time.monotonic()
        code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
        print(f"-- {name}: {'FAILED' if code else 'passed'} ({time.monotonic() - started:.1f} s)", flush=True)
        if code:
            failed.append(name)
    print(f"\nFAILED: {', '.join(failed)}" if failed else "\nall checks and tests passed", flush=True)
    return 1 if failed else 0


def run_kinescape(arguments: Sequence[str]) -> int:
    """Become kinescape: signals, output and exit code are its own from here."""
    program = str(VENV / "bin" / "kinescape")
    os.execve(program, [program, *arguments], {**os.environ, "PATH": search_path()})


def print_path_line() -> int:
    print(f'export PATH={shlex.quote(str(VENV / "bin"))}:"$PATH":{shlex.quote(str(LAUNCHERS))}')
    return 0


def main(arguments: Sequence[str]) -> int:
    """Exit code: that of the command asked for; 1 if the set-up failed, 2 on wrong usage, 130 if stopped."""
    verb = arguments[0] if arguments else ""
    if verb in ("-h", "--help"):
        print(__doc__)
        return 0
    rest = list(arguments[1:])
    if rest and rest[0] == "--":
        del rest[0]
    if verb not in VERBS or (rest and verb in ("setup", "shell")):
        say(f"found {shlex.join(arguments) or 'no command'}; expected {', '.join(VERBS)} (--help says what they do)")
        return 2
    try:
        set_up(for_tests=verb == "test")
        if verb == "test":
            return run_tests(rest)
        if verb == "shell":
            return print_path_line()
        return 0 if verb == "setup" else run_kinescape(["demo", *rest] if verb == "demo" else rest)
    except SetupError as problem:
        say(str(problem))
    except OSError as problem:
        say(f"{problem.strerror or problem}: {problem.filename or ROOT}")
    except KeyboardInterrupt:
        say("stopped; the same command goes on from here")
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
