"""What MkDocs is told by a program: the order of the pages, and that those beside docs/ are pages of the site too.

On GitHub and in an editor all links work as they are written; here those between docs/ and its parent are turned.
"""

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
TOP = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
TUTORIAL = "tutorial.md"
KINDS = {"How to": ("howto", "."), "Reference": ("reference",), "Explanation": ("explanation",)}
"""Title -> directories below docs/. A page that lies in none of them is a how-to."""
INTO = re.compile(r"(\]\()docs/")
OUT = re.compile(rf"(\]\((?:\.\./)*)\.\./({'|'.join(map(re.escape, TOP))})")


def on_config(config: Any) -> Any:
    """Say which pages there are."""
    config["nav"] = nav()
    return config


def on_files(files: Files, *, config: Any) -> Files:
    """Add the pages beside docs/."""
    for name in TOP:
        files.append(File(name, str(ROOT), config.site_dir, config.use_directory_urls))
    return files


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Turn the links between docs/ and its parent."""
    return turned(markdown, page.file.src_uri)


def nav() -> list[dict[str, Any]]:
    """All pages, by what they are for: where a page lies says it. Each has its first heading as its title."""
    readme, *others = TOP
    kinds: list[dict[str, Any]] = [{title: _pages(*directories)} for title, directories in KINDS.items()]
    return [{"Five minutes": readme}, {"Tutorial": TUTORIAL}, *kinds, {"Project": others}]


def _pages(*directories: str) -> list[str]:
    found = sorted(file for directory in directories for file in (DOCS / directory).glob("*.md"))
    return [name for file in found if (name := str(file.relative_to(DOCS))) != TUTORIAL]


def turned(markdown: str, page: str) -> str:
    """A page's text, all of whose links begin at its place in the site.

    Args:
        page: its path below docs/, or its name beside it.
    """
    return INTO.sub(r"\1", markdown) if page in TOP else OUT.sub(r"\1\2", markdown)
