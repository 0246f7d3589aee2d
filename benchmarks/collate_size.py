"""Time ``kinescape collate`` on many results, and what a second call costs.

    python benchmarks/collate_size.py [--samples 20000]

The results are one kept result under other names (about 45 kB each without blanks), in the system's temporary folder.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import time
from pathlib import Path

from kinescape.collate.store import collate

KEPT = Path(__file__).resolve().parents[1] / "tests" / "data" / "results" / "1.0" / "P6.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--samples", type=int, default=20_000)
    options = parser.parse_args()
    content = json.loads(KEPT.read_text())
    with tempfile.TemporaryDirectory(prefix="collate-size-") as name:
        run = Path(name) / "run"
        for number in range(options.samples):
            content["sample"]["sample"] = f"s{number:06d}"
            place = run / "samples" / f"s{number:06d}"
            place.mkdir(parents=True)
            (place / "result.json").write_text(json.dumps(content, separators=(",", ":")))
        database = Path(name) / "cohort.duckdb"
        for call in ("first", "second"):
            started = time.monotonic()
            done = collate([run], database, threads=os.cpu_count() or 1)
            seconds = time.monotonic() - started
            print(
                f"{call} call: {seconds:.1f} s, {done.samples:,} samples, {done.added:,} added, {done.kept:,} as before"
            )
        size = database.stat().st_size / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"database {size:.0f} MB; peak of the writing process {peak:.0f} MiB")


if __name__ == "__main__":
    main()
