"""Folders and files of settings: panel, knowledge base, specification, annotation slices, background, templates."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import pysam
import pytest
from hostile_kit import (
    BINARY,
    TABLE,
    TEXT,
    Bench,
    Damage,
    damaged,
    damaged_json,
    hammer,
    refused_or_read,
    survives,
)

DATA = Path(__file__).parents[1] / "data"
PACKAGED = Path(__file__).parents[2] / "src" / "kinescape" / "data"
AMOUNTS = ["few", pytest.param("many", marks=pytest.mark.slow)]


def _kinds(name: str) -> tuple[str, ...]:
    return TABLE if name.endswith((".tsv", ".csv")) else TEXT


SMALL_PANEL = DATA / "panel" / "synthetic-plus"


@pytest.mark.parametrize("file", sorted(path.name for path in SMALL_PANEL.iterdir()))
@pytest.mark.parametrize("amount", AMOUNTS)
def test_panel_files(file: str, amount: str) -> None:
    files = {path.name: path.read_bytes() for path in SMALL_PANEL.iterdir()}

    def attack(folders: Bench, damages: list[Damage]) -> None:
        for name, content in files.items():
            folders.write(f"p/{name}", damaged(content, damages, "\t") if name == file else content)
        code, _ = survives(["panel", "check", "--panel", folders.given / "p"])
        if code == 0:
            survives(["panel", "show", "--panel", folders.given / "p"])

    hammer(40 if amount == "few" else 300, _kinds(file), attack)


KNOWLEDGE = PACKAGED / "knowledge" / "alk-ros1"
KNOWLEDGE_FILES = ("kb.yaml", "rules.yaml", "drugs.tsv", "evidence.tsv", "comments.tsv", "curation.tsv")


@pytest.mark.parametrize("file", KNOWLEDGE_FILES)
@pytest.mark.parametrize("amount", AMOUNTS)
def test_knowledge_base_files(file: str, amount: str) -> None:
    from kinescape.panel.load import load_panel
    from kinescape.resistance import lint
    from kinescape.resistance.base import load_knowledge_base

    panel = load_panel()
    files = {path.name: path.read_bytes() for path in KNOWLEDGE.iterdir() if path.is_file()}
    lines = files["evidence.tsv"].split(b"\n")
    files["evidence.tsv"] = b"\n".join([*lines[:1], *lines[1::12], b""])

    def attack(folders: Bench, damages: list[Damage]) -> None:
        for name, content in files.items():
            folders.write(f"kb/{name}", damaged(content, damages, "\t") if name == file else content)
        folder = str(folders.given / "kb")
        refused_or_read(lambda: load_knowledge_base(folder))
        refused_or_read(lambda: [str(fault) for fault in lint.lint(folder, panel)])
        refused_or_read(lambda: list(lint.notes(folder)))

    hammer(15 if amount == "few" else 150, _kinds(file), attack)


@pytest.mark.parametrize("amount", AMOUNTS)
def test_raw_facts(amount: str) -> None:
    content = b"\n".join((DATA / "knowledge" / "raw_facts.tsv").read_bytes().split(b"\n")[:12]) + b"\n"

    def attack(folders: Bench, damages: list[Damage]) -> None:
        facts = folders.write("facts.tsv", damaged(content, damages, "\t"))
        survives(["kb", "lint", facts])
        survives(["kb", "build", facts, "-o", folders.out / "kb"])

    hammer(25 if amount == "few" else 200, TABLE, attack)


@pytest.mark.parametrize("amount", AMOUNTS)
def test_specifications(amount: str) -> None:
    from kinescape.panel.load import load_panel
    from kinescape.simulate.plan import make_plan
    from kinescape.simulate.spec_file import read_spec

    content = (PACKAGED / "demo" / "example.yaml").read_bytes()
    lines = [line for line in content.split(b"\n") if line.strip() and not line.lstrip().startswith(b"#")]
    panel = load_panel()

    def attack(folders: Bench, damages: list[Damage]) -> None:
        path = folders.write("spec.yaml", damaged(b"\n".join(lines), damages))

        def read() -> None:
            read = read_spec(path)
            assert (folders.out / read.spec.sample).parent == folders.out
            make_plan(read.spec, panel)

        refused_or_read(read)

    hammer(100 if amount == "few" else 800, TEXT, attack)


VCF = b"""##fileformat=VCFv4.2
##reference=GRCh38
##contig=<ID=chr2,length=242193529>
##contig=<ID=chr6,length=170805979>
##INFO=<ID=AC,Number=A,Type=Integer,Description="x">
##INFO=<ID=AN,Number=1,Type=Integer,Description="x">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO
chr2\t29220747\t101\tC\tT\t.\tPASS\tAC=3;AN=1000000;AF=0.000003;CLNSIG=Pathogenic;CLNDN=x|y;CLNREVSTAT=no_assertion
chr2\t29222407\t102\tG\tA\t.\tPASS\tAC=19;AN=1000000;AF=0.000019;AF_grpmax=0.00005;grpmax=sas;CSQ=a|b|c
chr6\t117317184\t103\tC\tT\t.\tPASS\tAC=1;AN=100;ONC=Oncogenic;ONCDN=x
"""


@pytest.mark.parametrize("source", ["gnomad", "clinvar", "boostdm", "civic"])
@pytest.mark.parametrize("amount", AMOUNTS)
def test_annotation_sources(source: str, amount: str) -> None:
    boostdm = (
        b"gene\tchr\tpos\tref\talt\taachange\tboostDM_class\tboostDM_score\nALK\t2\t29220747\tC\tT\tG1202R\tTRUE\t0.9\n"
    )
    content = {"boostdm": boostdm, "civic": (DATA / "annotate" / "civic_2019.tsv").read_bytes()}.get(source, VCF)

    def attack(folders: Bench, damages: list[Damage]) -> None:
        packing = damages[0][3] % 4
        table = content if packing != 3 or source in ("gnomad", "clinvar") else VCF
        made = damaged(table, damages, "\t")
        name = "in.vcf" if table is VCF else "in.tsv"
        if packing == 1:
            made, name = gzip.compress(made), name + ".gz"
            made = made if damages[0][1] % 2 else damaged(made, damages)
        path = folders.write(name, made)
        if packing == 2:
            with pysam.BGZFile(f"{path}.gz", "w", None) as handle:
                handle.write(made)
            path = Path(f"{path}.gz")
        survives(["annot", "slice", source, path, "-o", folders.out / "a", "--version", "1", "--date", "2024-01-01"])

    hammer(30 if amount == "few" else 250, TABLE, attack)


@pytest.mark.parametrize("file", ["manifest.yaml", "slice.vcf.gz", "slice.vcf.gz.tbi"])
@pytest.mark.parametrize("amount", AMOUNTS)
def test_annotation_folder(file: str, amount: str) -> None:
    from kinescape.annotate.consult import load_annotations
    from kinescape.panel.load import load_panel

    panel = load_panel()
    packaged = PACKAGED / "annotation" / "civic"

    def attack(folders: Bench, damages: list[Damage]) -> None:
        shutil.copytree(packaged, folders.given / "a" / "civic")
        path = folders.given / "a" / "civic" / file
        path.write_bytes(damaged(path.read_bytes(), damages))
        survives(["annot", "verify", "--annotations", folders.given / "a"])
        survives(["annot", "list", "--annotations", folders.given / "a"])
        refused_or_read(lambda: load_annotations(folders.given / "a", panel))

    hammer(20 if amount == "few" else 150, TEXT if file.endswith("yaml") else BINARY, attack)


@pytest.fixture(scope="module")
def background_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A background whose counts are made up: the reader is what is tested."""
    import numpy as np

    from kinescape.call.background import SiteBackground
    from kinescape.call.background_file import Background, BackgroundSource, write_background
    from kinescape.columns.axis import panel_axis
    from kinescape.panel.load import load_panel
    from kinescape.records import PanelReference

    panel = load_panel()
    axis = panel_axis(panel)
    counts = np.full((len(axis), 4), 3, np.int64)
    shares = np.full((len(axis), 4), 1e-4)
    site = SiteBackground(
        **dict.fromkeys(("controls", "fragments", "alt_fragments", "reads", "alt_reads"), counts),
        **dict.fromkeys(("substitution_rate", "context_rate", "rate", "dispersion"), shares),
    )
    source = BackgroundSource(
        kinescape_version="0", kind="controls", controls=(), mask_primers=True, end_mask=8, fragment_quality=20,
        left_out_above=0.1, mismatches_per_base={"bwa": 0.002}, threshold=0.006,
        format_version=1,  # of before insertions and deletions had a background
        panel=PanelReference(name=panel.name, version=panel.version, genome=panel.genome, sha256=panel.sha256,
                             reference="windows"),
    )  # fmt: skip
    path = tmp_path_factory.mktemp("background") / "background.parquet"
    write_background(path, Background(source, {"bwa": site, "bowtie2": site}), panel, axis)
    return path


