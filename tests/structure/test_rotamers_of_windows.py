"""Rotamers counted by walkers: what converges is told with an error that covers the truth, what is stuck is refused."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.structure
for needed in ("openmm", "rdkit", "pdbfixer", "propka", "pymbar"):
    pytest.importorskip(needed, reason="needs the extra kinescape[structure]")

from dipeptides import atoms_of, dipeptide, dipeptide_hybrid, ladder_of, protocol  # noqa: E402

from kinescape.errors import InputError  # noqa: E402
from kinescape.structure.alchemy.binding import LegResult, binding_of  # noqa: E402
from kinescape.structure.alchemy.chis import Chi, angles_at, chis_of  # noqa: E402
from kinescape.structure.alchemy.estimate import FreeEnergy, free_energy  # noqa: E402
from kinescape.structure.alchemy.exchange import NAME, UNKNOWN, Ladder, Sampling, _digest, sample_ladder  # noqa: E402
from kinescape.structure.alchemy.rotamers import Rotamers, apart, rotamers_of, states_of  # noqa: E402
from kinescape.structure.alchemy.table import ROTAMER_COLUMNS, rotamer_rows  # noqa: E402
from kinescape.structure.analysis.errors import inefficiency  # noqa: E402
from kinescape.structure.dynamics.replica import Engine  # noqa: E402
from kinescape.structure.geometry import dihedral  # noqa: E402
from kinescape.structure.residues import NAMES  # noqa: E402
from kinescape.structure.rotamers import CHI_ATOMS  # noqa: E402

OLD = Chi("old", "SER", 1, (0, 1, 2, 3), 360.0)
CENTRES = np.array([60.0, 180.0, -60.0])
TRUE = np.array([0.6, 0.3, 0.1])


def jumping(turn: float, samples: int, seed: int, walkers: int = 8, start: np.ndarray | None = None) -> Ladder:
    """Walkers that draw a rotamer anew with the chance ``turn`` at every sample, by :data:`TRUE`, and exchange their
    windows at random. Simulated.
    """
    rng = np.random.default_rng(seed)
    states = rng.choice(3, walkers, p=TRUE) if start is None else start
    angles, order = np.empty((walkers, 1, samples)), np.empty((walkers, samples), dtype=np.int64)
    for sample in range(samples):
        states = np.where(rng.random(walkers) < turn, rng.choice(3, walkers, p=TRUE), states)
        order[:, sample] = rng.permutation(walkers)
        angles[:, 0, sample] = (CENTRES[states] + rng.normal(0, 12, walkers))[order[:, sample]]
    return Ladder(1, (), tuple(np.zeros((walkers, samples)) for _ in range(walkers)), angles, order)


def test_rotamers_that_turn_are_told_and_their_errors_cover_the_truth() -> None:
    scores = []
    for seed in range(60):
        (found,) = rotamers_of(jumping(0.1, 400, seed), [OLD])
        assert not found.refused
        assert found.independent > 20
        assert (found.window, found.samples, found.unrecorded) == (1, 400, 0)
        assert found.shares.sum() == pytest.approx(1.0)
        assert min(found.transitions) > 0
        scores.append((found.shares - TRUE) / found.errors)
    assert 0.6 < np.std(scores) < 1.2
    assert abs(np.mean(np.stack(scores)[:, 0])) < 0.5


def test_rotamers_that_are_stuck_are_refused_however_well_windows_exchange() -> None:
    """By the window alone, every sample is a new one: its walker comes from anywhere. No walker ever turns."""
    ladder = jumping(0.0, 400, 1)
    (found,) = rotamers_of(ladder, [OLD])
    here = np.array([state == 0 for state in states_of(ladder.angles[0, 0], 360.0)], dtype=float)
    assert inefficiency(here) < 1.5
    assert set(found.transitions) == {0}
    assert found.independent == 1.0
    assert found.refused == (
        "SER chi1 in window 1 rests on 1.0 independent rotamers, less than 20 "
        f"(p {found.shares[0]:.2f}, t {found.shares[1]:.2f}, m {found.shares[2]:.2f}; turns in all windows: 0): "
        "sample longer",
    )


def test_one_rotamer_alone_is_refused_and_says_what_was_not_excluded() -> None:
    ladder = jumping(0.0, 200, 1, start=np.zeros(8, dtype=np.int64))
    found = rotamers_of(ladder, [OLD])
    assert found[0].refused
    row = rotamer_rows([LegResult("apo", 1, figures(), found)])[0]
    assert row[:8] == ("apo", "1", "SER goes", "1", "1", ">0.05", "<0.95", "<0.95")
    assert len(row) == len(ROTAMER_COLUMNS)
    assert found[0].weight == pytest.approx(-np.log(0.05))
    assert row[8] == "//", "no error where nothing changes"


def test_one_rotamer_that_others_always_return_to_is_told() -> None:
    """Walkers turn elsewhere, and come to the end window in one rotamer only: it was tried, and is the one."""
    ladder = jumping(0.3, 600, 2)
    first = np.argmin(np.abs(np.mod(ladder.angles[:, 0] - 60.0 + 180.0, 360.0) - 180.0), axis=0)
    order = ladder.walkers.copy()
    angles = ladder.angles.copy()
    for sample, place in enumerate(first.tolist()):
        order[[0, place], sample] = order[[place, 0], sample]
        angles[[0, place], 0, sample] = angles[[place, 0], 0, sample]
    (found,) = rotamers_of(replace(ladder, angles=angles, walkers=order), [OLD])
    assert found.shares[0] > 0.98
    assert not found.refused
    assert found.unseen < 0.15


def test_a_rotamer_of_one_half_is_refused() -> None:
    """Every walker turns often, but among other rotamers in the second half."""
    one, other = jumping(0.3, 300, 1), jumping(0.3, 300, 2)
    joined = replace(
        one,
        energies=tuple(np.zeros((8, 600)) for _ in range(8)),
        angles=np.concatenate([one.angles, other.angles + 120.0], axis=-1),
        walkers=np.concatenate([one.walkers, other.walkers], axis=-1),
    )
    (found,) = rotamers_of(joined, [OLD])
    assert len(found.refused) == 1
    assert "rotamers of the first and second half" in found.refused[0]


def figures(value: float = 1.0) -> FreeEnergy:
    square, each = np.full((2, 2), 0.5), np.array([value])
    return FreeEnergy(value, 0.1, (), square, each, each, (value, value), (50, 50))


def counted(shares: tuple[float, float, float], refused: tuple[str, ...] = ()) -> Rotamers:
    halves = np.array([shares, shares])
    return Rotamers(OLD, 1, 400, 0, np.array(shares), np.full(3, 0.03), halves, (9, 9), 80.0, refused)


def test_replicas_with_other_rotamers_are_refused_though_their_free_energies_agree() -> None:
    here, there = (counted(each) for each in ((0.7, 0.2, 0.1), (0.2, 0.7, 0.1)))
    assert apart(here, counted((0.65, 0.25, 0.1))) is None
    assert apart(here, there) == pytest.approx(np.log(3.5))
    legs = [LegResult("complex", 1, figures(3.0), (here,)), LegResult("complex", 2, figures(3.0), (there,))]
    legs += [LegResult("apo", number, figures(1.0), (here,)) for number in (1, 2)]
    found = binding_of(legs, 300.0)
    assert found.value is None
    assert found.refused == (
        "complex: replicas 1 and 2 differ by 1.3 kT in the rotamers of SER chi1 in window 1: not converged",
    )
    disjoint = [counted((1.0, 0.0, 0.0)), counted((0.0, 1.0, 0.0))]
    parted = [replace(leg, rotamers=(each,)) for leg, each in zip(legs, disjoint, strict=False)] + legs[2:]
    assert binding_of(parted, 300.0).refused == (
        "complex: replicas 1 and 2 differ altogether in the rotamers of SER chi1 in window 1: not converged",
    )
    same = [replace(each, rotamers=(here,)) for each in legs]
    assert binding_of(same, 300.0).value is not None


def test_crossing_an_edge_is_no_turn() -> None:
    """119 and 121 degrees are two thirds of the circle; a turn is told where the other third's middle is reached."""
    assert states_of(np.array([119.0, 121.0, 118.0, 125.0]), 360.0).tolist() == [0, 0, 0, 0]
    assert states_of(np.array([60.0, 130.0, 180.0, 130.0, 110.0, 60.0]), 360.0).tolist() == [0, 0, 1, 1, 1, 0]
    assert states_of(np.array([179.0, -179.0, -60.0, 5.0, -5.0, 300.0]), 360.0).tolist() == [1, 1, 2, 2, 2, 2]
    # A ring that flips is where it was.
    assert states_of(np.array([90.0, -90.0, 85.0, 30.0]), 180.0).tolist() == [1, 1, 1, 0]


