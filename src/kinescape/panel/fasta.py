"""Small FASTA files whose faults are named by line and column."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kinescape.errors import InputError

BASES = "ACGT"
RESIDUES = "ACDEFGHIKLMNPQRSTVWY"


@dataclass(frozen=True)
class Entry:
    """One sequence. ``line`` is the 1-based line of its header; ``words`` is what follows the name there."""

    file: Path
    line: int
    name: str
    words: tuple[str, ...]
    sequence: str

    def error(self, what: str, *, found: object = None, expected: object = None) -> InputError:
        """An :class:`InputError` that points at the header."""
        return InputError(f"'{self.name}': {what}", file=self.file, line=self.line, found=found, expected=expected)


def read_fasta(path: Path, alphabet: str) -> list[Entry]:
    """Read a whole FASTA file into upper case.

    Raises
    ------
    InputError
        File missing or not text, empty, sequence before the first header, header without a name, doubled name, empty
        sequence, or a letter outside ``alphabet`` (ambiguity codes and masked stretches are refused).
    """
    entries: list[Entry] = []
    name, header_line = "", 0
    words: tuple[str, ...] = ()
    parts: list[str] = []
    for number, line in enumerate(read_lines(path), 1):
        if line.startswith(">"):
            if header_line:
                entries.append(_entry(path, header_line, name, words, parts))
            fields = line[1:].split()
            if not fields:
                raise InputError("header without a name", file=path, line=number)
            name, words, header_line, parts = fields[0], tuple(fields[1:]), number, []
            if any(entry.name == name for entry in entries):
                raise InputError("sequence stands twice", file=path, line=number, found=name)
        elif line.strip():
            if not header_line:
                raise InputError("sequence before the first header", file=path, line=number, expected="'>name'")
            parts.append(_letters(path, number, line.strip().upper(), alphabet))
    if not header_line:
        raise InputError("is empty", file=path, expected="FASTA")
    entries.append(_entry(path, header_line, name, words, parts))
    return entries


def read_lines(path: Path) -> list[str]:
    """The lines of a UTF-8 text file; InputError when it is missing, a folder or not text."""
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise InputError("no such file", file=path) from None
    except UnicodeDecodeError:
        raise InputError("is not UTF-8 text", file=path) from None
    except OSError as problem:
        raise InputError(f"cannot be read ({problem.strerror})", file=path) from None


def _letters(path: Path, number: int, text: str, alphabet: str) -> str:
    for column, letter in enumerate(text, 1):
        if letter not in alphabet:
            raise InputError(
                "unknown letter in the sequence",
                file=path,
                line=number,
                column=column,
                found=letter,
                expected="one of " + " ".join(alphabet),
            )
    return text


def _entry(path: Path, line: int, name: str, words: tuple[str, ...], parts: list[str]) -> Entry:
    entry = Entry(path, line, name, words, "".join(parts))
    if not entry.sequence:
        raise entry.error("no sequence", expected="at least one line of sequence")
    return entry
