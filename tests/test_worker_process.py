"""Workers of a pool are gone when the process that started them was killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

PARENT = """
import os, sys, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from kinescape.worker_process import end_with_parent

if __name__ == "__main__":
    with ProcessPoolExecutor(1, get_context(sys.argv[1]), initializer=end_with_parent) as pool:
        print(pool.submit(os.getpid).result(), flush=True)
        time.sleep(60)
"""


def there(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_killed_parent_leaves_no_worker(tmp_path: Path, method: str) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    with subprocess.Popen([sys.executable, str(script), method], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        assert there(worker)
        parent.kill()
    deadline = time.monotonic() + 20
    while there(worker) and time.monotonic() < deadline:
        time.sleep(0.1)
    if there(worker):
        os.kill(worker, 9)
        pytest.fail("the worker outlived its parent")
