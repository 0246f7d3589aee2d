"""Simulated samples read back from their files, without the simulator's own code."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from kinescape.coordinates import reverse_complement
from kinescape.panel.load import load_panel
from kinescape.panel.model import Amplicon, Panel
from kinescape.simulate.sample import simulate_sample
from kinescape.simulate.spec_file import to_spec
from kinescape.simulate.truth import Truth

PRIMER_BASES, PRIMER_MISMATCHES = 18, 4
"""A read belongs to the amplicon whose end its first 18 bases resemble with at most 4 mismatches."""


@dataclass(frozen=True)
class Mates:
    """One FASTQ file: letters and Phred qualities, shape (reads, cycles)."""

    names: list[bytes]
    letters: NDArray[np.uint8]
    qualities: NDArray[np.uint8]


@dataclass(frozen=True)
class OnAmplicon:
    """Pairs of one amplicon. ``forward`` reads the plus strand from the amplicon's start, ``reverse`` the minus strand
    from its end; ``flipped`` where mate 1 is the reverse read. Row numbers in the file are in ``rows``."""

    rows: NDArray[np.int64]
    flipped: NDArray[np.bool_]
    forward: NDArray[np.uint8]
    forward_quality: NDArray[np.uint8]
    reverse: NDArray[np.uint8]
    reverse_quality: NDArray[np.uint8]


def read_fastq(path: Path) -> Mates:
    lines = gzip.decompress(path.read_bytes()).split(b"\n")
    assert lines.pop() == b""
    assert len(lines) % 4 == 0
    assert set(lines[2::4]) == {b"+"}
    cycles = len(lines[1])
    letters = np.frombuffer(b"".join(lines[1::4]), np.uint8).reshape(-1, cycles)
    qualities = np.frombuffer(b"".join(lines[3::4]), np.uint8).reshape(-1, cycles) - 33
    return Mates(lines[0::4], letters, qualities)


@dataclass(frozen=True)
class Simulated:
    """A sample that was written, and its reads."""

    truth: Truth
    panel: Panel
    mate_1: Mates
    mate_2: Mates

    def reference(self, name: str) -> tuple[Amplicon, str]:
        amplicon = next(each for each in self.panel.amplicons if each.name == name)
        return amplicon, self.panel.bases(amplicon.chrom, amplicon.start, amplicon.end)

    def on(self, name: str, skip_1: int = 0) -> OnAmplicon:
        """The pairs of an amplicon; ``skip_1``: bases of mate 1 before the fragment (a tag)."""
        _, plus = self.reference(name)
        letters_1, qualities_1 = self.mate_1.letters[:, skip_1:], self.mate_1.qualities[:, skip_1:]
        letters_2, qualities_2 = (
            each[:, : letters_1.shape[1]] for each in (self.mate_2.letters, self.mate_2.qualities)
        )
        ends = [np.frombuffer(end[:PRIMER_BASES].encode(), np.uint8) for end in (plus, reverse_complement(plus))]
        near = [
            [(letters[:, :PRIMER_BASES] != end).sum(axis=1) <= PRIMER_MISMATCHES for end in ends]
            for letters in (letters_1, letters_2)
        ]
        straight, flipped = near[0][0] & near[1][1], near[0][1] & near[1][0]
        rows = np.flatnonzero(straight | flipped)
        turned = flipped[rows][:, None]
        return OnAmplicon(
            rows=rows,
            flipped=flipped[rows],
            forward=np.where(turned, letters_2[rows], letters_1[rows]),
            forward_quality=np.where(turned, qualities_2[rows], qualities_1[rows]),
            reverse=np.where(turned, letters_1[rows], letters_2[rows]),
            reverse_quality=np.where(turned, qualities_1[rows], qualities_2[rows]),
        )

    def mismatches(
        self, name: str
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.uint8], NDArray[np.uint8]]:
        """(mismatch, is N, quality, letter) of every base inside the fragment, both mates."""
        _, plus = self.reference(name)
        pairs = self.on(name)
        parts = []
        for letters, qualities, text in (
            (pairs.forward, pairs.forward_quality, plus),
            (pairs.reverse, pairs.reverse_quality, reverse_complement(plus)),
        ):
            inside = min(letters.shape[1], len(text))
            expected = np.frombuffer(text[:inside].encode(), np.uint8)
            shown = letters[:, :inside]
            unknown = shown == ord("N")
            parts.append(((shown != expected) & ~unknown, unknown, qualities[:, :inside], shown))
        mismatch, unknown, quality, letter = (np.concatenate([p[i].ravel() for p in parts]) for i in range(4))
        return mismatch, unknown, quality, letter


@pytest.fixture(scope="session")
def panel() -> Panel:
    return load_panel("alk-ros1")


@pytest.fixture(scope="session")
def write_sample(panel: Panel, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Simulated]:
    """Simulate from keyword settings (as in the YAML) and read the files back."""

    def write(seed: int = 1, **settings: Any) -> Simulated:
        prefix = tmp_path_factory.mktemp("simulated") / "sample"
        spec = to_spec({"sample": "test", "pairs": 1000, "molecules": 3000, **settings})
        truth = simulate_sample(spec, panel, prefix, seed)
        return Simulated(truth, panel, read_fastq(truth.files[0]), read_fastq(truth.files[1]))

    return write


@pytest.fixture(scope="session")
def plain(write_sample: Callable[..., Simulated]) -> Simulated:
    """No changes, no polymerase errors, MiSeq qualities, 1 N in 200 bases."""
    return write_sample(pairs=2000, pcr={"error_rate": 0}, sequencing={"n_rate": 0.005})
