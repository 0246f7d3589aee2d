"""Free energies against numbers that are known without sampling, and refusals where nothing can be told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.structure
for needed in ("openmm", "pymbar"):
    pytest.importorskip(needed, reason="needs the extra kinescape[structure]")

import openmm  # noqa: E402
from openmm import unit  # noqa: E402

from kinescape.errors import InputError, KinescapeError  # noqa: E402
from kinescape.structure.alchemy.estimate import FreeEnergy, free_energy  # noqa: E402
from kinescape.structure.alchemy.softcore import ELECTROSTATICS, STERICS, decoupled  # noqa: E402
from kinescape.structure.alchemy.table import write_windows  # noqa: E402
from kinescape.structure.alchemy.windows import sample_windows  # noqa: E402
from kinescape.structure.dynamics.watch import GAS  # noqa: E402

KT = GAS * 300.0
COULOMB = 138.935457644
"""kJ nm / mol / e² (OpenMM's ONE_4PI_EPS0)."""


def harmonic_windows(springs: list[float], samples: int, seed: int = 1) -> list[np.ndarray]:
    """Samples of one-dimensional oscillators, drawn exactly; energies in kT."""
    rng = np.random.default_rng(seed)
    found = []
    for spring in springs:
        x = rng.normal(0, 1 / np.sqrt(spring), samples)
        found.append(np.array([0.5 * other * x**2 for other in springs]))
    return found


def within(found: FreeEnergy, known: float, sigmas: float = 3.5) -> None:
    assert not found.refused
    assert found.value is not None
    assert found.error is not None
    assert abs(found.value - known) < sigmas * found.error + 1e-9
    assert found.error < 0.15


def test_harmonic_oscillators_drawn_exactly() -> None:
    """dF = kT/2 ln(k2/k1)."""
    springs = [1.0, 2.0, 4.0, 8.0]
    found = free_energy(harmonic_windows(springs, 2000))
    within(found, 0.5 * np.log(8.0))
    np.testing.assert_allclose(found.overlap.sum(axis=1), 1.0, atol=1e-6)


def test_errors_cover_the_truth_as_often_as_they_should() -> None:
    springs = [1.0, 3.0, 9.0]
    scores = []
    for seed in range(60):
        found = free_energy(harmonic_windows(springs, 200, seed))
        assert found.value is not None
        assert found.error is not None
        scores.append((found.value - 0.5 * np.log(9.0)) / found.error)
    assert 0.75 < np.std(scores) < 1.3
    assert abs(np.mean(scores)) < 0.5


def test_harmonic_oscillator_by_dynamics() -> None:
    """A particle on a spring in three dimensions: dF = 3 kT/2 ln(k2/k1)."""
    system = openmm.System()
    system.addParticle(12.0)
    spring = openmm.CustomExternalForce("0.5*k*(x^2+y^2+z^2)")
    spring.addGlobalParameter("k", 1000.0)
    spring.addParticle(0, [])
    system.addForce(spring)
    states = [{"k": 1000.0}, {"k": 2000.0}, {"k": 4000.0}]
    reduced = sample_windows(
        system, np.zeros((1, 3)), states, samples=400, steps=50, friction=10.0, platform="Reference", equilibration=500
    )
    within(free_energy(reduced), 1.5 * np.log(4.0))


def pair_system(charge: float) -> tuple[openmm.System, float, float, float, float]:
    """Two particles of Lennard-Jones and charge, tied by a soft spring: solvable by one integral."""
    sigma, epsilon, rest, spring = 0.3, 1.5, 0.35, 800.0
    system = openmm.System()
    pairs = openmm.NonbondedForce()
    for sign in (1, -1):
        system.addParticle(20.0)
        pairs.addParticle(sign * charge, sigma, epsilon)
    system.addForce(pairs)
    tie = openmm.HarmonicBondForce()
    tie.addBond(0, 1, rest, spring)
    system.addForce(tie)
    return system, sigma, epsilon, rest, spring


def test_a_pair_is_decoupled_by_as_much_as_the_integral_says() -> None:
    """Soft core and charges from 0 to 1 against -ln of the ratio of two integrals over the distance."""
    system, sigma, epsilon, rest, spring = pair_system(0.12)
    r = np.linspace(0.02, 1.2, 200_001)
    tie = 0.5 * spring * (r - rest) ** 2
    full = tie + 4 * epsilon * ((sigma / r) ** 12 - (sigma / r) ** 6) - COULOMB * 0.12**2 / r
    known = -np.log(np.trapezoid(r**2 * np.exp(-full / KT), r) / np.trapezoid(r**2 * np.exp(-tie / KT), r))
    path = [(0.0, 0.0), (0.2, 0.0), (0.5, 0.0), (1.0, 0.0), (1.0, 1.0)]
    states = [{STERICS: sterics, ELECTROSTATICS: charges} for sterics, charges in path]
    start = np.array([[0, 0, 0], [rest, 0, 0]])
    reduced = sample_windows(
        decoupled(system, [1]), start, states, samples=300, steps=25, friction=10.0, platform="Reference"
    )
    within(free_energy(reduced), float(known))
    back = [each[::-1] for each in reduced[::-1]]
    within(free_energy(back), -float(known))


def test_an_ideal_particle_costs_nothing() -> None:
    system, _, _, rest, _ = pair_system(0.0)
    for force in system.getForces():
        if isinstance(force, openmm.NonbondedForce):
            force.setParticleParameters(1, 0.0, 0.3, 0.0)
    states = [{STERICS: value, ELECTROSTATICS: value} for value in (0.0, 0.5, 1.0)]
    reduced = sample_windows(
        decoupled(system, [1]), np.array([[0, 0, 0], [rest, 0, 0]]), states, samples=50, steps=10, platform="Reference"
    )
    assert free_energy(reduced).value == pytest.approx(0.0, abs=1e-9)


def dimers() -> tuple[openmm.System, np.ndarray]:
    """A charged dimer and a charged trimer in vacuum, the trimer with a 1-4-free angle: nothing special."""
    system = openmm.System()
    pairs = openmm.NonbondedForce()
    values = [(0.3, 0.30, 0.5), (-0.3, 0.25, 0.4), (0.2, 0.28, 0.6), (0.1, 0.31, 0.3), (-0.3, 0.33, 0.2)]
    for charge, sigma, epsilon in values:
        system.addParticle(12.0)
        pairs.addParticle(charge, sigma, epsilon)
    for first, second in ((0, 1), (2, 3), (3, 4)):
        pairs.addException(first, second, 0.0, 0.3, 0.0)
    system.addForce(pairs)
    positions = np.array([[0, 0, 0], [0.15, 0, 0], [0, 0.4, 0], [0.15, 0.4, 0], [0.3, 0.45, 0.1]])
    return system, positions


def energy(system: openmm.System, positions: np.ndarray, **values: float) -> float:
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("Reference"))
    context.setPositions(positions)
    for name, value in values.items():
        context.setParameter(name, value)
    return float(context.getState(getEnergy=True).getPotentialEnergy().value_in_unit(unit.kilojoule_per_mole))


