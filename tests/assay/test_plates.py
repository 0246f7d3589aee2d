"""Plates, reader exports, layouts and plate quality."""

from __future__ import annotations

import numpy as np
import openpyxl
import pytest
from bench_rows import read_tsv
from hypothesis import given, settings
from hypothesis import strategies as st

from kinescape.assay.decimals import decimal_mark, number_of
from kinescape.assay.plates import ROW_LETTERS, read_plates
from kinescape.assay.quality import plate_qualities
from kinescape.assay.wells import Well
from kinescape.cli.main import main
from kinescape.errors import InputError

VALUES = 1000 + np.arange(96).reshape(8, 12)


def grid_lines(values, corner="", separator=","):
    lines = [separator.join([corner, *(str(c + 1) for c in range(values.shape[1]))])]
    lines += [separator.join([ROW_LETTERS[r], *(f"{v:g}" for v in row)]) for r, row in enumerate(values)]
    return lines


def softmax_lines(values):
    columns = "\t".join(str(c + 1) for c in range(values.shape[1]))
    lines = ["##BLOCKS= 1", "Plate:\tPlate1\t1.3\tPlateFormat\tEndpoint\tLuminescence\tRaw\tFALSE\t1"]
    lines.append(f"\tTemperature(C)\t{columns}")
    lines += ["\t".join(["", "24.5" if r == 0 else "", *(f"{v:g}" for v in row)]) for r, row in enumerate(values)]
    return [*lines, "", "~End"]


def test_a_plain_grid(tmp_path):
    path = tmp_path / "plate.csv"
    path.write_text("\n".join(["My plate", "", *grid_lines(VALUES)]))
    (plate,) = read_plates(path)
    assert plate.wells == 96
    assert (plate.signal("A1"), plate.signal("B1"), plate.signal("H12")) == (1000, 1012, 1095)


def test_a_tecan_sheet_among_other_lines(tmp_path):
    path = tmp_path / "plate.xlsx"
    book = openpyxl.Workbook()
    page = book.active
    page.append(["Application: Tecan i-control"])
    page.append([])
    page.append(["<>", *range(1, 13)])
    for r, row in enumerate(VALUES):
        page.append([ROW_LETTERS[r], *(int(v) for v in row)])
    page.append(["End Time:", "now"])
    book.save(path)
    (plate,) = read_plates(path)
    assert plate.signal("C5") == VALUES[2, 4]


def test_softmax_pro_in_utf16_with_384_wells(tmp_path):
    values = np.arange(384).reshape(16, 24) + 10
    path = tmp_path / "plate.txt"
    path.write_bytes("\r\n".join(softmax_lines(values)).encode("utf-16"))
    (plate,) = read_plates(path)
    assert (plate.name, plate.wells) == ("Plate1", 384)
    assert (plate.signal("A1"), plate.signal("P24")) == (10, 393)


def test_bmg_list_of_wells(tmp_path):
    path = tmp_path / "mars.csv"
    lines = ["User: USER;Test name: CTG", "", "Well Row;Well Col;Content;Raw Data (Lum)"]
    lines += [f"{ROW_LETTERS[r]};{c + 1:02d};Sample X1;{VALUES[r, c]}" for r in range(8) for c in range(12)]
    path.write_text("\n".join(lines))
    (plate,) = read_plates(path)
    assert plate.signal("D7") == VALUES[3, 6]


def test_two_plates_in_one_file(tmp_path):
    path = tmp_path / "plates.csv"
    path.write_text("\n".join([*grid_lines(VALUES), "", *grid_lines(VALUES * 2)]))
    first, second = read_plates(path)
    assert (first.name, second.name) == ("1", "2")
    assert second.signal("A2") == 2002


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nothing here\n1,2,3\n", "no plate found"),
        ("\n".join(grid_lines(VALUES[:5])), "has 5 rows"),
        ("\n".join(softmax_lines(VALUES)[:6]), "cut short"),
    ],
)
def test_files_without_a_whole_plate(tmp_path, text, message):
    path = tmp_path / "plate.txt"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_plates(path)


