"""What is known of an agent: whether it is a kinase inhibitor, and of which generation."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from kinescape.tables import read_table

CLASSES = ("tki", "chemotherapy", "immunotherapy", "other")


@dataclass(frozen=True)
class Agent:
    """One agent; ``generation`` is empty for all but kinase inhibitors."""

    name: str
    kind: str
    generation: str


@functools.cache
def known_agents() -> dict[str, Agent]:
    """Agents by name and by brand name, in lower case."""
    with resources.as_file(resources.files("kinescape") / "data" / "cohort" / "agents.csv") as path:
        rows = read_table(Path(path), required=("agent", "class", "generation", "other_names"))
    found = {}
    for row in rows:
        agent = Agent(row.text("agent"), row.choice("class", CLASSES), row.text("generation", ""))
        for name in [agent.name, *filter(None, row.text("other_names", "").split(";"))]:
            found[name.lower()] = agent
    return found
