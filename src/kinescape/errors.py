"""What a user sees when something is wrong: one sentence that says where, what was found and what was expected."""

from __future__ import annotations

from pathlib import Path

EXIT_OK = 0
EXIT_FAILURE = 1
EXIT_BAD_INPUT = 2
EXIT_SOME_SAMPLES_FAILED = 3
EXIT_INTERRUPTED = 130


class KinescapeError(Exception):
    """A failure that is not the user's input: exit code 1, one line, no traceback."""


class InputError(KinescapeError):
    """Bad input: exit code 2.

    Parameters
    ----------
    what
        What is wrong, in one clause ("quality string is shorter than the sequence").
    file
        The file it stands in, if it stands in one.
    line
        1-based line of that file, if known.
    column
        Name (or 1-based number) of the column, if the file is a table.
    found, expected
        What stands there, and what should.
    """

    def __init__(
        self,
        what: str,
        *,
        file: str | Path | None = None,
        line: int | None = None,
        column: str | int | None = None,
        found: object = None,
        expected: object = None,
    ) -> None:
        self.what, self.file, self.line, self.column = what, file, line, column
        self.found, self.expected = found, expected
        super().__init__(self.__str__())

    def __str__(self) -> str:
        place = ""
        if self.file is not None:
            place = _shown_path(str(self.file))
            if self.line is not None:
                place += f", line {self.line}"
            if self.column is not None:
                place += f", column {self.column}"
            place += ": "
        elif self.line is not None:
            place = f"line {self.line}: "
        # A parser's words may repeat what it was given, of any length.
        text = place + (self.what if len(self.what) <= 1000 else f"{self.what[:600]}...{self.what[-200:]}")
        if self.found is not None:
            text += f"; found {_shown(self.found)}"
        if self.expected is not None:
            text += f"; expected {self.expected}"
        return text

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions cross process borders when samples run side by side; keyword-only arguments need this.
        state = (self.what, self.file, self.line, self.column, self.found, self.expected)
        return (_rebuild, state)


def _rebuild(
    what: str,
    file: str | Path | None,
    line: int | None,
    column: str | int | None,
    found: object,
    expected: object,
) -> InputError:
    return InputError(what, file=file, line=line, column=column, found=found, expected=expected)


def _shown_path(path: str) -> str:
    """A path as it is shown in a message: one line; whole unless it is longer than any that a person wrote."""
    text = path if path.isprintable() else path.encode("unicode_escape").decode("ascii")
    return text if len(text) <= 500 else f"{text[:200]}...{text[-200:]}"


def _shown(value: object) -> str:
    """A value as it is shown in a message: quoted, one line, never longer than 80 characters."""
    text = value if isinstance(value, str) else str(value)
    text = text.encode("unicode_escape").decode("ascii") if not text.isprintable() else text
    if len(text) > 80:
        text = text[:77] + "..."
    return f"'{text}'" if isinstance(value, str) else text
