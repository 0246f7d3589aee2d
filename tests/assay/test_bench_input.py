"""What the bench refuses or says of its input: one file twice, negative signals, unreadable numbers and names."""

from __future__ import annotations

import shutil

import pytest
from bench_rows import read_tsv, screen_rows

from kinescape.assay.layout import file_labels
from kinescape.cli.main import main
from kinescape.errors import InputError

LETTERS = "ABCDEFGH"


@pytest.fixture
def plates(tmp_path):
    """A layout of four doses in the rows' middle, and a function that writes a plate to a path under the folder."""
    lines = ["well,variant,drug,dose,dose_unit,role"]
    for r in LETTERS:
        lines += [f"{r}{c},WT,,0,nM,untreated" for c in (1, 2)]
        lines += [f"{r}{c + 2},WT,D,{10.0**c:g},nM,sample" for c in range(1, 6)]
    layout = tmp_path / "layout.csv"
    layout.write_text("\n".join(lines))

    def grid(seed):
        body = [
            ",".join([r, *(str(1000 * (13 - c) + 7 * seed + i) for c in range(1, 13))]) for i, r in enumerate(LETTERS)
        ]
        return [",".join(["", *map(str, range(1, 13))]), *body]

    def write(name, *seeds):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(line for seed in seeds for line in [*grid(seed), ""]))
        return path

    def fit(*files):
        out = tmp_path / "out"
        options = ["--layout", str(layout), "-o", str(out), "--pictures", "none", "--no-page"]
        return main(["assay", "fit", *map(str, files), *options]), out

    return write, fit


def test_plates_of_one_name_in_two_folders_are_two_experiments(plates):
    write, fit = plates
    code, out = fit(write("day1/plate.csv", 1), write("day2/plate.csv", 2), write("other.csv", 3))
    assert code == 0
    assert {r["experiment"] for r in read_tsv(out / "fits.tsv")} == {"day1/plate", "day2/plate", "other"}


def test_one_folder_and_one_stem_are_told_apart_by_suffix(tmp_path):
    names = ["a/p.csv", "a/p.txt", "b/p.csv", "q.csv"]
    assert file_labels([tmp_path / name for name in names]) == ["a/p", "p.txt", "b/p", "q"]
    with pytest.raises(InputError, match="given twice"):
        file_labels([tmp_path / "p.csv", tmp_path / "a" / ".." / "p.csv"])


def test_a_file_or_a_grid_given_twice_is_refused(plates, tmp_path, capsys):
    write, fit = plates
    one = write("p.csv", 1)
    (tmp_path / "link.csv").symlink_to(one)
    assert fit(one, tmp_path / "link.csv")[0] == 2
    assert "link.csv: the same file is given twice" in capsys.readouterr().err
    assert fit(write("two.csv", 1, 1))[0] == 2
    assert "two.csv, line 12: plate 2 reads the same as plate 1 in every well" in capsys.readouterr().err
    assert fit(write("two.csv", 1, 2))[0] == 0


def test_a_copied_plate_under_another_name_is_warned_of(plates, tmp_path, capsys):
    write, fit = plates
    one = write("p.csv", 1)
    shutil.copy(one, tmp_path / "q.csv")
    code, out = fit(one, tmp_path / "q.csv")
    assert code == 0
    assert "reads the same as p plate 1 in every well" in read_tsv(out / "plates.tsv")[1]["warnings"]
    assert "q plate 1: reads the same as p plate 1 in every well" in capsys.readouterr().out


def test_negative_signals_are_refused_on_both_routes(plates, write_wells, tmp_path, capsys):
    write, fit = plates
    plate = write("p.csv", 1)
    plate.write_text(plate.read_text().replace("11007", "-3", 1))
    assert fit(plate)[0] == 2
    assert "p.csv, line 2: well A2 is negative; found '-3'" in capsys.readouterr().err
    rows = screen_rows({("WT", "D"): 20}, experiments=1)
    rows[4][-1] = "-200"
    assert main(["assay", "fit", str(write_wells(rows)), "-o", str(tmp_path / "o")]) == 2
    assert "line 6, column signal: a signal cannot be negative; found '-200'" in capsys.readouterr().err


def test_wells_below_the_blank_are_fitted(write_wells, tmp_path):
    rows = [[*row, "sample"] for row in screen_rows({("WT", "D"): 20}, experiments=1, bottom=0.0)]
    rows += [["exp1", "", "", "0", "nM", i, 900, "blank"] for i in (1, 2, 3)]
    rows[-4][-2] = "850"
    header = ["experiment", "variant", "drug", "dose", "dose_unit", "replicate", "signal", "role"]
    out = tmp_path / "o"
    command = ["assay", "fit", str(write_wells(rows, header=header)), "-o", str(out), "--pictures", "none", "--no-page"]
    assert main(command) == 0
    assert any(float(r["signal_above_blank"]) == -50 for r in read_tsv(out / "wells.tsv"))


def test_a_layout_well_beyond_the_plate_names_the_layouts_line(plates, tmp_path, capsys):
    write, fit = plates
    layout = tmp_path / "layout.csv"
    layout.write_text(layout.read_text() + "\nP24,WT,D,1,nM,sample")
    assert fit(write("p.csv", 1))[0] == 2
    assert "layout.csv, line 58, column well: well P24 was not read" in capsys.readouterr().err


@pytest.mark.parametrize("place", ["folder", "file/x.csv", "file/sub/x.csv", "n" * 300])
@pytest.mark.parametrize("option", ["-o", "--output="])
def test_an_output_that_cannot_be_written_is_bad_input_and_named_as_given(tmp_path, monkeypatch, capsys, place, option):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    given = [option, place] if option == "-o" else [option + place]
    assert main(["assay", "template", "wells", *given]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"kinescape: error: {place[:300]}") and error.count("\n") == 1
    assert "cannot be written" in error or len(place) == 300
    assert {p.name for p in tmp_path.iterdir()} == {"folder", "file"}
    assert not any((tmp_path / "folder").iterdir())


def test_a_full_disk_is_no_bad_input(tmp_path, monkeypatch, capsys):
    import errno

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "w.csv"))

    monkeypatch.setattr("kinescape.files.write_text", full)
    assert main(["assay", "template", "wells", "-o", str(tmp_path / "w.csv")]) == 1
    assert "No space left" in capsys.readouterr().err