@pytest.mark.parametrize(("cell", "message"), [("OVER", "saturated"), ("", "not read"), ("abc", "not a number")])
def test_a_used_well_must_hold_a_number(tmp_path, cell, message):
    path = tmp_path / "plate.csv"
    lines = grid_lines(VALUES)
    lines[1] = lines[1].replace("1000", cell, 1)
    path.write_text("\n".join(lines))
    (plate,) = read_plates(path)
    assert plate.signal("A2") == 1001
    with pytest.raises(InputError, match=message):
        plate.signal("A1")


def with_numbers(path, numbers, separator="\t", filler="7"):
    """A grid whose first wells hold the numbers as they are written, and the others a filler."""
    cells = np.full(96, filler, dtype=object)
    cells[: len(numbers)] = numbers
    lines = [separator.join(["", *(str(c + 1) for c in range(12))])]
    lines += [separator.join([ROW_LETTERS[r], *cells[r * 12 : r * 12 + 12]]) for r in range(8)]
    path.write_text("\n".join(lines))
    return path


@pytest.mark.parametrize(
    ("numbers", "read"),
    [
        (["1,234", "12.5"], [1234, 12.5]),
        (["1,234", "12,5"], [1.234, 12.5]),
        (["1.234", "12,5"], [1234, 12.5]),
        (["1,234", "0,045"], [1.234, 0.045]),
        (["1,234", "1,234,567", "999"], [1234, 1234567, 999]),
        (["1.234", "1.234.567", "999"], [1234, 1234567, 999]),
        (["1,234", "1,234.5"], [1234, 1234.5]),
        (["1,234", "1.234,5"], [1.234, 1234.5]),
        (["1,234", "1234,567"], [1.234, 1234.567]),
        (["1,234E+05", "OVER", "3"], [123400]),
        (["1.234E+05", "1,234"], [123400, 1234]),
        (["+1,234", "1.5"], [1234, 1.5]),
        (["1234", "", "OVER", "abc"], [1234]),
    ],
)
def test_a_comma_is_read_as_the_other_numbers_of_the_file_show(tmp_path, numbers, read):
    (plate,) = read_plates(with_numbers(tmp_path / "plate.txt", numbers))
    assert [plate.signal(f"A{n + 1}") for n in range(len(read))] == read


def test_a_comma_is_decided_by_all_plates_of_a_file(tmp_path):
    path = with_numbers(tmp_path / "plate.txt", ["1,234"])
    second = with_numbers(tmp_path / "second.txt", ["3.5"])
    path.write_text(f"{path.read_text()}\n\n{second.read_text()}")
    assert [plate.signal("A1") for plate in read_plates(path)] == [1234, 3.5]


@pytest.mark.parametrize(
    ("numbers", "filler", "said"),
    [
        (["5", "1,234"], "7", "well A2 is 1234 or 1.234, and no other number of the file says which; found '1,234'"),
        (["5", "1.234"], "7", "well A2 is 1.234 or 1234, and no other number of the file says which; found '1.234'"),
        (["1,234"], "2,345", "well A1 is 1234 or 1.234"),
        (["1.234", "1,234"], "", "well A1 is 1.234 or 1234"),
        (["1.5", "2,5"], "7", "well A2 has a decimal comma, and well A1 (line 2) a decimal point; found '2,5'"),
    ],
)
def test_numbers_that_read_in_two_ways_are_refused(tmp_path, numbers, filler, said):
    path = with_numbers(tmp_path / "plate.txt", numbers, filler=filler)
    with pytest.raises(InputError) as caught:
        read_plates(path)
    assert str(caught.value).startswith(f"{path}, line 2: {said}")
    assert ("--decimal point or --decimal comma" in str(caught.value)) == (" is " in said)


def test_three_decimals_in_every_number_are_decimals(tmp_path):
    (plate,) = read_plates(with_numbers(tmp_path / "plate.txt", ["1.234", "0"], filler="2.345"))
    assert (plate.signal("A1"), plate.signal("H12")) == (1.234, 2.345)


