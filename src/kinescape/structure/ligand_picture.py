"""The ligand in two dimensions with the residues that hold it: a static SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

from kinescape.palette import CONTACTS, MODEL_INK, OTHER_CONTACT, PAPER
from kinescape.structure.chemistry import molecule_of
from kinescape.structure.interactions import Contact
from kinescape.structure.model import Residue

WIDTH, HEIGHT = 900, 680
"""Line colours by the beginning of a kind's name; dashes tell them apart as well, for those who see no colours."""
DASHES = {"hydrogen bond": "7 4", "salt bridge": "2 3", "halogen bond": "8 3 2 3", "water bridge": "1 4"}


def colour_of(kind: str) -> str:
    """The colour that a kind of interaction has in every picture."""
    return next((colour for start, colour in CONTACTS.items() if kind.startswith(start)), OTHER_CONTACT)


def ligand_svg(ligand: Residue, smiles: str, contacts: Sequence[Contact], title: str, described: str = "") -> str:
    """SVG of the ligand's structure formula with one node per residue, joined to the atoms that it touches.

    Van der Waals contacts are drawn only for residues that have nothing else. Lines are labelled with distances in Å.
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
            colour = colour_of(contact.kind)
            dash = next((dash for start, dash in DASHES.items() if contact.kind.startswith(start)), "")
            dashed = f' stroke-dasharray="{dash}"' if dash else ""
            width = 1.2 if contact.kind.startswith("van der Waals") else 2.0
            lines.append(
                f'<line x1="{ax:.1f}" y1="{ay:.1f}" x2="{x:.1f}" y2="{y:.1f}" stroke="{colour}" '
                f'stroke-width="{width}"{dashed} opacity="0.85"/>'
            )
            share = 0.58 + 0.1 * number
            tx, ty = ax + (x - ax) * share, ay + (y - ay) * share
            labels.append(
                f'<text x="{tx:.1f}" y="{ty - 4:.1f}" font-size="12" fill="{colour}" text-anchor="middle" '
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


def _legend(contacts: Sequence[Contact]) -> str:
    kinds = list(dict.fromkeys(contact.kind for contact in contacts))
    parts: list[str] = []
    x, y = 20.0, HEIGHT - 36
    for kind in kinds:
        dash = next((dash for start, dash in DASHES.items() if kind.startswith(start)), "")
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        width = 48 + 7.2 * len(kind)
        if x + width > WIDTH:
            x, y = 20.0, y + 22
        parts.append(
            f'<line x1="{x:.0f}" y1="{y - 4}" x2="{x + 26:.0f}" y2="{y - 4}" stroke="{colour_of(kind)}" '
            f'stroke-width="2"{dashed}/><text x="{x + 32:.0f}" y="{y}" font-size="12" '
            f'fill="{MODEL_INK}">{escape(kind)}</text>'
        )
        x += width
    return "<g>" + "".join(parts) + "</g>"


def _in_words(by_residue: dict[str, list[Contact]]) -> str:
    return "; ".join(
        f"{label}: " + ", ".join(f"{each.kind} {each.distance:.1f} A" for each in own)
        for label, own in by_residue.items()
    )
