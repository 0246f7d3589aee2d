"""A plan against its structures, all of it before anything is calculated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from kinescape.errors import InputError
from kinescape.structure.batch.plan import Task
from kinescape.structure.batch.requests import protocol_of, screen_request, simulation_request
from kinescape.structure.dynamics.run import check_request
from kinescape.structure.ligands.parameters import packaged_ligand, read_parameters
from kinescape.structure.ligands.whole import whole_ligand
from kinescape.structure.model import Model
from kinescape.structure.mutations import check_against, parse_mutations, seen_residue
from kinescape.structure.read import read_model
from kinescape.structure.screen.run import not_modellable

Found = TypeVar("Found")


def wants_a_gpu(tasks: Sequence[Task]) -> bool:
    """Whether any line would use a GPU if there is one."""
    return any(task.kind == "simulate" and task.protocol != "reduced" for task in tasks)


def checked(tasks: Sequence[Task], gpus: int) -> tuple[Task, ...]:
    """The plan with what its structures say of it.

    Parameters
    ----------
    gpus
        GPUs that the jobs may use side by side. Simulations whose protocol is left open are ``full`` where there are
        any, else ``reduced``.

    Returns
    -------
    tuple of Task
        Protocols settled, drugs named, and mutants that a screen cannot model marked with the reason.

    Raises
    ------
    InputError
        One line is faulty: says the plan's file, line and column.
    """
    return tuple(_Checker(gpus).checked(task) for task in tasks)


class _Checker:
    """Reads every structure once."""

    def __init__(self, gpus: int) -> None:
        self._gpus = gpus
        self._models: dict[tuple[object, ...], Model] = {}
        self._drugs: dict[tuple[object, ...], str] = {}

    def checked(self, task: Task) -> Task:
        model = self._model(task)
        drug = self._drug(task, model) if task.ligand else ""
        task = replace(task, drug=drug, shown_chain=model.chain)
        if task.kind == "screen":
            return self._screen(task, model)
        return self._simulation(task, model)

    def _model(self, task: Task) -> Model:
        key = (task.structure, task.chain)
        if key not in self._models:
            _at(task, "structure", lambda: _no_device(task.structure))
            column = "structure"
            if task.chain is not None:
                # Whether it is the file or the chain that is wrong.
                _at(task, column, lambda: read_model(task.structure))
                column = "chain"
            self._models[key] = _at(task, column, lambda: read_model(task.structure, task.chain))
        return self._models[key]

    def _drug(self, task: Task, model: Model) -> str:
        key = (task.structure, task.chain, task.ligand, task.parameters, task.smiles, task.place)
        if key not in self._drugs:
            given = None
            if task.parameters is not None and task.smiles is not None:
                path, smiles = task.parameters, task.smiles
                _at(task, "parameters", lambda: _no_device(path))
                given = _at(task, "parameters", lambda: read_parameters(path, smiles))
            whole = _at(task, "ligand", lambda: whole_ligand(model.ligand(task.ligand), given))
            place = task.place
            put = _at(task, "place", lambda: packaged_ligand(place)) if place is not None else whole.parameters
            self._drugs[key] = put.name
        return self._drugs[key]

    def _screen(self, task: Task, model: Model) -> Task:
        if task.atp_model is not None:
            path, ligand = task.atp_model, task.atp_ligand
            key = (path, ligand)
            if key not in self._models:
                _at(task, "atp_model", lambda: _no_device(path))
                self._models[key] = _at(task, "atp_model", lambda: read_model(path))
                there = self._models[key]
                _at(task, "atp_ligand", lambda: whole_ligand(there.ligand(ligand)))
        request = _at(task, "structure", lambda: screen_request(task))
        substitutions = parse_mutations(task.mutation)
        return replace(task, refused=_at(task, "mutation", lambda: not_modellable(request, substitutions)))

    def _simulation(self, task: Task, model: Model) -> Task:
        if task.protocol == "full" and not self._gpus:
            raise task.error(
                "the full protocol is for a GPU, and this batch has none",
                "protocol",
                expected="--gpus N, or protocol reduced",
            )
        if not task.protocol:
            task = replace(task, protocol="full" if self._gpus else "reduced")
        _at(task, "mutation", lambda: check_against(model, parse_mutations(task.mutation)))
        for number in task.sites:
            _at(task, "sites", lambda number=number: seen_residue(model, number))  # type: ignore[misc]
        _at(task, "nanoseconds", lambda: protocol_of(task))
        _at(task, "structure", lambda: check_request(simulation_request(task)))
        return task


def _no_device(path: Path) -> None:
    """A device or a pipe may never end; what is missing is told by who reads it."""
    try:
        usable = path.is_file() or not path.exists() or path.is_dir()
    except OSError as problem:
        raise InputError(f"cannot be read ({problem.strerror})", file=path) from None
    if not usable:
        raise InputError("is no regular file", file=path)


def _at(task: Task, column: str, look: Callable[[], Found]) -> Found:
    """What ``look`` finds; its error points at the plan's line and says what is wrong there."""
    try:
        return look()
    except InputError as problem:
        text = str(problem)
        raise task.error(text if text.isprintable() else ascii(text)[1:-1], column) from None
