"""What the European Nucleotide Archive holds under an accession (it mirrors NCBI's SRA and DDBJ's).

The file list comes from ENA's portal, report ``filereport`` with ``result=read_run`` (ENA Portal API documentation,
"File reports"): tab-separated, one line per run, several files of a run joined by ``;``.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from kinescape.errors import InputError, KinescapeError
from kinescape.fetching import read_text

PORTAL = "https://www.ebi.ac.uk/ena/portal/api/filereport"
FIELDS = (
    *("run_accession", "sample_accession", "sample_alias", "sample_title", "experiment_title", "library_layout"),
    *("instrument_model", "read_count", "fastq_ftp", "fastq_md5", "fastq_bytes"),
)
LARGEST_LIST = 1 << 26
"""Bytes of a file list; a project of 100,000 runs has about half of that."""

_ACCESSION = re.compile(r"PRJ(?:NA|EB|DB)\d+|[SED]R[APRSXZ]\d{5,12}|SAM(?:N|EA|D)\d+")
_HOSTS = re.compile(r"(?:[a-z0-9-]+\.)*(?:ebi\.ac\.uk|sra\.ebi\.ac\.uk)")


@dataclass(frozen=True)
class RemoteFile:
    """One FASTQ file of the archive."""

    url: str
    md5: str
    size: int

    @property
    def name(self) -> str:
        """Last part of its address: letters, digits, dots, dashes and underscores only (checked)."""
        return urlsplit(self.url).path.rpartition("/")[2]


@dataclass(frozen=True)
class Run:
    """One sequencing run with its files; ``mates`` is empty where they are not a pair."""

    accession: str
    mates: tuple[RemoteFile, ...]
    why_not: str
    """Why it cannot be analysed here; empty where it can."""
    about: dict[str, str]
    """The archive's own words: alias and title of the sample, instrument, layout."""


def check_accession(text: str) -> str:
    """The accession in capitals; InputError for anything that is none (nothing else ever reaches an address)."""
    accession = text.strip().upper()
    if not _ACCESSION.fullmatch(accession):
        raise InputError(
            "is no accession of reads",
            found=text,
            expected="a BioProject (PRJNA1053258), study (SRP), sample (SAMN), experiment (SRX) or run (SRR)",
        )
    return accession


def runs_of(accession: str, portal: str = PORTAL) -> list[Run]:
    """All runs under an accession, in the archive's order.

    Raises
    ------
    InputError
        Not an accession, or one that the archive does not know.
    KinescapeError
        The archive cannot be reached, or sends something else than a file list.
    """
    accession = check_accession(accession)
    query = urlencode({"accession": accession, "result": "read_run", "fields": ",".join(FIELDS), "format": "tsv"})
    text = read_text(f"{portal}?{query}", LARGEST_LIST)
    if len(text) >= LARGEST_LIST:
        raise KinescapeError(f"{accession}: the file list is longer than {LARGEST_LIST:,} bytes; ask for its parts")
    rows = list(csv.DictReader(io.StringIO(text), delimiter="\t"))
    if not text.strip() or not rows:
        raise InputError("the archive holds no runs under this accession", found=accession)
    missing = {"run_accession", "fastq_ftp", "fastq_md5", "fastq_bytes"} - set(rows[0])
    if missing:
        raise KinescapeError(
            f"{portal}: the answer is not a file list (no column {sorted(missing)[0]}); it begins: {text[:80]!r}"
        )
    # A loopback stand-in for the archive hands out files of its own.
    own_host = urlsplit(portal).netloc
    return [_run(row, own_host) for row in rows]


def _run(row: dict[str, str], own_host: str) -> Run:
    accession = check_accession(row["run_accession"] or "")
    about = {name: (row.get(name) or "").strip() for name in FIELDS[1:7]}
    urls, sums, sizes = ([part for part in (row[name] or "").split(";") if part] for name in FIELDS[-3:])
    if not urls:
        return Run(accession, (), "the archive has no FASTQ files of it", about)
    if not len(urls) == len(sums) == len(sizes):
        raise KinescapeError(
            f"{accession}: the file list names {len(urls)} files, {len(sums)} sums, {len(sizes)} sizes"
        )
    files = {}
    for url, md5, size in zip(urls, sums, sizes, strict=True):
        file = RemoteFile(_address(url, accession, own_host), _sum(md5, accession), int(size))
        files[file.name] = file
    mates = tuple(
        files[name] for mate in "12" for name in sorted(files) if re.fullmatch(rf".*_{mate}\.fastq\.gz", name)
    )
    if len(mates) != 2:
        layout = about["library_layout"].lower() or "not a pair of files"
        return Run(accession, (), f"its reads are {layout}, and pairs are needed", about)
    return Run(accession, mates, "", about)


def _address(given: str, accession: str, own_host: str) -> str:
    """An HTTPS address at the archive; a file list that names another place is not followed."""
    text = given if "://" in given else f"https://{given}"
    parts = urlsplit(text.replace("ftp://", "https://", 1))
    name = parts.path.rpartition("/")[2]
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name) or ".." in parts.path:
        raise KinescapeError(f"{accession}: the file list names a file that is not accepted: {given[:80]!r}")
    if parts.netloc != own_host and not _HOSTS.fullmatch(parts.hostname or ""):
        raise KinescapeError(f"{accession}: the file list points to {parts.netloc!r}, which is not the archive")
    scheme = "http" if parts.netloc == own_host and parts.scheme == "http" else "https"
    return f"{scheme}://{parts.netloc}{parts.path}"


def _sum(text: str, accession: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{32}", text):
        raise KinescapeError(f"{accession}: the file list has no MD5 sum for a file ({text[:40]!r}); it is not fetched")
    return text.lower()
