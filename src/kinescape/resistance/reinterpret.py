"""Old results read again with a newer knowledge base: ``result.json`` in, changed drug states out, no reads needed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from kinescape.errors import InputError
from kinescape.panel.load import load_panel
from kinescape.panel.model import Panel
from kinescape.records import SCHEMA_VERSION, DrugState, SampleResult
from kinescape.resistance.base import KnowledgeBase
from kinescape.resistance.states import drug_states

FUSION_COLUMN = "fusion"
"""Column of the sample sheet that names the rearrangement; kept in ``result.json`` under the sample's extra columns."""
COLUMNS = ("sample", "gene", "drug", "before", "after", "summary", "rows")
NO_STATE = "no state"


@dataclass(frozen=True)
class Change:
    """A drug whose state is another one now."""

    sample: str
    gene: str
    drug: str
    before: str
    after: str
    summary: str
    rows: tuple[str, ...]

    @property
    def cells(self) -> tuple[str, ...]:
        """The row of the output table, in the order of :data:`COLUMNS`."""
        return (self.sample, self.gene, self.drug, self.before, self.after, self.summary, ", ".join(self.rows))


@dataclass(frozen=True)
class Reinterpretation:
    """One old result and what a newer base says of it."""

    file: Path
    sample: str
    knowledge_base_before: str
    changes: tuple[Change, ...]
    other_rows: int
    """Drugs with the same state as before that rest on other rows."""
    states: tuple[DrugState, ...]
    note: str


def find_results(folder: Path) -> list[Path]:
    """Every ``result.json`` of a run's folder, of a sample's folder, or the file itself.

    Raises
    ------
    InputError
        There is none.
    """
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        raise InputError("no such folder", file=folder, expected="the results of a run")
    found = sorted(folder.rglob("result.json"))
    if not found:
        raise InputError("holds no result.json", file=folder, expected="the results of a run")
    return found


def read_result(path: Path) -> SampleResult:
    """Read one ``result.json``.

    Raises
    ------
    InputError
        Not JSON, another major version of the schema, or not what the schema says.
    """
    try:
        version = str(msgspec.json.decode(path.read_bytes(), type=dict).get("schema_version", "none"))
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise InputError(f"is no result.json ({problem})", file=path) from None
    if version.split(".")[0] != SCHEMA_VERSION.split(".")[0]:
        raise InputError("other version of the schema", file=path, found=version, expected=SCHEMA_VERSION)
    try:
        return msgspec.json.decode(path.read_bytes(), type=SampleResult)
    except msgspec.ValidationError as problem:
        raise InputError(f"does not follow the schema ({problem})", file=path) from None


def reinterpret(path: Path, kb: KnowledgeBase, panel: Panel | None = None) -> Reinterpretation:
    """Form the drug states of one old result again.

    Parameters
    ----------
    path
        A ``result.json``.
    kb
        The newer knowledge base.
    panel
        The panel of the run; None loads the packaged one of the name that the result gives.
    """
    result = read_result(path)
    used = panel or load_panel(result.panel.name)
    states = drug_states(
        kb,
        used,
        result.calls,
        result.known_positions,
        result.phases,
        result.sample.extra.get(FUSION_COLUMN),
    )
    before = {(state.gene, state.drug): state for state in result.drugs}
    after = {(state.gene, state.drug): state for state in states}
    keys = [*after, *(key for key in before if key not in after)]
    pairs = [(before.get(key), after.get(key)) for key in keys]
    changes = [_change(result.sample.sample, *pair) for pair in pairs if _state(pair[0]) != _state(pair[1])]
    same = [(old, new) for old, new in pairs if old and new and old.state == new.state]
    used_before = result.knowledge_base
    return Reinterpretation(
        file=path,
        sample=result.sample.sample,
        knowledge_base_before=f"{used_before.name} {used_before.version}" if used_before else "none",
        changes=tuple(changes),
        other_rows=sum(_rows(old) != _rows(new) for old, new in same),
        states=states,
        note="" if used.sha256 == result.panel.sha256 else "the panel is not the one of the run, byte for byte",
    )


def _change(sample: str, old: DrugState | None, new: DrugState | None) -> Change:
    known = new or old
    return Change(
        sample=sample,
        gene=known.gene if known else "",
        drug=known.drug if known else "",
        before=_state(old),
        after=_state(new),
        summary=new.summary if new else "",
        rows=_rows(new) if new else (),
    )


def _state(state: DrugState | None) -> str:
    return state.state if state else NO_STATE


def _rows(state: DrugState) -> tuple[str, ...]:
    return tuple(row.row for row in state.evidence)


def table_text(results: list[Reinterpretation]) -> str:
    """The changes of all samples as TSV text."""
    lines = ["\t".join(COLUMNS)]
    lines += ["\t".join(change.cells) for result in results for change in result.changes]
    return "\n".join(lines) + "\n"
