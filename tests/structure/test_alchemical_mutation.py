"""A residue's mutation by a hybrid: its ends against the force field, its free energies against what they must be."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.structure
for needed in ("openmm", "rdkit", "pdbfixer", "propka", "pymbar"):
    pytest.importorskip(needed, reason="needs the extra kinescape[structure]")

import openmm  # noqa: E402
from dipeptides import (  # noqa: E402
    NUMBER,
    atoms_of,
    change_free_energy,
    dipeptide,
    dipeptide_hybrid,
    protocol,
    residue_of,
    solvation_free_energy,
)
from openmm import unit  # noqa: E402
from openmm.app import Element, Topology  # noqa: E402
from peptide_builder import STRAND, peptide  # noqa: E402
from synthetic_complex import complex_text  # noqa: E402

from kinescape.errors import InputError, KinescapeError  # noqa: E402
from kinescape.structure.alchemy.binding import LegResult, binding_of  # noqa: E402
from kinescape.structure.alchemy.estimate import FreeEnergy, free_energy  # noqa: E402
from kinescape.structure.alchemy.exchange import (  # noqa: E402
    NAME,
    Advance,
    Ladder,
    Sampling,
    exchanged,
    sample_ladder,
)
from kinescape.structure.alchemy.held import STRENGTH  # noqa: E402
from kinescape.structure.alchemy.hybrid import (  # noqa: E402
    Hybrid,
    context_of,
    hybrid_of,
    load_hybrid,
    save_hybrid,
)
from kinescape.structure.alchemy.legs import Leg, build_leg  # noqa: E402
from kinescape.structure.alchemy.path import path, state_at  # noqa: E402
from kinescape.structure.alchemy.residue import SHARED, mutant_topology  # noqa: E402
from kinescape.structure.alchemy.table import ROTAMER_COLUMNS, write_windows  # noqa: E402
from kinescape.structure.dynamics.assemble import Assembled, assemble  # noqa: E402
from kinescape.structure.dynamics.protocol import Protocol  # noqa: E402
from kinescape.structure.dynamics.replica import Engine  # noqa: E402
from kinescape.structure.forcefield import Solvent, create_system, force_field  # noqa: E402
from kinescape.structure.geometry import dihedral, place_atom  # noqa: E402
from kinescape.structure.mutations import Substitution  # noqa: E402
from kinescape.structure.read import read_model  # noqa: E402
from kinescape.structure.residues import NAMES  # noqa: E402

Command = Callable[..., tuple[int, str, str]]
Array = np.ndarray
COULOMB = 138.935457644
"""kJ nm / mol / e² (OpenMM's ONE_4PI_EPS0)."""
REFERENCE = Engine("Reference", 1)
PAIRS = ("AV", "LM", "SC", "FL", "VI", "YN")
WITH_GLYCINE = ("GA", "AG", "SG", "GY", "GG")


def energy(system: Any, positions: Array, platform: str = "Reference") -> float:
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName(platform))
    context.setPositions(positions)
    return float(context.getState(getEnergy=True).getPotentialEnergy().value_in_unit(unit.kilojoule_per_mole))


def places_in(hybrid: Hybrid, whole: Assembled, wild: bool) -> list[int]:
    """Places in the hybrid's solute of the atoms of one of its ends, by name."""

    def key(atom: Any) -> tuple[str, str, str]:
        kind = atom.residue.name if atom.residue.name in ("ACE", "NME", "LOR") else ""
        return atom.residue.id, kind, atom.name

    gone = hybrid.roles.new if wild else hybrid.roles.old
    found = {key(atom): place for place, atom in enumerate(atoms_of(hybrid.assembled)) if place not in gone}
    wanted = [key(atom) for atom in atoms_of(whole)]
    # The alpha hydrogen that both ends have may be HA of one and HA2 or HA3 of the other.
    alpha = [place for each, place in found.items() if each not in wanted and each[2] in ("HA", "HA2", "HA3")]
    assert len(alpha) == sum(each not in found for each in wanted) <= 1
    return [found[each] if each in found else alpha[0] for each in wanted]


def plain(value: Any) -> float:
    return float(value.value_in_unit_system(unit.md_unit_system)) if unit.is_quantity(value) else float(value)


def terms(system: Any) -> Iterator[tuple[tuple[int, ...], list[float], Callable[[list[Array], list[float]], float]]]:
    """Bonded terms of a system with their energies, by formulas of our own."""

    def bond(at: list[Array], values: list[float]) -> float:
        return 0.5 * values[1] * (float(np.linalg.norm(at[0] - at[1])) - values[0]) ** 2

    def angle(at: list[Array], values: list[float]) -> float:
        one, other = at[0] - at[1], at[2] - at[1]
        found = np.arccos(one @ other / np.linalg.norm(one) / np.linalg.norm(other))
        return float(0.5 * values[1] * (found - values[0]) ** 2)

    def torsion(at: list[Array], values: list[float]) -> float:
        return float(values[2] * (1 + np.cos(values[0] * np.radians(dihedral(*at)) - values[1])))

    for force in system.getForces():
        for kind, count, get, width, formula in (
            (openmm.HarmonicBondForce, "getNumBonds", "getBondParameters", 2, bond),
            (openmm.HarmonicAngleForce, "getNumAngles", "getAngleParameters", 3, angle),
            (openmm.PeriodicTorsionForce, "getNumTorsions", "getTorsionParameters", 4, torsion),
        ):
            if isinstance(force, kind):
                for number in range(getattr(force, count)()):
                    found = getattr(force, get)(number)
                    yield tuple(found[:width]), [plain(each) for each in found[width:]], formula


