"""`kinescape collate`: results of runs in one database, brought up to date, whole after a kill, of every version."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from kinescape.cli.main import main
from kinescape.report.page import render_sample
from kinescape.report.result import read_result

KEPT = Path(__file__).parents[1] / "data" / "results"
"""Results as released versions wrote them: a folder per schema version."""
SAMPLES = ("P6", "ROS1_B")


def make_run(folder: Path, names: dict[str, str]) -> Path:
    """A run's folder: sample -> which kept result it is."""
    for sample, source in names.items():
        content = json.loads((KEPT / "1.0" / f"{source}.json").read_text())
        content["sample"]["sample"] = sample
        place = folder / "samples" / sample
        place.mkdir(parents=True, exist_ok=True)
        (place / "result.json").write_text(json.dumps(content))
    return folder


def ask(database: Path, question: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(question).fetchall()


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path / "run", {"a": "P6", "b": "ROS1_B"})


@pytest.mark.parametrize("version", sorted(path.name for path in KEPT.iterdir()))
@pytest.mark.parametrize("sample", SAMPLES)
def test_a_result_of_every_released_version_still_reads_and_renders(version: str, sample: str) -> None:
    result = read_result(KEPT / version / f"{sample}.json")
    assert result.sample.sample == sample
    assert result.known_positions
    assert sample in render_sample(result)