@pytest.mark.parametrize("amount", AMOUNTS)
def test_background(amount: str, background_file: Path) -> None:
    from kinescape.call.background_file import read_background
    from kinescape.columns.axis import panel_axis
    from kinescape.panel.load import load_panel

    panel = load_panel()
    axis, content = panel_axis(panel), background_file.read_bytes()
    assert refused_or_read(lambda: read_background(background_file, panel, axis))
    # What Parquet says of itself stands at the end of the file.
    footer = len(content) - int.from_bytes(content[-8:-4], "little") - 8

    def attack(folders: Bench, damages: list[Damage]) -> None:
        kept = footer if damages[0][3] % 2 else 0
        made = content[:kept] + damaged(content[kept:], damages)
        path = folders.write("background.parquet", made)
        refused_or_read(lambda: read_background(path, panel, axis))

    hammer(60 if amount == "few" else 500, BINARY, attack)


@pytest.mark.parametrize("kind", ["jinja", "docx"])
@pytest.mark.parametrize("amount", AMOUNTS)
def test_templates(kind: str, amount: str) -> None:
    import io
    import zipfile

    import docx

    result = DATA / "results" / "1.0" / "ROS1_B.json"
    page = b"""<h1>{{ sample.name }}</h1>{% for call in calls %}{{ loop.index }} {{ call }}{% endfor %}
{% if calls %}{{ calls | length }}{% else %}-{% endif %}{{ pictures }}\n"""
    held = io.BytesIO()
    docx.Document().save(held)
    with zipfile.ZipFile(held) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    names = sorted(parts)

    def attack(folders: Bench, damages: list[Damage]) -> None:
        if kind == "jinja":
            template = folders.write("page.html.j2", damaged(page, damages))
            survives(["report", result, "--template", template, "-o", folders.out / "page.html"])
            return
        written = io.BytesIO()
        chosen = names[damages[0][2] % len(names)]
        with zipfile.ZipFile(written, "w") as archive:
            for name in names:
                archive.writestr(name, damaged(parts[name], damages) if name == chosen else parts[name])
        made = written.getvalue() if damages[0][3] % 3 else damaged(held.getvalue(), damages)
        letterhead = folders.write("head.docx", made)
        survives(["export", result, "--format", "docx", "--template", letterhead, "-o", folders.out / "x.docx"])

    hammer({"jinja": 40, "docx": 20}[kind] * (1 if amount == "few" else 6), TEXT, attack)


@pytest.mark.parametrize("amount", AMOUNTS)
def test_provenance_of_a_run(amount: str) -> None:
    content = b'{"samples": [{"sample": "P6", "state": "done", "inputs": []}, {"sample": "Q", "state": "failed"}]}'
    kept = (DATA / "results" / "1.0" / "P6.json").read_bytes()

    def attack(folders: Bench, damages: list[Damage]) -> None:
        folders.write("run/samples/P6/result.json", kept)
        folders.write("run/provenance.json", damaged_json(content, damages))
        survives(["timeline", folders.given / "run", "-o", folders.out])

    hammer(20 if amount == "few" else 150, ("alike", "value", "remove member", "add member", "flip", "cut"), attack)
