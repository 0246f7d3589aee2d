"""From a line of the plan to what the screen and the simulation take."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from kinescape.structure.batch.plan import Task
from kinescape.structure.dynamics.protocol import Protocol
from kinescape.structure.dynamics.run import Request as SimulationRequest
from kinescape.structure.dynamics.run import given_parameters, protocol_for
from kinescape.structure.screen.request import site_of
from kinescape.structure.screen.run import Request as ScreenRequest
from kinescape.structure.screen.run import Site, fingerprint

FULL_ON, REDUCED_ON = "CUDA", "CPU"
"""The protocol of a simulation follows from the kind of platform; any GPU's stands for all of them."""


@lru_cache(maxsize=64)
def drug_site(
    structure: Path, chain: str | None, ligand: str, parameters: Path | None, smiles: str | None, place: str | None
) -> Site:
    """The structure with its ligand, read once; same errors as :func:`.screen.request.site_of`."""
    return site_of(structure, chain, ligand, parameters=parameters, smiles=smiles, place=place)


def screen_request(task: Task) -> ScreenRequest:
    """What ``structure screen`` would be asked for this line.

    Raises
    ------
    InputError
        A file, a chain, a ligand or its parameters is faulty.
    """
    drug = drug_site(task.structure, task.chain, task.ligand, task.parameters, task.smiles, task.place)
    nucleotide = drug_site(task.atp_model, None, task.atp_ligand, None, None, None) if task.atp_model else None
    return ScreenRequest(drug, (task.mutation,), nucleotide, replicates=task.replicas, seed=task.seed, processes=1)


def site_key(task: Task) -> tuple[object, ...]:
    """What tasks that start from one prepared wild type have in common; they belong into one job."""
    drug = (task.structure, task.chain, task.ligand, task.parameters, task.smiles, task.place)
    return (*drug, task.atp_model, task.atp_ligand, task.seed, task.replicas)


class Settings:
    """Checksums of all that the numbers of screens depend on, calculated once for each site."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], str] = {}

    def of(self, task: Task) -> str:
        """As :func:`.screen.run.fingerprint`."""
        key = site_key(task)
        if key not in self._known:
            self._known[key] = fingerprint(screen_request(task))
        return self._known[key]


def protocol_of(task: Task) -> Protocol:
    """The protocol of a simulation whose kind is settled (``full`` or ``reduced``).

    Raises
    ------
    InputError
        Times that do not fit together.
    """
    return protocol_for(
        FULL_ON if task.protocol == "full" else REDUCED_ON,
        ligand=bool(task.ligand),
        time_ns=task.nanoseconds,
        frame_ps=task.frame_ps,
        equilibrate_ps=task.equilibrate_ps,
    )


def simulation_request(task: Task, platform: str = "auto", threads: int | None = None) -> SimulationRequest:
    """What ``structure simulate`` would be asked for this line; same errors as :func:`protocol_of`."""
    return SimulationRequest(
        structure=task.structure,
        protocol=protocol_of(task),
        ligand=task.ligand or None,
        mutation=task.mutation,
        chain=task.chain,
        parameters=given_parameters(task.parameters, task.smiles),
        sites=task.sites,
        replicas=task.replicas,
        seed=task.seed,
        platform=platform,
        threads=threads,
    )
