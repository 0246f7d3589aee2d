"""How pages are put together: the template engine, the style, the script, and the policy that pins both."""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Sequence
from typing import Any

import jinja2
from markupsafe import Markup

from kinescape import __version__
from kinescape.palette import DRUG_COLOURS, FURTHER_DRUGS, PRINT, SERIES, page_variables, place_of_further_drug
from kinescape.report import wording


@functools.cache
def environment() -> jinja2.Environment:
    """The engine: everything is escaped, and a name that is not there is an error."""
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("kinescape.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_finalize,
    )
    made.globals["words"] = wording
    made.globals["version"] = __version__
    made.filters.update(
        percent=wording.percent,
        whole=wording.whole,
        plain=wording.plain,
        assessed=wording.assessed_words,
        call_name=wording.call_name,
        lowest_depth=wording.lowest_depth,
        lead=wording.lead,
        after_lead=wording.after_lead,
        drug_class=drug_class,
    )
    return made


def _finalize(value: object) -> object:
    """Every value on its way into the page: text from outside cannot hide signs in it."""
    return wording.visible(value) if type(value) is str else value


def whole_page(
    template: jinja2.Template,
    context: dict[str, Any],
    running_foot: str,
    more_scripts: Sequence[str] = (),
    trusted: Sequence[str] = (),
) -> str:
    """Render ``template`` with style and script inside, and their hashes in the content security policy.

    Parameters
    ----------
    more_scripts
        Templates of scripts that this page has besides the common one.
    trusted
        Hashes of programs that these scripts may start.
    """
    style = (
        environment()
        .get_template("page.css")
        .render(
            palette_css=Markup(page_variables()),  # noqa: S704 - our own data
            drug_css=_drug_css(),
            tones=len(SERIES),
            foot_ink=PRINT["soft"],
            running_foot=_css_string(running_foot),
        )
    )
    script = "".join(environment().get_template(name).render() for name in ("page.js", *more_scripts))
    return template.render(
        **context,
        # Our own templates; the one text from outside, in the style, went through _css_string.
        style=Markup(style),  # noqa: S704
        script=Markup(script),  # noqa: S704
        style_hash=source_hash(style),
        script_hash="' '".join((source_hash(script), *trusted)),
    )


def drug_class(drug: str) -> str:
    """CSS class of a drug's colour."""
    name = drug.strip().lower()
    return f"drug-{name}" if name in DRUG_COLOURS else f"drug-further-{place_of_further_drug(name)}"


def _drug_css() -> Markup:
    colours = {**DRUG_COLOURS, **{f"further-{place}": colour for place, colour in enumerate(FURTHER_DRUGS)}}
    return Markup("\n").join(Markup(".drug-{} {{ color: {}; }}").format(*item) for item in colours.items())


def _css_string(text: str) -> Markup:
    """``text`` as a CSS string: all but plain letters and digits are escaped, so that nothing can end the style."""
    escaped = "".join(c if c.isascii() and c.isalnum() else f"\\{ord(c):x} " for c in text)
    return Markup(f'"{escaped}"')  # noqa: S704 - nothing but letters, digits, backslashes and blanks


def source_hash(text: str) -> str:
    """The hash by which a policy names an inline style or script (Content Security Policy Level 3, section 8.3)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