def test_both_ends_are_the_molecules_together_and_apart() -> None:
    system, positions = dimers()
    made = decoupled(system, [2, 3, 4])
    coupled = energy(made, positions, **{STERICS: 1.0, ELECTROSTATICS: 1.0})
    assert coupled == pytest.approx(energy(system, positions), abs=1e-6)
    far = positions.copy()
    far[2:] += 1e5
    apart = energy(made, positions, **{STERICS: 0.0, ELECTROSTATICS: 0.0})
    assert apart == pytest.approx(energy(system, far), abs=1e-3)
    half = energy(made, positions, **{STERICS: 0.0, ELECTROSTATICS: 0.0}) - energy(made, far)
    assert half == pytest.approx(0.0, abs=1e-3)


def test_a_decoupled_particle_may_lie_on_another() -> None:
    system, positions = dimers()
    made = decoupled(system, [2, 3, 4])
    positions[2] = positions[0] + 1e-4
    assert np.isfinite(energy(made, positions, **{STERICS: 0.5, ELECTROSTATICS: 0.0}))


def test_a_cycle_closes() -> None:
    """Off by one order (charges, then core) and on by the other (both together): the sum is 0 within its error."""
    system, _, _, rest, _ = pair_system(0.12)
    start = np.array([[0, 0, 0], [rest, 0, 0]])
    path = [(1.0, 1.0), (1.0, 0.0), (0.5, 0.0), (0.2, 0.0), (0.0, 0.0), (0.2, 0.2), (0.5, 0.5), (1.0, 1.0)]
    states = [{STERICS: sterics, ELECTROSTATICS: charges} for sterics, charges in path]
    made = decoupled(system, [1])
    options = {"samples": 150, "steps": 25, "friction": 10.0, "platform": "Reference"}
    off = free_energy(sample_windows(made, start, states[:5], seed=1, **options))  # type: ignore[arg-type]
    on = free_energy(sample_windows(made, start, states[4:], seed=2, **options))  # type: ignore[arg-type]
    assert off.value is not None
    assert on.value is not None
    assert off.error is not None
    assert on.error is not None
    assert abs(off.value + on.value) < 3.5 * np.hypot(off.error, on.error)


