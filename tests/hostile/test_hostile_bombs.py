"""Files that say little and ask for much: bombs of gzip, zip, YAML and XML, and headers with enormous numbers.

Each runs in a process of its own whose memory and CPU time are bounded from outside.
"""

from __future__ import annotations

import gzip
import io
import json
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from hostile_kit import in_little_memory

from kinescape.assay.templates import template_text

pytestmark = pytest.mark.slow

MEGABYTES = 4096
"""Address space; the libraries alone reserve about 1.5 GB of it."""

DATA = Path(__file__).parents[1] / "data"
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join(['*' + old] * 10)}]\n" for old, new in zip("abcdefghi", "bcdefghij", strict=True)
)
"""Ten to the tenth of x, in half a kilobyte (the billion laughs)."""


def _workbook(sheet: str, extra: dict[str, bytes] | None = None) -> bytes:
    import openpyxl

    held = io.BytesIO()
    book = openpyxl.Workbook()
    for line in template_text("growth").splitlines():
        if not line.startswith("#"):
            book.active.append(line.split(","))
    book.save(held)
    written = io.BytesIO()
    with zipfile.ZipFile(held) as old, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if sheet and name == "xl/worksheets/sheet1.xml":
                content = sheet.encode()
            new.writestr(name, content)
        for name, content in (extra or {}).items():
            new.writestr(name, content)
    return written.getvalue()


NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
ENTITIES = (
    '<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "xxxxxxxxxx">'
    + "".join(f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in zip("abcdefghi", "bcdefghij", strict=True))
    + f']><worksheet {NAMESPACE}><sheetData><row r="1"><c r="A1" t="str"><v>&j;</v></c></row></sheetData></worksheet>'
)
OUTSIDE = (
    '<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    f'<worksheet {NAMESPACE}><sheetData><row r="1"><c r="A1" t="str"><v>&a;</v></c></row></sheetData></worksheet>'
)
FAR = (
    f'<?xml version="1.0"?><worksheet {NAMESPACE}><sheetData>'
    '<row r="999999999999"><c r="A999999999999"><v>1</v></c></row></sheetData></worksheet>'
)
WIDE = (
    f'<?xml version="1.0"?><worksheet {NAMESPACE}><sheetData>'
    + "".join(f'<row r="{n}"><c r="ZZZ{n}"><v>1</v></c></row>' for n in range(1, 20_000))
    + "</sheetData></worksheet>"
)


@pytest.mark.parametrize("bomb", ["zeros", "entities", "outside", "far", "wide", "many members"])
def test_workbooks(bomb: str, tmp_path: Path) -> None:
    content = {
        "zeros": lambda: _workbook("", {"xl/sharedStrings.xml": b"\0" * (300 << 20)}),
        "entities": lambda: _workbook(ENTITIES),
        "outside": lambda: _workbook(OUTSIDE),
        "far": lambda: _workbook(FAR),
        "wide": lambda: _workbook(WIDE),
        "many members": lambda: _workbook("", {f"../../x{n}": b"x" for n in range(2000)}),
    }[bomb]()
    path = tmp_path / "given" / "table.xlsx"
    path.parent.mkdir()
    path.write_bytes(content)
    command = ["assay", "growth", path, "-o", tmp_path / "given" / "out", "--pictures", "none"]
    code, said = in_little_memory(command, tmp_path, megabytes=MEGABYTES)
    assert "root:" not in said
    assert sorted(each.name for each in tmp_path.iterdir()) == ["given"]
    if bomb == "many members":
        assert code == 0  # nothing is ever unpacked to disk
        return
    assert code == 2, said
    assert "table.xlsx" in said


@pytest.mark.parametrize("reader", ["rules", "panel", "knowledge base", "specification", "annotation"])
def test_yaml(reader: str, tmp_path: Path) -> None:
    folder = tmp_path / "given"
    (folder / "civic").mkdir(parents=True)
    for name in ("rules.yaml", "panel.yaml", "kb.yaml", "spec.yaml", "civic/manifest.yaml"):
        (folder / name).write_text(LAUGHS + "rule_sets: *j\nname: *j\nsample: *j\nsource: *j\nfiles: *j\ngenes: *j\n")
    wells = tmp_path / "wells.csv"
    wells.write_text(template_text("wells"))
    command = {
        "rules": ["assay", "fit", wells, "--rules-file", folder / "rules.yaml", "-o", tmp_path / "out"],
        "panel": ["panel", "check", "--panel", folder],
        "knowledge base": ["kb", "list", "--kb", folder],
        "specification": ["simulate", folder / "spec.yaml", "-o", tmp_path / "out" / "x"],
        "annotation": ["annot", "verify", "--annotations", folder],
    }[reader]
    code, said = in_little_memory([str(each) for each in command], tmp_path, megabytes=MEGABYTES)
    assert code == (1 if reader == "annotation" else 2), said
    assert len(said) < 3000


