"""What several tests of the panel need."""

from __future__ import annotations

from pathlib import Path

from kinescape.panel.model import Panel

DATA = Path(__file__).parent.parent / "data" / "panel"
SYNTHETIC = DATA / "synthetic-plus"


def genome(panel: Panel, path: Path, *, name: str = "chrS", change_at: int | None = None, length: int = 2000) -> Path:
    """A genome that holds the synthetic window, N elsewhere; soft-masked, as genome FASTA files are."""
    window = panel.windows[0]
    bases = ["N"] * length
    bases[window.start : window.end] = window.sequence.lower()
    if change_at is not None:
        bases[change_at] = "n"
    text = "".join(bases[:length])
    path.write_text(f">chr1\nACGT\n>{name}\n" + "\n".join(text[i : i + 50] for i in range(0, len(text), 50)) + "\n")
    return path
