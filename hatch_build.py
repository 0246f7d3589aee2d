"""Build hook: programs of others that pages are made with are brought into the package at build time."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class AssetsHook(BuildHookInterface[Any]):
    """Runs what lies in ``build_assets/`` before each build, an editable one included."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before each build."""
        root = Path(self.root)
        spec = importlib.util.spec_from_file_location("threedmol", root / "build_assets" / "threedmol.py")
        if spec is None or spec.loader is None:
            raise RuntimeError("build_assets/threedmol.py is missing")
        threedmol = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(threedmol)
        build_data["artifacts"] += ["/" + place.as_posix() for place in threedmol.build(root)]
