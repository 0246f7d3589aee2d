"""Makes the packaged ligand parameters: GAFF2 and AM1-BCC with AmberTools' programs, written as OpenMM force fields.

Run once, by whoever adds a drug; nothing of it is needed to use kinescape. Needs ``AMBERHOME`` with ``bin/`` of
antechamber, sqm, parmchk2 and teLeap (any AmberTools; what is packaged was made with those inside the wheel of acpype
2023.10.27, with libarpack2 of Debian 12 and a libjpeg.so.8 in ``LD_LIBRARY_PATH``).

    AMBERHOME=... python benchmarks/structure_ligands.py WORK [--only crizotinib,...]

writes ``src/kinescape/data/structure/ligands/NAME.xml`` and ``NAME.json``, and the reference energies that Amber's own
topology gives for the same coordinates to ``tests/structure/data/ligand_energies.json``.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "src/kinescape/data/structure/ligands"
ENERGIES = ROOT / "tests/structure/data/ligand_energies.json"
SEED = 2024

# name: (residue name, SMILES as modelled at pH 7.4, residue codes of the wwPDB, what is said of the protonation)
LIGANDS: dict[str, tuple[str, str, list[str], str]] = {
    "crizotinib": (
        "VGH",
        "C[C@@H](Oc1cc(cnc1N)-c1cnn(c1)C1CC[NH2+]CC1)c1c(Cl)ccc(F)c1Cl",
        ["VGH"],
        "piperidine protonated (+1)",
    ),
    "lorlatinib": (
        "LOR",
        "C[C@H]1Oc2cc(cnc2N)-c2c(C#N)n(C)nc2CN(C)C(=O)c2ccc(F)cc12",
        ["5P8"],
        "neutral",
    ),
    "ADP": (
        "ADP",
        "Nc1ncnc2c1ncn2[C@@H]1O[C@H](COP([O-])(=O)OP([O-])([O-])=O)[C@@H](O)[C@H]1O",
        ["ADP"],
        "diphosphate fully deprotonated (-3)",
    ),
    "ceritinib": (
        "CER",
        "CC(C)Oc1cc(C2CC[NH2+]CC2)c(C)cc1Nc1ncc(Cl)c(Nc2ccccc2S(=O)(=O)C(C)C)n1",
        ["4MK"],
        "piperidine protonated (+1)",
    ),
    "alectinib": (
        "ALE",
        "CCc1cc2c(cc1N1CCC(CC1)N1CCOCC1)C(C)(C)c1[nH]c3cc(ccc3c1C2=O)C#N",
        ["EMH"],
        "neutral (the morpholine's pKa is near 7: the charged form is not modelled)",
    ),
    "brigatinib": (
        "BRI",
        "COc1cc(ccc1Nc1ncc(Cl)c(Nc2ccccc2P(C)(C)=O)n1)N1CCC(CC1)N1CC[NH+](C)CC1",
        ["6GY"],
        "methylated nitrogen of the piperazine protonated (+1)",
    ),
    "repotrectinib": (
        "REP",
        "C[C@H]1CNC(=O)c2cnn3ccc(N[C@H](C)c4cc(F)ccc4O1)nc23",
        [],
        "neutral",
    ),
    "ATP": (
        "ATP",
        "Nc1ncnc2c1ncn2[C@@H]1O[C@H](COP([O-])(=O)OP([O-])(=O)OP([O-])([O-])=O)[C@@H](O)[C@H]1O",
        ["ATP"],
        "triphosphate fully deprotonated (-4)",
    ),
}

SQM = "qm_theory='AM1', grms_tol=0.0005, scfconv=1.d-10, ndiis_attempts=700,"
SINGLE_POINT = ("brigatinib",)
"""Ligands whose AM1 charges are of the MMFF94 geometry as it is: relaxing 79 atoms by AM1 took too long."""

# Sum formulas of the neutral molecules (labels of the drugs), as a check on the SMILES.
FORMULAS = {
    "crizotinib": "C21H22Cl2FN5O",
    "lorlatinib": "C21H19FN6O2",
    "ceritinib": "C28H36ClN5O3S",
    "alectinib": "C30H34N4O2",
    "brigatinib": "C29H39ClN7O2P",
    "repotrectinib": "C18H18FN5O2",
    "ADP": "C10H15N5O10P2",
    "ATP": "C10H16N5O13P3",
}
CHIRAL = {
    "crizotinib": "R",
    "lorlatinib": "R",
    "repotrectinib": "RS",
    "ADP": "RRRS",
    "ATP": "RRRS",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path, help="folder for the programs' files; finished steps in it are kept")
    parser.add_argument("--only", default=",".join(LIGANDS))
    arguments = parser.parse_args()
    if "AMBERHOME" not in os.environ:
        print("AMBERHOME is not set: it must name a folder with AmberTools' bin/ and dat/", file=sys.stderr)
        return 2
    peptide_energies(arguments.work.resolve() / "peptide")
    for name in arguments.only.split(","):
        make(name, arguments.work.resolve() / name)
    return 0


def make(name: str, work: Path) -> None:
    """All steps for one ligand."""
    residue, smiles, codes, protonation = LIGANDS[name]
    work.mkdir(parents=True, exist_ok=True)
    molecule = conformer(name, smiles)
    names = atom_names(molecule)
    charge = sum(atom.GetFormalCharge() for atom in molecule.GetAtoms())
    write_sdf(molecule, work / "in.sdf")
    if not (work / "typed.mol2").is_file():
        # -pl: paths tried when bond types are judged; a cap, or large ring systems take hours.
        run(work, "antechamber", "-i", "in.sdf", "-fi", "sdf", "-o", "typed.part", "-fo", "mol2", "-c", "bcc")(
            "-nc", str(charge), "-at", "gaff2", "-rn", residue, "-dr", "no", "-pl", "30",
            "-ek", f"maxcyc={0 if name in SINGLE_POINT else 200}, {SQM}",
        )  # fmt: skip
        (work / "typed.part").rename(work / "typed.mol2")
    whole_charge(work / "typed.mol2", work / "charged.mol2", charge)
    run(work, "parmchk2", "-i", "charged.mol2", "-f", "mol2", "-o", "ligand.frcmod", "-s", "gaff2")()
    (work / "leap.in").write_text(
        "source leaprc.gaff2\nloadamberparams ligand.frcmod\nm = loadmol2 charged.mol2\n"
        "saveamberparm m ligand.prmtop ligand.inpcrd\nquit\n"
    )
    run(work, "teLeap", *leap_folders(), "-f", "leap.in")()
    write_force_field(name, work, residue, names, molecule)
    write_record(name, work, residue, smiles, codes, protonation, charge, molecule, names)
    reference_energies(name, work, molecule)
    print(name, "done", flush=True)


def conformer(name: str, smiles: str) -> Any:
    """The molecule with hydrogens and one relaxed conformer; the SMILES is checked by formula and chirality first."""
    from rdkit import Chem
    from rdkit.Chem import AllChem
    from rdkit.Chem.MolStandardize import rdMolStandardize
    from rdkit.Chem.rdMolDescriptors import CalcMolFormula

    molecule = Chem.MolFromSmiles(smiles)
    neutral = CalcMolFormula(rdMolStandardize.Uncharger().uncharge(molecule))
    if neutral != FORMULAS[name]:
        raise SystemExit(f"{name}: the SMILES is {neutral}, the drug is {FORMULAS[name]}")
    chiral = "".join(sorted(tag for _, tag in Chem.FindMolChiralCenters(molecule, useLegacyImplementation=False)))
    if chiral != CHIRAL.get(name, ""):
        raise SystemExit(f"{name}: chirality {chiral}, expected {CHIRAL.get(name, '')}")
    molecule = Chem.AddHs(molecule)
    AllChem.EmbedMolecule(molecule, randomSeed=SEED)
    AllChem.MMFFOptimizeMolecule(molecule, maxIters=5000)
    return molecule


def atom_names(molecule: Any) -> list[str]:
    """Element and number within the element: C1, C2, N1, H1 ..."""
    count: dict[str, int] = {}
    names = []
    for atom in molecule.GetAtoms():
        symbol = atom.GetSymbol()
        count[symbol] = count.get(symbol, 0) + 1
        names.append(f"{symbol.upper()}{count[symbol]}")
    return names


def write_sdf(molecule: Any, path: Path) -> None:
    from rdkit import Chem

    kekulised = Chem.Mol(molecule)
    Chem.Kekulize(kekulised, clearAromaticFlags=True)
    path.write_text(Chem.MolToMolBlock(kekulised, kekulize=True) + "$$$$\n")


def whole_charge(path: Path, out: Path, charge: int) -> None:
    """Spread what rounding left of the total charge over all atoms: the sum is the formal charge to 1e-6."""
    lines = path.read_text().splitlines()
    start, end = lines.index("@<TRIPOS>ATOM") + 1, lines.index("@<TRIPOS>BOND")
    values = [float(line.split()[8]) for line in lines[start:end]]
    share = (charge - sum(values)) / len(values)
    for number, value in enumerate(values):
        line = lines[start + number]
        lines[start + number] = line[: line.rindex(line.split()[8])] + f"{value + share:.8f}"
    out.write_text("\n".join(lines) + "\n")


def run(work: Path, program: str, *first: str) -> Any:
    """A runner of one of AmberTools' programs in ``work``: call it with further arguments."""

    def call(*rest: str) -> None:
        command = [f"{os.environ['AMBERHOME']}/bin/{program}", *first, *rest]
        done = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)
        (work / f"{program}.log").write_text(done.stdout + done.stderr)
        if done.returncode:
            raise SystemExit(f"{program} failed in {work}:\n{(done.stdout + done.stderr)[-2000:]}")

    return call


