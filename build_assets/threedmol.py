"""3Dmol.js, the viewer of molecular models, taken at build time from its own package (``npm pack``) into ours.

The package is pinned by version and by the SHA-512 of its archive (the integrity that its registry publishes). The
program lies, compressed, in ``src/kinescape/structure/assets/``: a product of the build, in the wheel and in an
editable installation, never in the repository. Where npm cannot be had the build goes on, and `kinescape structure`
says that the viewer was not built in.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE, VERSION = "3dmol", "2.5.5"
INTEGRITY = "kqNHouGqq3YfW58174tdERvm0XYTmP0tavQKOqIw1ouc2OJ7epkXEFrtEkVXV0clBZT2Ze2xHRC/qxX0u0qCdw=="
"""SHA-512 of the archive, base64, as the registry states it."""
PROGRAM, LICENCE = "package/build/3Dmol-min.js", "package/LICENSE"
PLACES = {
    PROGRAM: Path("src", "kinescape", "structure", "assets", "3Dmol-min.js.gz"),
    LICENCE: Path("src", "kinescape", "structure", "assets", "3Dmol-LICENSE.txt"),
}


def build(root: Path) -> list[Path]:
    """Put the program and its licence (BSD-3-Clause) into the package; paths of what is there, relative to ``root``.

    Raises
    ------
    RuntimeError
        What came is not the archive that was tried.
    """
    if not all((root / place).is_file() for place in PLACES.values()):
        archive = _archive()
        if archive is not None:
            _unpack(archive, root)
    return [place for place in PLACES.values() if (root / place).is_file()]


def _archive() -> bytes | None:
    npm = shutil.which("npm")
    if npm is None:
        sys.stderr.write("3Dmol.js is not built in: npm is not on PATH\n")
        return None
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", f"{PACKAGE}@{VERSION}", "--silent", "--pack-destination", folder]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=120)
            content = next(Path(folder).glob("*.tgz")).read_bytes()
        except (OSError, subprocess.SubprocessError, StopIteration) as problem:
            sys.stderr.write(f"3Dmol.js is not built in: {problem}\n")
            return None
    found = base64.b64encode(hashlib.sha512(content).digest()).decode("ascii")
    if found != INTEGRITY:
        raise RuntimeError(f"{PACKAGE} {VERSION} is not the archive that was tried: sha512 {found}")
    return content


def _unpack(archive: bytes, root: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        for member, place in PLACES.items():
            handle = tar.extractfile(member)
            if handle is None:
                raise RuntimeError(f"{PACKAGE} {VERSION} has no {member}")
            content = handle.read()
            path = root / place
            path.parent.mkdir(parents=True, exist_ok=True)
            # No name and no time in the header: the same program gives the same bytes.
            path.write_bytes(gzip.compress(content, 9, mtime=0) if path.suffix == ".gz" else content)


if __name__ == "__main__":
    for built in build(Path(__file__).resolve().parents[1]):
        sys.stdout.write(f"{built}\n")
