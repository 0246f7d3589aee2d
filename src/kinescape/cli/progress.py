"""Progress of long work on the terminal: a live display where there is one, plain lines where there is not."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence

Watch = Callable[[str, str], None]


@contextlib.contextmanager
def samples_progress(samples: Sequence[str], quiet: bool = False, what: str = "samples") -> Iterator[Watch]:
    """Yield a function to be told (sample, stage) as the work goes on. Writes to stderr only."""
    if quiet:
        yield lambda sample, stage: None
        return
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        done = 0

        def tell(sample: str, stage: str) -> None:
            nonlocal done
            if stage == "finished":
                done += 1
                print(f"{what} [{done}/{len(samples)}] {sample}", file=sys.stderr, flush=True)  # noqa: T201

        yield tell
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[now]}"),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, total=len(samples), now="")
        running: dict[str, str] = {}

        def show(sample: str, stage: str) -> None:
            if stage == "finished":
                running.pop(sample, None)
                progress.advance(task)
            else:
                running[sample] = stage
            progress.update(task, now="  ".join(f"{name}: {what}" for name, what in running.items()))

        yield show