def write_force_field(name: str, work: Path, residue: str, names: list[str], molecule: Any) -> None:
    """Amber's topology, term by term, as an OpenMM force field in which every atom is a type of its own.

    One type per atom leaves nothing to be matched by class, so that each torsion and each improper is exactly the one
    that teLeap chose, in its order of atoms (``ordering="amber"``: the third of i-j-k-l is the centre).
    """
    import openmm.unit as unit
    from openmm import HarmonicAngleForce, HarmonicBondForce, NonbondedForce, PeriodicTorsionForce
    from openmm.app import AmberPrmtopFile

    top = AmberPrmtopFile(str(work / "ligand.prmtop"))
    system = top.createSystem()
    gaff = (
        top._prmtop.getAtomTypes() if hasattr(top._prmtop, "getAtomTypes") else top._prmtop._raw_data["AMBER_ATOM_TYPE"]
    )
    elements = [atom.element.symbol for atom in top.topology.atoms()]
    bonded = {frozenset((b.GetBeginAtomIdx(), b.GetEndAtomIdx())) for b in molecule.GetBonds()}
    assert elements == [atom.GetSymbol() for atom in molecule.GetAtoms()], "atom order changed"
    forces = {type(force): force for force in system.getForces()}
    types = [f"{name}-{each}" for each in names]
    charges, lennard_jones = charges_of(forces[NonbondedForce])
    lines = ["<ForceField>", f" <Info><Source>{name}: GAFF2 with AM1-BCC charges, see {name}.json</Source></Info>"]
    lines.append(" <AtomTypes>")
    for index, label in enumerate(types):
        mass = system.getParticleMass(index).value_in_unit(unit.dalton)
        lines.append(
            f'  <Type name={quoteattr(label)} class={quoteattr(label)} element="{elements[index]}" mass="{mass:.4f}"/>'
            f"<!-- {gaff[index].strip()} -->"
        )
    lines += [" </AtomTypes>", " <Residues>", f'  <Residue name="{residue}">']
    lines += [
        f'   <Atom name="{names[i]}" type={quoteattr(types[i])} charge="{charges[i]:.6f}"/>' for i in range(len(names))
    ]
    for i, j in sorted(tuple(sorted(pair)) for pair in bonded):
        lines.append(f'   <Bond atomName1="{names[i]}" atomName2="{names[j]}"/>')
    lines += ["  </Residue>", " </Residues>", " <HarmonicBondForce>"]
    bonds: HarmonicBondForce = forces[HarmonicBondForce]
    for index in range(bonds.getNumBonds()):
        i, j, length, k = bonds.getBondParameters(index)
        assert frozenset((i, j)) in bonded
        lines.append(f'  <Bond {labelled(types, i, j)} length="{plain(length)}" k="{plain(k)}"/>')
    lines += [" </HarmonicBondForce>", " <HarmonicAngleForce>"]
    angles: HarmonicAngleForce = forces[HarmonicAngleForce]
    for index in range(angles.getNumAngles()):
        i, j, k, angle, strength = angles.getAngleParameters(index)
        lines.append(f'  <Angle {labelled(types, i, j, k)} angle="{plain(angle)}" k="{plain(strength)}"/>')
    lines += [" </HarmonicAngleForce>", ' <PeriodicTorsionForce ordering="amber">']
    torsions: PeriodicTorsionForce = forces[PeriodicTorsionForce]
    proper: dict[tuple[int, ...], list[tuple[int, float, float]]] = {}
    improper: dict[tuple[int, ...], list[tuple[int, float, float]]] = {}
    for index in range(torsions.getNumTorsions()):
        *atoms, periodicity, phase, k = torsions.getTorsionParameters(index)
        chain = all(frozenset(pair) in bonded for pair in itertools.pairwise(atoms))
        target = proper if chain else improper
        if chain:
            atoms = min(atoms, atoms[::-1])  # terms of one torsion may be listed in either direction
        else:
            # The centre is the third; Amber turns a term round where its first atom may not stand at the end.
            if not all(frozenset((atoms[2], other)) in bonded for other in (atoms[0], atoms[1], atoms[3])):
                atoms = atoms[::-1]
            atoms = [atoms[2], atoms[0], atoms[1], atoms[3]]  # the force-field file names the centre first
        target.setdefault(tuple(atoms), []).append((periodicity, plain(phase), plain(k)))
    for tag, group in (("Proper", proper), ("Improper", improper)):
        for atoms, terms in group.items():
            inside = " ".join(
                f'periodicity{n}="{p}" phase{n}="{phase}" k{n}="{k}"' for n, (p, phase, k) in enumerate(terms, 1)
            )
            lines.append(f"  <{tag} {labelled(types, *atoms)} {inside}/>")
    lines += [" </PeriodicTorsionForce>", ' <NonbondedForce coulomb14scale="0.8333333333333334" lj14scale="0.5">']
    lines.append('  <UseAttributeFromResidue name="charge"/>')
    for label, (sigma, epsilon) in zip(types, lennard_jones, strict=True):
        lines.append(f'  <Atom type={quoteattr(label)} sigma="{sigma:.10g}" epsilon="{epsilon:.10g}"/>')
    lines += [" </NonbondedForce>", "</ForceField>", ""]
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / f"{name}.xml").write_text("\n".join(lines))


