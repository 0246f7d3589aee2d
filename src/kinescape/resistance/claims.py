"""One row of ``evidence.tsv``: what one source says of one change and one drug."""

from __future__ import annotations

from dataclasses import dataclass

from kinescape.records import EvidenceRow
from kinescape.resistance.changes import CLASS_LEVEL, is_whole_residue, parse_variants
from kinescape.resistance.drugs import CLASS_PREFIX, NOT_STATED
from kinescape.tables import Row

COLUMNS = (
    "row",
    "gene",
    "variants",
    "cis_required",
    "fusion",
    "disease",
    "drug",
    "kind",
    "system",
    "value",
    "unit",
    "censoring",
    "wt_value",
    "fold",
    "fold_basis",
    "top_dose",
    "direction",
    "level",
    "source",
    "record",
    "date",
    "curator",
    "status",
    "note",
)
OPTIONAL_COLUMNS = ("fold_low", "fold_high", "wt_source")

CLINICAL = ("clinical_trial", "clinical_cohort", "clinical_case")
MEASURED = ("in_vitro_IC50", "in_vitro_GI50")
PRECLINICAL = (*MEASURED, "preclinical", "in_vivo")
OPINION = ("review", "expert")
KINDS = (*CLINICAL, *PRECLINICAL, *OPINION)

UNITS = ("nM", "uM", "M", "")
FOLD_BASES = ("derived", "stated", "none")
LEVELS = ("A", "B", "C", "D", "E", "B/C", "C/D", "review")
"""Evidence levels as CIViC uses them (A validated, B clinical, C case study, D preclinical, E inferential)."""

DIRECTIONS = ("resistant", "reduced", "sensitive", "sensitised", "observed", "unclear")
"""``observed``: seen at progression on the drug, which is not the same as causing it; ``unclear``: no direction."""

STATUSES = ("verified", "unverified", "disputed")
"""verified: compared with the record it names; unverified: taken from an abstract, a review or flattened text, the
original not compared; disputed: the source contradicts itself or another reading, the row never decides a state."""

FULL_LENGTH = "none (full-length)"
"""Fusion of rows about the unfused receptor (neuroblastoma); fusion-positive evidence goes before it."""


@dataclass(frozen=True)
class Claim:
    """A typed row of the table. Values and folds are numbers with the censoring beside them; None where absent.

    ``value``, ``wt_value`` and ``top_dose`` are in ``unit``; ``wt_value`` is the unmutated fusion of the same study.
    """

    line: int
    row: str
    gene: str
    variants: tuple[str, ...]
    cis_required: bool
    fusion: str
    disease: str
    drug: str
    kind: str
    system: str
    value: float | None
    unit: str
    censoring: str
    wt_value: float | None
    fold: float | None
    fold_basis: str
    top_dose: float | None
    direction: str
    level: str
    source: str
    record: str
    date: str
    curator: str
    status: str
    note: str
    fold_low: float | None = None
    fold_high: float | None = None
    wt_source: str = ""

    @property
    def name(self) -> str:
        """The changes as the table writes them, ``L1196M+G1202R``."""
        return "+".join(self.variants)

    @property
    def class_level(self) -> bool:
        """Whether the row speaks of no position or of no one drug, and so can decide nothing."""
        return self.variants[0] in CLASS_LEVEL or self.drug == NOT_STATED or self.drug.startswith(CLASS_PREFIX)

    @property
    def whole_residue(self) -> bool:
        """Whether the row names a residue and no substitution."""
        return any(is_whole_residue(change) for change in self.variants if change not in CLASS_LEVEL)

    @property
    def fold_text(self) -> str:
        """``>157.9`` or ``2.28``; empty where no fold can be formed within the study."""
        return "" if self.fold is None else sign(self.censoring) + number_text(self.fold)

    @property
    def value_text(self) -> str:
        """``>3000``; empty where the source gives no value."""
        return "" if self.value is None else sign(self.censoring) + number_text(self.value)

    def record_row(self) -> EvidenceRow:
        """The row as it is stored in ``result.json`` and shown beside a drug; values in nM."""
        return EvidenceRow(
            row=self.row,
            gene=self.gene,
            variants=self.variants,
            cis_required=self.cis_required,
            fusion=self.fusion,
            drug=self.drug,
            kind=self.kind,
            system=self.system if not self.disease else f"{self.system} ({self.disease})".strip(),
            value_nm="" if self.value is None else sign(self.censoring) + self._in_nm(self.value),
            wt_value_nm="" if self.wt_value is None else self._in_nm(self.wt_value),
            fold=self.fold_text,
            direction=self.direction,
            level=self.level,
            source=self.source,
            record=self.record,
            status=self.status,
            note=self.note,
        )

    def _in_nm(self, value: float) -> str:
        return number_text(value * {"nM": 1.0, "uM": 1e3, "M": 1e9}.get(self.unit, 1.0))


def claim_of(row: Row) -> Claim:
    """Read one row of ``evidence.tsv``.

    Raises
    ------
    InputError
        A cell is missing, not a number, or not one of the allowed words.
    """
    try:
        variants = parse_variants(row.text("variants"))
    except ValueError as problem:
        raise row.error(str(problem), column="variants", expected="such as G1202R or L1196M+G1202R") from None
    kind = row.choice("kind", KINDS)
    return Claim(
        line=row.line,
        row=row.text("row"),
        gene=row.text("gene"),
        variants=variants,
        cis_required=row.choice("cis_required", ("yes", "no")) == "yes",
        fusion=row.text("fusion", ""),
        disease=row.text("disease", ""),
        drug=row.text("drug"),
        kind=kind,
        system=row.text("system", ""),
        value=row.optional_number("value"),
        unit=row.choice("unit", UNITS, ""),
        censoring=row.choice("censoring", ("=", ">", "<"), ""),
        wt_value=row.optional_number("wt_value"),
        fold=row.optional_number("fold"),
        fold_basis=row.choice("fold_basis", FOLD_BASES),
        top_dose=row.optional_number("top_dose"),
        direction=row.choice("direction", DIRECTIONS),
        level=row.choice("level", LEVELS),
        source=row.text("source"),
        record=row.text("record", ""),
        date=row.text("date"),
        curator=row.text("curator"),
        status=row.choice("status", STATUSES),
        note=row.text("note", ""),
        fold_low=row.optional_number("fold_low"),
        fold_high=row.optional_number("fold_high"),
        wt_source=row.text("wt_source", ""),
    )


def sign(censoring: str) -> str:
    """``>`` or ``<`` for a censored number, nothing else."""
    return censoring if censoring in {">", "<"} else ""


def number_text(value: float) -> str:
    """A number without superfluous digits: four significant ones, whole numbers in full."""
    return f"{value:.0f}" if value >= 1000 else f"{value:.4g}"
