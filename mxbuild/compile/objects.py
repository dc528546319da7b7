"""Which objects make will build: asked of make itself, without running a recipe.

`make -n` cannot tell: recipes with $(MAKE) in them run all the same.
"""

import os
from collections.abc import Mapping, Sequence

from mxbuild.errors import BuildError
from mxbuild.process import output


def planned(
    make: str, tree: str, objects: Mapping[str, str], assignments: Sequence[str], environment: Mapping[str, str]
) -> tuple[str, ...]:
    """Absolute paths of the objects of each directory's variable, in make's order.

    A directory of a submodule gets the same assignments: its own make gets them from the superproject's.

    Args:
        objects: directory below the tree -> variable that lists its objects.
        assignments: NAME=VALUE, as make itself gets them.

    Raises:
        BuildError: make cannot read its own files, or lists no object.
        OSError: make cannot be started.
    """
    found: dict[str, None] = {}
    for directory, variable in objects.items():
        where = os.path.normpath(os.path.join(tree, directory))
        rule = f"--eval=mxbuild-print: ; $(info $({variable}))"  # no shell, so no limit to its length
        command = [make, "-s", "--no-print-directory", "-C", where, rule, "mxbuild-print", *assignments]
        code, text, complaint = output(command, env=environment, cwd=tree)
        if code != 0:
            raise BuildError(f"make cannot read its files in {where}", details=complaint.splitlines()[-5:])
        names = [word for word in text.split() if word.endswith(".o")]
        if not names:
            raise BuildError(
                f"make lists no objects in {variable} of {where}", remedy="look at [make] objects in the recipe"
            )
        found.update(dict.fromkeys(os.path.normpath(os.path.join(where, name)) for name in names))
    return tuple(found)
