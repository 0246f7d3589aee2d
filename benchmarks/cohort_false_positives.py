"""False-positive rate of every default and of the naive analyses: the table of docs/cohort.md.

Usage: uv run python benchmarks/cohort_false_positives.py [repeats at n=15] [repeats at n=150]
"""

from __future__ import annotations

import sys
import time

from kinescape.cohort.null_study import study


def main() -> None:
    repeats = [int(text) for text in sys.argv[1:3]] or [2000, 500]
    started = time.process_time()
    found = {patients: study(patients, count) for patients, count in zip((15, 150), repeats, strict=True)}
    print(f"| analysis | n = 15 ({repeats[0]} cohorts) | n = 150 ({repeats[1]} cohorts) |")
    print("| --- | --- | --- |")
    for name in found[15]:
        cells = [f"{100 * found[n][name][0]:.1f}%" for n in (15, 150)]
        print(f"| {name} | {cells[0]} | {cells[1]} |")
    print(f"{time.process_time() - started:.0f} CPU seconds", file=sys.stderr)


if __name__ == "__main__":
    main()