def test_nested_brackets(tmp_path: Path) -> None:
    """A thousand open brackets: the parsers call themselves for each."""
    from kinescape.cli.main import main

    deep = "[" * 20_000
    (tmp_path / "rules.yaml").write_text(f"rule_sets: {deep}")
    (tmp_path / "panel.yaml").write_text(f"name: {deep}")
    (tmp_path / "kb.yaml").write_text(f"name: {deep}")
    (tmp_path / "spec.yaml").write_text(f"sample: {deep}")
    (tmp_path / "result.json").write_text('{"schema_version": "1.0", "x": ' + deep)
    (tmp_path / "civic").mkdir()
    (tmp_path / "civic" / "manifest.yaml").write_text(f"source: {deep}")
    (tmp_path / "wells.csv").write_text(template_text("wells"))
    given, out = str(tmp_path), str(tmp_path / "out")
    assert main(["assay", "fit", f"{given}/wells.csv", "--rules-file", f"{given}/rules.yaml", "-o", out]) == 2
    assert main(["panel", "check", "--panel", given]) == 2
    assert main(["kb", "list", "--kb", given]) == 2
    assert main(["simulate", f"{given}/spec.yaml", "-o", f"{out}/x"]) == 2
    assert main(["report", f"{given}/result.json", "-o", f"{out}/x.html"]) == 2
    assert main(["reinterpret", f"{given}/result.json", "--kb", "alk-ros1"]) == 2
    assert main(["collate", given, "-o", f"{out}/x.duckdb"]) in (2, 3)
    assert main(["annot", "verify", "--annotations", given]) == 1


@pytest.mark.parametrize("kind", ["one line", "one record", "many members"])
def test_gzip_of_reads(kind: str, tmp_path: Path) -> None:
    """A gigabyte of one letter packs to a megabyte: no line may be that long, and no more is unpacked than is read."""
    one, two = tmp_path / "a_1.fastq.gz", tmp_path / "a_2.fastq.gz"
    if kind == "many members":
        one.write_bytes(gzip.compress(b"") * 50_000)
    else:
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        block = (b"@r\n" if kind == "one record" else b"") + b"A" * (1 << 20)
        one.write_bytes(
            b"".join(packer.compress(block if n == 0 else b"A" * (1 << 20)) for n in range(1024)) + packer.flush()
        )
    two.write_bytes(gzip.compress(b"@r\nACGT\n+\nIIII\n"))
    said = _refused(one, two)
    assert "a_1.fastq.gz" in said
    assert len(said) < 1000


def _refused(one: Path, two: Path) -> str:
    import resource

    from kinescape.errors import InputError
    from kinescape.reads.pairs import read_pairs

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError) as refused:
        read_pairs(one, two)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10
    assert grown < 700, f"{grown} MiB more"
    return str(refused.value)


def _picture(width: int, height: int) -> bytes:
    """A TIFF whose header speaks of more pixels than it holds."""
    tags = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 200), (277, 3, 1),
            (278, 4, height), (279, 4, 10)]  # fmt: skip
    held = b"II*\0" + struct.pack("<IH", 8, len(tags))
    for tag, kind, value in tags:
        held += struct.pack("<HHI", tag, kind, 1) + (
            struct.pack("<HH", value, 0) if kind == 3 else struct.pack("<I", value)
        )
    return (held + struct.pack("<I", 0)).ljust(210, b"\0")


def _png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    lines = zlib.compress(b"\0" * (width + 1) * height, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["tiff", "png"])
def test_pictures(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"blot.{kind}"
    path.write_bytes(_picture(2**31, 2**20) if kind == "tiff" else _png(11_000, 11_000))
    command = ["assay", "lanes", path, "--lanes", "2", "-o", tmp_path / "out", "--pictures", "none"]
    code, said = in_little_memory(command, tmp_path, megabytes=MEGABYTES)
    assert code == 2, said
    assert path.name in said


def test_enormous_numbers(tmp_path: Path) -> None:
    """Contigs of four gigabases, a table of 400-digit doses, a result with a day in the year 9999."""
    wells = template_text("growth").replace("24", "9" * 400)
    (tmp_path / "growth.csv").write_text(wells)
    code, said = in_little_memory(
        ["assay", "growth", tmp_path / "growth.csv", "-o", tmp_path / "g"], tmp_path, megabytes=MEGABYTES
    )
    assert code == 2, said
    sam = (
        "@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:chrT\tLN:2147483647\nr\t0\tchrT\t2147483000\t60\t4M\t*\t0\t0\tACGT\tIIII\n"
    )
    (tmp_path / "in.sam").write_text(sam)
    (tmp_path / "ref.fa").write_text(">chrT\nACGTACGT\n")
    command = ["call", tmp_path / "in.sam", "--reference", tmp_path / "ref.fa", "-o", tmp_path / "x.vcf"]
    code, said = in_little_memory(command, tmp_path, megabytes=MEGABYTES)
    assert code == 2, said
    result = json.loads((DATA / "results" / "1.0" / "P6.json").read_text())
    result["sample"]["cfdna_ng"] = 1e308
    result["qc"]["insert_lengths"] = [[2**40, 3], [1, 3]]
    (tmp_path / "result.json").write_text(json.dumps(result))
    command = ["report", tmp_path / "result.json", "-o", tmp_path / "x.html"]
    code, said = in_little_memory(command, tmp_path, megabytes=MEGABYTES)
    assert code == 2, said