def test_the_decimal_mark_can_be_said(plate_and_layout, tmp_path, capsys):
    _, layout = plate_and_layout
    path = with_numbers(tmp_path / "p.txt", ["1,234", "2,345", "12"], filler="999")
    signals = {mark: read_plates(path, decimal=mark)[0].signal("A2") for mark in ("point", "comma")}
    assert signals == {"point": 2345, "comma": 2.345}
    wrong = read_plates(with_numbers(tmp_path / "w.txt", ["12,5"]), decimal="point")[0]
    with pytest.raises(InputError, match=r"A1 is not a number; found '12,5'; expected a number with a decimal point"):
        wrong.signal("A1")
    command = ["assay", "qc", str(path), "--layout", str(layout), "--pictures", "none", "-o", str(tmp_path / "q")]
    assert main(command) == 2
    assert "expected --decimal point or --decimal comma" in capsys.readouterr().err
    assert not (tmp_path / "q").exists()
    assert main([*command, "--decimal", "point"]) == 0
    assert main(["assay", "qc", str(path), "-o", str(tmp_path / "r"), "--decimal", "comma"]) == 2
    assert "long tables have decimal points; expected --layout" in capsys.readouterr().err


def test_numbers_of_a_workbook_are_what_it_holds(tmp_path):
    def save(*cells):
        book = openpyxl.Workbook()
        page = book.active
        page.append(["<>", *range(1, 13)])
        for r in range(8):
            page.append([ROW_LETTERS[r], *(cells if r == 0 else ()), *[7] * (12 - (len(cells) if r == 0 else 0))])
        book.save(tmp_path / "plate.xlsx")
        return tmp_path / "plate.xlsx"

    (plate,) = read_plates(save(1.234, 12, 3.25))
    assert [plate.signal(f"A{n}") for n in (1, 2, 3)] == [1.234, 12, 3.25]
    # Texts among them: 12,5 says what the commas are, and no more than that.
    (plate,) = read_plates(save(1.234, "1,234", "12,5"))
    assert [plate.signal(f"A{n}") for n in (1, 2, 3)] == [1.234, 1.234, 12.5]
    with pytest.raises(InputError, match=r"well A2 is 1234 or 1\.234"):
        read_plates(save(12.5, "1,234"))
    (plate,) = read_plates(save(12.5, "1,234"), decimal="point")
    assert plate.signal("A2") == 1234


def test_more_commas_than_tabs_are_no_separators(tmp_path):
    (plate,) = read_plates(with_numbers(tmp_path / "plate.txt", [], filler="1,234,567"))
    assert plate.signal("H12") == 1234567


def cut_up(rows, header, above=(), start=1):
    """A comma-delimited text of lines as a program writes them that quotes nothing."""
    return "\n".join([*above, header, *(",".join(row) for row in rows)]) + "\n"


GRID_HEADER = ",".join(["", *map(str, range(1, 13))])


def grid_rows(first, filler="7"):
    return [[ROW_LETTERS[r], *(first if r == 0 else [filler] * 12)] for r in range(8)]


SOFTMAX = {"header": f",Temperature(C){GRID_HEADER}", "above": ("##BLOCKS= 1", "Plate:,Plate1,1.3")}


def softmax_rows(first, temperature="24.5"):
    return [["", temperature if r == 0 else "", *(first if r == 0 else ["7"] * 12)] for r in range(8)]


