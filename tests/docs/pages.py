"""The pages that people read: which there are, where their links lead, which headings can be linked to."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
TOP = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
"""Pages beside docs/, which the site has as well."""
OUTSIDE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)
"""How an address begins that leads out of the repository."""


class Link(NamedTuple):
    page: str
    """Path below the repository."""
    target: str
    """As it is written."""

    @property
    def outside(self) -> bool:
        return OUTSIDE.match(self.target) is not None


def pages() -> tuple[str, ...]:
    """Every page, as a path below the repository."""
    return (*TOP, *sorted(str(path.relative_to(ROOT)) for path in DOCS.rglob("*.md")))


def links(page: str) -> list[Link]:
    """Links and pictures of a page, as Markdown has them: what stands in code is none."""
    return [Link(page, target) for target in targets((ROOT / page).read_text())]


def targets(text: str) -> Iterator[str]:
    """Where a page's text leads to."""
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        for inner in token.children or ():
            if target := inner.attrs.get("href") or inner.attrs.get("src"):
                yield str(target)


def anchors(text: str) -> set[str]:
    """The names of a page's headings that GitHub and the site agree on: a link to others is dead in one of them."""
    github: dict[str, int] = {}
    site: dict[str, int] = {}
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    for token, inner in pairwise(tokens):
        if token.type == "heading_open":
            title = "".join(part.content for part in inner.children or () if part.type in ("text", "code_inline"))
            plain = re.sub(r"[^\w\s-]", "", title).strip().lower()
            _count(github, plain.replace(" ", "-"), "-")
            _count(site, re.sub(r"[-\s]+", "-", plain), "_")
    return github.keys() & site.keys()


def wrong(link: Link) -> str:
    """Why a link leads nowhere; "" where it leads somewhere, or out of the repository."""
    if link.outside:
        return ""
    path, _, anchor = link.target.partition("#")
    if path.startswith("/"):
        return "it begins at the root of nobody knows what"
    file = (ROOT / link.page).parent.joinpath(path).resolve() if path else ROOT / link.page
    if ROOT not in file.parents or not file.exists():
        return f"there is no {path}"
    if file.suffix != ".md":
        return f"{path} has no headings" if anchor else ""
    return f"{file.name} has no heading #{anchor}" if anchor and anchor not in _of_file(file) else ""


@cache
def _of_file(file: Path) -> set[str]:
    return anchors(file.read_text())


def _count(known: dict[str, int], name: str, mark: str) -> None:
    """A second heading of the same name has a number at its end."""
    while name in known:
        known[name] += 1
        name = f"{name}{mark}{known[name]}"
    known[name] = 0
