"""The samples of a run against each other: whose they are, and what of one lies in another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kinescape.engine.folder import POSITIONS, sample_folder
from kinescape.files import write_text
from kinescape.identity.check import IdentityCheck, check_run
from kinescape.identity.counts import sample_counts
from kinescape.identity.table import contamination_table, identity_table
from kinescape.records import SampleResult

IDENTITY, CONTAMINATION = "identity.tsv", "contamination.tsv"


def write_identity(out: Path, results: Sequence[SampleResult]) -> IdentityCheck:
    """Compare the samples by their tables of positions and write both tables of the run.

    Raises
    ------
    InputError
        A sample's table of positions is not there or cannot be read.
    """
    check = check_run(
        [sample_counts(result, sample_folder(out, result.sample.sample) / POSITIONS) for result in results]
    )
    write_text(out / IDENTITY, identity_table(check))
    write_text(out / CONTAMINATION, contamination_table(check))
    return check
