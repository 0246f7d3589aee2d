"""The trajectory's file (DCD, CHARMM's variant) and the log beside it: appended to, and cut back to what is valid."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from kinescape.errors import InputError

REMARK_AT, REMARK_LENGTH = 180, 80
"""Second remark of the DCD header, in bytes: OpenMM puts the date there."""


class Trajectory:
    """A DCD file of some atoms. Positions are given in nanometres and stored in ångström, as 32-bit numbers.

    A frame that was begun before a kill lies beyond the bytes that the checkpoint counts: it is cut away.
    """

    def __init__(self, path: Path, topology: Any, timestep_ps: float, frame_steps: int) -> None:
        self.path = path
        self._settings = (topology, timestep_ps, frame_steps, frame_steps)
        self._file: IO[bytes] | None = None
        self._writer: Any = None
        self.frames = 0

    def start(self) -> None:
        """Begin a new file."""
        from openmm.app import DCDFile

        self._file = self.path.open("w+b")
        self._writer = DCDFile(self._file, *self._settings)
        # The same run gives the same bytes: no date.
        self._file.seek(REMARK_AT)
        self._file.write(b"kinescape structure simulate".ljust(REMARK_LENGTH, b"\0"))
        self._file.seek(0, os.SEEK_END)
        self.frames = 0

    def resume(self, size: int, frames: int) -> None:
        """Go on after so many bytes and frames; what lies beyond is cut away.

        Raises
        ------
        InputError
            The file is not there or shorter than it was.
        """
        from openmm.app import DCDFile

        cut_back(self.path, size)
        self._file = self.path.open("r+b")
        # Header counts may be those of the frames that were cut away.
        self._file.seek(8)
        self._file.write(frames.to_bytes(4, "little"))
        first, interval = self._settings[2], self._settings[3]
        last = first + (frames - 1) * interval if frames else 0
        self._file.seek(20)
        self._file.write(last.to_bytes(4, "little"))
        self._writer = DCDFile(self._file, *self._settings, append=True)
        self.frames = frames

    def write(self, nanometres: NDArray[np.float64], box: Any | None) -> None:
        """Append a frame."""
        vectors = None
        if box is not None:
            from openmm import Vec3, unit

            vectors = [Vec3(*row) for row in np.asarray(box).tolist()] * unit.nanometer
        self._writer.writeModel(nanometres, periodicBoxVectors=vectors)
        self.frames += 1

    def size(self) -> int:
        """Bytes of the whole frames so far, on disk."""
        assert self._file is not None  # noqa: S101
        self._file.flush()
        os.fsync(self._file.fileno())
        return self.path.stat().st_size

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def cut_back(path: Path, size: int) -> None:
    """Cut a file back to its first ``size`` bytes; InputError where it has fewer."""
    there = path.stat().st_size if path.exists() else 0
    if there < size:
        raise InputError(
            "the file is shorter than when the run stopped", file=path, found=f"{there} bytes", expected=f"{size} bytes"
        )
    if there > size:
        os.truncate(path, size)