def held_by(hybrid: Hybrid) -> list[tuple[tuple[int, ...], float]]:
    """What holds atoms on CA: C, N, CA and X, and the angle in degrees."""
    for force in hybrid.assembled.system.getForces():
        if isinstance(force, openmm.CustomTorsionForce) and "turn" in force.getEnergyFunction():
            found = [force.getTorsionParameters(number) for number in range(force.getNumTorsions())]
            if len(found[0][4]) == 3:
                return [(tuple(each[:4]), float(np.degrees(each[4][1]))) for each in found]
    return []


def turned(at: Array, rest: float) -> float:
    """kJ/mol of one that is on."""
    away = np.radians((dihedral(*at) - rest + 180) % 360 - 180)
    return float(0.5 * STRENGTH * away**2)


def dangling(whole: Assembled, positions: Array, unique: set[int], frame: set[int]) -> float:
    """kJ/mol of a side chain that is not there: its own terms, those with the frame alone, and its inner pairs."""
    total = 0.0
    for atoms, values, formula in terms(whole.system):
        if unique & set(atoms) and set(atoms) <= unique | frame:
            total += formula([positions[atom] for atom in atoms], values)
    force = next(each for each in whole.system.getForces() if isinstance(each, openmm.NonbondedForce))
    special = {}
    for number in range(force.getNumExceptions()):
        first, second, *values = force.getExceptionParameters(number)
        special[min(first, second), max(first, second)] = [plain(each) for each in values]
    for first in sorted(unique):
        for second in sorted(unique):
            if first < second:
                one, other = ([plain(each) for each in force.getParticleParameters(n)] for n in (first, second))
                product, sigma, epsilon = special.get(
                    (first, second), [one[0] * other[0], 0.5 * (one[1] + other[1]), np.sqrt(one[2] * other[2])]
                )
                r = float(np.linalg.norm(positions[first] - positions[second]))
                total += COULOMB * product / r + 4 * epsilon * ((sigma / r) ** 12 - (sigma / r) ** 6)
    return total


@pytest.mark.parametrize("solvent", ["vacuum", "implicit"])
@pytest.mark.parametrize("change", [*PAIRS, *WITH_GLYCINE])
def test_each_end_is_the_force_fields_own_and_what_dangles_feels_nothing(change: str, solvent: Solvent) -> None:
    """The hybrid less the dangling side chain is the residue's own system, at both ends, wherever the atoms are."""
    hybrid = dipeptide_hybrid(change, solvent)
    wild, mutant = dipeptide(change[0], solvent), dipeptide(change[1], solvent)
    to_wild, to_mutant = places_in(hybrid, wild, True), places_in(hybrid, mutant, False)
    rng = np.random.default_rng(7)
    start = hybrid.assembled.start.positions
    for shake in (0.0, 0.005, 0.01):
        positions = start + rng.normal(0, shake, start.shape)
        context = context_of(hybrid, positions)
        for s, here, own, there, lost, gone in (
            (0.0, wild, to_wild, mutant, to_mutant, hybrid.roles.new),
            (1.0, mutant, to_mutant, wild, to_wild, hybrid.roles.old),
        ):
            found = hybrid.energy(context, state_at(s))
            expected = energy(here.system, positions[own])
            theirs = {place for place, atom in enumerate(lost) if atom in gone}
            frame = {place for place, atom in enumerate(lost) if atom in hybrid.roles.frame}
            extra = dangling(there, positions[lost], theirs, frame)
            extra += sum(turned(positions[list(four)], rest) for four, rest in held_by(hybrid) if four[3] in gone)
            # A single hydrogen is modelled where its bond, angle and dihedral are at rest.
            assert abs(extra) > (0.01 if shake else 1e-4)
            assert found - extra == pytest.approx(expected, rel=1e-6, abs=1e-4)


