"""Compile every kernel of the main job once, so that no user's first sample pays for it: ``python -m kinescape.warm``.

It simulates a tiny sample and analyses it; numba keeps the machine code beside the modules, or in the user's cache.
"""

from __future__ import annotations

import tempfile
from pathlib import Path


def warm() -> None:
    """Simulate and analyse a few read pairs in a temporary folder."""
    from kinescape.engine.folder import write_sample
    from kinescape.engine.plan import RunPlan, workbench
    from kinescape.records import Parameters
    from kinescape.sample import analyse_sample
    from kinescape.sheet import single_sample
    from kinescape.simulate.sample import simulate_sample
    from kinescape.simulate.spec_file import to_spec

    bench = workbench(RunPlan((), Path(), "alk-ros1", "alk-ros1", None, Parameters(min_depth=50)))
    values = {
        "sample": "warm",
        "pairs": {"default": 0, "ALK_E23": 200},
        "molecules": 500,
        "haplotypes": [{"name": "compound", "fraction": 0.2, "changes": ["ALK:c.3586C>A", "ALK:c.3604G>A"]}],
    }
    with tempfile.TemporaryDirectory() as folder:
        truth = simulate_sample(to_spec(values), bench.panel, Path(folder) / "warm", 1)
        analysis = analyse_sample(single_sample(truth.files[0], truth.files[1], "warm", None), bench)
        write_sample(Path(folder), analysis, bench.panel)


if __name__ == "__main__":
    warm()
