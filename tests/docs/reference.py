"""The reference, made from the code: `make reference` writes the pages anew, and a test says when they are old."""

from collections.abc import Callable

from tests.docs import commands, events, schema, tables
from tests.docs.pages import DOCS

PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands.page,
    "recipe.md": schema.page,
    "events.md": events.page,
    "events.schema.json": events.schema_text,
    "exit-codes.md": tables.exit_codes,
    "environment.md": tables.environment,
}
"""Below docs/reference/."""

if __name__ == "__main__":
    for name, page in PAGES.items():
        (DOCS / "reference" / name).write_text(page())
