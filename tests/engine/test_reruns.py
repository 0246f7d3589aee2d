"""What is changed is run again, and only that: every thing that a result depends on, one at a time."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from engine_runs import SHALLOW, Sheet, contents, make_samples

import kinescape.engine.folder
from kinescape.cli.main import main
from kinescape.panel.load import panel_folder
from kinescape.resistance.base import find_folder

pytestmark = [pytest.mark.aligners, pytest.mark.slow]
Change = Callable[[Path, pytest.MonkeyPatch], list[str]]


def inputs(folder: Path, _: pytest.MonkeyPatch) -> list[str]:
    make_samples(folder / "new", ["x", "s1"], 40)
    shutil.copy(folder / "new" / "s1_R1.fastq.gz", folder / "s1_R1.fastq.gz")
    shutil.copy(folder / "new" / "s1_R2.fastq.gz", folder / "s1_R2.fastq.gz")
    return []


def same_size_and_time(folder: Path, _: pytest.MonkeyPatch) -> list[str]:
    """A file changed behind our back: its size and its time are as they were."""
    path = folder / "s1_R1.fastq.gz"
    content, before = bytearray(path.read_bytes()), path.stat()
    # The time stamp in the header of the gzip member: other bytes, the same reads.
    content[4] ^= 1
    path.write_bytes(bytes(content))
    import os

    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    return []


def sheet_of_one(folder: Path, _: pytest.MonkeyPatch) -> list[str]:
    path = folder / "sheet.csv"
    path.write_text(path.read_text().replace("s1,P0,", "s1,P7,"))
    return []


def parameter(folder: Path, _: pytest.MonkeyPatch) -> list[str]:
    return ["--min-vaf", "0.02"]


def panel(folder: Path, _: pytest.MonkeyPatch) -> list[str]:
    copy = shutil.copytree(panel_folder("alk-ros1"), folder / "panel")
    manifest = next(path for path in copy.iterdir() if path.name.startswith("panel."))
    manifest.write_text(manifest.read_text() + "\n# another edition\n")
    return ["--panel", str(copy)]


def knowledge_base(folder: Path, _: pytest.MonkeyPatch) -> list[str]:
    copy = shutil.copytree(find_folder("alk-ros1"), folder / "kb")
    (table := copy / "drugs.tsv").write_text(table.read_text() + "\n")
    return ["--kb", str(copy)]


def no_knowledge_base(folder: Path, _: pytest.MonkeyPatch) -> list[str]:
    return ["--no-kb"]


def background(folder: Path, _: pytest.MonkeyPatch) -> list[str]:
    out = folder / "background.parquet"
    assert main(["background", str(folder / "sheet.csv"), "-o", str(out), "--quiet"]) == 0
    return ["--background", str(out)]


def version(folder: Path, patch: pytest.MonkeyPatch) -> list[str]:
    patch.setattr(kinescape.engine.folder, "__version__", "0.0.0")
    return []


def damaged(folder: Path, _: pytest.MonkeyPatch) -> list[str]:
    path = folder / "out" / "samples" / "s1" / "result.json"
    path.write_bytes(path.read_bytes()[:-30])
    return []


def lost_file(folder: Path, _: pytest.MonkeyPatch) -> list[str]:
    (folder / "out" / "samples" / "s1" / "phase.tsv").unlink()
    return []


def nothing(folder: Path, _: pytest.MonkeyPatch) -> list[str]:
    return []


ALL, ONE = ("s0", "s1"), ("s1",)


@pytest.mark.parametrize(
    ("change", "again"),
    [
        *((nothing, ()), (inputs, ONE), (same_size_and_time, ONE), (sheet_of_one, ONE), (damaged, ONE)),
        *((lost_file, ONE), (parameter, ALL), (panel, ALL), (knowledge_base, ALL), (no_knowledge_base, ALL)),
        *((background, ALL), (version, ALL)),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_depends_on_it_runs_again(
    sheet: Sheet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    change: Change,
    again: tuple[str, ...],
) -> None:
    for name in ALL:
        for mate in (1, 2):
            shutil.copy(sheet.folder / f"{name}_R{mate}.fastq.gz", tmp_path)
    (tmp_path / "sheet.csv").write_text("".join(sheet.path.read_text().splitlines(keepends=True)[:3]))
    run = ["run", str(tmp_path / "sheet.csv"), "--threads", "1", *SHALLOW]
    out = tmp_path / "out"
    for name in ALL:
        shutil.copytree(sheet.expected / "samples" / name, out / "samples" / name)
    options = change(tmp_path, monkeypatch)
    capsys.readouterr()
    assert main([*run, "-o", str(out), *options]) == 0
    told = [line.split()[2:4] for line in capsys.readouterr().err.splitlines() if line.startswith("samples [")]
    assert {words[0] for words in told if words[1] != "kept"} == set(again)
    assert len(told) == 2
    # As if it had never been there; a version that is no real one cannot be asked again.
    if change is not version:
        assert main([*run, "-o", str(tmp_path / "anew"), "--quiet", *options]) == 0
        assert contents(out) == contents(tmp_path / "anew")
