"""How every page is made: one environment, one set of headers, the reader's language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import Query
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.deps import desk_of
from api.pages.assets import module, script_words
from api.pages.words import Words, choose_language, load_words
from ledger.settings import demo_folder

Language = Annotated[str | None, Query(max_length=8)]
WORDS: Final = load_words()
TEMPLATES: Final = Environment(
    loader=PackageLoader("api.pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
PRIVATE: Final = {"cache-control": "no-store", "x-robots-tag": "noindex"}


def whole_days(text: str) -> Markup:
    """A sentence in which no date is broken at its hyphens, as a narrow screen would do in a large heading."""
    return Markup(_DAY.sub(r'<span class="whole">\g<0></span>', str(escape(text))))  # noqa: S704 (escaped before)


TEMPLATES.filters["whole_days"] = whole_days


def words_of(request: Request, lang: str | None) -> Words:
    """The words in the language that the address asks for, or else the browser."""
    return WORDS[choose_language(lang, request.headers.get("accept-language"))]


def page(request: Request, name: str, words: Words, view: Mapping[str, Any], status: int = 200) -> HTMLResponse:
    """One page from its template and its view."""
    # A result that was posted can't be shown again by its address: its other language begins anew.
    shown = request.method == "GET"
    kept = [pair for pair in request.query_params.multi_items() if shown and pair[0] != "lang"]
    other = f"{request.url.path if shown else '/'}?{urlencode([*kept, ('lang', words.other)])}"
    html = TEMPLATES.get_template(name).render(
        words=words,
        other_address=other,
        module=module(),
        demonstration=demo_folder(desk_of(request).services.settings.data).is_dir(),
        check_words=script_words(words.language).address,
        **view,
    )
    headers = {**PRIVATE, "content-language": words.language}
    if status == 503:
        headers["retry-after"] = "300"
    return HTMLResponse(html, status, headers=headers)
