"""Files for IGV on the desktop: a session, and a batch script that takes a picture of every call.

All paths in them are relative: to the session's own folder, and to the script's (IGV resolves both that way; pictures
land where IGV was started, so start it in the sample's folder: ``igv -b igv_batch.txt``). Preference names are those of
IGV's ``Constants.java``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.sax.saxutils import quoteattr

from kinescape.records import Call, SampleResult, Variant

SESSION, BATCH = "igv_session.xml", "igv_batch.txt"
FLANK = 45
"""Bases shown on either side of a call."""
_GENOMES = {"GRCh38": "hg38", "GRCh37": "hg19"}
"""Genome of a panel -> id under which IGV knows it."""
_ALLELE_SHARE = 0.002
"""Share from which IGV colours an allele in the coverage; its default is 0.2."""


def session_text(result: SampleResult, files: Sequence[str]) -> str:
    """``igv_session.xml``: the files at the first call. Only resources are named; IGV lays out the panels itself."""
    locus = _locus(_ordered(result)[0].variant) if result.calls else "All"
    resources = "".join(f"        <Resource path={quoteattr(name)}/>\n" for name in files)
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'
        f'<Session genome={quoteattr(_genome(result))} locus={quoteattr(locus)} version="8">\n'
        f"    <Resources>\n{resources}    </Resources>\n"
        "</Session>\n"
    )


def batch_text(result: SampleResult, files: Sequence[str]) -> str:
    """``igv_batch.txt``: load, go to every call in turn, sort by its base, take a picture."""
    lines = [
        "new",
        f"genome {_genome(result)}",
        f"preference SAM.ALLELE_THRESHOLD {_ALLELE_SHARE}",
        "preference SAM.ALLELE_USE_QUALITY false",
        "preference SAM.DOWNSAMPLE_READS false",
        "preference SAM.SHOW_SOFT_CLIPPED true",
        *(f"load {name}" for name in files),
        "snapshotDirectory .",
        "maxPanelHeight 1200",
    ]
    for call in _ordered(result):
        variant = call.variant
        lines += [
            f"goto {_locus(variant)}",
            f"sort base {variant.chrom}:{variant.pos}",
            "squish",
            f"snapshot {_picture(result.sample.sample, variant)}",
        ]
    return "\n".join(lines) + "\n"


def _ordered(result: SampleResult) -> list[Call]:
    weight = {"strong": 0, "weak": 1, "filtered": 2}
    return sorted(result.calls, key=lambda call: (weight[call.evidence], -call.vaf, call.variant))


def _genome(result: SampleResult) -> str:
    return _GENOMES.get(result.panel.genome, result.panel.genome)


def _locus(variant: Variant) -> str:
    return f"{variant.chrom}:{max(1, variant.pos - FLANK)}-{variant.pos + len(variant.ref) - 1 + FLANK}"


def _picture(sample: str, variant: Variant) -> str:
    """A file name that needs no quotes; long alleles are cut."""
    name = f"{sample}_{variant.chrom}_{variant.pos}_{variant.ref[:20]}_{variant.alt[:20]}"
    return re.sub(r"[^A-Za-z0-9._-]", "_", name) + ".png"
