"""The command line starts at once: heavy libraries are imported by the command that needs them, when it runs."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from kinescape.cli.main import VERBS

HEAVY = {"numba", "scipy", "pandas", "matplotlib", "lifelines", "pysam", "duckdb", "skimage", "numpy"}

PROGRAM = """
import json, sys
from kinescape.cli.main import main
code = main(json.loads(sys.argv[1]))
print(json.dumps({"code": code, "loaded": sorted(name for name in sys.modules if "." not in name)}), file=sys.stderr)
"""


def run_apart(*arguments: str) -> tuple[int, set[str], str, list[str]]:
    """Exit code, top-level modules loaded, standard output and error lines of a command in a Python of its own."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(arguments)], capture_output=True, text=True, timeout=60, check=True
    )
    *errors, last = done.stderr.splitlines()
    told = json.loads(last)
    return told["code"], set(told["loaded"]), done.stdout, errors


def test_help_lists_every_verb_and_imports_nothing_heavy() -> None:
    code, loaded, output, _ = run_apart("--help")
    assert code == 0
    assert loaded & HEAVY == set()
    for verb, (_, help_line) in VERBS.items():
        assert f"  {verb} " in output
        assert help_line.split()[0] in output


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_a_verb_imports_nothing_heavy(verb: str) -> None:
    code, loaded, output, _ = run_apart(verb, "--help")
    assert code == 0
    assert "Usage: kinescape " + verb in output
    assert loaded & HEAVY == set()


def test_unknown_verb_is_named_without_a_traceback() -> None:
    code, _, output, errors = run_apart("no-such-verb")
    assert code == 2
    assert output == ""
    assert "no-such-verb" in errors[-1]
    assert not any("Traceback" in line for line in errors)