def test_windows_that_do_not_overlap_give_no_number() -> None:
    rng = np.random.default_rng(3)
    found = []
    for centre in (0.0, 12.0):
        x = rng.normal(centre, 1, 300)
        found.append(np.array([0.5 * (x - other) ** 2 for other in (0.0, 12.0)]))
    estimate = free_energy(found)
    assert estimate.value is None
    assert estimate.error is None
    assert estimate.kcal() is None
    assert any("overlap" in each for each in estimate.refused)


def test_too_few_samples_give_no_number() -> None:
    estimate = free_energy(harmonic_windows([1.0, 2.0], 10))
    assert estimate.value is None
    assert any("10 independent samples" in each for each in estimate.refused)


@pytest.mark.parametrize("samples", [1, 2, 3])
def test_windows_of_a_sample_or_two_give_no_number(samples: int) -> None:
    """As many as a first try has; a window of one has no second half."""
    estimate = free_energy(harmonic_windows([1.0, 2.0], samples))
    assert estimate.value is None
    assert any("independent samples" in each for each in estimate.refused)


def test_a_run_that_drifts_gives_no_number() -> None:
    reduced = harmonic_windows([1.0, 1.5], 400)
    for each in reduced:
        each[1, 200:] += 3.0
    estimate = free_energy(reduced)
    assert estimate.value is None
    assert estimate.refused


def test_bad_systems_are_refused() -> None:
    system, _ = dimers()
    with pytest.raises(InputError, match="bonded to one another"):
        decoupled(system, [3, 4])
    with pytest.raises(InputError, match="atoms to decouple"):
        decoupled(system, [])
    with pytest.raises(InputError, match="atoms to decouple"):
        decoupled(system, range(5))
    born = openmm.GBSAOBCForce()
    for _ in range(5):
        born.addParticle(0.0, 0.15, 0.8)
    system.addForce(born)
    with pytest.raises(InputError, match="implicit water"):
        decoupled(system, [2, 3, 4])
    with pytest.raises(InputError, match="no such parameter"):
        sample_windows(dimers()[0], dimers()[1], [{"a": 0.0}, {"a": 1.0}], samples=1, platform="Reference")
    with pytest.raises(InputError, match="2 or more"):
        sample_windows(dimers()[0], dimers()[1], [{}], samples=1, platform="Reference")
    with pytest.raises(InputError, match="reduced potentials"):
        free_energy([np.zeros((2, 5)), np.zeros((3, 5))])


