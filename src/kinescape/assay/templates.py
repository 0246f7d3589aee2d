"""Examples of the input tables, long enough to be run as they are. Their numbers are made up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

VARIANTS = {"WT": 60.0, "L1196P": 600.0}
"""IC50s (nM) behind the examples."""
UNTREATED, BLANK = 50000.0, 350.0
WELL_SCATTER = (0.03, -0.02, -0.04, 0.01, 0.05, -0.01, 0.02, -0.05)
"""Relative errors of wells, in turn."""
PLATE_DOSES = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)
BLOT_DOSES = (0.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)


def _share(dose: float, ic50: float) -> float:
    """Signal over untreated."""
    return 1.0 / (1.0 + dose / ic50)


def _read(dose: float, ic50: float, well: int) -> str:
    """Reading of a well above the blank's."""
    return f"{BLANK + UNTREATED * _share(dose, ic50) * (1.0 + WELL_SCATTER[well % len(WELL_SCATTER)]):.0f}"


def _wells() -> list[str]:
    lines = [
        "# One line per well; the numbers are made up. Dose 0 is untreated.",
        "# role (optional): sample, untreated, vehicle, blank, positive, day0.",
        "experiment,variant,drug,dose,dose_unit,replicate,signal,role",
    ]
    well = 0
    for variant, ic50 in VARIANTS.items():
        for dose in (0.0, *PLATE_DOSES):
            for replicate in (1, 2):
                role = "sample" if dose else "untreated"
                signal = _read(dose, ic50, well * 3 + replicate)
                lines.append(f"exp1,{variant},Crizotinib,{dose:g},nM,{replicate},{signal},{role}")
                well += 1
    return [*lines, f"exp1,,,0,nM,1,{BLANK:.0f},blank", f"exp1,,,0,nM,2,{BLANK + 20:.0f},blank"]


def _plate_rows() -> list[tuple[str, str]]:
    """The plate's row letters and what grows in them."""
    first, second = VARIANTS
    return [(letter, first if letter < "E" else second) for letter in "ABCDEFGH"]


def _layout() -> list[str]:
    lines = [
        "# One line per used well. plate and experiment may be added.",
        "# Each plate file is an experiment unless one is named.",
        "well,variant,drug,dose,dose_unit,role",
    ]
    for letter, variant in _plate_rows():
        lines.append(f"{letter}1,{variant},,0,nM,vehicle")
        for column, dose in enumerate(PLATE_DOSES, start=2):
            lines.append(f"{letter}{column},{variant},Crizotinib,{dose:g},nM,sample")
        lines += [f"{letter}11,{variant},,0,nM,positive", f"{letter}12,,,0,nM,blank"]
    return lines


def _plate() -> list[str]:
    lines = ["," + ",".join(str(column) for column in range(1, 13))]
    for row, (letter, variant) in enumerate(_plate_rows()):
        doses = (0.0, *PLATE_DOSES, 1e6)
        signals = [_read(dose, VARIANTS[variant], row * 5 + column * 3) for column, dose in enumerate(doses)]
        lines.append(",".join([letter, *signals, f"{BLANK + 5 * row:.0f}"]))
    return lines


def _growth() -> list[str]:
    lines = [
        "# One line per count; the numbers are made up. Replicates are further lines.",
        "experiment,variant,time_h,count",
    ]
    for experiment, shift in enumerate((0.0, 0.02, -0.02), start=1):
        for variant, hours in (("WT", 20.0), ("L1196P", 15.0)):
            for i, time in enumerate((0, 24, 48, 72)):
                error = 1.0 + shift + WELL_SCATTER[(i + experiment) % len(WELL_SCATTER)]
                lines.append(f"exp{experiment},{variant},{time},{1e5 * 2 ** (time / hours) * error:.0f}")
    return lines


def _blot() -> list[str]:
    lines = [
        "# One line per lane: band volumes above background; the numbers are made up. loading is optional.",
        "experiment,variant,drug,dose,dose_unit,phospho,total,loading",
    ]
    for v, (variant, ic50) in enumerate(VARIANTS.items()):
        for i, dose in enumerate(BLOT_DOSES):
            total = 1000.0 * (1.0 + WELL_SCATTER[(3 * i + v) % len(WELL_SCATTER)])
            error = 1.0 + WELL_SCATTER[(i + 4 * v) % len(WELL_SCATTER)]
            phospho = (1.2 + 0.4 * v) * total * _share(dose, ic50) * error
            lines.append(f"blot1,{variant},Crizotinib,{dose:g},nM,{phospho:.0f},{total:.0f},{900 + 5 * i}")
    return lines


TEMPLATES: dict[str, Callable[[], Sequence[str]]] = {
    "wells": _wells,
    "layout": _layout,
    "plate": _plate,
    "growth": _growth,
    "blot": _blot,
}


def template_text(kind: str) -> str:
    """The example table of this kind; ``plate`` is read with ``layout``."""
    return "\n".join(TEMPLATES[kind]()) + "\n"