@pytest.mark.parametrize("letter", ["A", "G"])
def test_ends_in_a_box_of_water(letter: str) -> None:
    """PME: what is not there is felt by no water, and either end is the same system where both are one residue."""
    wild = assemble(peptide(letter, 100, STRAND), None, "WT", protocol("explicit"))
    for force in wild.system.getForces():
        if isinstance(force, openmm.NonbondedForce):
            # The long-range correction of dispersion knows the atoms that come as atoms without dispersion.
            force.setUseDispersionCorrection(False)
    count, solute = wild.system.getNumParticles(), len(wild.solute)
    hybrid = hybrid_of(wild, Substitution(NAMES[letter], 100, NAMES[letter]), residue_of(dipeptide(letter, "vacuum")))
    start = hybrid.assembled.start.positions
    moved = start.copy()
    moved[solute:count] += 0.15

    def at(s: float, positions: Array) -> float:
        return hybrid.energy(context_of(hybrid, positions, "CPU"), state_at(s))

    water = energy(wild.system, moved[:count], "CPU") - energy(wild.system, start[:count], "CPU")
    assert abs(water) > 0.2
    assert at(0.0, moved) - at(0.0, start) == pytest.approx(water, abs=0.05)
    # The atoms that go and those that come, each in the other's place.
    places = np.arange(len(start))
    atoms = zip(hybrid.assembled.solute.tolist(), atoms_of(hybrid.assembled), strict=True)
    names = {place: atom.name for place, atom in atoms}
    own = {name: place for place, name in names.items() if place in hybrid.roles.old}
    for place in hybrid.roles.new:
        other = own[names[place]]
        places[[place, other]] = other, place
    start[sorted(hybrid.roles.new)] += 0.003 if letter == "A" else 0.012
    assert at(1.0, start[places]) == pytest.approx(at(0.0, start), abs=0.05)
    assert abs(at(1.0, start) - at(0.0, start)) > 0.2


def test_both_ends_of_a_glycine_in_a_box_of_water() -> None:
    """PME: less a constant for what dangles, glycine and alanine as the force field has them in the same water."""
    change, model = Substitution("GLY", 100, "ALA"), residue_of(dipeptide("A", "vacuum"))
    wild = assemble(peptide("G", 100, STRAND), None, "WT", protocol("explicit"))
    count, solute = wild.system.getNumParticles(), len(wild.solute)
    made = mutant_topology(wild.topology, wild.start.positions[wild.solute], change, model)
    around, oxygen = made.topology.addChain(), None
    for place in range(solute, count):
        element = Element.getByMass(wild.system.getParticleMass(place))
        if element.symbol != "H":
            name = "HOH" if element.symbol == "O" else element.symbol.upper()
            residue = made.topology.addResidue(name, around)
        atom = made.topology.addAtom(element.symbol.upper(), element, residue)
        oxygen = atom if element.symbol == "O" else oxygen
        if element.symbol == "H":
            made.topology.addBond(oxygen, atom)
    assert wild.start.box is not None
    made.topology.setPeriodicBoxVectors([openmm.Vec3(*row) for row in wild.start.box.tolist()] * unit.nanometer)
    mutant = create_system(force_field(()), made.topology, "explicit")
    for system in (wild.system, mutant):
        for force in system.getForces():
            if isinstance(force, openmm.NonbondedForce):
                force.setUseDispersionCorrection(False)
    hybrid = hybrid_of(wild, change, model)
    start = hybrid.assembled.start.positions
    coming = iter(sorted(hybrid.roles.new))
    own = [place if place >= 0 else next(coming) for place in made.places.tolist()] + [*range(solute, count)]
    hung = {place for four, _ in held_by(hybrid) for place in four}
    shaken = np.setdiff1d(np.arange(len(start)), sorted(hybrid.roles.unique | hung))
    moved = start.copy()
    moved[shaken] += np.random.default_rng(3).normal(0, 0.005, (len(shaken), 3))
    for s, system, atoms in ((0.0, wild.system, [*range(count)]), (1.0, mutant, own)):
        plain = [energy(system, at[atoms], "CPU") for at in (start, moved)]
        found = [hybrid.energy(context_of(hybrid, at, "CPU"), state_at(s)) for at in (start, moved)]
        assert abs(plain[1] - plain[0]) > 100.0
        assert found[1] - found[0] == pytest.approx(plain[1] - plain[0], abs=0.02)


@pytest.mark.parametrize(("change", "s"), [("GA", 0.0), ("GY", 0.0), ("SG", 1.0), ("VG", 1.0), ("AG", 0.0)])
def test_what_hangs_on_the_alpha_carbon_has_one_energy_wherever_the_rest_is(change: str, s: float) -> None:
    """By bond, angle and dihedral from CA, N and C, and beyond CB from N, CA and CB: the same internal coordinates cost
    the same wherever the shared atoms are, so that the integral over them is one number and cancels.
    """
    hybrid = dipeptide_hybrid(change, "vacuum")
    whole, gone = dipeptide(change[1 if s else 0], "vacuum"), hybrid.roles.old if s else hybrid.roles.new
    own = places_in(hybrid, whole, not s)
    ((c, n, ca, x),) = (four for four, _ in held_by(hybrid) if four[3] in gone)
    rng = np.random.default_rng(11)
    start = hybrid.assembled.start.positions
    start[sorted(gone)] += rng.normal(0, 0.01, (len(gone), 3))
    length, angle, turn = coordinates(start, c, n, ca, x)
    extra = []
    for shake in (0.0, 0.01, 0.02):
        at = start + rng.normal(0, shake, start.shape)
        at[x] = place_atom(at[c], at[n], at[ca], length, angle, turn)
        for atom in gone - {x}:
            at[atom] = place_atom(at[n], at[ca], at[x], *coordinates(start, n, ca, x, atom))
        extra.append(hybrid.energy(context_of(hybrid, at), state_at(s)) - energy(whole.system, at[own]))
    assert extra[1:] == pytest.approx([extra[0]] * 2, abs=1e-5)
    assert extra[0] > 0.1


