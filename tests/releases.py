"""The README's table of releases, made from the recipes: `python -m tests.releases` writes it anew."""

from pathlib import Path

from mxbuild.recipe.load import load
from mxbuild.recipe.model import Recipe
from mxbuild.ui.recipes import short

HERE = Path(__file__).parents[1]
BEGIN, END = "<!-- releases: make releases -->\n", "<!-- end of releases -->\n"


def recipes() -> list[Recipe]:
    """All of them, newest first, the miniature last."""
    found = sorted((load(file) for file in HERE.glob("recipes/*.toml")), key=lambda r: r.date, reverse=True)
    return sorted(found, key=lambda recipe: recipe.name == "mini")


def table() -> str:
    lines = ["| recipe | date | Python it takes | CUDA it takes | what was proved |", "|---|---|---|---|---|"]
    for recipe in recipes():
        cuda = short(recipe.cuda.versions) if recipe.cuda else ""
        seen = "; ".join(f"**{p.build}**, {p.where}: {p.what}" for p in recipe.proved) or "nothing yet"
        lines.append(f"| `{recipe.id}` | {recipe.date} | {short(recipe.python.versions)} | {cuda} | {seen} |")
    return "\n".join(lines) + "\n"


def written(readme: str) -> str:
    """The README with the table as it is now."""
    before, _, rest = readme.partition(BEGIN)
    return f"{before}{BEGIN}{table()}{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    file = HERE / "README.md"
    file.write_text(written(file.read_text()))