@pytest.mark.parametrize(
    ("text", "line", "cells", "found"),
    [
        # As many wells as read: the line is too long.
        (cut_up(grid_rows(["1,234", *["5"] * 11]), GRID_HEADER), 2, "14 here", "1,234"),
        (cut_up(grid_rows(["12,5"] * 12), GRID_HEADER), 2, "25 here", None),
        (cut_up(grid_rows([*["5"] * 11, "1,234.5"]), GRID_HEADER, ("Lum", "")), 4, "14 here", "1,234.5"),
        (cut_up(grid_rows(["1,234", *["5"] * 10, "OVER"]), GRID_HEADER), 2, "14 here", "1,234"),
        # All columns of the header are padded to the longest line, as a spreadsheet saves them.
        (
            cut_up(
                [[*row, *[""] * (n > 0)] for n, row in enumerate(grid_rows(["1,234", *["5"] * 11]))], GRID_HEADER + ","
            ),
            2,
            "14 here",
            "1,234",
        ),
        # A word at the end of every line.
        (cut_up([[*row, "Lum"] for row in grid_rows(["1,234", *["5"] * 11])], GRID_HEADER), 2, "15 here", "1,234"),
        # Wells that were not read stand at the end: the cells that are too many are empty.
        (cut_up(grid_rows(["1,234", "5", *[""] * 10]), GRID_HEADER), 2, "14 here", "1,234"),
        (cut_up(grid_rows(["12,5", "13", *[""] * 10]), GRID_HEADER), 2, "14 here", None),
        (cut_up([[chr(65 + r), "1,234", *["5"] * 10, ""] for r in range(8)], GRID_HEADER), 2, "14 here", "1,234"),
        (cut_up([[chr(65 + r), *["12,5"] * 6, *[""] * 6] for r in range(8)], GRID_HEADER), 2, "19 here", None),
        # ... or are left out.
        (cut_up(grid_rows(["1,234", "5"]), GRID_HEADER), 2, "4 here", "1,234"),
        (cut_up([[chr(65 + r), "1,234", "5"] for r in range(8)], GRID_HEADER), 2, "4 here", "1,234"),
        # The second plate of a file.
        (
            cut_up([], GRID_HEADER + "\n" + cut_up(grid_rows(["7"] * 12), "").strip("\n"))
            + "\n"
            + cut_up(grid_rows(["1,234,567", *["5"] * 11]), GRID_HEADER),
            12,
            "15 here",
            "1,234",
        ),
        (cut_up(softmax_rows(["1,234", *["5"] * 11]), **SOFTMAX), 4, "15 here", "1,234"),
        (cut_up(softmax_rows(["5"] * 12, "24,5"), **SOFTMAX), 4, "15 here", None),
        (cut_up(softmax_rows(["1,234", "5", *[""] * 10]), **SOFTMAX), 4, "15 here", "1,234"),
        ("Well,Content,Lum\nA1,X1,999\nA2,X1,1,234\n", 3, "4 here", "1,234"),
        ("Well Row,Well Col,Content,Lum\nA,1,X1,12,5\n", 2, "5 here", None),
        ("Well,Lum 1,Lum 2\nA1,1,234,\n", 2, "4 here", "1,234"),
        ("Well,Content,Lum\nA1,1,5 uM,999\n", 2, "4 here", None),
    ],
)
def test_a_comma_inside_of_a_number_moves_no_wells(tmp_path, capsys, plate_and_layout, text, line, cells, found):
    path = tmp_path / "shifted.csv"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_plates(path)
    said = f"{path}, line {line}: a comma inside of a number may have moved the cells of this line ({cells}, "
    shown = f"in the header); found '{found}'; " if found else "in the header); "
    assert str(caught.value).startswith(said)
    assert f"{shown}expected numbers without commas or in quotes" in str(caught.value)
    _, layout = plate_and_layout
    for decimal in ([], ["--decimal", "point"]):
        out = tmp_path / "o"
        assert main(["assay", "qc", str(path), "--layout", str(layout), "-o", str(out), *decimal]) == 2
        assert f"line {line}: a comma inside of a number" in capsys.readouterr().err
        assert not out.exists()


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(grid_lines(VALUES)),
        cut_up([[*row, ""] for row in grid_rows(["1000", *["5"] * 11])], GRID_HEADER),
        cut_up([[*row, "", ""] for row in grid_rows(["1000", *["5"] * 11])], GRID_HEADER + ",,"),
        cut_up([[*row, "Lum"] for row in grid_rows(["120", *["345"] * 11], "345")], GRID_HEADER),
        cut_up([[*row, "Lum 1", "B"] for row in grid_rows(["12", *["345"] * 11])], GRID_HEADER + ",Read,"),
        cut_up(grid_rows(["120", *["345"] * 11], "345"), GRID_HEADER),
        cut_up(grid_rows(['"1,234"', '"12,345"', *["5.5"] * 10]), GRID_HEADER),
        cut_up(grid_rows(["1000", "12"])[:1] + grid_rows([])[1:], GRID_HEADER),
        cut_up(softmax_rows(["120", *["345"] * 11]), **SOFTMAX),
        "Well,Content,Lum\n" + "".join(f"{ROW_LETTERS[r]}{c + 1},X1,345,\n" for r in range(8) for c in range(12)),
    ],
)
def test_other_long_and_short_lines_are_read(tmp_path, text):
    path = tmp_path / "plate.csv"
    path.write_text(text)
    (plate,) = read_plates(path)
    first = {"A1": 1000, "A2": 5} if "1000" in text else {"A1": plate.signal("A1")}
    assert plate.signal("A1") == first["A1"]
    assert plate.signal("H12") == float(plate.readings["H12"])


