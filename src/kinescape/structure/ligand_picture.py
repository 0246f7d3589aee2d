"""The ligand in two dimensions with the residues that hold it: a static SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

from kinescape.palette import CONTACTS, MODEL_INK, MODEL_NOTE, OTHER_CONTACT, PAPER
from kinescape.structure.chemistry import molecule_of
from kinescape.structure.interactions import Contact
from kinescape.structure.model import Residue

WIDTH, HEIGHT = 900, 700
DASHES = {"hydrogen bond": "7 4", "salt bridge": "2 3", "halogen bond": "8 3 2 3", "water bridge": "1 4"}
"""By the beginning of a kind's name: dashes tell the lines apart as well as colours, for those who see none."""
NOTE = (
    "Numbers: Å. A residue's frame has the colour of its first contact. Van der Waals contacts are drawn where a "
    "residue has no other.",
    "Arrows of hydrogen bonds point to the side that takes the hydrogen.",
)


def colour_of(kind: str) -> str:
    """The colour that a kind of interaction has in every picture."""
    return CONTACTS.get(_start(kind), OTHER_CONTACT)


def ligand_svg(ligand: Residue, smiles: str, contacts: Sequence[Contact], title: str, described: str = "") -> str:
    """SVG of the ligand's structure formula with one node per residue, joined to the atoms that it touches.

    Van der Waals contacts are drawn only for residues that have nothing else. Lines are labelled with distances in Å.
    An arrow leads from the side that gives a hydrogen to the one that takes it. Only contacts have colours: the formula
    is black.
    """
    drawing, points = _formula(ligand, smiles)
    by_residue: dict[str, list[Contact]] = {}
    for contact in contacts:
        by_residue.setdefault(contact.residue, []).append(contact)
    for label, own in by_residue.items():
        strong = [each for each in own if not each.kind.startswith("van der Waals")]
        by_residue[label] = strong or own
    nodes = _places(by_residue, points)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="system-ui, sans-serif" width="{WIDTH}" height="{HEIGHT}">',
        f"<title>{escape(title)}</title>",
        f"<desc>{escape(described or _in_words(by_residue))}</desc>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{PAPER}"/>',
        f'<text x="20" y="30" font-size="18" font-weight="600" fill="{MODEL_INK}">{escape(title)}</text>',
    ]
    lines, labels = [], []
    for label, own in by_residue.items():
        x, y = nodes[label]
        for number, contact in enumerate(own):
            ax, ay = _anchor(contact, points)
            lines.append(_line((ax, ay), (x, y), contact.kind))
            if contact.kind.startswith("hydrogen bond"):
                lines.append(_arrow((ax, ay), (x, y), contact.kind))
            share = 0.64 + 0.1 * number
            tx, ty = ax + (x - ax) * share, ay + (y - ay) * share
            labels.append(
                f'<text x="{tx:.1f}" y="{ty - 4:.1f}" font-size="12" fill="{MODEL_NOTE}" text-anchor="middle" '
                f'stroke="{PAPER}" stroke-width="3" paint-order="stroke">{contact.distance:.1f}</text>'
            )
        main = colour_of(own[0].kind)
        labels.append(
            f'<g><rect x="{x - 32:.1f}" y="{y - 14:.1f}" width="64" height="28" rx="14" fill="{PAPER}" '
            f'stroke="{main}" stroke-width="2"/><text x="{x:.1f}" y="{y + 5:.1f}" font-size="14" '
            f'text-anchor="middle" fill="{MODEL_INK}">{escape(label)}</text></g>'
        )
    parts += [*lines, drawing, *labels, _legend([each for own in by_residue.values() for each in own]), "</svg>"]
    return "\n".join(parts) + "\n"


def _formula(ligand: Residue, smiles: str) -> tuple[str, dict[str, tuple[float, float]]]:
    """Lines of the structure formula, and where each heavy atom lies in the picture, by its PDB name."""
    from rdkit import Chem
    from rdkit.Chem import rdDepictor
    from rdkit.Chem.Draw import rdMolDraw2D

    molecule = Chem.RemoveHs(molecule_of(ligand, smiles))
    molecule.RemoveAllConformers()
    rdDepictor.SetPreferCoordGen(False)
    rdDepictor.Compute2DCoords(molecule)
    rdDepictor.StraightenDepiction(molecule)
    width, height = 470, 330
    drawer: Any = rdMolDraw2D.MolDraw2DSVG(width, height)
    drawer.drawOptions().clearBackground = False
    drawer.drawOptions().padding = 0.03
    drawer.drawOptions().useBWAtomPalette()
    rdMolDraw2D.PrepareAndDrawMolecule(drawer, molecule)
    drawer.FinishDrawing()
    text = drawer.GetDrawingText()
    inner = text[text.index("<!-- END OF HEADER -->") + len("<!-- END OF HEADER -->") : text.rindex("</svg>")]
    left, top = (WIDTH - width) / 2, (HEIGHT - height) / 2 - 5
    names = ligand.only(ligand.heavy()).atoms
    points: dict[str, tuple[float, float]] = {}
    for number, name in enumerate(names):
        point: Any = drawer.GetDrawCoords(number)
        points[name] = (float(point.x) + left, float(point.y) + top)
    return f'<g transform="translate({left:.1f} {top:.1f})">{inner.strip()}</g>', points


