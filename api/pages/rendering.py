"""How every page is made: one environment, one set of headers, the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import Query
from jinja2 import Environment, PackageLoader, StrictUndefined
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
PRIVATE: Final = {"cache-control": "no-store", "x-robots-tag": "noindex"}


def words_of(request: Request, lang: str | None) -> Words:
    """The words in the language that the address asks for, or else the browser."""
    return WORDS[choose_language(lang, request.headers.get("accept-language"))]


def page(request: Request, name: str, words: Words, view: Mapping[str, Any], status: int = 200) -> HTMLResponse:
    """One page from its template and its view."""
    # A result that was posted can't be shown again by its address: its other language begins anew.
    path = request.url.path if request.method == "GET" else "/"
    other = f"{path}?lang={words.other}"
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
