"""The page in a real Chromium: it opens, draws, answers to the mouse, and says nothing in the console."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mxbuild.report.compare import compare
from mxbuild.report.model import Build
from mxbuild.ui.page import render
from tests.report.test_read import build, failed, fetched, killed
from tests.ui.test_page import HOSTILE, hostile

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
    pytest.mark.xdist_group("browser"),  # it starts on one worker
]


@pytest.fixture(scope="module")
def browser() -> Iterator["sync_api.Browser"]:
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("page")
    good = build(directory)
    path = directory / "page.html"
    path.write_text(render(hostile(good), compare(good, hostile(good))))
    return path


def brought(page: "sync_api.Page", what: "sync_api.Locator") -> None:
    """Scrolled to, and the page has heard of it: that hides what was shown, at the next frame."""
    what.scroll_into_view_if_needed()
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


@pytest.mark.parametrize(("width", "scheme"), [(480, "dark"), (1600, "light")])
def test_it_draws_and_answers(browser: "sync_api.Browser", page_file: Path, width: int, scheme: str) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: (complaints.append("a foreign script ran"), dialog.dismiss()))
    page.on(
        "request", lambda request: complaints.extend([request.url] * (not request.url.startswith(("file:", "data:"))))
    )
    page.goto(page_file.as_uri())
    assert page.evaluate("document.documentElement.dataset.drawn") == "yes"
    bars = page.locator("#timeline rect.bar-compiled")
    assert bars.count() == 3
    assert not page.locator("#tip").is_visible()
    tip = page.locator("#tip")
    brought(page, bars.first)
    bars.first.hover()
    tip.wait_for(timeout=10_000)
    assert HOSTILE.replace("\u2028", " ").split()[0] in tip.inner_text()
    assert "4.0 s by the clock, 4.0 s of CPU" in tip.inner_text()
    brought(page, page.locator("#memory"))
    page.locator("#memory").hover(position={"x": width // 3, "y": 60})
    assert "resident: 300 MiB" in tip.inner_text()
    assert page.locator("#free").inner_text() == "what was free is far above: never under 900 MiB"
    before = bars.first.bounding_box()
    box = page.locator("#memory").bounding_box()
    assert before
    assert box
    page.mouse.move(box["x"] + 60, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 60 + (width - 150) / 3, box["y"] + 50)
    page.mouse.up()
    after = bars.first.bounding_box()
    assert after
    assert after["width"] > 2 * before["width"], "what was dragged over is shown larger"
    page.click("#all")
    assert bars.first.bounding_box() == before
    page.click("#theme")
    assert page.evaluate("document.documentElement.dataset.theme") == {"dark": "light", "light": "dark"}[scheme]
    page.click("#files th:has-text('memory')")
    page.fill("[data-filter=files]", "no such file")
    assert page.locator("#files tbody tr:visible").count() == 0
    for other in (360, 620, 760, 900, 2400):
        page.set_viewport_size({"width": other, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") == other, "nothing sticks out at the side"
    assert complaints == []
    page.close()


@pytest.mark.parametrize("made", [failed, fetched, killed], ids=lambda made: made.__name__)
def test_a_page_without_some_parts_runs_as_well(
    browser: "sync_api.Browser", tmp_path: Path, made: Callable[[Path], Build]
) -> None:
    (tmp_path / "page.html").write_text(render(made(tmp_path)))
    page = browser.new_page(viewport={"width": 360, "height": 700})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto((tmp_path / "page.html").as_uri())
    assert page.evaluate("document.documentElement.dataset.drawn") == "yes"
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.click("#theme")
    assert complaints == []
    page.close()