def charges_of(force: Any) -> tuple[list[float], list[tuple[float, float]]]:
    """Charges (e), and sigma (nm) with epsilon (kJ/mol), by atom."""
    import openmm.unit as unit

    charges, pairs = [], []
    for index in range(force.getNumParticles()):
        charge, sigma, epsilon = force.getParticleParameters(index)
        charges.append(charge.value_in_unit(unit.elementary_charge))
        pairs.append((sigma.value_in_unit(unit.nanometer), epsilon.value_in_unit(unit.kilojoule_per_mole)))
    return charges, pairs


def labelled(types: list[str], *atoms: int) -> str:
    return " ".join(f"type{n}={quoteattr(types[atom])}" for n, atom in enumerate(atoms, 1))


def plain(quantity: Any) -> float:
    """A quantity's value in OpenMM's own units (nm, kJ/mol, radian), to ten figures."""
    import openmm.unit as unit

    return float(f"{quantity.value_in_unit_system(unit.md_unit_system):.10g}")


def write_record(
    name: str, work: Path, residue: str, smiles: str, codes: list[str], protonation: str, charge: int,
    molecule: Any, names: list[str],
) -> None:  # fmt: skip
    from rdkit import Chem

    unknown = [line.strip() for line in (work / "ligand.frcmod").read_text().splitlines() if penalty(line) > 50]
    record = {
        "name": name,
        "residue": residue,
        "wwpdb_codes": codes,
        "smiles": smiles,
        "mapped_smiles": mapped(molecule),
        "formal_charge": charge,
        "protonation": protonation,
        "force_field": "GAFF2 (gaff2.dat of AmberTools)",
        "charges": f"AM1-BCC (sqm, one {'MMFF94' if name in SINGLE_POINT else 'AM1-relaxed'} conformer)",
        "programs": "antechamber, sqm, parmchk2, teLeap of AmberTools as inside acpype 2023.10.27",
        "script": "benchmarks/structure_ligands.py",
        "rdkit_seed": SEED,
        "atoms": len(names),
        "heavy_atoms": Chem.RemoveHs(molecule).GetNumAtoms(),
        "estimated_with_penalty_over_50": unknown,
    }
    (OUT / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n")


def penalty(line: str) -> float:
    """Parmchk2's penalty of an estimated parameter; infinite where it found none, 0 where nothing was estimated."""
    if "ATTN" in line:
        return float("inf")
    found = re.search(r"penalty score= *([0-9.]+)", line)
    return float(found.group(1)) if found else 0.0


def mapped(molecule: Any) -> str:
    """SMILES with explicit hydrogens whose atom maps are the atoms' places (1-based) in the force field's residue."""
    from rdkit import Chem

    copy = Chem.Mol(molecule)
    for atom in copy.GetAtoms():
        atom.SetAtomMapNum(atom.GetIdx() + 1)
    return str(Chem.MolToSmiles(copy))


def peptide_energies(work: Path) -> None:
    """Alanine dipeptide (ACE-ALA-NME) in ff14SB as teLeap builds it: its geometry and its energies by term."""
    from openmm import unit
    from openmm.app import AmberInpcrdFile, AmberPrmtopFile

    work.mkdir(parents=True, exist_ok=True)
    (work / "leap.in").write_text(
        "source leaprc.protein.ff14SB\nm = sequence { ACE ALA NME }\n"
        "saveamberparm m peptide.prmtop peptide.inpcrd\nquit\n"
    )
    run(work, "teLeap", *leap_folders(), "-f", "leap.in")()
    top = AmberPrmtopFile(str(work / "peptide.prmtop"))
    positions = np.array(AmberInpcrdFile(str(work / "peptide.inpcrd")).positions.value_in_unit(unit.angstrom))
    atoms = [[atom.residue.name, atom.name] for atom in top.topology.atoms()]
    save_energies("ACE-ALA-NME", top.createSystem(), positions, {"atoms": atoms})


def leap_folders() -> list[str]:
    return [part for kind in ("parm", "lib", "cmd") for part in ("-I", f"{os.environ['AMBERHOME']}/dat/leap/{kind}")]


def reference_energies(name: str, work: Path, molecule: Any) -> None:
    """Energies by term that Amber's topology of a ligand gives."""
    from openmm.app import AmberPrmtopFile

    system = AmberPrmtopFile(str(work / "ligand.prmtop")).createSystem()
    save_energies(name, system, np.array(molecule.GetConformer().GetPositions()), {})


def save_energies(name: str, system: Any, relaxed: Any, more: dict[str, Any]) -> None:
    """Energies by term (Reference platform, vacuum) of a geometry and of the same, shaken."""
    import openmm
    import openmm.unit as unit

    for group, force in enumerate(system.getForces()):
        force.setForceGroup(group)
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("Reference"))
    shaken = relaxed + np.random.default_rng(SEED).normal(scale=0.05, size=relaxed.shape)
    entry = []
    for positions in (relaxed, shaken):
        rounded = np.round(positions, 4)
        context.setPositions(rounded / 10)
        terms = {
            type(force).__name__: context.getState(getEnergy=True, groups={group})
            .getPotentialEnergy()
            .value_in_unit(unit.kilojoule_per_mole)
            for group, force in enumerate(system.getForces())
            if not isinstance(force, openmm.CMMotionRemover)
        }
        entry.append({"angstrom": rounded.tolist(), "kilojoule_per_mole": terms, **more})
    ENERGIES.parent.mkdir(parents=True, exist_ok=True)
    table = json.loads(ENERGIES.read_text()) if ENERGIES.is_file() else {}
    table[name] = entry
    ENERGIES.write_text(json.dumps(dict(sorted(table.items()))) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
