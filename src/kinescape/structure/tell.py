"""A mutant in words: the remarks of its file."""

from __future__ import annotations

from kinescape import __version__
from kinescape.structure.mutant import Mutant

HEAD = "MODEL, NOT AN EXPERIMENT"
"""How the remarks of every model begin."""


def remarks_of(mutant: Mutant, source: str) -> list[str]:
    """Lines for the head of a model's PDB file: what it is, from what, how sure."""
    lines = [
        f"{HEAD}: {mutant.name} modelled on {source}, chain {mutant.model.chain}, by kinescape {__version__}.",
        "Research use only. ff14SB with OBC2 water; rotamers of Lovell 2000.",
    ]
    if (turned := mutant.turned) is not None:
        lines.append(
            f"{turned.mutation} in the undecided rotamer {turned.rotamer}, {turned.energy:.1f} kJ/mol above "
            f"the chosen one ({turned.chosen}) of {turned.of}."
        )
    for change in mutant.changes:
        chis = " ".join(f"{chi:.1f}" for chi in change.chis)
        lines.append(
            f"{change.name}: rotamer {change.rotamer or 'none'} (chi {chis or 'none'}), "
            f"strain {change.strain:.1f} kJ/mol, "
            f"clashes {len(change.clashes_before)} before and {len(change.clashes_after)} after relaxation."
        )
        if change.undecided:
            lines.append(f"{change.name}: other rotamers of nearly the same energy: {', '.join(change.undecided)}.")
    return lines