def coordinates(at: Array, *four: int) -> tuple[float, float, float]:
    """Of the last atom: length to the third, angle at it, dihedral."""
    a, b, c, d = (at[place] for place in four)
    cosine = (b - c) @ (d - c) / np.linalg.norm(b - c) / np.linalg.norm(d - c)
    return float(np.linalg.norm(d - c)), float(np.degrees(np.arccos(cosine))), dihedral(a, b, c, d)


def volume(at: Array, hybrid: Hybrid, x: int) -> float:
    """N, C and X about CA, nm³: above 0 for CB of an L amino acid (there +0.0025), below for its HA."""
    c, n, ca = held_by(hybrid)[0][0][:3]
    return float(np.cross(at[n] - at[ca], at[c] - at[ca]) @ (at[x] - at[ca]))


@pytest.mark.parametrize("change", ["GA", "AG"])
def test_what_is_made_of_glycine_is_an_l_amino_acid(tmp_path: Path, change: str) -> None:
    """After a run, at the end where CB is felt and in all other windows."""
    hybrid = dipeptide_hybrid(change, "vacuum")
    sampling = Sampling(windows=4, picoseconds=1.5, settle_ps=0.5, exchange_ps=0.1, chunk_ps=1e6, friction=5.0)
    sample_ladder(tmp_path, hybrid, hybrid.assembled.start, sampling, protocol("vacuum"), 4, REFERENCE)
    bonded = {atom for bond in hybrid.assembled.topology.bonds() for atom in bond}
    (shared,) = (
        place
        for place, atom in enumerate(atoms_of(hybrid.assembled))
        if atom in bonded and atom.name in ("HA", "HA2", "HA3") and place not in hybrid.roles.unique
    )
    with np.load(tmp_path / NAME) as content:
        positions = content["positions"]
    assert len(positions) == 4
    for at in positions:
        assert volume(at, hybrid, shared) < -0.001
        assert all(volume(at, hybrid, four[3]) > 0.001 for four, _ in held_by(hybrid))


def test_windows_too_far_apart_are_refused_with_glycine_too(tmp_path: Path) -> None:
    """A tyrosine's side chain from nothing in one step, and seen too briefly."""
    hybrid = dipeptide_hybrid("GY", "vacuum")
    sampling = Sampling(windows=2, picoseconds=2.0, settle_ps=0.2, exchange_ps=0.1, chunk_ps=1e6, friction=5.0)
    found = free_energy(
        sample_ladder(tmp_path, hybrid, hybrid.assembled.start, sampling, protocol("vacuum"), 1, REFERENCE).energies
    )
    assert found.value is None
    assert any("forward and backward between windows 1 and 2" in each for each in found.refused)


@pytest.mark.parametrize("swapped", [False, True])
def test_the_hydrogen_on_the_others_side_is_shared_whatever_its_name(swapped: bool) -> None:
    """HA2 and HA3 are names: CB comes where the hydrogen is that a reader's eye would take away."""
    glycine, alanine = dipeptide("G", "vacuum"), dipeptide("A", "vacuum")
    named = {atom.name: atom.index for atom in atoms_of(glycine) if atom.residue.name == "GLY"}
    positions = glycine.start.positions.copy()
    residue = residue_of(glycine)
    if swapped:
        two, three = named["HA2"], named["HA3"]
        positions[[two, three]] = positions[[three, two]]
        names = {"HA2": "HA3", "HA3": "HA2"}
        residue = replace(residue, atoms=tuple(names.get(name, name) for name in residue.atoms))
    made = mutant_topology(glycine.topology, positions, Substitution("GLY", NUMBER, "ALA"), residue_of(alanine))
    assert made.gone.tolist() == [named["HA3" if swapped else "HA2"]]
    assert np.linalg.norm(positions[made.gone[0]] - made.positions[0]) < 0.06
    assert [a.name for a in made.topology.atoms() if a.residue.name == "ALA"].count("HA") == 1
    back = mutant_topology(alanine.topology, alanine.start.positions, Substitution("ALA", NUMBER, "GLY"), residue)
    places = {atom.name: atom.index for atom in atoms_of(alanine)}
    assert np.linalg.norm(alanine.start.positions[places["CB"]] - back.positions[0]) < 0.06
    assert [a.name for a in back.topology.atoms() if a.residue.name == "GLY"][-1] == ("HA3" if swapped else "HA2")


def test_windows_in_a_box_breathe(tmp_path: Path) -> None:
    """Explicit water through the same code: constant pressure, each window with its own box, finite in all windows."""
    wild = assemble(peptide("A", 100, STRAND), None, "WT", protocol("explicit"))
    hybrid = hybrid_of(wild, Substitution("ALA", 100, "VAL"), residue_of(dipeptide("V", "vacuum")))
    sampling = Sampling(windows=2, picoseconds=0.24, settle_ps=0.12, exchange_ps=0.12)
    start = hybrid.assembled.start
    found = sample_ladder(tmp_path, hybrid, start, sampling, protocol("explicit"), 1, Engine("CPU", 1))
    assert all(np.isfinite(each[number]).all() for number, each in enumerate(found.energies))
    assert found.angles.shape == (2, 1, 2)
    with np.load(tmp_path / NAME) as content:
        volumes = np.linalg.det(content["boxes"])
    assert start.box is not None
    assert len(volumes) == 2
    assert (np.abs(volumes - np.linalg.det(start.box)) > 1e-6).all()