def test_tables_say_what_the_results_say(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = tmp_path / "cohort.duckdb"
    assert main(["collate", str(run), "-o", str(database), "--threads", "1"]) == 0
    assert "2 samples in" in capsys.readouterr().out
    calls = ask(
        database,
        "SELECT protein, round(vaf, 4), evidence FROM calls WHERE sample = 'a' AND evidence = 'strong' ORDER BY 1",
    )
    result = read_result(run / "samples" / "a")
    assert calls == sorted(
        (call.consequence.protein, round(call.vaf, 4), "strong")
        for call in result.calls
        if call.evidence == "strong" and call.consequence
    )
    ((verdict,),) = ask(database, "SELECT verdict FROM phases WHERE protein_a IN ('C1235R', 'C1237Y') AND sample = 'a'")
    assert verdict == "trans"
    assert ask(database, "SELECT count(*) FROM drugs") == [
        (sum(len(read_result(run / "samples" / s).drugs) for s in "ab"),)
    ]


def test_what_was_not_seen_is_null_and_never_zero(run: Path, tmp_path: Path) -> None:
    database = tmp_path / "cohort.duckdb"
    main(["collate", str(run), "-o", str(database)])
    states = ask(database, "SELECT state, lod95 FROM positions WHERE sample = 'b' AND gene = 'ROS1' AND exon = 41")
    assert states
    assert {state for state, _ in states} == {"not_covered"}
    assert all(limit is None for _, limit in states)
    assert ask(database, "SELECT count(*) FROM positions WHERE state = 'not_detected' AND lod95 IS NULL") == [(0,)]


def test_only_what_is_new_or_changed_is_read(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = tmp_path / "cohort.duckdb"
    main(["collate", str(run), "-o", str(database)])
    make_run(run, {"c": "P6"})
    main(["collate", str(run), "-o", str(database)])
    assert "3 samples" in (said := capsys.readouterr().out)
    assert "1 added, 0 changed, 2 as before" in said
    make_run(run, {"a": "ROS1_B"})
    main(["collate", str(run), "-o", str(database)])
    assert "0 added, 1 changed, 2 as before" in capsys.readouterr().out
    assert ask(database, "SELECT count(*) FROM samples") == [(3,)]
    assert ask(database, "SELECT count(*) FROM calls WHERE sample = 'a' AND evidence = 'strong'") == [(0,)]


def test_gone_results_stay_until_they_are_pruned(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = tmp_path / "cohort.duckdb"
    main(["collate", str(run), "-o", str(database)])
    shutil.rmtree(run / "samples" / "b")
    main(["collate", str(run), "-o", str(database)])
    assert "1 without a file any more" in capsys.readouterr().out
    main(["collate", str(run), "-o", str(database), "--prune"])
    assert ask(database, "SELECT sample FROM samples") == [("a",)]
    assert ask(database, "SELECT count(*) FROM positions WHERE sample = 'b'") == [(0,)]


def test_samples_that_left_the_sheet_are_marked(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = tmp_path / "cohort.duckdb"
    question = "SELECT sample, in_sheet FROM samples ORDER BY ALL"
    main(["collate", str(run), "-o", str(database)])
    assert ask(database, question) == [("a", None), ("b", None)]
    assert "does not say which samples its sheet has" in capsys.readouterr().err
    # Only the run's list changes, none of its results.
    for listed, marks, said in (
        (["a", "failed"], [("a", True), ("b", False)], "not in their run's sheet any more: 1 of them"),
        (["a", "b"], [("a", True), ("b", True)], "2 as before"),
        ([], [("a", False), ("b", False)], "any more: 2 of them"),
    ):
        (run / "provenance.json").write_text(json.dumps({"samples": [{"sample": name} for name in listed]}))
        assert main(["collate", str(run), "-o", str(database)]) == 0
        assert said in capsys.readouterr().out
        assert ask(database, question) == marks
    for damage in (b"", b"{", b"[" * 5000, b"\xff", b'{"samples": [1]}'):
        (run / "provenance.json").write_bytes(damage)
        assert main(["collate", str(run), "-o", str(database)]) == 0
        assert ask(database, question) == [("a", None), ("b", None)]


def test_nothing_that_can_be_read_is_bad_input(run: Path, tmp_path: Path) -> None:
    for name in "ab":
        (run / "samples" / name / "result.json").write_text("{")
    assert main(["collate", str(run), "-o", str(tmp_path / "cohort.duckdb")]) == 2


def test_same_sample_of_two_runs_stays_two(run: Path, tmp_path: Path) -> None:
    other = make_run(tmp_path / "other", {"a": "ROS1_B"})
    database = tmp_path / "cohort.duckdb"
    assert main(["collate", str(run), str(other), str(run), "-o", str(database)]) == 0
    assert ask(database, "SELECT count(*), count(DISTINCT run) FROM samples WHERE sample = 'a'") == [(2, 2)]


def test_a_broken_result_is_named_and_the_others_come(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (run / "samples" / "b" / "result.json").write_text('{"schema_version": "1.0"')
    database = tmp_path / "cohort.duckdb"
    assert main(["collate", str(run), "-o", str(database)]) == 3
    said = capsys.readouterr()
    assert "samples/b/result.json" in said.err
    assert "1 samples in" in said.out
    make_run(run, {"b": "ROS1_B"})
    assert main(["collate", str(run), "-o", str(database)]) == 0
    assert ask(database, "SELECT count(*) FROM samples") == [(2,)]


@pytest.mark.parametrize("content", [b"", b"not a database", b"PK\x03\x04" * 100])
def test_a_file_that_is_no_database_is_refused_and_left_alone(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    database = tmp_path / "thesis.duckdb"
    database.write_bytes(content)
    assert main(["collate", str(run), "-o", str(database)]) == 2
    assert "is no DuckDB database" in capsys.readouterr().err
    assert database.read_bytes() == content


def test_database_of_something_else_and_other_faults(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.duckdb"
    with duckdb.connect(str(other)) as connection:
        connection.execute("CREATE TABLE mine (x INTEGER)")
    assert main(["collate", str(run), "-o", str(other)]) == 2
    assert "database of something else" in capsys.readouterr().err
    assert main(["collate", str(tmp_path / "nowhere"), "-o", str(tmp_path / "x.duckdb")]) == 2
    assert main(["collate", str(tmp_path), "-o", str(tmp_path / "x.duckdb")]) == 2
    assert "holds no results" in capsys.readouterr().err
    assert not (tmp_path / "x.duckdb").exists()
    assert main(["collate", str(run), "-o", str(tmp_path / "x.csv")]) == 2


def test_a_run_named_by_its_samples_is_the_same_run(run: Path, tmp_path: Path) -> None:
    (run / "provenance.json").write_text('{"samples": []}')
    database = tmp_path / "c.duckdb"
    for folder in (run / "samples", run):
        assert main(["collate", str(folder), "-o", str(database)]) == 0
    assert ask(database, "SELECT DISTINCT run FROM samples") == [(str(run.resolve()),)]
    assert ask(database, "SELECT count(*) FROM samples") == [(2,)]
    assert not database.with_name("c.duckdb.wal").exists()


def test_a_damaged_database_is_one_sentence(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = tmp_path / "c.duckdb"
    assert main(["collate", str(run), "-o", str(database)]) == 0
    content = bytearray(database.read_bytes())
    for place in range(4096, len(content), 997):
        content[place] ^= 0xFF
    database.write_bytes(content)
    capsys.readouterr()
    assert main(["collate", str(run), "-o", str(database)]) in (1, 2)
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert said.startswith("kinescape: ")
    assert "c.duckdb" in said


def test_parquet_holds_the_same_rows(run: Path, tmp_path: Path) -> None:
    database, folder = tmp_path / "cohort.duckdb", tmp_path / "parquet"
    main(["collate", str(run), "-o", str(database), "--parquet", str(folder)])
    for table in ("samples", "calls", "positions", "phases", "drugs"):
        there = duckdb.sql(f"SELECT * FROM '{folder / table}.parquet' ORDER BY ALL").fetchall()
        assert there == ask(database, f"SELECT * FROM {table} ORDER BY ALL")


@pytest.mark.parametrize("mine", ["calls.parquet", "drugs.parquet"])
def test_parquet_files_of_others_stay(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], mine: str) -> None:
    folder = tmp_path / "tables"
    folder.mkdir()
    duckdb.sql("SELECT 1 AS a").write_parquet(str(folder / mine))
    before = (folder / mine).read_bytes()
    command = ["collate", str(run), "-o", str(folder / "all.duckdb"), "--parquet", str(folder)]
    assert main(command) == 2
    said = capsys.readouterr().err
    assert f"{folder / mine}: was not written by `kinescape collate`, and would be replaced" in said
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {mine: before}
    (folder / mine).write_text("no Parquet at all")
    assert main(command) == 2
    # Elsewhere, the tables come beside what else is there, and are replaced by the same command.
    (folder / mine).rename(folder / "mine.parquet")
    assert main(command) == 0
    make_run(run, {"c": "P6"})
    assert main(command) == 0
    assert (folder / "mine.parquet").read_text() == "no Parquet at all"
    assert duckdb.sql(f"SELECT count(*) FROM '{folder / 'samples'}.parquet'").fetchall() == [(3,)]
    capsys.readouterr()
    assert main([*command[:-1], str(folder / "mine.parquet")]) == 2
    assert "mine.parquet: is a file; expected a folder to write to" in capsys.readouterr().err


@pytest.mark.slow
def test_a_killed_call_leaves_whole_samples_and_the_next_goes_on(tmp_path: Path) -> None:
    source = (KEPT / "1.0" / "P6.json").read_text()
    run = tmp_path / "run"
    for number in range(1600):
        place = run / "samples" / f"s{number:04d}"
        place.mkdir(parents=True)
        (place / "result.json").write_text(source.replace('"sample": "P6"', f'"sample": "s{number:04d}"', 1))
    database = tmp_path / "cohort.duckdb"
    command = [sys.executable, "-m", "kinescape.cli.main", "collate", str(run), "-o", str(database), "--threads", "1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (database.exists() and Path(f"{database}.wal").exists()):
        time.sleep(0.01)
    time.sleep(0.4)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    partly = ask_after_kill(database)
    assert all(rows == (64,) for rows in partly)
    assert main(["collate", str(run), "-o", str(database)]) == 0
    assert ask(database, "SELECT count(*), count(DISTINCT sample) FROM samples") == [(1600, 1600)]
    assert ask(database, "SELECT count(*) FROM positions") == [(1600 * 64,)]


def ask_after_kill(database: Path) -> list[tuple[object, ...]]:
    """Positions per sample in a database that its writer left behind; none if it never got so far."""
    with duckdb.connect(str(database)) as connection:
        tables = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        if "positions" not in tables:
            return []
        return connection.execute("SELECT DISTINCT count(*) FROM positions GROUP BY sample").fetchall()
