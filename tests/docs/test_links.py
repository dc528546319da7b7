"""Every link on every page leads somewhere. Nothing outside is asked."""

import pytest

from tests.docs.pages import Link, anchors, links, pages, targets, wrong


@pytest.mark.parametrize("page", pages())
def test_every_link_leads_somewhere(page: str) -> None:
    assert [(link.target, why) for link in links(page) if (why := wrong(link))] == []


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("CONTRIBUTING.md", ""),
        ("docs/explanation/security.md#what-is-promised", ""),
        ("#five-minutes", ""),
        ("docs/no-such-page.md", "there is no docs/no-such-page.md"),
        ("docs/explanation/security.md#what-is-nowhere", "security.md has no heading #what-is-nowhere"),
        ("#what-is-nowhere", "README.md has no heading #what-is-nowhere"),
        ("../README.md", "there is no ../README.md"),
        ("/README.md", "it begins at the root of nobody knows what"),
        ("Makefile#help", "Makefile has no headings"),
        ("https://example.org/gone", ""),
    ],
)
def test_a_link_that_leads_nowhere_is_seen(target: str, why: str) -> None:
    assert wrong(Link("README.md", target)) == why


def test_the_readme_leads_to_every_page() -> None:
    assert sorted(set(pages()) - {link.target.partition("#")[0] for link in links("README.md")}) == ["README.md"]


def test_what_stands_in_code_is_no_link() -> None:
    text = "[a](b.md) `[c](d.md)`\n\n```sh\n[e](f.md)\n```\n\n| ![g](h.png) |\n|---|\n| [i](j.md) |\n"
    assert list(targets(text)) == ["b.md", "h.png", "j.md"]


def test_a_heading_is_known_where_github_and_the_site_agree_on_its_name() -> None:
    text = "# One & two\n## `mxbuild install`\n## Again\n## Again\n```sh\n# none\n```\n"
    assert anchors(text) == {"mxbuild-install", "again"}