@settings(max_examples=40)
@given(
    st.lists(st.integers(0, 10**7), min_size=96, max_size=96),
    st.integers(0, 11),
    st.sampled_from(["", ","]),
    st.booleans(),
)
def test_thousands_without_quotes_are_refused_or_move_nothing(tmp_path_factory, values, empty, ends, trimmed):
    """Whatever the numbers: every well that is read is the one that was written."""
    rows = []
    for r in range(8):
        cells = [f"{value:,}" for value in values[r * 12 : r * 12 + 12]]
        cells = cells[: 12 - empty] if trimmed else [*cells[: 12 - empty], *[""] * empty]
        rows.append([ROW_LETTERS[r], *cells])
    path = tmp_path_factory.mktemp("plate") / "plate.csv"
    path.write_text(cut_up([[*row, ""] if ends else row for row in rows], GRID_HEADER + ends))
    plain = all(value < 1000 for r in range(8) for value in values[r * 12 : r * 12 + 12 - empty])
    try:
        (plate,) = read_plates(path)
    except InputError:
        assert not plain or trimmed or ends
        return
    for r in range(8):
        for c in range(12 - empty):
            assert plate.signal(f"{ROW_LETTERS[r]}{c + 1}") == values[r * 12 + c]


@given(
    st.lists(st.decimals(min_value=0, max_value=10**7, places=2), min_size=1, max_size=20),
    st.sampled_from([".", ","]),
    st.booleans(),
)
def test_numbers_come_back_however_they_are_written(values, sign, grouped):
    def written(value):
        text = f"{value:,.2f}" if grouped else f"{value:.2f}"
        return text if sign == "." else text.translate({ord(","): ".", ord("."): ","})

    texts = [written(value) for value in values]
    verdict = decimal_mark(texts)
    assert verdict.mark == ("point" if sign == "." else "comma")
    assert [number_of(text, verdict.mark) for text in texts] == [float(value) for value in values]


@pytest.fixture
def plate_and_layout(tmp_path):
    """A plate with two variants, ten doses down columns 2-11, vehicle in 1, blanks in 12; and its layout."""
    rng = np.random.default_rng(1)
    doses = 3000 / 3.0 ** np.arange(9, -1, -1)
    values = np.zeros((8, 12))
    layout = ["well,variant,drug,dose,dose_unit,role"]
    for r in range(8):
        variant, ic50 = ("WT", 20) if r < 4 else ("L1198R", 200)
        for c in range(12):
            name = f"{ROW_LETTERS[r]}{c + 1}"
            if c == 0:
                values[r, c] = 50000
                layout.append(f"{name},{variant},,0,nM,vehicle")
            elif c == 11:
                values[r, c] = 500
                layout.append(f"{name},,,0,nM,blank")
            else:
                values[r, c] = 500 + 49500 / (1 + (doses[c - 1] / ic50) ** 1.2)
                layout.append(f"{name},{variant},Crizotinib,{doses[c - 1]:.6g},nM,sample")
    values *= 1 + 0.03 * rng.normal(size=values.shape)
    (tmp_path / "day1.csv").write_text("\n".join(grid_lines(values)))
    (tmp_path / "layout.csv").write_text("\n".join(layout))
    return tmp_path / "day1.csv", tmp_path / "layout.csv"


