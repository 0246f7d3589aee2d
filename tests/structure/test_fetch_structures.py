"""Fetching entries, from a server on the loopback address."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from peptide_builder import peptide

from kinescape import fetching
from kinescape.structure.write_pdb import pdb_text

Run = Callable[..., tuple[int, str, str]]
HEADER = "HEADER    TRANSFERASE                             01-JAN-11   {}              \n"


def test_fetch_needs_no_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    import click

    from kinescape.cli import structure as verbs
    from kinescape.errors import InputError

    monkeypatch.setattr(verbs, "NEEDED", ("no_such_package",))
    group = verbs.structure
    assert isinstance(group, verbs.StructureGroup)
    assert group.get_command(click.Context(group), "fetch") is not None
    with pytest.raises(InputError, match=r"needs no_such_package"):
        group.get_command(click.Context(group), "check")
    # What it imports is of the base installation.
    told = "import sys, kinescape.cli.structure_check, kinescape.structure.fetch; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert not {"openmm", "pdbfixer", "MDAnalysis", "prolif", "rdkit"} & set(done.stdout.split())


class Site:
    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.url = ""
        self.cut_once = False


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    state = Site()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            state.asked.append(self.path)
            content = state.files.get(self.path.lstrip("/"))
            if content is None:
                self.send_error(404)
                return
            start = 0
            if self.headers.get("Range"):
                start = int(self.headers["Range"].split("=")[1].rstrip("-"))
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            else:
                self.send_response(200)
            self.send_header("ETag", '"one"')
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            if state.cut_once:
                state.cut_once = False
                self.wfile.write(content[start : start + 500])
                return
            self.wfile.write(content[start:])

    monkeypatch.setattr(fetching, "_sleep", lambda _: None)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        state.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield state
        server.shutdown()
        thread.join()


def entry(name: str) -> bytes:
    return (HEADER.format(name) + pdb_text(peptide())).encode("ascii")


def test_fetched_recorded_and_used_again_without_the_network(tmp_path: Path, site: Site, command: Run) -> None:
    site.files = {"2XP2.pdb": entry("2XP2"), "3LCT.pdb": entry("3LCT")}
    code, out, _ = command("fetch", "2xp2", "3LCT", "-o", tmp_path, "--server", site.url, "--quiet")
    assert code == 0
    assert out.count("  fetched  ") == 2
    record = json.loads((tmp_path / "structures.json").read_text())
    assert record["2XP2.pdb"]["url"] == f"{site.url}/2XP2.pdb"
    asked = len(site.asked)
    code, out, _ = command("fetch", "2XP2", "-o", tmp_path, "--server", site.url, "--quiet")
    assert (code, "unchanged" in out, len(site.asked)) == (0, True, asked)


def test_changed_file_is_told(tmp_path: Path, site: Site, command: Run) -> None:
    site.files = {"2XP2.pdb": entry("2XP2")}
    command("fetch", "2XP2", "-o", tmp_path, "--server", site.url, "--quiet")
    with (tmp_path / "2XP2.pdb").open("a") as handle:
        handle.write("REMARK\n")
    code, _, err = command("fetch", "2XP2", "-o", tmp_path, "--server", site.url, "--quiet")
    assert (code, "has changed since it was fetched" in err) == (2, True)
    (tmp_path / "structures.json").unlink()
    code, _, err = command("fetch", "2XP2", "-o", tmp_path, "--server", site.url, "--quiet")
    assert (code, "without a record" in err) == (2, True)


def test_cut_download_is_gone_on_with(tmp_path: Path, site: Site, command: Run) -> None:
    site.files, site.cut_once = {"2XP2.pdb": entry("2XP2")}, True
    code, _, _ = command("fetch", "2XP2", "-o", tmp_path, "--server", site.url, "--quiet")
    assert code == 0
    assert (tmp_path / "2XP2.pdb").read_bytes() == site.files["2XP2.pdb"]
    assert len(site.asked) == 2


@pytest.mark.parametrize(
    ("files", "asked", "code", "said"),
    [
        ({}, "9ZZZ", 1, "has no such entry"),
        ({"2XP2.pdb": b"<html>maintenance</html>"}, "2XP2", 1, "no structure"),
        ({"2XP2.pdb": entry("3LCT")}, "2XP2", 1, "sent entry 3LCT"),
        ({}, "crizotinib", 2, "no entry of the PDB"),
    ],
)
def test_what_goes_wrong_leaves_nothing(
    tmp_path: Path, site: Site, command: Run, files: dict[str, bytes], asked: str, code: int, said: str
) -> None:
    site.files = files
    got, _, err = command("fetch", asked, "-o", tmp_path, "--server", site.url, "--quiet")
    assert (got, said in err) == (code, True)
    assert not list(tmp_path.glob("*.pdb"))


def test_a_folder_that_cannot_be_made_is_bad_input(tmp_path: Path, site: Site, command: Run) -> None:
    (tmp_path / "file").write_text("")
    code, _, err = command("fetch", "2XP2", "-o", tmp_path / "file", "--server", site.url)
    assert (code, err.count("\n")) == (2, 1)
    assert "expected a folder to write to" in err
    assert site.asked == []


def test_offline_is_said_plainly(tmp_path: Path, command: Run) -> None:
    code, _, err = command("fetch", "2XP2", "-o", tmp_path, "--server", "http://127.0.0.1:9", "--quiet")
    assert code == 1
    assert "cannot be reached" in err
    assert "offline" in err
    code, _, err = command("fetch", "2XP2", "-o", tmp_path, "--server", "http://example.org", "--quiet")
    assert (code, "not HTTPS" in err) == (2, True)
