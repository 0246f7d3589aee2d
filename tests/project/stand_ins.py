# ruff: noqa: T201  (programs print)
"""Stand-ins of the programs that bootstrap.py calls: each notes how it was called, and does the least that shows.

Every stand-in is the same two lines (`LAUNCHER`) under another name. A file NAME.fails beside it makes it fail with
that file's text.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

PYTHON = str(getattr(sys, "_base_executable", sys.executable))
LAUNCHER = (
    f"#!{PYTHON}\nimport sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import stand_ins as s; s.main()\n"
)
PROJECT = "STAND_IN_PROJECT"
"""Environment variable: the copy of the project that bootstrap.py stands in."""

DISTRIBUTION = {
    # package: (what it depends on, its programs and libraries)
    "bwa": ("libc6 (>= 2.34), perl:any", ["usr/bin/bwa"]),
    "bowtie2": ("libc6 (>= 2.34), libfast2 (>= 1) | libslow2", ["usr/bin/bowtie2-align-s", "usr/bin/bowtie2-build-s"]),
    "libfast2": ("libc6, libdeep0", ["usr/lib/some-linux/libfast.so.2"]),
    "libdeep0": ("libc6", ["usr/lib/some-linux/libdeep.so.0"]),
}
LIBRARIES_OF_BOWTIE2 = ("libfast.so.2", "libdeep.so.0")


def add(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(LAUNCHER, encoding="utf-8")
    path.chmod(0o755)


def main() -> None:
    name, arguments = Path(sys.argv[0]).name, sys.argv[1:]
    with Path(os.environ[PROJECT], "calls").open("a", encoding="utf-8") as calls:
        print(name, *arguments, file=calls)
    failure = Path(sys.argv[0] + ".fails")
    if failure.exists() and arguments != ["--version"]:
        sys.exit(failure.read_text(encoding="utf-8"))
    does = {"uv": uv, "apt-get": apt_get, "dpkg-deb": dpkg_deb, "dpkg-query": dpkg_query, "ldd": ldd}.get(name)
    if does:
        does(arguments)
    sys.exit(int(os.environ.get(f"EXIT_{name.replace('-', '_')}", "0")))


def uv(arguments: list[str]) -> None:
    if arguments == ["--version"]:
        print("uv", os.environ.get("STAND_IN_UV_VERSION", "99.0.0"))
    elif arguments[0] == "sync":
        for program in ("kinescape", "ruff", "mypy", "lint-imports", "pytest"):
            add(Path(os.environ["UV_PROJECT_ENVIRONMENT"], "bin", program))


def apt_get(arguments: list[str]) -> None:
    for package in arguments[arguments.index("download") + 1 :]:
        if package not in DISTRIBUTION:
            sys.exit(f"E: Unable to locate package {package}")
        Path(f"{package}_1_all.deb").write_text(package, encoding="utf-8")


def dpkg_deb(arguments: list[str]) -> None:
    if arguments[0] == "-x":
        for name in DISTRIBUTION[Path(arguments[1]).read_text(encoding="utf-8")][1]:
            add(Path(arguments[2], name))
    else:
        print(", " + DISTRIBUTION[Path(arguments[-1]).read_text(encoding="utf-8")][0])


def dpkg_query(_: list[str]) -> None:
    print("libc6 installed\nlibslow2 config-files")


def ldd(arguments: list[str]) -> None:
    folders = [Path(each) for each in os.environ.get("LD_LIBRARY_PATH", "").split(":") if each]
    for library in LIBRARIES_OF_BOWTIE2 if "bowtie2" in Path(arguments[0]).name else ():
        is_here = any((each / library).exists() for each in folders)
        print(f"\t{library} => {'somewhere (0x0)' if is_here else 'not found'}")
    print("\tlibc.so.6 => /lib/libc.so.6 (0x0)")
