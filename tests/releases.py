"""The tables of releases, made from the recipes: `python -m tests.releases` writes README and reference anew."""

from pathlib import Path

from mxbuild.recipe.model import Recipe
from mxbuild.ui.recipes import short
from tests import machines

HERE = Path(__file__).parents[1]
BEGIN, END = "<!-- releases: make releases -->\n", "<!-- end of releases -->\n"
PAGE = HERE / "docs/reference/releases.md"
BEGINNING = """\
# Releases

Made from the recipes by `make releases`: what somebody saw of each release on a machine, and never what they expect.
**whole**: the library was built and verified there ([how](../explanation/proof.md)). **part**: no more than the line
says.

`mxbuild recipes show` has every flag, rule and pin of a release, `mxbuild recipes diff A B` what changed between two,
`mxbuild flags RELEASE USE_X` what a flag does and which releases have it.

"""
ENDING = """\
## What was not built

While make runs there is no network: `curl` and `wget` refuse, git has no transport, no proxy answers. So oneDNN,
which make has CMake build, comes from its pinned submodule (1.6 and later, with CMake 3.5 to 4), intgemm too, and the
distributed key-value store takes Protocol Buffers and ZeroMQ from the distribution. oneDNN was built and linked whole
for 1.6.0; of 1.7 to 1.9's, of intgemm and of the key-value store only parts were compiled so far (`--without onednn`
leaves out the one that is on by default). Not built, in any release: TVM operators, TensorRT, and until 1.5 MKL-DNN,
whose script downloads Intel's MKL; their submodules are pinned and compared, but not fetched. 1.2.1 needs a commit of
TVM that upstream lost; it comes from a fork, by its commit.
"""


def recipes() -> list[Recipe]:
    """All of them, newest first, the miniature last."""
    found = sorted(
        (machines.recipe(file.stem) for file in HERE.glob("recipes/*.toml")), key=lambda r: r.date, reverse=True
    )
    return sorted(found, key=lambda recipe: recipe.name == "mini")


def table() -> str:
    """The README's: where each was built whole; where in part only if it was so nowhere."""
    lines = ["| recipe | date | Python it takes | CUDA it takes | what was proved |", "|---|---|---|---|---|"]
    for recipe in recipes():
        whole = dict.fromkeys(system(proof.where) for proof in recipe.proved if proof.build == "whole")
        part = dict.fromkeys(system(proof.where) for proof in recipe.proved)
        seen = f"**{'whole' if whole else 'part'}**: {'; '.join(whole or part)}" if part else "nothing yet"
        lines.append(f"| `{recipe.id}` | {recipe.date} | {short(recipe.python.versions)} | {_cuda(recipe)} | {seen} |")
    return "\n".join(lines) + "\n"


def system(where: str) -> str:
    """`Ubuntu 24.04 (gcc 13.3, CUDA 13.0), NVIDIA H200` without what stands in brackets."""
    before, _, rest = where.partition(" (")
    return before + rest.rpartition(")")[2]


def _cuda(recipe: Recipe) -> str:
    return short(recipe.cuda.versions) if recipe.cuda else ""


def page() -> str:
    """The reference's: all that was seen."""
    parts = [BEGINNING]
    for recipe in recipes():
        takes = f"Python {short(recipe.python.versions)}" + (f", CUDA {_cuda(recipe)}" if recipe.cuda else "")
        parts.append(f"## {recipe.id}\n\n{recipe.date}: {recipe.summary}. It takes {takes}.\n\n")
        parts += [f"- **{proof.build}**, {proof.where}: {proof.what}.\n" for proof in recipe.proved]
        parts.append("\n")
    return "".join(parts) + ENDING


def written(readme: str) -> str:
    """The README with the table as it is now."""
    before, _, rest = readme.partition(BEGIN)
    return f"{before}{BEGIN}{table()}{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    file = HERE / "README.md"
    file.write_text(written(file.read_text()))
    PAGE.write_text(page())
