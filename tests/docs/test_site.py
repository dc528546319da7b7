"""How pages beside docs/ become pages of the site. MkDocs itself is asked by `make docs`; no test needs it."""

import importlib.util
import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest

from tests.docs.pages import DOCS, ROOT, TOP, pages, targets


@pytest.fixture(scope="module")
def site() -> Iterator[Any]:
    """tests/docs/site.py, loaded by its path as MkDocs does, where MkDocs itself need not be installed."""
    names = ("mkdocs", "mkdocs.structure", "mkdocs.structure.files")
    absent = [name for name in names if name not in sys.modules]
    for name in absent:
        sys.modules[name] = types.ModuleType(name)
    sys.modules[names[-1]].File = sys.modules[names[-1]].Files = object  # type: ignore[attr-defined]
    specification = importlib.util.spec_from_file_location("site_hook", ROOT / "tests/docs/site.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    yield module
    for name in absent:
        del sys.modules[name]


def test_the_site_has_every_page_once(site: Any) -> None:
    titles = [title for section in site.nav() for title in section]
    assert titles == ["Five minutes", "Tutorial", "How to", "Reference", "Explanation", "Project"]
    found = [pages for section in site.nav() for pages in section.values()]
    listed = [page for some in found for page in ([some] if isinstance(some, str) else some)]
    assert sorted(listed) == sorted(page.removeprefix("docs/") for page in pages())


@pytest.mark.parametrize("page", pages())
def test_a_page_begins_with_its_title(page: str) -> None:
    assert (ROOT / page).read_text().startswith("# ")


def test_which_pages_lie_beside_docs_is_said_alike(site: Any) -> None:
    assert site.TOP == TOP


@pytest.mark.parametrize("page", pages())
def test_every_link_between_docs_and_its_parent_is_turned(page: str, site: Any) -> None:
    """In the site the pages beside docs/ lie in it: a link holds where it leads to a file from its new place."""
    inside = page.removeprefix("docs/")
    for target in targets(site.turned((ROOT / page).read_text(), inside)):
        path = target.partition("#")[0]
        if path and "://" not in target:
            leads = (DOCS / inside).parent.joinpath(path).resolve()
            assert leads.exists() or (leads.parent == DOCS and leads.name in TOP), target


@pytest.mark.parametrize(
    ("page", "text", "turned"),
    [
        ("README.md", "[a](docs/b.md#c) [d](CHANGELOG.md)", "[a](b.md#c) [d](CHANGELOG.md)"),
        ("howto/x.md", "[a](../../CONTRIBUTING.md#b) [c](../d.md)", "[a](../CONTRIBUTING.md#b) [c](../d.md)"),
        ("x.md", "[a](../README.md)", "[a](README.md)"),
        ("x.md", "`docs/x` [a](docs/y.md)", "`docs/x` [a](docs/y.md)"),
    ],
)
def test_a_link_is_turned(page: str, text: str, turned: str, site: Any) -> None:
    assert site.turned(text, page) == turned
