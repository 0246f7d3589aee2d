"""A lab's own page: its Jinja2 template, filled with the view of a sample.

The template runs in Jinja2's sandbox: it sees the view and nothing of Python, everything is escaped, and a name that
is not in the view is an error. It may include other templates of its own folder.
"""

from __future__ import annotations

import json
import traceback
from pathlib import Path

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from kinescape.errors import InputError
from kinescape.exports.pictures import pictures_of
from kinescape.exports.view import View, sample_view
from kinescape.records import SampleResult


def template_context(result: SampleResult) -> View:
    """What a template sees: the view, and the pictures as SVG that need no escaping."""
    pictures = {
        kind: [{"gene": gene, "svg": Markup(svg)} for gene, svg in drawn]  # noqa: S704 - drawn and escaped by us
        for kind, drawn in pictures_of(result).items()
    }
    return {**sample_view(result), "pictures": pictures}


def view_text(result: SampleResult) -> str:
    """The view as JSON, to see what a template can use; pictures by their size only."""
    pictures = {
        kind: [{"gene": gene, "svg": f"({len(svg)} characters of SVG)"} for gene, svg in drawn]
        for kind, drawn in pictures_of(result).items()
    }
    return json.dumps({**sample_view(result), "pictures": pictures}, indent=2, ensure_ascii=False) + "\n"


def render_template(path: Path, result: SampleResult) -> str:
    """The page that the template at ``path`` makes of ``result``.

    Raises
    ------
    InputError
        The template is missing, is not text, is malformed, uses a name that is not in the view, or leaves the sandbox:
        with its line.
    """
    if not path.is_file():
        raise InputError("no such file", file=path, expected="a Jinja2 template")
    environment = ImmutableSandboxedEnvironment(
        loader=jinja2.FileSystemLoader(path.parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    try:
        return environment.get_template(path.name).render(template_context(result))
    except jinja2.TemplateSyntaxError as problem:
        place = Path(problem.filename) if problem.filename else path
        raise InputError(f"template is malformed ({problem.message})", file=place, line=problem.lineno) from None
    except UnicodeDecodeError:
        raise InputError("is not UTF-8 text", file=path, expected="a Jinja2 template") from None
    except jinja2.TemplateNotFound as problem:
        raise InputError(f"template includes '{problem.name}', which is not in its folder", file=path) from None
    except Exception as problem:
        # Whatever the template's own expressions raise (a name, a type, the sandbox) is the template's fault.
        line = _template_line(problem, path.parent)
        raise InputError(
            f"template cannot be filled ({problem})",
            file=path if line is None else line[0],
            line=None if line is None else line[1],
            expected="names of the view (kinescape report --dump-view)",
        ) from None


def _template_line(problem: BaseException, folder: Path) -> tuple[Path, int] | None:
    """Where in a template of ``folder`` it happened: Jinja2 gives the frames of templates their own names."""
    found = None
    for frame in traceback.extract_tb(problem.__traceback__):
        if Path(frame.filename).parent == folder and frame.lineno is not None:
            found = (Path(frame.filename), frame.lineno)
    return found
