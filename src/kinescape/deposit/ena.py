"""What the European Nucleotide Archive holds under an accession (it mirrors NCBI's SRA and DDBJ's).

The file list comes from ENA's portal, report ``filereport`` with ``result=read_run`` (ENA Portal API documentation,
"File reports"): tab-separated, one line per run, several files of a run joined by ``;``.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from kinescape.errors import InputError, KinescapeError
from kinescape.fetching import read_text
from kinescape.web import check_address, printable, shown_address, whole_number

PORTAL = "https://www.ebi.ac.uk/ena/portal/api/filereport"
FIELDS = (
    *("run_accession", "sample_accession", "sample_alias", "sample_title", "experiment_title", "library_layout"),
    *("instrument_model", "read_count", "fastq_ftp", "fastq_md5", "fastq_bytes"),
)
LARGEST_LIST = 1 << 26
"""Bytes of a file list; a project of 100,000 runs has about half of that."""
MOST_RUNS = 250_000
"""Runs of a file list that are taken in."""

_ACCESSION = re.compile(r"PRJ(?:NA|EB|DB)\d+|[SED]R[APRSXZ]\d{5,12}|SAM(?:N|EA|D)\d+")
LONGEST_WORDS = 2000
"""Characters of a title or an alias that are taken over."""
_RUN = re.compile(r"[SED]RR\d{5,12}")
_PATH = re.compile(r"(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){1,20}")
"""Of a file: nothing that a path or an address could be misled by; names that every file system takes."""
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
    check_address(portal)
    query = urlencode({"accession": accession, "result": "read_run", "fields": ",".join(FIELDS), "format": "tsv"})
    text = read_text(f"{portal}?{query}", LARGEST_LIST)
    if len(text) >= LARGEST_LIST:
        raise KinescapeError(f"{accession}: the file list is longer than {LARGEST_LIST:,} bytes; ask for its parts")
    if not text.strip():
        raise InputError("the archive holds no runs under this accession", found=accession)
    # A loopback stand-in for the archive hands out files of its own.
    own_host = urlsplit(portal).netloc
    runs: dict[str, Run] = {}
    for row in _rows(text, portal):
        run = _run(row, own_host)
        if run.accession in runs:
            raise KinescapeError(f"{accession}: the file list names the run {run.accession} twice")
        runs[run.accession] = run
        if len(runs) > MOST_RUNS:
            raise KinescapeError(f"{accession}: the file list has more than {MOST_RUNS:,} runs; ask for its parts")
    if not runs:
        raise InputError("the archive holds no runs under this accession", found=accession)
    return list(runs.values())


def _rows(text: str, portal: str) -> Iterator[dict[str, str]]:
    """Lines of the list by column, each as long as the header: one that was cut short must not pass for a whole one.

    The portal quotes nothing (a title may begin with a quotation mark), so a tab and a line end are all there is.
    """
    lines = (line.removesuffix("\n").removesuffix("\r") for line in io.StringIO(text))
    columns = next(lines, "").split("\t")
    missing = {"run_accession", "fastq_ftp", "fastq_md5", "fastq_bytes"} - set(columns)
    if missing:
        raise KinescapeError(
            f"{shown_address(portal)}: the answer is not a file list (no column {sorted(missing)[0]}); it begins: "
            f"'{printable(text[:80])}'"
        )
    for number, line in enumerate(lines, 2):
        if not line:
            continue
        cells = line.split("\t")
        if len(cells) != len(columns):
            raise KinescapeError(
                f"{shown_address(portal)}: line {number} of the file list has {len(cells)} of {len(columns)} cells"
            )
        yield dict(zip(columns, cells, strict=True))


def _run(row: dict[str, str], own_host: str) -> Run:
    accession = row["run_accession"].strip()
    if not _RUN.fullmatch(accession):
        raise KinescapeError(f"the file list names a run that is none: '{printable(accession[:80])}'")
    about = {name: printable(row.get(name, ""), LONGEST_WORDS) for name in FIELDS[1:7]}
    urls, sums, sizes = ([part for part in row[name].split(";") if part] for name in FIELDS[-3:])
    if not urls:
        return Run(accession, (), "the archive has no FASTQ files of it", about)
    if not len(urls) == len(sums) == len(sizes):
        raise KinescapeError(
            f"{accession}: the file list names {len(urls)} files, {len(sums)} sums, {len(sizes)} sizes"
        )
    files: dict[str, RemoteFile] = {}
    for url, md5, size in zip(urls, sums, sizes, strict=True):
        file = RemoteFile(_address(url, accession, own_host), _sum(md5, accession), _size(size, accession))
        if file.name in files:
            raise KinescapeError(f"{accession}: the file list names {file.name} twice")
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
    try:
        parts = urlsplit(text.replace("ftp://", "https://", 1))
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    if not _PATH.fullmatch(parts.path) or parts.query or parts.fragment or parts.scheme not in ("http", "https"):
        raise KinescapeError(f"{accession}: the file list names a file that is not accepted: '{printable(given[:80])}'")
    if parts.netloc != own_host and (not _HOSTS.fullmatch(host) or parts.netloc != host):
        raise KinescapeError(
            f"{accession}: the file list points to '{printable(parts.netloc)}', which is not the archive"
        )
    scheme = "http" if parts.netloc == own_host and parts.scheme == "http" else "https"
    return f"{scheme}://{parts.netloc}{parts.path}"


def _sum(text: str, accession: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{32}", text):
        shown = printable(text[:40])
        raise KinescapeError(f"{accession}: the file list has no MD5 sum for a file ('{shown}'); it is not fetched")
    return text.lower()


def _size(text: str, accession: str) -> int:
    size = whole_number(text)
    if not size:
        shown = printable(text[:40])
        raise KinescapeError(f"{accession}: the file list has no size for a file ('{shown}'); it is not fetched")
    return size