def test_a_saved_hybrid_is_the_same(tmp_path: Path) -> None:
    hybrid = dipeptide_hybrid("SC", "implicit")
    assert load_hybrid(tmp_path) is None
    save_hybrid(tmp_path, hybrid)
    again = load_hybrid(tmp_path)
    assert again is not None
    positions = hybrid.assembled.start.positions
    for state in path(7):
        assert again.energy(context_of(again, positions), state) == pytest.approx(
            hybrid.energy(context_of(hybrid, positions), state), abs=1e-9
        )
    (tmp_path / "hybrid.json").write_text('{"roles": {}}')
    with pytest.raises(InputError, match="damaged"):
        load_hybrid(tmp_path)


def test_the_path_has_no_charge_without_its_repulsion() -> None:
    states = path(41)
    assert states[0] == {
        "lambda_old_charges": 1.0,
        "lambda_old_sterics": 1.0,
        "lambda_new_sterics": 0.0,
        "lambda_new_charges": 0.0,
        "lambda_change": 0.0,
    }
    for each in states:
        assert not each["lambda_old_charges"] or each["lambda_old_sterics"] == 1.0
        assert not each["lambda_new_charges"] or each["lambda_new_sterics"] == 1.0
    for before, after in itertools.pairwise(states):
        assert after["lambda_change"] > before["lambda_change"]
        assert after["lambda_new_sterics"] >= before["lambda_new_sterics"]
    assert list(states[-1].values()) == [0.0, 0.0, 1.0, 1.0, 1.0]


@given(st.integers(0, 2**31), st.integers(2, 8))
@settings(max_examples=30, deadline=None)
def test_exchange_gives_every_configuration_one_place(seed: int, windows: int) -> None:
    random = np.random.default_rng(seed)
    weights = random.normal(0, 5, (windows, windows))
    weights[0, 1:] = np.inf
    order = exchanged(weights, random)
    assert sorted(order) == list(range(windows))
    assert order[0] == 0


def test_exchange_visits_orders_by_their_weight() -> None:
    """Three configurations in three windows: orders as often as exp(-sum of their energies) says."""
    random = np.random.default_rng(5)
    weights = np.array([[0.0, 0.7, 1.5], [0.4, 0.0, 0.3], [1.1, 0.6, 0.0]])
    orders: dict[tuple[int, ...], int] = {}
    for _ in range(4000):
        found = tuple(exchanged(weights, random))
        orders[found] = orders.get(found, 0) + 1
    expected = {order: np.exp(-sum(weights[order[n], n] for n in range(3))) for order in orders}
    assert len(orders) == 6
    for order, count in orders.items():
        share = expected[order] / sum(expected.values())
        assert count / 4000 == pytest.approx(share, abs=4.5 * np.sqrt(share * (1 - share) / 4000))


def within(found: FreeEnergy, known: float, error: float = 0.0, sigmas: float = 3.5) -> None:
    assert not found.refused
    assert found.value is not None
    assert found.error is not None
    assert abs(found.value - known) < sigmas * np.hypot(found.error, error)
    assert found.error < 0.3


def test_a_residue_that_becomes_itself_costs_nothing(tmp_path: Path) -> None:
    """One methyl group goes and another comes in implicit water, by the whole path: 0."""
    within(change_free_energy(tmp_path, "AA", "implicit", windows=6, picoseconds=5), 0.0)


def closed_cycle(
    tmp_path: Path, cycle: tuple[str, str, str], *, windows: int, picoseconds: float
) -> dict[str, float | None]:
    """Values in kT of three changes whose sum is seen to be 0; so is that of the first and its way back."""
    forth = cycle[0]
    back = forth[::-1]
    found = {
        change: change_free_energy(tmp_path / change, change, "vacuum", windows=windows, picoseconds=picoseconds)
        for change in (*cycle, back)
    }
    values = {change: each.value for change, each in found.items()}
    errors = {change: each.error for change, each in found.items()}
    assert all(not each.refused for each in found.values())
    total = sum(values[change] for change in cycle)  # type: ignore[misc]
    assert abs(total) < 3.5 * np.sqrt(sum(errors[change] ** 2 for change in cycle))  # type: ignore[operator]
    within(found[back], -values[forth], errors[forth])  # type: ignore[operator,arg-type]
    return values


@pytest.mark.slow
def test_a_cycle_of_mutations_closes(tmp_path: Path) -> None:
    """A>V, V>L, L>A: three hybrids with different atoms that dangle; their sum is 0. And back is minus forth."""
    cycle = ("AV", "VL", "LA")
    values = closed_cycle(tmp_path, cycle, windows=10, picoseconds=8)
    assert min(abs(values[change]) for change in cycle) > 5.0  # type: ignore[type-var,arg-type]


