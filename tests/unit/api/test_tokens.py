"""The colours of style.css: every declared pair is readable in both schemes, and every pair in use is declared."""

from __future__ import annotations

import pytest
from looks.tokens import contrast, pairs, schemes, stylesheet, undeclared


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#fff") == pytest.approx(4.48, abs=0.01)


def test_every_declared_pair_is_readable_in_both_schemes() -> None:
    found = pairs(stylesheet())
    assert {pair.scheme for pair in found} == {"light", "dark"}
    assert [pair for pair in found if pair.contrast < pair.least] == []


def test_no_rule_uses_a_pair_that_was_not_declared() -> None:
    assert undeclared(stylesheet()) == []
    assert undeclared(stylesheet() + ".x { color: var(--ask); background: var(--none-ground); }") == [
        ".x: ask on none-ground"
    ]


def test_the_colours_are_those_of_the_specification() -> None:
    light = schemes(stylesheet())["light"]
    assert (light["text"], light["ground"], light["muted"], light["action"]) == (
        "#1e2124",
        "#fff",
        "#58616a",
        "#0b50d0",
    )