@given(st.lists(st.floats(-180, 180), min_size=1, max_size=40), st.sampled_from([180.0, 360.0]), st.integers(-2, 2))
@settings(max_examples=60, deadline=None)
def test_a_whole_turn_changes_no_state(angles: list[float], period: float, turns: int) -> None:
    # Off the edges, on which a whole turn is rounded to one side or the other.
    values = np.round(np.array(angles)) + 0.3
    found = states_of(values, period)
    assert found.tolist() == states_of(values + turns * period, period).tolist()
    assert set(found.tolist()) <= {0, 1, 2}


@pytest.mark.parametrize("change", ["LM", "SC", "FL", "YN", "GY", "SG", "VI", "AA"])
def test_the_angles_are_those_of_both_residues(change: str) -> None:
    """The old one's by name in the wild type itself; the new one's atoms have the library's names."""
    hybrid = dipeptide_hybrid(change, "vacuum")
    chis = chis_of(hybrid)
    wanted = [
        (end, NAMES[letter], chi)
        for end, letter in zip(("old", "new"), change, strict=True)
        for chi in range(1, min(2, len(CHI_ATOMS.get(NAMES[letter], ()))) + 1)
    ]
    assert [(each.end, each.residue, each.number) for each in chis] == wanted
    found = dict(zip(wanted, angles_at(hybrid.assembled.start.positions, chis), strict=True))
    wild = dipeptide(change[0], "vacuum")
    own = {atom.name: atom.index for atom in atoms_of(wild) if atom.residue.name not in ("ACE", "NME")}
    atoms = dict(zip(hybrid.assembled.solute.tolist(), atoms_of(hybrid.assembled), strict=True))
    for chi in chis:
        names = CHI_ATOMS[chi.residue][chi.number - 1]
        assert tuple(atoms[place].name for place in chi.atoms) == names
        assert chi.period == (180.0 if (chi.residue, chi.number) in (("PHE", 2), ("TYR", 2)) else 360.0)
        if chi.end == "old":
            at = wild.start.positions[[own[name] for name in names]]
            assert found["old", chi.residue, chi.number] == pytest.approx(dihedral(*at), abs=1e-6)
        else:
            assert hybrid.roles.new & set(chi.atoms)
            assert not hybrid.roles.old & set(chi.atoms)


