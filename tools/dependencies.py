"""What kinescape stands on: licences, a bill of materials, known faults.

    python tools/dependencies.py licences          one line per runtime dependency: version and licence
    python tools/dependencies.py sbom -o sbom.json a software bill of materials (CycloneDX, JSON)
    python tools/dependencies.py audit             known faults of the locked versions (pip-audit; needs the network)

Runtime dependencies are those of the package and all its extras, and theirs in turn, as installed here (`uv sync
--all-extras`); what only development needs is left out.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).parents[1]
ROOT = "kinescape"
UNREACHABLE = 3
"""Exit code of `audit` where the service that knows the faults does not answer: nothing was looked at."""

PERMISSIVE = re.compile(
    r"\b(MIT|BSD|Apache|ISC|PSF|Python Software Foundation|0BSD|Zlib|HPND|MPL|Mozilla Public|Unlicense|CC0|Boost|BSL"
    r"|LGPL|Lesser General Public|CNRI|Public Domain)",
    re.IGNORECASE,
)
"""Licences under which the product may depend on a package (LGPL and MPL: used as it stands, not changed)."""
COPYLEFT = re.compile(r"(?<!L)\b(A?GPL)|(?<!Lesser )\bGeneral Public", re.IGNORECASE)

EXCEPTIONS: dict[str, str] = {
    "docutils": "its classifiers list the licence of every part: the library is BSD-2-Clause and public domain; what "
    "is GPL is a mode for the editor Emacs, which the installed package does not hold",
}
"""Package -> why it may be used although its metadata do not name one of these licences."""


def runtime() -> dict[str, metadata.Distribution]:
    """Every distribution that the product needs at run time, by its canonical name, as installed here."""
    found: dict[str, metadata.Distribution] = {}
    seen: set[tuple[str, str]] = set()
    extras = tuple(metadata.distribution(ROOT).metadata.get_all("Provides-Extra") or ())
    todo = [(ROOT, extra) for extra in ("", *extras)]
    while todo:
        name, extra = todo.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            raise SystemExit(f"{name} is not installed here: uv sync --all-extras") from None
        if name != ROOT:
            found[name] = distribution
        for text in distribution.requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                needed = canonicalize_name(requirement.name)
                todo += [(needed, each) for each in ("", *requirement.extras)]
    return dict(sorted(found.items()))


def licence_of(distribution: metadata.Distribution) -> str:
    """The licence as the package's metadata state it: expression, else classifiers, else the short text."""
    fields = distribution.metadata
    expression = fields.get("License-Expression")
    if expression:
        return str(expression)
    classifiers = [each for each in fields.get_all("Classifier") or () if each.startswith("License ::")]
    names = [each.rpartition(" :: ")[2] for each in classifiers if not each.endswith(":: OSI Approved")]
    if names:
        return " AND ".join(sorted(set(names)))
    text = str(fields.get("License") or "").strip()
    return text.splitlines()[0].strip() if text else _licence_in_files(distribution)


def _licence_in_files(distribution: metadata.Distribution) -> str:
    """The first line of a licence file that names one, for packages whose metadata are silent."""
    for each in distribution.files or ():
        if re.match(r"(LICEN[SC]E|COPYING)", each.name, re.IGNORECASE):
            for line in each.read_text(encoding="utf-8").splitlines()[:20]:
                if PERMISSIVE.search(line) or COPYLEFT.search(line):
                    return f"{line.strip()} (from {each.name})"
    return ""


def faults(licences: dict[str, str]) -> Iterator[str]:
    """Packages whose licence is none of the permitted ones and has no stated reason."""
    for name, licence in licences.items():
        if name in EXCEPTIONS:
            continue
        choices = re.split(r"\s+OR\s+", licence)
        if not any(PERMISSIVE.search(each) and not COPYLEFT.search(each) for each in choices):
            yield f"{name}: {licence or 'no licence stated'}"


def bill_of_materials() -> dict[str, Any]:
    """CycloneDX: the environment as cyclonedx-py describes it, cut to the runtime dependencies."""
    program = shutil.which("cyclonedx-py", path=str(Path(sys.executable).parent)) or "cyclonedx-py"
    command = [program, "environment", "--output-reproducible", "--of", "JSON", sys.executable]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    bill: dict[str, Any] = json.loads(done.stdout)
    needed = runtime()
    kept = [each for each in bill["components"] if canonicalize_name(each["name"]) in needed]
    for component in kept:
        if not component.get("licenses"):
            licence = licence_of(needed[canonicalize_name(component["name"])])
            component["licenses"] = [{"license": {"name": licence}}] if licence else []
    references = {each["bom-ref"] for each in kept}
    bill["components"] = sorted(kept, key=lambda each: str(each["name"]).lower())
    bill["dependencies"] = [
        {**each, "dependsOn": [ref for ref in each.get("dependsOn", ()) if ref in references]}
        for each in bill.get("dependencies", ())
        if each["ref"] in references
    ]
    distribution = metadata.distribution(ROOT)
    bill.setdefault("metadata", {})["component"] = {
        "type": "application",
        "name": ROOT,
        "version": distribution.version,
        "licenses": [{"license": {"id": "MIT"}}],
    }
    return bill


def audit() -> int:
    """Known faults of the locked runtime dependencies; :data:`UNREACHABLE` where nobody could be asked."""
    with tempfile.TemporaryDirectory() as folder:
        locked = Path(folder) / "requirements.txt"
        export = ["uv", "export", "--no-dev", "--all-extras", "--no-emit-project", "--frozen", "-q", "-o", str(locked)]
        subprocess.run(export, cwd=PROJECT, check=True, capture_output=True)
        command = [sys.executable, "-m", "pip_audit", "-r", str(locked), "--disable-pip", "--no-deps", "--format",
                   "json", "--timeout", "15", "--progress-spinner", "off"]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        said = done.stderr.strip().splitlines()
        print(f"not audited: {said[-1] if said else 'pip-audit said nothing'}")
        return UNREACHABLE
    looked_at = [each for each in packages if "vulns" in each]
    faulty = [each for each in looked_at if each["vulns"]]
    for each in faulty:
        for fault in each["vulns"]:
            mended = ", ".join(fault["fix_versions"]) or "no version yet"
            print(f"{each['name']} {each['version']}: {fault['id']}, mended in {mended}")
    if not looked_at:
        print(f"not audited: the service knew none of {len(packages)} packages, so it was not the advisory service")
        return UNREACHABLE
    print(f"{len(looked_at)} of {len(packages)} packages looked at, {len(faulty)} with known faults")
    return 1 if faulty else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["licences", "sbom", "audit"])
    parser.add_argument("-o", "--output", type=Path, default=Path("sbom.json"))
    options = parser.parse_args()
    if options.what == "audit":
        return audit()
    if options.what == "sbom":
        bill = bill_of_materials()
        options.output.write_text(json.dumps(bill, indent=2) + "\n", encoding="utf-8")
        print(f"{len(bill['components'])} components: {options.output}")
        return 0
    licences = {name: licence_of(each) for name, each in runtime().items()}
    for name, each in runtime().items():
        print(f"{name}\t{each.version}\t{licences[name]}\t{EXCEPTIONS.get(name, '')}".rstrip())
    found = list(faults(licences))
    for fault in found:
        print(f"not permitted: {fault}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