def _anchor(contact: Contact, points: dict[str, tuple[float, float]]) -> tuple[float, float]:
    own = [points[name] for name in contact.ligand_atoms if name in points]
    if not own:
        return WIDTH / 2, HEIGHT / 2
    return sum(x for x, _ in own) / len(own), sum(y for _, y in own) / len(own)


def _places(
    by_residue: dict[str, list[Contact]], points: dict[str, tuple[float, float]]
) -> dict[str, tuple[float, float]]:
    """Nodes on an ellipse around the formula, each near the atoms it touches, none on another."""
    centre_x, centre_y = WIDTH / 2, HEIGHT / 2 - 5
    angles = {}
    for label, own in by_residue.items():
        anchors = [_anchor(each, points) for each in own]
        x = sum(each[0] for each in anchors) / len(anchors) - centre_x
        y = sum(each[1] for each in anchors) / len(anchors) - centre_y
        angles[label] = math.atan2(y / 0.72, x)
    order = sorted(angles, key=lambda label: (angles[label], label))
    turns = [angles[label] for label in order]
    spread = min(2 * math.pi / max(len(order), 1), 0.26)
    # Push neighbours apart until each has its room; a few rounds are enough for a pocket's worth of residues.
    for _ in range(400 if len(order) > 1 else 0):
        for number in range(len(order)):
            following = (number + 1) % len(order)
            gap = turns[following] + (2 * math.pi if following == 0 else 0.0) - turns[number]
            if gap < spread:
                turns[number] -= (spread - gap) / 2
                turns[following] += (spread - gap) / 2
    angles = dict(zip(order, turns, strict=True))
    return {
        label: (centre_x + 385 * math.cos(angle), centre_y + 245 * math.sin(angle)) for label, angle in angles.items()
    }


def _start(kind: str) -> str:
    return next((start for start in CONTACTS if kind.startswith(start)), kind)


def _line(one: tuple[float, float], other: tuple[float, float], kind: str) -> str:
    dash = DASHES.get(_start(kind), "")
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    width = 1.2 if kind.startswith("van der Waals") else 2.0
    (x1, y1), (x2, y2) = one, other
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour_of(kind)}" '
        f'stroke-width="{width}"{dashed}/>'
    )


def _arrow(atom: tuple[float, float], node: tuple[float, float], kind: str) -> str:
    """The head of a hydrogen bond's arrow, on the line a third of the way from the atom."""
    (ax, ay), (x, y) = atom, node
    length = math.hypot(x - ax, y - ay) or 1.0
    forth = 1.0 if kind.endswith("gives") else -1.0
    ux, uy = forth * (x - ax) / length, forth * (y - ay) / length
    mx, my = ax + 0.34 * (x - ax), ay + 0.34 * (y - ay)
    points = (
        (mx + 7 * ux, my + 7 * uy),
        (mx - 5 * ux - 5 * uy, my - 5 * uy + 5 * ux),
        (mx - 5 * ux + 5 * uy, my - 5 * uy - 5 * ux),
    )
    shown = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
    return f'<polygon points="{shown}" fill="{colour_of(kind)}"/>'


def _legend(contacts: Sequence[Contact]) -> str:
    """One entry for each look of a line, drawn as it is drawn above; what looks alike shares one."""
    looks: dict[tuple[str, str], list[str]] = {}
    for start in (*CONTACTS, *(contact.kind for contact in contacts)):
        for contact in contacts:
            if _start(contact.kind) == start:
                name = "hydrogen bond" if start == "hydrogen bond" else contact.kind.partition(",")[0]
                names = looks.setdefault((colour_of(contact.kind), DASHES.get(start, "")), [])
                if name not in names:
                    names.append(name)
    parts: list[str] = []
    x, y = 20.0, HEIGHT - 68.0
    for names in looks.values():
        text = ", ".join(names)
        width = 56 + 6.6 * len(text)
        if x + width > WIDTH:
            x, y = 20.0, y + 20
        parts.append(
            _line((x, y - 4), (x + 30, y - 4), names[0])
            + f'<text x="{x + 36:.0f}" y="{y:.0f}" font-size="12" fill="{MODEL_INK}">{escape(text)}</text>'
        )
        x += width
    notes = NOTE if any(contact.kind.startswith("hydrogen bond") for contact in contacts) else NOTE[:1]
    for number, note in enumerate(notes):
        parts.append(
            f'<text x="20" y="{y + 22 + 17 * number:.0f}" font-size="12" fill="{MODEL_NOTE}">{escape(note)}</text>'
        )
    return '<g id="legend">' + "".join(parts) + "</g>"


def _in_words(by_residue: dict[str, list[Contact]]) -> str:
    return "; ".join(
        f"{label}: " + ", ".join(f"{each.kind} {each.distance:.1f} A" for each in own)
        for label, own in by_residue.items()
    )
