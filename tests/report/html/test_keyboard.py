"""The page without a mouse: pressed keys, not elements, are what these tests give the browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.report.html.browser import Page, opened
from tests.report.html.test_writer import SCENE, SHIPS, run_of, scenes, ships

_MARKED = "document.activeElement.dataset.order"
_NUMBER_ALL = """[...document.querySelectorAll("a[href], select, input, summary, [tabindex]")]
    .filter((part) => part.checkVisibility()).map((part, number) => part.dataset.order = number).length"""

_MARK_WIDE = """[...document.querySelectorAll(".scroll")].filter((part) => part.scrollWidth > part.clientWidth)
    .slice(0, 1).map((part) => part.dataset.wide = "").length"""
_SCROLLED = """new Promise((done) => {
    const look = () => document.activeElement.scrollLeft > 0 ? done(true) : requestAnimationFrame(look);
    look();
})"""


@pytest.fixture
def page(tmp_path: Path, browser: str) -> Iterator[Page]:
    run = run_of(tmp_path, [*scenes(tmp_path), *ships()], SCENE, SHIPS)
    with opened(browser, run / "report" / "index.html", tmp_path / "browser") as found:
        yield found


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until an element has the focus."""
    for _ in range(100):
        page.press("Tab")
        if page.value(f"document.activeElement.matches({selector!r})"):
            return
    pytest.fail(f"Tab does not reach {selector}")


def test_tab_reaches_everything_in_order_and_shows_where_it_is(page: Page) -> None:
    count = page.value(_NUMBER_ALL)
    assert count > 15
    for number in range(count):
        page.press("Tab")
        assert page.value(_MARKED) == str(number)
        assert page.value("getComputedStyle(document.activeElement).outlineStyle") != "none"
    for part in ("#theme", "nav a", ".scroll", ".filters select", ".filters input", ".card summary"):
        assert page.value(f"document.querySelector({part!r}).dataset.order"), part


def test_the_first_key_skips_to_the_figures(page: Page) -> None:
    page.press("Tab")
    page.press("Enter")
    assert page.value("location.hash") == "#main"
    page.press("Tab")
    assert page.value("document.activeElement.getAttribute('aria-label')") == "Metrics"


def test_an_arrow_changes_the_colours(page: Page) -> None:
    tab_to(page, "#theme")
    colours = []
    for expected in ("light", "dark"):
        page.press("ArrowDown")
        assert page.value("document.documentElement.dataset.theme") == expected
        colours.append(page.value("getComputedStyle(document.body).backgroundColor"))
    assert len(set(colours)) == 2


def test_an_arrow_scrolls_a_wide_table(page: Page) -> None:
    assert page.value(_MARK_WIDE)
    tab_to(page, "[data-wide]")
    page.press("ArrowRight")
    assert page.value(_SCROLLED)


def test_the_gallery_is_filtered_and_opened(page: Page) -> None:
    tab_to(page, "select[name=task]")
    page.press("ArrowDown")
    page.press("ArrowDown")
    assert page.value("document.getElementById('count').textContent") == "3 shown"
    tab_to(page, "input[name=truth]")
    page.press(" ")
    assert page.value("document.getElementById('cards').classList.contains('no-truth')")
    tab_to(page, ".card summary")
    assert page.value("document.activeElement.closest('article').querySelector('bdi').textContent") == "b2"
    page.press("Enter")
    assert page.value("document.activeElement.parentElement.open")
    page.press("Tab")
    assert page.value("document.activeElement.tagName") == "PRE"