def test_a_plate_with_its_layout_is_fitted_and_judged(plate_and_layout, tmp_path, capsys):
    plate, layout = plate_and_layout
    out = tmp_path / "out"
    assert main(["assay", "fit", str(plate), "--layout", str(layout), "-o", str(out), "--pictures", "png"]) == 0
    rows = {r["variant"]: r for r in read_tsv(out / "ic50.tsv")}
    assert float(rows["WT"]["ic50_relative_nM"]) == pytest.approx(20, rel=0.2)
    assert float(rows["L1198R"]["fold"]) == pytest.approx(10, rel=0.3)
    (quality,) = read_tsv(out / "plates.tsv")
    assert float(quality["z_prime"]) > 0.7
    assert float(quality["replicate_cv"]) == pytest.approx(0.03, rel=0.5)
    pictures = {p.name for p in (out / "pictures").iterdir()}
    assert pictures == {"curves_Crizotinib.png", "ic50.png", "plate_day1_1.png"}
    assert read_tsv(out / "fits.tsv")[0]["experiment"] == "day1"


def test_qc_prints_one_line_per_plate(plate_and_layout, tmp_path, capsys):
    plate, layout = plate_and_layout
    command = ["assay", "qc", str(plate), "--layout", str(layout), "-o", str(tmp_path / "q"), "--pictures", "none"]
    assert main(command) == 0
    assert capsys.readouterr().out.startswith("day1 plate 1: Z' 0.")


def test_a_layout_with_a_wrong_well(plate_and_layout, tmp_path, capsys):
    plate, layout = plate_and_layout
    layout.write_text(layout.read_text().replace("A2,", "Z9,"))
    assert main(["assay", "qc", str(plate), "--layout", str(layout), "-o", str(tmp_path / "q")]) == 2
    assert "line 3, column well: is not a well" in capsys.readouterr().err


def test_excel_long_table(tmp_path, capsys):
    from bench_rows import HEADER, screen_rows

    book = openpyxl.Workbook()
    page = book.active
    page.append(HEADER)
    for row in screen_rows({("WT", "D"): 20}, experiments=1):
        page.append([*row[:3], float(row[3]), row[4], row[5], float(row[6])])
    path = tmp_path / "wells.xlsx"
    book.save(path)
    command = ["assay", "fit", str(path), "-o", str(tmp_path / "o"), "--pictures", "none", "--no-page"]
    assert main(command) == 0
    assert float(read_tsv(tmp_path / "o" / "ic50.tsv")[0]["ic50_relative_nM"]) == pytest.approx(20, rel=0.3)
    assert main([*command, "--sheet", "Other"]) == 2
    assert "no such sheet" in capsys.readouterr().err


def wells_on_plate(signal, role=lambda r, c: "untreated"):
    from pathlib import Path

    return [
        Well("e", "WT", "", 0.0, str(i), float(signal(r, c)), role(r, c), "1", f"{ROW_LETTERS[r]}{c + 1}", Path("p"), i)
        for i, (r, c) in enumerate((r, c) for r in range(8) for c in range(12))
    ]


def test_z_prime_and_signal_window_by_hand():
    wells = wells_on_plate(
        lambda r, c: (100 + 2 * (-1) ** r) if c < 6 else (10 + (-1) ** r),
        lambda r, c: "untreated" if c < 6 else "positive",
    )
    (quality,) = plate_qualities(wells)
    sd_high, sd_low = 2 * np.sqrt(48 / 47), np.sqrt(48 / 47)
    assert quality.z_prime == pytest.approx(1 - 3 * (sd_high + sd_low) / 90)
    assert quality.signal_window == pytest.approx((90 - 3 * (sd_high + sd_low)) / sd_high)
    assert quality.low == "positive"


def test_edge_effect_and_drift_are_seen_and_their_absence_too():
    rng = np.random.default_rng(0)
    edge = wells_on_plate(lambda r, c: (0.7 if r in {0, 7} or c in {0, 11} else 1.0) * 1000 + rng.normal(0, 20))
    drift = wells_on_plate(lambda r, c: 1000 * (1 + 0.03 * c) + rng.normal(0, 20))
    clean = wells_on_plate(lambda r, c: 1000 + rng.normal(0, 20))
    assert any("edge wells" in w for w in plate_qualities(edge)[0].warnings)
    assert any("drifts" in w and "columns" in w for w in plate_qualities(drift)[0].warnings)
    assert not any("edge wells" in w or "drifts" in w for w in plate_qualities(clean)[0].warnings)
