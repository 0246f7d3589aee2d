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


def test_plates_of_an_experiment_that_the_layout_names_stay_plates_apart(plates, tmp_path):
    write, fit = plates
    layout = tmp_path / "layout.csv"
    head, *rows = layout.read_text().split("\n")
    layout.write_text("\n".join([f"{head},experiment", *(f"{row},e1" for row in rows)]))
    code, out = fit(write("day1/plate.csv", 1), write("day2/plate.csv", 2))
    assert code == 0
    plates_seen = [(r["experiment"], r["plate"]) for r in read_tsv(out / "plates.tsv")]
    assert plates_seen == [("e1", "day1/plate 1"), ("e1", "day2/plate 1")]


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
    assert error.startswith(f"kinescape: error: {place}")
    assert error.count("\n") == 1
    assert {"folder": "is a folder"}.get(place, "cannot be made" if "/" in place else "File name too long") in error
    assert {p.name for p in tmp_path.iterdir()} == {"folder", "file"}
    assert not any((tmp_path / "folder").iterdir())


def test_a_full_disk_is_no_bad_input(tmp_path, monkeypatch, capsys):
    import errno

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "w.csv"))

    monkeypatch.setattr("kinescape.files.write_text", full)
    assert main(["assay", "template", "wells", "-o", str(tmp_path / "w.csv")]) == 1
    assert "No space left" in capsys.readouterr().err


def run_fit(path, tmp_path, *options):
    out = tmp_path / "out"
    return main(["assay", "fit", str(path), "-o", str(out), *options]), out


def test_a_reference_that_was_asked_for_must_be_there(write_wells, tmp_path, capsys):
    path = write_wells(screen_rows({("wt", "D"): 20, ("M", "D"): 50}, experiments=1))
    quiet = ["--pictures", "none", "--no-page"]
    for verb in (["fit", *quiet], ["compare"]):
        command = ["assay", verb[0], str(path), "-o", str(tmp_path / verb[0]), *verb[1:]]
        assert main([*command, "--reference", "WT"]) == 2
        error = capsys.readouterr().err
        assert "the reference occurs nowhere; found 'WT'; expected a variant of the data: wt, M" in error
        assert "did you mean wt? (case counts)" in error
        assert main(command) == 0
        assert capsys.readouterr().out.startswith("no comparison: reference WT occurs nowhere (variants: wt, M)")
        assert main([*command, "--reference", "wt"]) == 0
        assert "occurs nowhere" not in capsys.readouterr().out


def test_the_reference_of_growth_and_blots_too(tmp_path, capsys):
    for kind, verb in (("growth", "growth"), ("blot", "blot")):
        path = tmp_path / f"{kind}.csv"
        assert main(["assay", "template", kind, "-o", str(path)]) == 0
        assert main(["assay", verb, str(path), "-o", str(tmp_path / "o"), "--reference", "nobody"]) == 2
        assert "the reference occurs nowhere; found 'nobody'" in capsys.readouterr().err


def test_drugs_that_file_names_cannot_tell_apart_have_a_picture_each(write_wells, tmp_path):
    truth = {("WT", drug): 20 for drug in ("A B drug", "A/B drug", "a_b drug", "X")}
    code, out = run_fit(write_wells(screen_rows(truth, experiments=1)), tmp_path, "--pictures", "svg", "--no-page")
    assert code == 0
    names = sorted(p.name for p in (out / "pictures").iterdir())
    assert names == [
        *("curves_A_B_drug.svg", "curves_A_B_drug_2.svg", "curves_X.svg", "curves_a_b_drug_3.svg", "ic50.svg"),
    ]


@pytest.mark.parametrize("simulated", [True, False])
def test_simulated_data_say_so_on_the_page_and_under_every_picture(write_wells, tmp_path, capsys, simulated):
    path = write_wells(screen_rows({("WT", "D"): 20, ("M", "D"): 200}, experiments=1))
    if simulated:
        path.write_text("# simulated data\n" + path.read_text())
    code, out = run_fit(path, tmp_path, "--pictures", "svg")
    assert code == 0
    assert ("SIMULATED DATA" in (out / "screen.html").read_text()) is simulated
    assert ("simulated data" in capsys.readouterr().out) is simulated
    marked = {p.name for p in (out / "pictures").iterdir() if "SIMULATED DATA" in p.read_text()}
    assert marked == ({"curves_D.svg", "ic50.svg"} if simulated else set())


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("9298,3", "expected a number with a decimal point (9298.3), not a decimal comma"),
        ("1,234.5", "without separators of thousands"),
        ("12,345", "without separators of thousands"),
        ("many", "expected a number\n"),
    ],
)
def test_numbers_written_in_another_way_get_a_hint(tmp_path, capsys, cell, words):
    path = tmp_path / "w.csv"
    header = "experiment;variant;drug;dose;dose_unit;replicate;signal"
    path.write_text(f"{header}\ne;WT;D;0;nM;1;{cell}\n")
    assert run_fit(path, tmp_path)[0] == 2
    error = capsys.readouterr().err
    assert f"line 2, column signal: not a number; found '{cell}'" in error
    assert words in error


@pytest.mark.parametrize(("encoding", "line", "found"), [("latin-1", 2, "e,WT,D,0,"), ("utf-16", 1, "UTF-16")])
def test_a_table_in_another_encoding_names_the_line_and_the_way_out(tmp_path, capsys, encoding, line, found):
    path = tmp_path / "w.csv"
    text = "experiment,variant,drug,dose,dose_unit,replicate,signal\ne,WT,D,0,\u00b5M,1,100\n"
    path.write_bytes(text.encode(encoding))
    assert run_fit(path, tmp_path)[0] == 2
    error = capsys.readouterr().err
    assert f"w.csv, line {line}: is not UTF-8 text; found '{found}" in error
    assert 'save as "CSV UTF-8"' in error


def test_growth_and_blot_errors_name_the_file(tmp_path, capsys):
    import numpy as np
    from PIL import Image

    counts = tmp_path / "counts.csv"
    counts.write_text("experiment,variant,time_h,count\ne,WT,0,100\n")
    assert main(["assay", "growth", str(counts), "-o", str(tmp_path / "o")]) == 2
    assert "counts.csv: no growth rate can be had" in capsys.readouterr().err
    picture = tmp_path / "even.png"
    Image.fromarray(np.full((60, 90), 200, dtype=np.uint8)).save(picture)
    assert main(["assay", "lanes", str(picture), "--lanes", "3", "-o", str(tmp_path / "o")]) == 2
    assert "even.png: no bands" in capsys.readouterr().err
