"""Several results and one path: which files a format makes of them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kinescape.errors import InputError
from kinescape.exports.select import file_stem
from kinescape.files import write_text
from kinescape.output_folder import check_folder_to_add_to, check_output_file, check_output_folder
from kinescape.records import SampleResult


@dataclass(frozen=True)
class Options:
    """What a caller may add to a format."""

    study: str = "kinescape_study"
    """Identifier of a cBioPortal study."""
    disease: tuple[str, str] | None = None
    """(code, label) of the disease, for Phenopackets; the result names none."""
    template: Path | None = None
    """A letterhead, for docx."""


FORMATS = ("tsv", "maf", "vcf", "cbioportal", "fhir", "phenopackets", "docx", "pdf")
_SUFFIXES = {
    "vcf": (".vcf.gz", ".vcf"),
    "fhir": (".json",),
    "phenopackets": (".json",),
    "docx": (".docx",),
    "pdf": (".pdf",),
    "tsv": (".tsv", ".txt"),
    "maf": (".maf", ".txt", ".tsv"),
}
"""Endings of a file of the format, the usual one first."""


def export(results: Sequence[SampleResult], kind: str, out: Path, options: Options) -> list[Path]:
    """Write ``results`` as ``kind``; returns what was written.

    ``tsv`` and ``maf`` are one file of all samples, ``cbioportal`` is one folder. The other formats are one file per
    sample (``phenopackets`` per patient): ``out`` itself where there is one of them and ``out`` has an ending, else
    files in the folder ``out``.

    Raises
    ------
    InputError
        An ending that is not the format's, or anything that the format cannot hold.
    """
    if kind == "cbioportal":
        from kinescape.exports.cbioportal import export_study

        _check_study(out)
        export_study(results, options.study, out)
        return [out]
    if kind in ("tsv", "maf"):
        write_text(_file_path(out, kind), _one_table(results, kind))
        return [out]
    if kind == "phenopackets":
        from kinescape.exports.phenopackets import packet_text, phenopackets

        disease = {"id": options.disease[0], "label": options.disease[1]} if options.disease else None
        packets = phenopackets(results, dict(disease) if disease else None)
        parts = {owner: _writer_of_text(packet_text(packet)) for owner, packet in packets.items()}
    else:
        parts = {result.sample.sample: _writer(kind, result, options) for result in results}
    return _write_parts(parts, kind, out)


def check_output(kind: str, out: Path) -> None:
    """Look, before anything is read, whether ``kind`` may be written to ``out``. Makes nothing.

    Raises
    ------
    InputError
        As :func:`export`, where the path alone tells.
    """
    if kind == "cbioportal":
        _check_study(out)
    elif kind in ("tsv", "maf"):
        check_output_file(_file_path(out, kind))
    elif out.is_dir():
        check_folder_to_add_to(out)
    else:
        check_output_file(out)


def _check_study(out: Path) -> None:
    if out.is_file() or (out.is_dir() and any(out.iterdir()) and not (out / "meta_study.txt").is_file()):
        raise InputError("is there and is no study", file=out, expected="a new folder, or one of an earlier export")
    check_output_folder(out, "export")


def _one_table(results: Sequence[SampleResult], kind: str) -> str:
    if kind == "maf":
        from kinescape.exports.maf import maf_text

        return maf_text(results)
    from kinescape.exports.variant_table import variant_table

    return variant_table(results)


Writer = Callable[[Path], None]


def _writer_of_text(text: str) -> Writer:
    return lambda path: write_text(path, text)


def _writer(kind: str, result: SampleResult, options: Options) -> Writer:
    """What writes one sample to a path."""
    if kind == "vcf":
        from kinescape.exports.vcf import export_vcf

        return lambda path: export_vcf(path, result)
    if kind == "fhir":
        from kinescape.exports.fhir import bundle_text

        return _writer_of_text(bundle_text([result]))
    if kind == "docx":
        from kinescape.exports.letter import write_letter

        return lambda path: write_letter(path, result, options.template)
    from kinescape.exports.pdf import write_pdf

    return lambda path: write_pdf(path, result)


def _write_parts(parts: dict[str, Writer], kind: str, out: Path) -> list[Path]:
    if len(parts) == 1 and not out.is_dir() and out.suffix:
        (write,) = parts.values()
        write(_file_path(out, kind))
        return [out]
    if (out.exists() and not out.is_dir()) or out.name.lower().endswith(_SUFFIXES[kind]):
        raise InputError(f"{len(parts)} files do not go into one", file=out, expected="a folder")
    names = {name: f"{file_stem(name)}{_SUFFIXES[kind][0]}" for name in parts}
    out.mkdir(parents=True, exist_ok=True)
    # All are made before the first takes its place: a fault leaves what was there, and other files are not touched.
    with tempfile.TemporaryDirectory(prefix=".export-", dir=out) as temporary:
        for name, write in parts.items():
            write(Path(temporary) / names[name])
        for path in sorted(Path(temporary).iterdir()):
            path.replace(out / path.name)
    return [out / name for name in names.values()]


def _file_path(out: Path, kind: str) -> Path:
    if out.is_dir():
        raise InputError("is a folder", file=out, expected=f"a file that ends in {_SUFFIXES[kind][0]}")
    if not out.name.lower().endswith(_SUFFIXES[kind]):
        raise InputError("not the ending of this format", file=out, expected=" or ".join(_SUFFIXES[kind]))
    return out
