"""The page as text: what is foreign stays text, whatever it says, and nothing is loaded from anywhere."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import msgspec

from mxbuild.foreign import ACTIVE, inert
from mxbuild.model import CheckResult, Decision, Rule, Variable
from mxbuild.report.compare import compare
from mxbuild.report.model import Build
from mxbuild.ui import report
from mxbuild.ui.console import ASCII, UNICODE, text
from mxbuild.ui.page import render
from tests.report.test_read import build, failed, fetched, killed
from tests.ui import values

HOSTILE = (
    "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{ 7*7 }}\u2028`${1}`\x1b]0;x\x07\x9b1m\u202e"
)


class Page(HTMLParser):
    """Elements, attributes, and the texts of scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.scripts.append(data)


def hostile(built: Build) -> Build:
    """Foreign text wherever there can be some."""
    bad = msgspec.structs.replace
    check = CheckResult(name=HOSTILE, status="failed", detail=HOSTILE)
    receipt = bad(
        values.RECEIPT,
        host=HOSTILE, compiler=HOSTILE, python=HOSTILE, commit=HOSTILE, submodules={HOSTILE: HOSTILE},
        packages={HOSTILE: HOSTILE}, requirements=(HOSTILE,), wheel=HOSTILE, origin=HOSTILE, cuda=HOSTILE,
        wheel_sha256=HOSTILE, library_sha256=HOSTILE, checks=(check,),
        features=tuple(bad(f, feature=HOSTILE, why=HOSTILE, evidence=(check,)) for f in values.RECEIPT.features),
    )  # fmt: skip
    return bad(
        built,
        name=HOSTILE, recipe=HOSTILE, fingerprint=HOSTILE, host=HOSTILE, compiler=HOSTILE, python=HOSTILE,
        compiles=tuple(
            bad(c, source=HOSTILE, object=f"{HOSTILE}{n}", area=HOSTILE, worker=HOSTILE, back=HOSTILE)
            for n, c in enumerate(built.compiles)
        ),
        steps=tuple(bad(s, id=HOSTILE, detail=HOSTILE) for s in built.steps),
        variables=(Variable(HOSTILE, HOSTILE, HOSTILE),),
        rules=(Rule(id=HOSTILE, why=HOSTILE, matched=HOSTILE, reference=HOSTILE),),
        decisions=(Decision(subject=HOSTILE, kind="compiler", choice=HOSTILE, why=HOSTILE),),
        receipt=receipt, warnings=(HOSTILE,), target=HOSTILE,
    )  # fmt: skip


def test_foreign_text_stays_text(tmp_path: Path) -> None:
    good = build(tmp_path)
    bad = hostile(good)
    told = msgspec.structs.replace(good, warnings=("one",), receipt=msgspec.structs.replace(values.RECEIPT, origin="o"))
    usual, page = (Page(render(b, compare(good, b))) for b in (told, bad))
    kinds = {tag for tag, _ in usual.elements}
    assert {tag for tag, _ in page.elements} == kinds, "no element that is not ours"
    assert "img" not in kinds
    assert not [a for _, attrs in page.elements for a in attrs if a.startswith("on")]
    assert [attrs for tag, attrs in page.elements if tag == "script"] == [
        {"type": "application/json", "id": "data"}, {},
    ]  # fmt: skip
    assert not ACTIVE.search(render(bad))
    data, _ = page.scripts
    assert json.loads(data)["compiles"][0]["source"] == inert(HOSTILE)
    assert "alert(1)" in text(*report.screen(bad, UNICODE), width=200)


def test_nothing_is_loaded_and_only_its_own_script_may_run(tmp_path: Path) -> None:
    page = Page(render(build(tmp_path)))
    assert not [a for _, attrs in page.elements for a in attrs if a == "src" or (a == "href" and attrs[a] != "data:,")]
    (policy,) = [a["content"] or "" for tag, a in page.elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy.split(";")[1]


def test_no_password_of_a_url_gets_into_it(tmp_path: Path) -> None:
    why = Decision(subject="source", kind="source", choice="https://me:secret@example.org/x", why="asked")
    page = render(msgspec.structs.replace(build(tmp_path), decisions=(why,)))
    assert "https://***@example.org/x" in page
    assert "secret" not in page


def test_all_parts_are_there_and_those_that_say_nothing_are_not(tmp_path: Path) -> None:
    whole = build(tmp_path)
    heads = re.findall(r"<h2>(.*?)</h2>", render(whole))
    assert heads == ["Steps", "Compilers over time", "What was said to be left", "Slowest files", "Receipt", "Why so"]
    bare = msgspec.structs.replace(
        whole, samples=(), steps=(), receipt=None, decisions=(), variables=(), rules=(), expected=0.0
    )
    page = render(bare)
    assert re.findall(r"<h2>(.*?)</h2>", page) == ["Compilers over time", "Slowest files"]
    assert "no receipt: not finished" in page
    assert "nothing was known before" in page
    assert re.findall(r"<h2>(.*?)</h2>", render(whole, compare(whole, bare)))[0] == "What changed"


def test_a_page_on_a_build_that_failed_names_it(tmp_path: Path) -> None:
    made = failed(tmp_path)
    page = render(made)
    assert "✗ make failed" in page
    assert "<h2>What failed</h2>" in page
    assert "<code>a.cc:1: error</code>" in page
    assert "did not answer for 3 compiles" in page
    said = text(*report.screen(made, UNICODE), width=120)
    assert "make, after 5.6 s: a.cc:1: error" in said
    assert "did not answer for 3 compiles" in said


def test_a_page_on_a_build_that_was_killed_before_make_says_so(tmp_path: Path) -> None:
    made = killed(tmp_path)
    page = render(made)
    assert "source has no end: killed, or still at work" in page
    assert "it ended before make began" in page
    assert re.findall(r"<h2>(.*?)</h2>", page) == ["Why so"]
    assert "begun 2023-11-14" in text(*report.screen(made, UNICODE), width=120)


def test_a_page_on_what_a_store_had_names_store_and_target(tmp_path: Path) -> None:
    made = fetched(tmp_path)
    page = render(made)
    assert "fetched out of a store 2023-11-14" in page
    assert "The wheel was built on Debian; fetched from s3://bucket/toy" in page
    assert "target <code>zen3 (-march=znver3)</code>" in page
    assert "<dt>target</dt>" in page
    assert re.findall(r"<h2>(.*?)</h2>", page) == ["Steps", "Receipt", "Why so"]
    said = " ".join(text(*report.screen(made, UNICODE), width=120).split())
    assert "wheel built on Debian; fetched from s3://bucket/toy target zen3 (-march=znver3)" in said


def test_a_terminal_without_unicode_gets_none(tmp_path: Path) -> None:
    whole = build(tmp_path)
    less = msgspec.structs.replace(whole, compiles=whole.compiles[:2], compiler="/usr/bin/g++ 13")
    for width in (60, 80, 200):
        for shown in (report.screen(whole, ASCII), report.comparison(compare(whole, less))):
            assert text(*shown, width=width).isascii()
    said = text(*report.comparison(compare(whole, less)), width=80)
    assert "compiler  /usr/bin/g++ 12.2.0  /usr/bin/g++ 13" in said
    assert "Removed (1 file, -2.0 s of CPU)" in said
