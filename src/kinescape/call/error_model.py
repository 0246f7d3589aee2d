"""The probability that one base (or one indel call of a read) is wrong, from its qualities.

LoFreq's merged error probability: wrong placement of the read, else wrong source, else wrong alignment of this base,
else wrong base:

    p = pM + (1 - pM) pS + (1 - pM)(1 - pS) pA + (1 - pM)(1 - pS)(1 - pA) pB = 1 - (1 - pM)(1 - pS)(1 - pA)(1 - pB),

each term being 10^(-Q/10), a term that is not there being 0 (Wilm et al. 2012, Nucleic Acids Res. 40:11189, and the
program's documentation). The base alignment quality is a term of its own: it does not cap the base quality.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kinescape.columns.histogram import NO_QUALITY

FloatArray = npt.NDArray[np.float64]
QualityArray = npt.NDArray[np.uint8]

UNPLACED_READ = 0.5
"""Error probability of a mapping quality of 0, which says that the read fits elsewhere equally well."""


def error_probability(
    base: QualityArray,
    mapping: QualityArray,
    alignment: QualityArray,
    source: QualityArray,
    *,
    use_mapping_quality: bool = True,
) -> FloatArray:
    """Merged error probability of every element; :data:`NO_QUALITY` leaves a term out. All arrays uint8[n]."""
    table = _probability_of_quality()
    placed = table.copy()
    placed[0] = UNPLACED_READ
    p_mapping = placed[mapping] if use_mapping_quality else np.zeros(mapping.shape)
    p_source, p_alignment, p_base = table[source], table[alignment], table[base]
    right = 1.0 - p_mapping
    merged = p_mapping + right * p_source
    right = right * (1.0 - p_source)
    merged = merged + right * p_alignment
    right = right * (1.0 - p_alignment)
    return np.asarray(merged + right * p_base)


def _probability_of_quality() -> FloatArray:
    """float64[256]: 10^(-Q/10), and 0 for :data:`NO_QUALITY`."""
    table = np.asarray(10.0 ** (-np.arange(256) / 10.0))
    table[NO_QUALITY] = 0.0
    return table
