"""BoostDM: predicted drivers, from a table that the user has (gene, position, alt, score, class).

Both this program's plain names of columns and those of the published tables (``boostDM_score``, ``boostDM_class``,
``aachange``, ``chr``, ``pos``) are understood. Positions and alleles are those of the genome, plus strand.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from kinescape.annotate.assembly import MOST_WRONG, panel_names, wrong_assembly
from kinescape.annotate.entry import Entry, Field, Info
from kinescape.annotate.reading import Reading
from kinescape.annotate.text_input import text_file
from kinescape.coordinates import to_zero_based
from kinescape.errors import InputError
from kinescape.panel.hgvs import describe
from kinescape.panel.model import Panel
from kinescape.records import Variant
from kinescape.tables import Row, read_table

FIELDS = (
    Field("SCORE", "Float", "BoostDM score, 0 to 1"),
    Field("CLASS", "String", "driver or passenger, as the table says"),
    Field("MODEL", "String", "Tumour type of the model, where the table states it"),
)
_ALIASES = {
    "gene": ("gene", "symbol"),
    "chrom": ("chrom", "chr", "chromosome"),
    "position": ("position", "pos"),
    "alt": ("alt", "mut"),
    "score": ("score", "boostdm_score"),
    "class": ("class", "boostdm_class"),
    "protein": ("protein", "aachange"),
    "model": ("model", "selected_model_ttype", "ttype"),
}
_REQUIRED = ("gene", "position", "alt", "score", "class")
_CLASSES = {
    **dict.fromkeys(("true", "1", "driver", "yes"), "driver"),
    **dict.fromkeys(("false", "0", "passenger", "no", "non-driver"), "passenger"),
}
_BASES = ("A", "C", "G", "T")


def entries(reading: Reading) -> Iterator[Entry]:
    """The rows of a BoostDM table that lie in the panel's windows."""
    reading.genes = set()
    named = _Named(reading)
    for row in read_any_table(reading.path):
        entry = named.entry(row)
        if entry is not None:
            yield entry
    named.judge()


class _Named:
    """Turns rows into entries, and counts protein changes that do not come out as the table says."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.columns: dict[str, str] = {}
        self.agree = 0
        self.differ: list[str] = []

    def entry(self, row: Row) -> Entry | None:
        if not self.columns:
            self.columns = _columns(row)
        panel, genes = self.reading.panel, self.reading.genes
        gene = row.text(self.columns["gene"])
        if gene not in panel.genes or genes is None:
            return None
        genes.add(gene)
        chrom = panel.genes[gene].chrom
        stated = row.text(self.columns.get("chrom", ""), chrom)
        if panel_names(panel).get(stated, stated) != chrom:
            raise row.error(f"{gene} is on {chrom}", column=self.columns["chrom"], expected=chrom)
        position = row.integer(self.columns["position"])
        if panel.window_at(chrom, to_zero_based(position), position) is None:
            return None
        variant = self._variant(row, panel, chrom, position)
        self._compare(row, variant)
        score = row.number(self.columns["score"])
        if not 0 <= score <= 1:
            raise row.error("score", column=self.columns["score"], expected="0 to 1")
        info = {
            "SCORE": f"{score:.6g}",
            "CLASS": self._class(row),
            "MODEL": row.text(self.columns.get("model", ""), ""),
        }
        return Entry(variant, {key: value for key, value in info.items() if value})

    def _variant(self, row: Row, panel: Panel, chrom: str, position: int) -> Variant:
        alt = row.choice(self.columns["alt"], _BASES)
        reference = panel.base(chrom, to_zero_based(position))
        if alt == reference:
            raise row.error(
                f"{chrom}:{position} already has this base in {panel.genome}: another assembly, or the minus strand?",
                column=self.columns["alt"],
                expected=f"another base than {reference}",
            )
        return Variant(chrom=chrom, pos=position, ref=reference, alt=alt)

    def _class(self, row: Row) -> str:
        text = row.text(self.columns["class"])
        if text.lower() not in _CLASSES:
            raise row.error("class", column=self.columns["class"], expected="driver or passenger, True or False")
        return _CLASSES[text.lower()]

    def _compare(self, row: Row, variant: Variant) -> None:
        stated = row.text(self.columns.get("protein", ""), "").removeprefix("p.")
        if not re.fullmatch(r"[A-Z]\d+[A-Z*]", stated):
            return
        consequence = describe(self.reading.panel, variant)
        found = consequence.protein.replace("=", stated[:1]) if consequence else ""
        if found == stated or (consequence and consequence.kind == "synonymous" and stated[0] == stated[-1]):
            self.agree += 1
        elif consequence is not None and consequence.kind != "splice_site":
            self.differ.append(f"{stated} at {variant.name}")

    def judge(self) -> None:
        total = self.agree + len(self.differ)
        if total and len(self.differ) >= MOST_WRONG * total:
            found = f"{len(self.differ)} of {total} protein changes differ, first {self.differ[0]}"
            raise wrong_assembly(self.reading.path, found, self.reading.panel)
        if self.differ:
            self.reading.notes.append(f"{len(self.differ)} of {total} protein changes differ, first {self.differ[0]}")


def merge(one: Info, other: Info) -> Info:
    """Several models of one gene: the row with the larger score."""
    return max(one, other, key=lambda info: float(info["SCORE"]))


def words(entry: Entry) -> str:
    """``driver, score 0.912``."""
    info = entry.info
    model = f" (model: {info['MODEL']})" if "MODEL" in info else ""
    return f"{info['CLASS']}, score {float(info['SCORE']):.3g}{model}"


def read_any_table(path: Path) -> list[Row]:
    """The rows of a CSV or TSV, plain or compressed; faults are named by the file that the user gave."""
    file = text_file(path)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "table"
        with copy.open("w", encoding="utf-8", newline="\n") as handle:
            first = ""
            for number, line in file.lines():
                handle.write(line + "\n")
                first = line if number == 1 else first
        delimiter = "\t" if "\t" in first else ","
        try:
            rows = read_table(copy, required=(), delimiter=delimiter)
        except InputError as problem:
            raise InputError(problem.what, file=path, line=problem.line, found=problem.found) from None
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return [Row(path, row.line, {key.lower(): value for key, value in row.cells.items()}) for row in rows]


def _columns(row: Row) -> dict[str, str]:
    """Our name of a column -> the table's (in lower case); the first alias that the table has."""
    found = {}
    for ours, aliases in _ALIASES.items():
        name = next((alias for alias in aliases if alias in row.cells), None)
        if name is not None:
            found[ours] = name
        elif ours in _REQUIRED:
            raise InputError(
                f"column '{ours}' is missing",
                file=row.file,
                line=1,
                found=", ".join(row.cells),
                expected=" or ".join(aliases),
            )
    return found
