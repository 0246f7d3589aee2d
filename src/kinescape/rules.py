"""From a fold to a class: rule sets are data (``rules.yaml``) with an id, so that a report can name the one it used.

A fold is IC50 of the mutant over IC50 of the unmutated fusion in the same study. A censored IC50 gives a bound, and a
bound that does not settle the class is called ``uncertain``, as is an interval that crosses a cut.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kinescape.errors import InputError

SENSITISED = "sensitised"
UNCERTAIN = "uncertain"
PACKAGED = Path(__file__).parent / "data" / "knowledge" / "alk-ros1" / "rules.yaml"
"""The rules of the packaged knowledge base: what a fold means is written down once."""

_DIRECTIONS = ("resistant", "reduced", "sensitive", "sensitised")


@dataclass(frozen=True)
class FoldClass:
    """One class of a rule set: folds above the class before it, up to and including ``up_to``."""

    name: str
    up_to: float
    direction: str


@dataclass(frozen=True)
class RuleSet:
    """An ordered list of classes. Folds below ``sensitised_below`` are sensitised whatever the first class says."""

    id: str
    source: str
    sensitised_below: float
    classes: tuple[FoldClass, ...]
    pan_classes: tuple[str, ...]

    def classify(self, fold: float, censoring: str = "=", low: float | None = None, high: float | None = None) -> str:
        """The class of one fold.

        Parameters
        ----------
        fold
            Mutant over unmutated, > 0.
        censoring
            ``>`` where ``fold`` is a lower bound, ``<`` where it is an upper bound.
        low, high
            Interval of the fold, where the assay gives one.

        Returns
        -------
        str
            Name of a class, ``sensitised``, or ``uncertain`` where bound or interval touch more than one class.
        """
        bottom = 0.0 if censoring == "<" else fold if low is None else low
        top = math.inf if censoring == ">" else fold if high is None else high
        touched = [edge.name for edge in self._edges() if edge.meets(bottom, top, censoring)]
        return touched[0] if len(touched) == 1 else UNCERTAIN

    def direction(self, fold: float, censoring: str = "=") -> str:
        """The word of ``evidence.tsv`` for a fold. An open bound takes the class at the bound itself."""
        inside = math.nextafter(fold, {">": math.inf, "<": 0.0}.get(censoring, fold))
        name = self.classify(inside)
        if name == SENSITISED:
            return "sensitised"
        return next(fold_class.direction for fold_class in self.classes if fold_class.name == name)

    def _edges(self) -> list[_Edges]:
        edges = [_Edges(SENSITISED, 0.0, self.sensitised_below, holds_lower=False, holds_upper=False)]
        for fold_class in self.classes:
            first = len(edges) == 1
            edges.append(
                _Edges(fold_class.name, edges[-1].upper, fold_class.up_to, holds_lower=first, holds_upper=True)
            )
        return edges


@dataclass(frozen=True)
class _Edges:
    """The range of folds of one class: sensitised (0, s), the first class [s, a], each later one (a, b]."""

    name: str
    lower: float
    upper: float
    holds_lower: bool
    holds_upper: bool

    def meets(self, bottom: float, top: float, censoring: str) -> bool:
        """Whether [bottom, top] meets the class; a censored end is open, so that ``>10`` does not hold 10 itself."""
        above = top >= self.lower if self.holds_lower and censoring != "<" else top > self.lower
        below = bottom <= self.upper if self.holds_upper and censoring != ">" else bottom < self.upper
        return above and below


@dataclass(frozen=True)
class PanResistance:
    """A variant is pan-resistant when every drug of the set was tested and every one is in the rule set's pan class."""

    id: str
    gene: str
    drugs: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class Germline:
    """Allele fractions that fit a germline change: around one half, or close to one."""

    heterozygous: tuple[float, float]
    homozygous_from: float

    def fits(self, vaf: float) -> bool:
        """Whether the allele fraction is what a germline change would show."""
        return self.heterozygous[0] <= vaf <= self.heterozygous[1] or vaf >= self.homozygous_from


