"""`kinescape structure`: molecular models. Finds the verb, imports only its module, says what to install."""

from __future__ import annotations

import importlib.util

import click

from kinescape.cli.lazy import LazyGroup
from kinescape.errors import InputError

VERBS: dict[str, tuple[str, str]] = {
    # verb: (module:command, one line of help) - in the order of the work
    "fetch": ("kinescape.cli.structure_check:fetch", "Bring entries of the Protein Data Bank."),
    "check": ("kinescape.cli.structure_check:check", "Say what a structure has and lacks; compare its numbering."),
    "mutate": ("kinescape.cli.structure_mutate:mutate", "Model a mutant on a structure."),
    "interactions": (
        "kinescape.cli.structure_interactions:interactions",
        "Contacts of the ligand and of the protein, wild type against mutants.",
    ),
    "screen": (
        "kinescape.cli.structure_screen:screen",
        "How much worse each mutant holds the drug: implicit-solvent energies, minutes per mutant.",
    ),
    "simulate": ("kinescape.cli.structure_simulate:simulate", "Molecular dynamics, replicas that go on after a kill."),
    "batch": (
        "kinescape.cli.structure_batch:batch",
        "Many mutants with many drugs, screened or simulated as jobs, here or on a cluster.",
    ),
    "analyse": ("kinescape.cli.structure_analyse:analyse", "RMSD, RMSF, hydrogen bonds and contacts of simulations."),
    "free-energy": (
        "kinescape.cli.structure_free_energy:free_energy",
        "How much weaker a mutant binds, by alchemical windows (run); or any windows judged. Refused without overlap.",
    ),
}
"""Verbs of `kinescape structure` by name. The help line stands here so that the help imports none of the modules."""

WITHOUT_EXTRA = ("fetch",)
"""Verbs that do with the base installation."""
NEEDED = ("openmm", "pdbfixer", "MDAnalysis", "prolif", "rdkit")


def missing_packages() -> list[str]:
    """Packages of the extra that are not installed."""
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]


class StructureGroup(LazyGroup):
    """Says what to install before a verb's module is imported."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in self.verbs and cmd_name not in WITHOUT_EXTRA and (missing := missing_packages()):
            raise InputError(
                f"`kinescape structure {cmd_name}` needs {', '.join(missing)}",
                expected="the extra: pip install 'kinescape[structure]'",
            )
        return super().get_command(ctx, cmd_name)


@click.command(cls=StructureGroup, verbs=VERBS, context_settings={"max_content_width": 110})
def structure() -> None:
    """Molecular models: mutants on real structures and what they do to the drug. Research use only."""