@pytest.mark.slow
def test_a_cycle_through_glycine_closes(tmp_path: Path) -> None:
    """G>A and V>G hang on CA, A>V on CB: their sum is 0 where hanging on CA adds CB's bond, angle and dihedral alone,
    which are the same for both. And back is minus forth.
    """
    closed_cycle(tmp_path, ("GA", "AV", "VG"), windows=8, picoseconds=6)


@pytest.mark.slow
def test_water_makes_the_difference_that_it_makes_without_any_hybrid(tmp_path: Path) -> None:
    """Serine to cysteine: the two legs' difference against turning the water on for either residue by itself."""
    wet = change_free_energy(tmp_path / "wet", "SC", "implicit", windows=10, picoseconds=8, chi=True)
    dry = change_free_energy(tmp_path / "dry", "SC", "vacuum", windows=10, picoseconds=8, chi=True)
    one, other = (solvation_free_energy(letter, samples=150, chi=True) for letter in "SC")
    assert wet.value is not None
    assert dry.value is not None
    assert one.value is not None
    assert other.value is not None
    error = np.sqrt(sum(each.error**2 for each in (wet, dry, one, other)))  # type: ignore[operator]
    known = other.value - one.value
    assert known > 3.0  # kT
    assert abs(wet.value - dry.value - known) < 3.5 * error
    assert error < 0.5


class Killed(Exception):
    """Stands for what ends a process at once."""


@pytest.mark.parametrize(("calls", "platform"), [(1, "CPU"), (4, "Reference"), (8, "CPU")])
def test_windows_that_were_stopped_go_on_bit_for_bit(tmp_path: Path, calls: int, platform: str) -> None:
    hybrid = dipeptide_hybrid("SC", "implicit")
    sampling = Sampling(windows=3, picoseconds=0.16, settle_ps=0.04, exchange_ps=0.04, chunk_ps=0.12)
    seen = [0]

    def kill(advance: Advance) -> None:
        assert 0 < advance.done <= advance.total
        seen[0] += 1
        if seen[0] > calls:
            raise Killed

    def sample(folder: Path, **more: Any) -> Ladder:
        return sample_ladder(
            folder, hybrid, hybrid.assembled.start, sampling, protocol("implicit"), 3, Engine(platform, 1), **more
        )

    whole = sample(tmp_path / "whole")
    with pytest.raises(Killed):
        sample(tmp_path / "cut", tell=kill)
    cut = sample(tmp_path / "cut")
    assert all(each.shape == (3, 4) for each in whole.energies)
    assert whole.angles.shape == (3, 2, 4)
    assert [sorted(each) for each in whole.walkers.T.tolist()] == [[0, 1, 2]] * 4
    for name in ("energies", "angles", "walkers", "places"):
        np.testing.assert_array_equal(np.stack(getattr(whole, name)), np.stack(getattr(cut, name)))
    assert (tmp_path / "whole" / NAME).read_bytes() == (tmp_path / "cut" / NAME).read_bytes()
    (tmp_path / "cut" / NAME).write_bytes(b"PK damaged")
    with pytest.raises(InputError, match="damaged"):
        sample(tmp_path / "cut")


def test_a_window_that_blows_up_is_told(tmp_path: Path) -> None:
    hybrid = dipeptide_hybrid("AA", "vacuum")
    system = openmm.XmlSerializer.clone(hybrid.assembled.system)
    broken = openmm.CustomExternalForce("sqrt(0.5-lambda_change)*x")
    broken.addGlobalParameter("lambda_change", 0.0)
    broken.addParticle(0, [])
    system.addForce(broken)
    poor = Hybrid(
        Assembled(
            system,
            hybrid.assembled.start,
            hybrid.assembled.solute,
            hybrid.assembled.topology,
            (),
        ),
        hybrid.roles,
        hybrid.born,
    )
    sampling = Sampling(windows=3, picoseconds=0.04, settle_ps=0.02, exchange_ps=0.02)
    with pytest.raises(KinescapeError, match="window 3 of 3"):
        sample_ladder(tmp_path, poor, poor.assembled.start, sampling, protocol("vacuum"), 1, REFERENCE)


def told(value: float, error: float = 0.1, refused: tuple[str, ...] = ()) -> FreeEnergy:
    square = np.full((2, 2), 0.5)
    kept = None if refused else value, None if refused else error
    return FreeEnergy(*kept, refused, square, np.array([value]), np.array([value]), (value, value), (50, 50))


def test_binding_is_the_complex_less_the_apo() -> None:
    found = binding_of(
        [
            LegResult("complex", 1, told(3.0)),
            LegResult("apo", 1, told(1.0)),
            LegResult("complex", 2, told(3.2)),
            LegResult("apo", 2, told(0.9)),
        ],
        300.0,
    )
    assert found.value == pytest.approx(0.0019872 * 300 * 2.15, rel=1e-4)
    assert found.error == pytest.approx(0.0019872 * 300 * 0.15, rel=1e-4)
    assert len(found.by_replica) == 2
    one = binding_of([LegResult("complex", 1, told(3.0)), LegResult("apo", 1, told(1.0))], 300.0)
    assert one.error == pytest.approx(0.0019872 * 300 * np.hypot(0.1, 0.1), rel=1e-4)
    assert "One replica" in one.notes[0]