def test_command_tells_or_refuses(tmp_path: Path, command: Callable[..., tuple[int, str, str]]) -> None:
    good = tmp_path / "good.tsv"
    write_windows(good, harmonic_windows([1.0, 2.0, 4.0], 500))
    code, out, err = command("free-energy", good)
    assert code == 0, err
    value = float(out.split("free energy: ")[1].split(" ")[0])
    assert value == pytest.approx(0.5 * np.log(4.0), abs=0.1)
    poor = tmp_path / "poor.tsv"
    write_windows(poor, harmonic_windows([1.0, 1e8], 100))
    code, out, err = command("free-energy", poor)
    assert code == 1
    assert "no free energy is told" in err
    assert "free energy:" not in out
    (tmp_path / "bad.tsv").write_text("window\tu_1\tu_2\n3\t0\t0\n")
    code, _, err = command("free-energy", tmp_path / "bad.tsv")
    assert code == 2
    assert "line 2, column window: no such window" in err
    (tmp_path / "bad.tsv").write_text("window\tu_1\n1\t0\n")
    code, _, err = command("free-energy", tmp_path / "bad.tsv")
    assert code == 2
    assert "u_2" in err


def test_an_explosion_is_told() -> None:
    system, positions = dimers()
    broken = openmm.CustomExternalForce("sqrt(-1-x^2)*switch")
    broken.addGlobalParameter("switch", 1.0)
    broken.addParticle(0, [])
    system.addForce(broken)
    with pytest.raises(KinescapeError, match="window 1 of 2 blew up"):
        sample_windows(
            system,
            positions,
            [{"switch": 1.0}, {"switch": 2.0}],
            samples=2,
            steps=1,
            equilibration=1,
            platform="Reference",
        )


def test_a_drug_in_explicit_water_keeps_its_energy_when_coupled(tmp_path: Path) -> None:
    """PME, exceptions and cutoffs: the made system is the given one at 1; decoupled, the drug feels nothing."""
    pytest.importorskip("rdkit")
    from synthetic_complex import complex_text

    from kinescape.structure.dynamics.assemble import assemble
    from kinescape.structure.dynamics.protocol import Protocol
    from kinescape.structure.read import read_model

    path = tmp_path / "complex.pdb"
    path.write_text(complex_text())
    wet = assemble(read_model(path), "LOR", "WT", Protocol())
    drug = [atom.index for atom in wet.topology.atoms() if atom.residue.name == "LOR"]
    drug = wet.solute[drug].tolist()
    for force in wet.system.getForces():
        if isinstance(force, openmm.NonbondedForce):
            force.setUseDispersionCorrection(False)
    made = decoupled(wet.system, drug)
    original = energy(wet.system, wet.start.positions)
    coupled = energy(made, wet.start.positions, **{STERICS: 1.0, ELECTROSTATICS: 1.0})
    # Pairs of the drug's own atoms beyond the cutoff of 9 Å are left out in the one and counted in the other.
    assert coupled == pytest.approx(original, abs=0.1)
    moved = wet.start.positions.copy()
    moved[drug] += np.array([0.05, 0.02, -0.03])
    off = {STERICS: 0.0, ELECTROSTATICS: 0.0}
    assert energy(made, moved, **off) == pytest.approx(energy(made, wet.start.positions, **off), abs=0.05)


def test_windows_far_apart_and_few_are_refused_and_not_a_crash() -> None:
    """Where MBAR's equations cannot be solved there is a reason, whatever its solver does."""
    rng = np.random.default_rng(11)
    for apart in (20.0, 60.0, 300.0):
        centres = apart * np.arange(4)
        drawn = [rng.normal(centre, 1, 6) for centre in centres]
        estimate = free_energy([np.array([0.5 * (x - other) ** 2 for other in centres]) for x in drawn])
        assert estimate.value is None
        assert estimate.error is None
        assert any("overlap" in each for each in estimate.refused)
