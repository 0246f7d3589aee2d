"""Files of the models of undecided rotamers: their names, which are known beforehand, and all of them at once."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from kinescape.errors import InputError
from kinescape.files import whole_file
from kinescape.output_folder import check_output_file
from kinescape.structure.mutant import Mutant, Turned
from kinescape.structure.mutations import Substitution
from kinescape.structure.rotamers import choosable_rotamers
from kinescape.structure.tell import HEAD, remarks_of
from kinescape.structure.write_pdb import pdb_text

SUFFIXES = (".pdb", ".ent")


def alternative_file(out: Path, mutation: str, rotamer: str) -> Path:
    """Beside ``out.pdb``: ``out.L1196M-mtm.pdb``. A name without :data:`SUFFIXES` keeps all of it and gets ``.pdb``."""
    known = out.suffix.lower() in SUFFIXES
    stem, suffix = (out.stem, out.suffix) if known else (out.name, ".pdb")
    return out.with_name(f"{stem}.{mutation}-{rotamer}{suffix}")


def possible_files(out: Path, substitutions: Sequence[Substitution], rotamers: dict[str, str]) -> tuple[Path, ...]:
    """Every file that can come to lie beside ``out``: of each residue whose rotamer was not asked for, each rotamer."""
    return tuple(
        alternative_file(out, each.name, rotamer)
        for each in substitutions
        if each.name not in rotamers
        for rotamer in choosable_rotamers(each.alternative)
    )


def models_beside(out: Path) -> tuple[Path, ...]:
    """Models of undecided rotamers, of whatever mutation, that lie beside ``out``: by their names and their heads."""
    pattern = alternative_file(Path(glob.escape(out.name)), "*", "*").name
    found = (path for path in sorted(out.parent.glob(pattern)) if path.is_file())
    return tuple(path for path in found if _is_model(path))


def check_files(files: Sequence[Path], source: Path) -> None:
    """Look, before anything is calculated, whether these files may be written. Makes nothing.

    Their names are not given by the user, so what lies there is replaced only where it is a model of this kind.

    Raises
    ------
    InputError
        One is a folder, cannot be written, is ``source``, or is a file that is no model of a mutant.
    """
    for path in files:
        check_output_file(path)
        if not path.exists():
            continue
        if source.exists() and path.samefile(source):
            raise InputError("is an input and would be overwritten", file=path, expected="another name after -o")
        if not _is_model(path):
            raise InputError(
                "is no model of a mutant, and could be replaced by that of an undecided rotamer",
                file=path,
                expected="another name after -o, or no such file",
            )


def write_models(out: Path, mutant: Mutant, source: str) -> dict[Turned, Path]:
    """Write the model, and beside it those of its undecided rotamers: all of them, or none.

    Returns
    -------
    dict
        The files of :attr:`.mutant.Mutant.alternatives`, by what is turned in each.
    """
    files = {
        each.turned: alternative_file(out, each.turned.mutation, each.turned.rotamer)
        for each in mutant.alternatives
        if each.turned is not None
    }
    with ExitStack() as stack:
        # A file takes its name only when all of them are whole.
        for path, one in zip((out, *files.values()), (mutant, *mutant.alternatives), strict=True):
            temporary = stack.enter_context(whole_file(path))
            temporary.write_text(pdb_text(one.model, remarks_of(one, source)), encoding="utf-8", newline="\n")
    return files


def _is_model(path: Path) -> bool:
    with path.open("rb") as handle:
        return HEAD.encode() in handle.read(200)
