"""Blots: densitometry tables and band volumes from pictures."""

from __future__ import annotations

import numpy as np
import pytest
from bench_rows import read_tsv
from skimage import io

from kinescape.assay.blot_image import measure, read_image
from kinescape.cli.main import main
from kinescape.errors import InputError


@pytest.fixture
def densitometry(tmp_path):
    """Three blots: WT phospho-IC50 40 nM, mutant 400 nM with twice the basal phosphorylation; loading varies."""
    rng = np.random.default_rng(4)
    lines = ["experiment,variant,drug,dose,dose_unit,phospho,total,loading"]
    for blot in range(1, 4):
        exposure = rng.uniform(0.5, 2)
        for variant, ic50, basal in (("WT", 40, 1.0), ("C1237Y", 400, 2.0)):
            for dose in (0, 3, 10, 30, 100, 300, 1000, 3000):
                load = rng.uniform(0.7, 1.3)
                phospho = 1000 * exposure * load * basal / (1 + dose / ic50) * np.exp(rng.normal(0, 0.06))
                lines.append(f"b{blot},{variant},Brigatinib,{dose},nM,{phospho:.2f},{900 * load:.2f},{800 * load:.2f}")
    path = tmp_path / "blot.csv"
    path.write_text("\n".join(lines))
    return path


def test_phosphorylation_curves_and_basal_levels(densitometry, tmp_path, capsys):
    out = tmp_path / "b"
    assert main(["assay", "blot", str(densitometry), "-o", str(out), "--pictures", "none"]) == 0
    rows = {r["variant"]: r for r in read_tsv(out / "ic50.tsv")}
    assert float(rows["WT"]["ic50_relative_nM"]) == pytest.approx(40, rel=0.35)
    assert float(rows["C1237Y"]["fold"]) == pytest.approx(10, rel=0.5)
    (basal,) = read_tsv(out / "basal.tsv")
    assert float(basal["ci_low"]) < 2 < float(basal["ci_high"])
    lanes = read_tsv(out / "lanes.tsv")
    assert all(float(r["relative_to_untreated"]) == pytest.approx(1) for r in lanes if r["dose_nM"] == "0")
    assert "basal phosphorylation" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("b1,WT,D,10,nM,5,0,", "no total protein"),
        ("b1,WT,D,10,nM,-5,9,", "cannot be negative"),
        ("b1,WT,D,10,nM,5,9,0", "no loading control"),
        ("b1,WT,D,10,ng,5,9,", "unknown unit"),
        ("b1,M,D,10,nM,5,9,", "no untreated lane of M"),
    ],
)
def test_bad_lanes(tmp_path, capsys, line, message):
    path = tmp_path / "b.csv"
    path.write_text(f"experiment,variant,drug,dose,dose_unit,phospho,total,loading\nb1,WT,D,0,nM,9,9,\n{line}\n")
    assert main(["assay", "blot", str(path), "-o", str(tmp_path / "o")]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "line 3" in error
    assert not (tmp_path / "o").exists()


def blot_picture(volumes, *, light=True, saturated=None):
    """An 8-bit picture with one Gaussian band per lane on a sloping background."""
    height, lane = 90, 44
    rows, columns = np.mgrid[0:height, 0 : lane * len(volumes)]
    image = 12 + 10 * columns / columns.max() + 4 * rows / rows.max()
    for i, volume in enumerate(volumes):
        x = (columns - (i + 0.5) * lane) / 11.0
        y = (rows - 45) / 5.0
        image += volume * np.exp(-0.5 * y**2) * (1 / (1 + np.exp((np.abs(x) - 1.2) * 14)))
    if saturated is not None:
        image[40:51, int((saturated + 0.2) * lane) : int((saturated + 0.8) * lane)] = 255
    image = np.clip(image, 0, 255)
    return (255 - image if light else image).astype(np.uint8)


@pytest.mark.parametrize("light", [True, False])
def test_band_volumes_are_proportional_above_a_sloping_background(tmp_path, light):
    truth = [180, 120, 60, 30, 15]
    path = tmp_path / "blot.png"
    io.imsave(path, blot_picture(truth, light=light), check_contrast=False)
    volumes = measure(*read_image(path), lanes=5)
    found = np.array([v.volume for v in volumes])
    assert found / found[0] == pytest.approx(np.array(truth) / truth[0], abs=0.04)
    assert not any(v.saturated for v in volumes)


def test_lanes_verb_writes_table_and_picture_and_warns_of_saturation(tmp_path, capsys):
    path = tmp_path / "blot.tif"
    io.imsave(path, blot_picture([150, 100, 50], saturated=0), check_contrast=False)
    out = tmp_path / "o"
    assert main(["assay", "lanes", str(path), "-o", str(out), "--lanes", "3"]) == 0
    assert [r["saturated"] for r in read_tsv(out / "bands.tsv")] == ["yes", "no", "no"]
    assert (out / "lanes.png").stat().st_size > 1000
    assert "saturated" in capsys.readouterr().out


def test_pictures_that_are_none(tmp_path):
    text = tmp_path / "x.png"
    text.write_text("not a picture")
    with pytest.raises(InputError, match="is not an image"):
        read_image(text)
    flat = tmp_path / "flat.png"
    io.imsave(flat, np.full((60, 100), 200, dtype=np.uint8), check_contrast=False)
    with pytest.raises(InputError, match="no bands"):
        measure(*read_image(flat), lanes=3)


def test_the_grain_of_a_picture_is_not_counted_as_band():
    rng = np.random.default_rng(1)
    x, y = np.meshgrid(np.arange(420), np.arange(120))
    image = np.full((120, 420), 40.0) + rng.normal(0, 2, (120, 420))
    heights = 20 + 18 * np.arange(8)
    for lane, height in enumerate(heights):
        image += height * np.exp(-(((x - 30 - 51 * lane) / 14.0) ** 4) - ((y - 60) / 7.0) ** 2)
    volumes = np.array([v.volume for v in measure(np.round(image), 255.0, lanes=8)])
    assert volumes / volumes[-1] == pytest.approx(heights / heights[-1], abs=0.04)
