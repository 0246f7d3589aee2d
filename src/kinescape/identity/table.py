"""``identity.tsv`` and ``contamination.tsv``."""

from __future__ import annotations

from collections.abc import Iterable

from kinescape.identity.check import IdentityCheck

IDENTITY_COLUMNS = (
    *("sample_a", "sample_b", "expected", "verdict", "lod", "power", "sites", "equal", "different", "opposite"),
    *("differing_sites", "concern"),
)
CONTAMINATION_COLUMNS = (
    *("recipient", "donor", "state", "share", "share_low", "share_high", "limit", "p", "sites", "supporting_sites"),
    *("fits_as_well", "alleles", "shared_findings"),
)
MISSING = "."


def identity_table(check: IdentityCheck) -> str:
    """One line for every pair of samples."""
    rows = [
        (
            *(pair.a, pair.b, pair.expected, pair.verdict, f"{pair.lod:.3f}", f"{pair.power:.3f}"),
            *(pair.sites, pair.equal, pair.different, pair.opposite, ";".join(pair.differing), pair.concern),
        )
        for pair in check.pairs
    ]
    return _text(IDENTITY_COLUMNS, rows)


def contamination_table(check: IdentityCheck) -> str:
    """One line for every recipient and donor of different people, and one for all others together."""
    rows = [
        (
            *(c.recipient, c.donor, c.state, _share(c.share), _share(c.low), _share(c.high), _share(c.limit)),
            *("" if c.p is None else f"{c.p:.3g}", c.sites, c.supporting),
            *(";".join(c.fits_as_well), ";".join(c.alleles), ";".join(map(str, c.shared_findings))),
        )
        for c in check.contaminations
    ]
    return _text(CONTAMINATION_COLUMNS, rows)


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _text(columns: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    lines = ["\t".join(columns)]
    # A sheet's names may hold anything; the table has one line for each row.
    lines += ["\t".join(" ".join(str(cell).split()) or MISSING for cell in row) for row in rows]
    return "\n".join(lines) + "\n"
