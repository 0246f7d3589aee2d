"""MDAnalysis warns of its own plans for version 3 and of what a PDB file lacks; neither is the user's business."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """No warnings within. MDAnalysis sets filters as it is imported, so they are recorded rather than filtered."""
    with warnings.catch_warnings(record=True):
        import MDAnalysis  # noqa: F401

        warnings.simplefilter("ignore")
        yield
