"""Build hook: programs of others that pages are made with are brought into the package at build time.

3Dmol.js, for the pages of molecular models, is brought by ``build_assets/threedmol.py``. igv.js, the reads' viewer of
the sample pages, comes with ``igv-notebook`` (one of the build's requirements, pinned there), is checked against the
checksum below and lies, compressed, in ``src/kinescape/report/igv/``. Both are products of the build, in the wheel and
in an editable installation, never in the repository. Where one cannot be had the build goes on, and its pages say so.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

DISTRIBUTION, PROGRAM = "igv-notebook", "igv_notebook/js/igv.min.js"
SHA256 = "9ea9be2807d414601801f3b572f4948eec8131761b356f47861debf336d5a5e1"
"""Of the program in igv-notebook 0.6.2, which is igv.js 3.1.4."""
PLACE = Path("src", "kinescape", "report", "igv", "igv.min.js.gz")


class AssetsHook(BuildHookInterface[Any]):
    """Puts igv.js and 3Dmol.js into the package."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before each build, an editable one included."""
        place = Path(self.root) / PLACE
        program = _program()
        if program is not None:
            # No name and no time in the header: the same program gives the same bytes.
            place.write_bytes(gzip.compress(program, compresslevel=9, mtime=0))
        if place.is_file():
            build_data["artifacts"].append("/" + PLACE.as_posix())
        build_data["artifacts"] += ["/" + place.as_posix() for place in _threedmol(Path(self.root))]


def _threedmol(root: Path) -> list[Path]:
    spec = importlib.util.spec_from_file_location("threedmol", root / "build_assets" / "threedmol.py")
    if spec is None or spec.loader is None:
        raise RuntimeError("build_assets/threedmol.py is missing")
    threedmol = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(threedmol)
    return list(threedmol.build(root))


def _program() -> bytes | None:
    try:
        path = Path(str(metadata.distribution(DISTRIBUTION).locate_file(PROGRAM)))
        content = path.read_bytes()
    except (metadata.PackageNotFoundError, OSError) as problem:
        sys.stderr.write(f"igv.js is not built in: {problem}\n")
        return None
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256:
        raise RuntimeError(f"{PROGRAM} of {DISTRIBUTION} is not the program that was tried: sha256 {found}")
    return content