def test_binding_is_refused_with_a_leg_or_by_replicas_that_disagree() -> None:
    legs = [LegResult("complex", 1, told(3.0)), LegResult("apo", 1, told(1.0, refused=("windows 1 and 2 overlap",)))]
    found = binding_of(legs, 300.0)
    assert found.value is None
    assert found.error is None
    assert found.refused == ("apo, replica 1: windows 1 and 2 overlap",)
    apart = [LegResult("complex", n, told(v)) for n, v in ((1, 3.0), (2, 6.0))]
    apart += [LegResult("apo", n, told(1.0)) for n in (1, 2)]
    found = binding_of(apart, 300.0)
    assert found.value is None
    assert "replicas 1 and 2 differ by 3.0 kT" in found.refused[0]


@pytest.fixture(scope="module")
def structure(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("alchemy") / "complex.pdb"
    file.write_text(complex_text())
    return file


@pytest.mark.parametrize(("leg", "becomes"), [("complex", "V"), ("apo", "V"), ("complex", "G")])
def test_both_ends_of_a_leg_are_the_pockets_that_are_simulated(structure: Path, leg: Leg, becomes: str) -> None:
    """Drug, neighbours and implicit water: less a constant, each end is the pocket of `structure simulate`."""
    model = read_model(structure)
    reduced = Protocol(solvent="implicit", pocket=True, time_ns=0.1)
    hybrid = build_leg(model, leg, "LOR", Substitution("LEU", 3, NAMES[becomes]), reduced)
    wild = assemble(model, "LOR", "WT", reduced, sites=(3,), apo=leg == "apo")
    mutant = assemble(model, "LOR", f"L3{becomes}", reduced, apo=leg == "apo")
    assert any(atom.residue.name == "LOR" for atom in atoms_of(mutant)) == (leg == "complex")
    start = hybrid.assembled.start.positions
    hung = {place for four, _ in held_by(hybrid) for place in four}
    shaken = np.setdiff1d(np.arange(len(start)), sorted(hybrid.roles.unique | hybrid.roles.frame | hung))
    moved = start.copy()
    moved[shaken] += np.random.default_rng(3).normal(0, 0.003, (len(shaken), 3))
    # Each system's outer residues are held where it began: not a part of this.
    for assembled in (hybrid.assembled, wild, mutant):
        springs = [n for n, f in enumerate(assembled.system.getForces()) if isinstance(f, openmm.CustomExternalForce)]
        for number in reversed(springs):
            assembled.system.removeForce(number)
    for s, end in ((0.0, wild), (1.0, mutant)):
        own = places_in(hybrid, end, end is wild)
        extra = [
            hybrid.energy(context_of(hybrid, at), state_at(s)) - energy(end.system, at[own]) for at in (start, moved)
        ]
        assert abs(energy(end.system, moved[own]) - energy(end.system, start[own])) > 10.0
        assert extra[1] == pytest.approx(extra[0], abs=1e-5)


@pytest.mark.parametrize(
    ("mutation", "reason"),
    [
        ("L3P", "proline's CB is part of a ring"),
        ("S4P", "proline's CB is part of a ring"),
        ("L3R", "it changes the charge"),
        ("S4D", "it changes the charge"),
        ("L3M+S4C", "one substitution"),
        ("WT", "one substitution"),
        ("M3L", "residue 3"),
    ],
)
def test_what_is_not_done_is_refused_with_the_reason(
    structure: Path, tmp_path: Path, command: Command, mutation: str, reason: str
) -> None:
    code, out, err = command(
        "free-energy", "run", structure, "--ligand", "LOR", "--mutation", mutation, "-o", tmp_path / "out"
    )
    assert code == 2
    assert not out
    assert reason in err
    assert "Traceback" not in err
    assert not (tmp_path / "out").exists()


def files_in(folder: Path) -> dict[str, bytes]:
    """All but the lock, which is opened by whoever asks for it."""
    return {
        str(each.relative_to(folder)): each.read_bytes()
        for each in folder.rglob("*")
        if each.name != ".lock" and each.is_file()
    }


def test_command_runs_goes_on_and_refuses_what_is_too_short(
    structure: Path, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    given = ["free-energy", "run", structure, "--ligand", "LOR", "--mutation", "L3V", "-o", out]
    given += ["--platform", "CPU", "--threads", 1, "--replicas", 1, "--windows", 4, "--equilibrate-ps", 0.4]
    given += ["--settle-ps", 0.02, "--solvent", "implicit"]
    others: list[subprocess.CompletedProcess[str]] = []

    def written(path: Path, reduced: list[Array]) -> None:
        """A whole second process, started while the first has sampled its complex and not yet the other leg."""
        write_windows(path, reduced)
        if not others:
            before = files_in(out)
            program = [sys.executable, "-c", "from kinescape.cli.main import run_program; run_program()", "structure"]
            second = [str(each) for each in (*given, "--picoseconds", 0.6)]
            others.append(subprocess.run([*program, *second], capture_output=True, text=True, timeout=200, check=False))
            assert files_in(out) == before

    monkeypatch.setattr("kinescape.structure.alchemy.run.write_windows", written)
    code, said, err = command(*given, "--picoseconds", 0.4)
    (other,) = others
    assert (other.returncode, other.stdout) == (2, "")
    assert other.stderr == f"kinescape: error: {out}: another process runs this simulation\n"
    assert json.loads((out / "run.json").read_text())["picoseconds"] == 0.4
    assert code == 1, err
    assert "no free energy is told" in err
    assert "independent samples" in err
    assert "ddG" not in said
    # Half a picosecond shows no rotamer, and 0.4 ps of equilibration do not warm a pocket: both are told.
    assert "complex, replica 1: LEU chi1 in window 1 rests on 1.0 independent rotamers, less than 20" in err
    assert "apo, replica 1: VAL chi1 in window 4 rests on" in err
    assert "rotamers of both side chains" in said
    table = [line.split("\t") for line in (out / "rotamers.tsv").read_text().splitlines()[1:]]
    assert table[0] == list(ROTAMER_COLUMNS)
    assert [row[:5] for row in table[1:]] == [
        [leg, "1", *each]
        for leg in ("complex", "apo")
        for each in (["LEU goes", "1", "1"], ["LEU goes", "2", "1"], ["VAL comes", "1", "4"])
    ]
    cold = "complex, replica 1: production began at "
    assert f"note: {cold}" in err
    assert f"note: {cold}" in said
    for file in ("run.json", "result.json"):
        assert sum(note.startswith(cold) for note in json.loads((out / file).read_text())["notes"]) == 1
    assert (
        "reduced (pocket only, implicit solvent, 0.4 ps per window instead of 1000 ps, 0.4 ps of equilibration" in said
    )
    record = json.loads((out / "result.json").read_text())
    assert record["ddG_kcal_per_mol"] is None
    assert len(record["refused"]) >= 2
    windows = out / "complex" / "replica-1" / "windows.tsv"
    assert len(windows.read_text().splitlines()) == 1 + 4 * 4
    # What is there is kept, and more is added to it.
    before = windows.read_text().splitlines()
    code, _, err = command(*given, "--picoseconds", 0.6)
    assert code == 1
    after = windows.read_text().splitlines()
    assert len(after) == 1 + 4 * 6
    assert after[:5] == before[:5]
    assert sum(note.startswith(cold) for note in json.loads((out / "result.json").read_text())["notes"]) == 1
    # A call that asks for less takes nothing away, and nothing that it writes says that less was sampled.
    code, said, _ = command(*given, "--picoseconds", 0.4)
    assert (code, len(windows.read_text().splitlines())) == (1, 1 + 4 * 6)
    longer = "reduced (pocket only, implicit solvent, 0.6 ps per window instead of 1000 ps"
    assert longer in said
    for file in ("run.json", "result.json"):
        assert json.loads((out / file).read_text())["label"].startswith(longer)
    assert (out / "rotamers.tsv").read_text().startswith(f"# {longer}")
    # Any window's table can be judged by itself, as another engine's can.
    code, said, err = command("free-energy", "judge", windows)
    assert code == 1
    assert "halves" in said
    assert "rotamers: not looked at" in said
    code, _, err = command(*given, "--picoseconds", 0.6, "--seed", 9)
    assert code == 2
    assert "its seed differs" in err


def test_a_table_is_judged_with_and_without_the_verb(tmp_path: Path, command: Command) -> None:
    rng = np.random.default_rng(2)
    springs = (1.0, 2.0, 4.0)
    drawn = [rng.normal(0, 1 / np.sqrt(spring), 400) for spring in springs]
    file = tmp_path / "windows.tsv"
    write_windows(file, [np.array([0.5 * other * x**2 for other in springs]) for x in drawn])
    plain_code, plain_out, _ = command("free-energy", file)
    verb_code, verb_out, _ = command("free-energy", "judge", file)
    warm_code, warm_out, _ = command("free-energy", "--temperature", 310, file)
    assert (plain_code, verb_code, warm_code) == (0, 0, 0)
    assert plain_out == verb_out
    assert warm_out != plain_out
    code, said, _ = command("free-energy", "--help")
    assert code == 0
    assert "run" in said
    assert "judge" in said


def test_a_bridged_side_chain_is_refused() -> None:
    """The partner of a disulfide bridge would be left with an open bond."""
    topology = Topology()
    chain = topology.addChain("A")
    places = {}
    for number in ("10", "20"):
        residue = topology.addResidue("CYS", chain, number)
        for name in (*SHARED, "SG"):
            places[number, name] = topology.addAtom(name, Element.getBySymbol(name[0]), residue)
    topology.addBond(places["10", "SG"], places["20", "SG"])
    with pytest.raises(InputError, match="bonded to another residue"):
        mutant_topology(
            topology, np.zeros((16, 3)), Substitution("CYS", 10, "SER"), residue_of(dipeptide("S", "vacuum"))
        )
