"""The reference sequences as base codes, read from an indexed FASTA file."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt
import pysam

from kinescape.columns.bam import Contig
from kinescape.errors import InputError

CodeArray = npt.NDArray[np.uint8]

_CODE_OF_LETTER = np.full(256, 4, dtype=np.uint8)
for _code, _letters in enumerate(("Aa", "Cc", "Gg", "Tt")):
    for _letter in _letters:
        _CODE_OF_LETTER[ord(_letter)] = _code


def base_codes(sequence: str | bytes) -> CodeArray:
    """uint8[n]: 0 to 3 for A, C, G, T in either case, 4 for everything else (N and the other IUPAC codes)."""
    raw = sequence.encode("ascii", "replace") if isinstance(sequence, str) else sequence
    return np.asarray(_CODE_OF_LETTER[np.frombuffer(raw, dtype=np.uint8)])


class Reference:
    """A FASTA file, plain or bgzipped.

    Its index is made in a temporary folder, because one beside it may be out of date or not writable.

    Raises
    ------
    InputError
        No such file, not FASTA, gzipped but not by bgzip; a sequence that is missing or of another length.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise InputError("no such file" if not path.exists() else "is not a file", file=path)
        self._folder = tempfile.TemporaryDirectory()
        index, blocks = Path(self._folder.name) / "fai", Path(self._folder.name) / "gzi"
        previous = pysam.set_verbosity(0)
        try:
            pysam.samtools.faidx("--fai-idx", str(index), "--gzi-idx", str(blocks), str(path))
            self._handle = pysam.FastaFile(
                str(path), filepath_index=str(index), filepath_index_compressed=str(blocks) if blocks.exists() else None
            )
        except (OSError, ValueError, pysam.utils.SamtoolsError):
            self._folder.cleanup()
            raise InputError("cannot be read as FASTA (plain or bgzipped)", file=path) from None
        finally:
            pysam.set_verbosity(previous)
        if not self._handle.references:
            self.close()
            raise InputError("holds no sequence", file=path, expected="FASTA")
        self._lengths = dict(zip(self._handle.references, self._handle.lengths, strict=True))

    def check(self, contigs: Sequence[Contig], alignments: Path) -> None:
        """The reference must be the one the reads were aligned to: a shared name must have the same length."""
        for contig in contigs:
            length = self._lengths.get(contig.name)
            if length is not None and length != contig.length:
                raise InputError(
                    f"sequence {contig.name} has another length than in {alignments}",
                    file=self.path,
                    found=f"{length} bases",
                    expected=f"{contig.length} bases",
                )

    def codes(self, name: str, alignments: Path) -> CodeArray:
        """uint8[length]: :func:`base_codes` of one sequence."""
        if name not in self._lengths:
            raise InputError(
                "a sequence with reads in the alignments is missing",
                file=self.path,
                found=", ".join(list(self._lengths)[:3]),
                expected=f"{name}, as in {alignments}",
            )
        try:
            bases = self._handle.fetch(name)
        except ValueError as problem:
            raise InputError(f"cannot be read ({problem})", file=self.path, expected="FASTA") from None
        return base_codes(bases)

    def close(self) -> None:
        """Close the file and remove the temporary index."""
        self._handle.close()
        self._folder.cleanup()

    def __enter__(self) -> Reference:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