@dataclass(frozen=True)
class Rules:
    """All of ``rules.yaml``."""

    default: str
    rule_sets: dict[str, RuleSet]
    pan_resistance: tuple[PanResistance, ...]
    germline: Germline

    def rule_set(self, identifier: str | None = None) -> RuleSet:
        """The rule set with this id, or the default one."""
        name = identifier or self.default
        if name not in self.rule_sets:
            raise InputError("unknown rule set", found=name, expected="one of " + ", ".join(self.rule_sets))
        return self.rule_sets[name]

    def pan_sets(self, identifier: str | None = None) -> tuple[PanResistance, ...]:
        """The set of drugs with this id, or all of them."""
        chosen = tuple(over for over in self.pan_resistance if identifier in {None, over.id})
        if not chosen and identifier:
            names = ", ".join(over.id for over in self.pan_resistance)
            raise InputError("unknown set of drugs", found=identifier, expected=f"one of {names}")
        return chosen


def read_rules(path: Path) -> Rules:
    """Read ``rules.yaml``.

    Raises
    ------
    InputError
        Not YAML, or a part is missing or of the wrong kind.
    """
    document = read_yaml(path)
    try:
        sets = {str(name): _rule_set(str(name), entry) for name, entry in document["rule_sets"].items()}
        rules = Rules(
            default=str(document["default"]),
            rule_sets=sets,
            pan_resistance=tuple(
                PanResistance(str(entry["id"]), str(entry["gene"]), tuple(entry["drugs"]), str(entry["source"]))
                for entry in document["pan_resistance"]
            ),
            germline=Germline(
                heterozygous=_pair(document["germline"]["heterozygous"]),
                homozygous_from=float(document["germline"]["homozygous_from"]),
            ),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise InputError(f"not a set of rules ({type(problem).__name__}: {problem})", file=path) from None
    if rules.default not in sets:
        raise InputError("default names no rule set", file=path, found=rules.default, expected=", ".join(sets))
    return rules


class _Loader(yaml.SafeLoader):
    """Safe YAML without aliases: aliases of aliases would unfold a page of text into gigabytes."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "an alias ('*name') is not read here", mark)
        return super().compose_node(parent, index)


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file whose top is a mapping; InputError when it is absent or something else."""
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a safe loader
    except FileNotFoundError:
        raise InputError("no such file", file=path) from None
    except (OSError, UnicodeDecodeError) as problem:
        raise InputError(f"cannot be read ({problem})", file=path) from None
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        reason = str(getattr(problem, "problem", "malformed"))
        raise InputError(f"not YAML ({reason})", file=path, line=mark.line + 1 if mark else None) from None
    except (ValueError, RecursionError) as problem:
        # A date that no calendar has; brackets nested deeper than any settings are.
        raise InputError(f"not YAML ({problem})", file=path) from None
    if not isinstance(document, dict):
        raise InputError("is not a mapping", file=path, expected="key: value lines")
    return document


def _rule_set(name: str, entry: dict[str, Any]) -> RuleSet:
    classes = tuple(
        FoldClass(str(item["name"]), float(item.get("up_to", math.inf)), str(item["direction"]))
        for item in entry["classes"]
    )
    cuts = [fold_class.up_to for fold_class in classes]
    sensitised = float(entry["sensitised_below"])
    if cuts != sorted(set(cuts)) or cuts[-1] != math.inf or not 0 < sensitised < cuts[0]:
        raise ValueError(f"cuts of {name} do not rise to an open last class")
    pan = tuple(str(part) for part in entry["pan_classes"])
    if not set(pan) <= {fold_class.name for fold_class in classes}:
        raise ValueError(f"pan_classes of {name} name no class")
    if not {fold_class.direction for fold_class in classes} <= set(_DIRECTIONS):
        raise ValueError(f"direction of a class of {name} is none of {', '.join(_DIRECTIONS)}")
    return RuleSet(name, str(entry["source"]), sensitised, classes, pan)


def _pair(values: list[float]) -> tuple[float, float]:
    low, high = values
    return float(low), float(high)
