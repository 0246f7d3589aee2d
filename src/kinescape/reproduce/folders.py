"""The folder of a reproduction: one sub-folder per step, each whole and marked, or made again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kinescape import __version__
from kinescape.files import whole_folder, write_text

MARK = "step.json"


def step(folder: Path, settings: dict[str, Any], make: Callable[[Path], None]) -> bool:
    """Have ``make`` fill a folder, unless it was filled before with the same settings and version.

    Returns
    -------
    bool
        Whether it was made now.
    """
    wanted = json.dumps({"version": __version__, **settings}, indent=1, sort_keys=True) + "\n"
    mark = folder / MARK
    if mark.is_file() and mark.read_text(encoding="utf-8") == wanted:
        return False
    with whole_folder(folder) as temporary:
        make(temporary)
        write_text(temporary / MARK, wanted)
    return True
