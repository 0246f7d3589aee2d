"""RMSD of the backbone and of the ligand, and RMSF by residue: by MDAnalysis."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kinescape.structure.analysis.load import Replica
from kinescape.structure.analysis.quiet import quiet

Floats = NDArray[np.float64]
BACKBONE = "protein and name N CA C O and not resname ACE NME"


def rmsd_series(replica: Replica, ligand: str | None) -> dict[str, Floats]:
    """RMSD by frame in ångström, against the start, after each frame was laid on the start's backbone.

    ``backbone`` (N, CA, C, O) and, with a ligand, ``ligand`` (heavy atoms, no fit of its own, no symmetry correction).
    """
    with quiet():
        from MDAnalysis.analysis.rms import RMSD

        groups = [ligand_selection(ligand)] if ligand else []
        run = RMSD(replica.universe, replica.start, select=BACKBONE, groupselections=groups).run()
        found = {"backbone": np.asarray(run.results.rmsd[:, 2], dtype=np.float64)}
        if ligand:
            found["ligand"] = np.asarray(run.results.rmsd[:, 3], dtype=np.float64)
    return found


def rmsf_by_residue(replica: Replica) -> dict[int, float]:
    """RMSF of every CA in ångström, about the mean structure, frames laid on the mean structure's backbone."""
    with quiet():
        backbone = replica.universe.select_atoms(BACKBONE)
        alphas = replica.universe.select_atoms("protein and name CA")
        frames = np.array([np.concatenate([backbone.positions, alphas.positions]) for _ in replica.universe.trajectory])
    fitted, last = frames.astype(np.float64), len(backbone)
    target = fitted[0]
    for _ in range(3):
        fitted = np.array([_laid(frame, target, last) for frame in fitted])
        target = fitted.mean(axis=0)
    spread = np.sqrt(((fitted[:, last:] - target[last:]) ** 2).sum(axis=2).mean(axis=0))
    return {int(atom.resid): float(value) for atom, value in zip(alphas, spread, strict=True)}


def ligand_selection(ligand: str) -> str:
    """MDAnalysis selection of a ligand's heavy atoms."""
    return f"resname {ligand} and not element H"


def _laid(frame: Floats, target: Floats, count: int) -> Floats:
    """A frame rotated and moved so that its first ``count`` atoms lie on the target's."""
    from MDAnalysis.analysis.align import rotation_matrix

    mine, theirs = frame[:count].mean(axis=0), target[:count].mean(axis=0)
    rotation: Any = rotation_matrix(frame[:count] - mine, target[:count] - theirs)[0]
    return np.asarray((frame - mine) @ rotation.T + theirs, dtype=np.float64)
