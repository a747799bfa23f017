"""Every page once, each in another view than the one before it; `make a11y` has every page in every view."""

from __future__ import annotations

import pytest
from looks.accessibility import faults
from looks.places import VIEWS, Place, View, places
from playwright.sync_api import Browser
from support.service import Office

CHOSEN = {
    *("result-unknown-issuer", "result-no-answer", "file-valid", "file-altered"),
    *("clerk-sign-in", "clerk-form-wrong", "clerk-run-broken", "clerk-run-done", "clerk-document", "clerk-act"),
}
"""Results and clerk's pages that CI looks at: between them they have every part. /style has every verdict's band."""


@pytest.fixture(scope="module")
def every_place(office: Office, tmp_path_factory: pytest.TempPathFactory) -> list[Place]:
    return places(office, tmp_path_factory.mktemp("places"), every=False)


def test_every_page_is_accessible_in_one_view_each(
    chromium: Browser, office: Office, every_place: list[Place]
) -> None:
    some = ("result-", "file-", "clerk-")
    chosen = [place for place in every_place if not place.name.startswith(some) or place.name in CHOSEN]
    found = []
    for turn, place in enumerate(chosen):
        found += faults(chromium, office, place, VIEWS[(3 * turn) % len(VIEWS)])
    assert not found, "\n".join(found)


def test_the_checks_see_what_they_are_for(chromium: Browser, office: Office) -> None:
    """A page that breaks every rule: each is named."""

    def spoil(page: object) -> None:
        page.evaluate(  # type: ignore[attr-defined]
            """() => {
              document.querySelector("main").insertAdjacentHTML("beforeend",
                '<img src="data:,"><button>x</button><details><summary>s</summary><p>in it</p></details>');
              const button = document.querySelector("main > button");
              button.style.cssText = "min-width: 10px; min-height: 10px; padding: 0; border: 0; width: 10px";
              document.querySelector("main h1").style.minWidth = "400px";
              document.querySelector("main > details").style.cssText = "height: 44px; overflow: hidden";
            }"""
        )

    place = Place(name="spoilt", path="/agencies", act=spoil, result=True)
    text = "\n".join(faults(chromium, office, place, View(language="ko", size="phone", scheme="light")))
    for sign in (
        "image-alt",
        "targets: ",
        "320 px: ",
        "forced colours: no border",
        "print: stays folded",
        "0 verdicts",
    ):
        assert sign in text, (sign, text)
