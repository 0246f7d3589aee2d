"""Tables that people send: sample sheet, bench, clinic, IC50 values; cells with anything in them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hostile_kit import BINARY, NASTY, TABLE, TEXT, Bench, Damage, damaged, hammer, refused_or_read, survives

from kinescape.assay.templates import template_text
from kinescape.cohort.simulate import simulated_cohort, write_tables

DATA = Path(__file__).parents[1] / "data"
AMOUNTS = ["few", pytest.param("many", marks=pytest.mark.slow)]

SHEET = b"""sample,fastq_1,fastq_2,patient,timepoint,date,therapy,line,cfdna_ng,plasma_ml,fragment_bp,role,simulated,n
A,a_R1.fq,a_R2.fq,P1,baseline,2023-05-11,Lorlatinib,2,30,4,167,plasma,no,x
B,b_R1.fq,b_R2.fq,P1,relapse,2024-01-11,Lorlatinib,2,12.5,4,167,plasma,yes,y
C,c_R1.fq,c_R2.fq,,,,,,,,,control,,
"""

PLAN = (
    b"structure\tligand\tmutation\ttask\tname\tchain\tseed\treplicas\tprotocol\tnanoseconds\tequilibrate_ps\tframe_ps\tsites\n"
    b"p.pdb\t\tWT\tsimulate\twild\tA\t1\t3\tfull\t5\t350\t10\t2+3\n"
    b"p.pdb\t\tL3A\tsimulate\t\t\t\t\treduced\t0.1\t\t1\t\n"
    b"p.pdb\t\tL3A+S4G\tsimulate\t\t\t\t\t\t\t\t\t2\n"
)


@pytest.mark.parametrize("amount", AMOUNTS)
def test_sample_sheet(amount: str) -> None:
    from kinescape.sheet import read_sheet

    def attack(folders: Bench, damages: list[Damage]) -> None:
        path = folders.write("sheet.csv", damaged(SHEET, damages))

        def read() -> None:
            for each in read_sheet(path):
                name = each.info.sample
                # A sample's name becomes a folder's.
                assert (folders.out / "samples" / name).resolve().parent == (folders.out / "samples").resolve()
                assert name.isascii()
                assert name.isprintable()

        refused_or_read(read)

    hammer(200 if amount == "few" else 3000, TABLE, attack)


@pytest.mark.structure
@pytest.mark.parametrize("amount", AMOUNTS)
def test_plan_of_mutants(amount: str) -> None:
    pytest.importorskip("openmm", reason="needs the extra kinescape[structure]")
    from kinescape.structure.batch.check import checked
    from kinescape.structure.batch.plan import read_plan

    peptide = (DATA.parent / "structure" / "data" / "peptide.pdb").read_bytes()

    def attack(folders: Bench, damages: list[Damage]) -> None:
        folders.write("p.pdb", peptide)
        path = folders.write("plan.tsv", damaged(PLAN, damages, "\t"))

        def read() -> None:
            for task in checked(read_plan(path), gpus=1):
                # A task's name becomes a file's and a folder's.
                assert (folders.out / "rows" / task.name).resolve().parent == (folders.out / "rows").resolve()
                assert task.name.isascii()
                assert task.name.isprintable()

        refused_or_read(read)

    hammer(100 if amount == "few" else 1500, TABLE, attack)


def _plate() -> bytes:
    columns = "\t".join(str(number) for number in range(1, 13))
    rows = "".join(f"{letter}\t" + "\t".join(str(100 * i + 7) for i in range(12)) + "\n" for letter in "ABCDEFGH")
    return f"Tecan i-control\nMode\tLuminescence\n<>\t{columns}\n{rows}\nEnd Time:\t2023\n".encode()


def _layout() -> bytes:
    return template_text("layout").encode()


ASSAY = {
    # name: (kind of template or content, file name, command, few, many)
    "fit": ("wells", ["assay", "fit", "{file}", "-o", "{out}", "--pictures", "none"], 15, 150),
    "qc": ("wells", ["assay", "qc", "{file}", "-o", "{out}", "--pictures", "none"], 30, 200),
    "compare": ("wells", ["assay", "compare", "{file}", "-o", "{out}", "--extended", "--share", "top"], 6, 50),
    "growth": ("growth", ["assay", "growth", "{file}", "-o", "{out}", "--pictures", "none"], 60, 300),
    "blot": ("blot", ["assay", "blot", "{file}", "-o", "{out}", "--pictures", "none"], 15, 150),
}


@pytest.mark.parametrize("command", ASSAY)
@pytest.mark.parametrize("amount", AMOUNTS)
def test_bench(command: str, amount: str) -> None:
    kind, arguments, few, many = ASSAY[command]
    content = template_text(kind).encode()

    def attack(folders: Bench, damages: list[Damage]) -> None:
        path = folders.write("table.csv", damaged(content, damages))
        survives([each.format(file=path, out=folders.out) for each in arguments])

    hammer(few if amount == "few" else many, TABLE, attack)


@pytest.mark.parametrize("which", ["plate", "layout"])
@pytest.mark.parametrize("amount", AMOUNTS)
def test_plates(which: str, amount: str) -> None:
    def attack(folders: Bench, damages: list[Damage]) -> None:
        plate, layout = _plate(), _layout()
        if which == "plate":
            plate = damaged(plate, damages, "\t")
        else:
            layout = damaged(layout, damages)
        path, table = folders.write("plate.txt", plate), folders.write("layout.csv", layout)
        survives(["assay", "qc", path, "--layout", table, "-o", folders.out, "--pictures", "none"])

    hammer(60 if amount == "few" else 500, TABLE, attack)


@pytest.mark.parametrize("amount", AMOUNTS)
def test_rules_file(amount: str) -> None:
    from kinescape.rules import PACKAGED, read_rules

    content = PACKAGED.read_bytes()
    hammer(
        100 if amount == "few" else 1000,
        TEXT,
        lambda folders, damages: refused_or_read(
            lambda: [
                rules.rule_set(name).classify(2.5)
                for rules in [read_rules(folders.write("rules.yaml", damaged(content, damages)))]
                for name in rules.rule_sets
            ]
        ),
    )


@pytest.mark.parametrize("amount", AMOUNTS)
def test_ic50_tables(amount: str) -> None:
    wide = (DATA / "knowledge" / "villa2024_table2_ic50_nM.csv").read_bytes()
    long = b"variant,drug,ic50,ic50_low,ic50_high,unit,source\nWT,Crizotinib,90,80,100,nM,x\n"
    long += b"L1196M,Crizotinib,>3000,,,nM,x\n"
    add = ["--gene", "ALK", "--fusion", "EML4::ALK", "--system", "s", "--source", "l", "--date", "2024-01-01"]

    def attack(folders: Bench, damages: list[Damage]) -> None:
        path = folders.write("ic50.csv", damaged(long if damages[0][1] % 2 else wide, damages))
        survives(["kb", "classify", path, "-o", folders.out / "classes.tsv"])
        survives(["kb", "add", "--from", path, "-o", folders.out / "lab", "--curator", "c", *add])
        survives(["assay", "simulate", path, "-o", folders.out / "wells.csv", "--seed", "1"])

    hammer(30 if amount == "few" else 250, TABLE, attack)


@pytest.mark.parametrize("amount", AMOUNTS)
@pytest.mark.parametrize("table", ["patients", "lines", "samples", "responses", "variants"])
def test_cohort_folder(table: str, amount: str, tmp_path: Path) -> None:
    write_tables(simulated_cohort(), tmp_path)
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def attack(folders: Bench, damages: list[Damage]) -> None:
        for name, content in files.items():
            folders.write(f"c/{name}", damaged(content, damages) if name == f"{table}.csv" else content)
        code, _ = survives(["cohort", "check", folders.given / "c"])
        if code == 0 and damages[0][3] % 4 == 0:
            quiet = ["--formats", "", "--no-page"]
            survives(["cohort", "summary", folders.given / "c", "-o", folders.out / "s", *quiet])
            for kind in ("cbioportal", "phenopackets"):
                survives(["cohort", "export", folders.given / "c", "--format", kind, "-o", folders.out / kind])

    hammer(25 if amount == "few" else 200, TABLE, attack)


@pytest.mark.parametrize("amount", AMOUNTS)
def test_survival_tables(amount: str) -> None:
    content = (DATA / "cohort" / "ovarian.csv").read_bytes()
    options = ["--time", "futime", "--event", "fustat", "--group", "rx", "--covariates", "age", "--no-figures"]

    def attack(folders: Bench, damages: list[Damage]) -> None:
        path = folders.write("table.csv", damaged(content, damages))
        survives(["cohort", "survival", path, *options, "-o", folders.out])

    hammer(30 if amount == "few" else 250, TABLE, attack)


def _workbook(rows: list[list[object]]) -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


@pytest.mark.parametrize("amount", AMOUNTS)
def test_workbooks(amount: str) -> None:
    """The parts inside the archive are damaged, and the archive is put together again, so that XML is reached."""
    content = _workbook([line.split(",") for line in template_text("growth").splitlines()])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    names = sorted(parts)

    def attack(folders: Bench, damages: list[Damage]) -> None:
        written = io.BytesIO()
        chosen = names[damages[0][2] % len(names)]
        with zipfile.ZipFile(written, "w") as archive:
            for name in names:
                archive.writestr(name, damaged(parts[name], damages) if name == chosen else parts[name])
        packed = written.getvalue() if damages[0][3] % 3 else damaged(content, damages)
        path = folders.write("table.xlsx", packed)
        survives(["assay", "growth", path, "-o", folders.out / "g", "--pictures", "none"])
        survives(["cohort", "check", path])
        survives(["cohort", "survival", path, "--time", "time_h", "--event", "count", "--group", "variant",
                  "--no-figures", "-o", folders.out / "s"])  # fmt: skip

    hammer(40 if amount == "few" else 300, (*TEXT, *BINARY), attack)


@pytest.mark.parametrize("amount", AMOUNTS)
def test_study_folders(amount: str, tmp_path: Path) -> None:
    from kinescape.cohort.cbioportal_out import export_study
    from kinescape.cohort.load import load_cohort

    (tmp_path / "c").mkdir()
    write_tables(simulated_cohort(), tmp_path / "c")
    export_study(load_cohort(tmp_path / "c"), "s", tmp_path / "study")
    files = {path.name: path.read_bytes() for path in (tmp_path / "study").rglob("*.txt")}
    names = sorted(files)

    def attack(folders: Bench, damages: list[Damage]) -> None:
        chosen = names[damages[0][2] % len(names)]
        for name, content in files.items():
            folders.write(f"study/{name}", damaged(content, damages, "\t") if name == chosen else content)
        survives(["cohort", "import", folders.given / "study", "-o", folders.out])

    hammer(40 if amount == "few" else 300, TABLE, attack)


def test_every_nasty_value_in_every_column_of_a_sheet() -> None:
    from kinescape.sheet import read_sheet
    from kinescape.tables import read_table

    header = SHEET.split(b"\n")[0].decode().split(",")
    from hostile_kit import bench

    with bench() as folders:
        for column in range(len(header)):
            for value in NASTY:
                cells = SHEET.split(b"\n")[1].decode().split(",")
                cells[column] = '"' + value.replace('"', '""') + '"'
                path = folders.write("sheet.csv", (",".join(header) + "\n" + ",".join(cells) + "\n").encode())
                if refused_or_read(lambda path=path: read_sheet(path)):
                    (row,) = read_table(path, required=("sample",))
                    assert row.line >= 2
