"""Points in space: dihedral angles, atoms from internal coordinates, superposition. Ångström and degrees."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]


def dihedral(a: Points, b: Points, c: Points, d: Points) -> float:
    """The dihedral angle a-b-c-d in degrees, -180 to 180 (IUPAC sign)."""
    axis = (c - b) / np.linalg.norm(c - b)
    first, second = (a - b), (d - c)
    v = first - (first @ axis) * axis
    w = second - (second @ axis) * axis
    return float(np.degrees(np.arctan2(np.cross(axis, v) @ w, v @ w)))


def place_atom(a: Points, b: Points, c: Points, length: float, angle: float, torsion: float) -> Points:
    """The point d with |c-d| = ``length``, angle b-c-d = ``angle`` and dihedral a-b-c-d = ``torsion``."""
    theta, phi = np.radians(angle), np.radians(torsion)
    axis = (c - b) / np.linalg.norm(c - b)
    normal = np.cross(b - a, axis)
    normal /= np.linalg.norm(normal)
    across = np.cross(normal, axis)
    local = length * np.array([-np.cos(theta), np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi)])
    return np.asarray(c + local[0] * axis + local[1] * across + local[2] * normal, dtype=np.float64)


def rotate(points: Points, origin: Points, axis: Points, degrees: float) -> Points:
    """Points turned about an axis through ``origin`` (Rodrigues' formula)."""
    unit = axis / np.linalg.norm(axis)
    radians = np.radians(degrees)
    v = points - origin
    turned = (
        v * np.cos(radians) + np.cross(unit, v) * np.sin(radians) + np.outer(v @ unit, unit) * (1 - np.cos(radians))
    )
    return np.asarray(turned + origin, dtype=np.float64)


def superposition(moving: Points, fixed: Points) -> tuple[Points, Points]:
    """Rotation (3, 3) and shift (3,) that bring ``moving`` onto ``fixed``: ``moving @ rotation + shift``.

    Least squares after Kabsch, Acta Cryst. 1976;A32:922.
    """
    centre_m, centre_f = moving.mean(axis=0), fixed.mean(axis=0)
    u, _, vt = np.linalg.svd((moving - centre_m).T @ (fixed - centre_f))
    sign = np.sign(np.linalg.det(u @ vt))
    rotation = u @ np.diag([1.0, 1.0, sign]) @ vt
    return rotation, centre_f - centre_m @ rotation


def rmsd(first: Points, second: Points) -> float:
    """Root mean square distance of paired points, without superposition."""
    return float(np.sqrt(np.mean(np.sum((first - second) ** 2, axis=1))))