def short(picoseconds: float) -> Sampling:
    return Sampling(windows=3, picoseconds=picoseconds, settle_ps=0.04, exchange_ps=0.04, chunk_ps=0.12)


def sampled(folder: Path, picoseconds: float) -> Ladder:
    hybrid = dipeptide_hybrid("SC", "vacuum")
    start = hybrid.assembled.start
    return sample_ladder(folder, hybrid, start, short(picoseconds), protocol("vacuum"), 3, Engine("Reference", 1))


def test_what_is_recorded_is_where_each_window_was(tmp_path: Path) -> None:
    """The last sample's angles are those of the positions that go on, each in the place that it went to."""
    ladder = sampled(tmp_path, 0.16)
    chis = chis_of(dipeptide_hybrid("SC", "vacuum"))
    for window, walker in enumerate(ladder.places.tolist()):
        was = ladder.walkers[:, -1].tolist().index(walker)
        np.testing.assert_array_equal(angles_at(ladder.moments[window].positions, chis), ladder.angles[was, :, -1])


def test_a_folder_from_before_rotamers_were_recorded_goes_on_and_says_so(tmp_path: Path) -> None:
    whole = sampled(tmp_path / "whole", 0.32)
    sampled(tmp_path / "before", 0.16)
    file = tmp_path / "before" / NAME
    with np.load(file) as content:
        arrays = {name: content[name] for name in ("chunk", "positions", "velocities", "boxes", "energies")}
    written = io.BytesIO()
    np.savez(written, **arrays, sha256=np.array(_digest(arrays)))
    file.write_bytes(written.getvalue())
    chis = chis_of(dipeptide_hybrid("SC", "vacuum"))
    unknown = rotamers_of(sampled(tmp_path / "before", 0.16), chis)
    assert [each.chi.name for each in unknown] == ["SER chi1", "CYS chi1"]
    for each in unknown:
        assert each.refused == (
            f"{each.chi.name} was not recorded in any sample: sample longer, or anew in another folder",
        )
    row = rotamer_rows([LegResult("apo", 1, figures(), unknown)])[0]
    assert row[5:15] == ("not recorded", "not recorded", "not recorded", "//", "//", "//", "", "", "", "")
    longer = sampled(tmp_path / "before", 0.32)
    np.testing.assert_array_equal(np.stack(longer.energies), np.stack(whole.energies))
    np.testing.assert_array_equal(longer.angles[..., 4:], whole.angles[..., 4:])
    assert (longer.walkers[:, :4] == UNKNOWN).all()
    assert [(each.samples, each.unrecorded) for each in rotamers_of(longer, chis)] == [(4, 4), (4, 4)]
    # Half of a record is none.
    with np.load(file) as content:
        arrays = {name: content[name] for name in content.files if name not in ("sha256", "walkers")}
    written = io.BytesIO()
    np.savez(written, **arrays, sha256=np.array(_digest(arrays)))
    file.write_bytes(written.getvalue())
    with pytest.raises(InputError, match="damaged"):
        sampled(tmp_path / "before", 0.4)


@pytest.mark.slow
def test_a_free_energy_that_passes_every_other_check_is_refused_by_its_rotamers(tmp_path: Path) -> None:
    """Serine to cysteine with chi1 free, 7 ps per window: what passes so is up to half a kcal/mol off, and no other
    check sees it. Three of four such runs pass; one that does not says nothing here.
    """
    hybrid = dipeptide_hybrid("SC", "vacuum")
    for seed in range(1, 6):
        ladder = ladder_of(tmp_path / str(seed), hybrid, "vacuum", 12, 7.0, seed)
        found = free_energy(ladder.energies)
        if not found.refused:
            break
    assert not found.refused
    rotamers = rotamers_of(ladder, chis_of(hybrid))
    assert all(each.refused for each in rotamers)
    assert max(each.independent for each in rotamers) < 5
    told = found.refused_by([reason for each in rotamers for reason in each.refused])
    assert told.value is None
    assert told.kcal() is None
    assert len(told.refused) == 2
