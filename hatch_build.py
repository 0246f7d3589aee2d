"""Build hook: igv.js, the reads' viewer of the sample pages, is taken from the package index into the package.

It comes with ``igv-notebook`` (one of the build's requirements, pinned there), is checked against the checksum below
and lies, compressed, in ``src/kinescape/report/igv/``: a product of the build, in the wheel and in an editable
installation, never in the repository. Where it cannot be had the build goes on, and the pages say that the viewer was
not built in.
"""

from __future__ import annotations

import gzip
import hashlib
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

DISTRIBUTION, PROGRAM = "igv-notebook", "igv_notebook/js/igv.min.js"
SHA256 = "9ea9be2807d414601801f3b572f4948eec8131761b356f47861debf336d5a5e1"
"""Of the program in igv-notebook 0.6.2, which is igv.js 3.1.4."""
PLACE = Path("src", "kinescape", "report", "igv", "igv.min.js.gz")


class IgvHook(BuildHookInterface[Any]):
    """Puts igv.js into the package."""

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
