"""The documentation site builds without a warning, and a broken link is one."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("sphinx", reason="the documentation's packages are not installed (uv sync --group docs)")

DOCS = Path(__file__).resolve().parents[2] / "docs"


def build(source: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """The command that CONTRIBUTING names."""
    return subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", str(source), str(out)],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )


@pytest.mark.slow
def test_the_site_builds_without_a_warning_and_every_page_is_reached(tmp_path: Path) -> None:
    done = build(DOCS, tmp_path / "site")
    assert done.returncode == 0, done.stderr
    pages = {path.stem for path in DOCS.glob("*.md")}
    assert pages <= {path.stem for path in (tmp_path / "site").glob("*.html")}
    commands = (tmp_path / "site" / "reference" / "commands.html").read_text()
    assert "--background-fdr" in commands
    fields = (tmp_path / "site" / "reference" / "result.html").read_text()
    assert "not_assessed" in fields
    assert 'src="http' not in commands + fields


@pytest.mark.slow
def test_a_broken_link_is_an_error(tmp_path: Path) -> None:
    shutil.copytree(DOCS / "_ext", tmp_path / "docs" / "_ext")
    shutil.copy(DOCS / "conf.py", tmp_path / "docs")
    (tmp_path / "docs" / "index.md").write_text("# Pages\n\n[gone](gone.md)\n")
    done = build(tmp_path / "docs", tmp_path / "site")
    assert done.returncode != 0
    assert "gone" in done.stderr
