"""Which objects make will build: asked of make itself, without running a recipe; CMake's are read in its makefiles.

`make -n` cannot tell: recipes with $(MAKE) in them run all the same.
"""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mxbuild.compile.install import TRIALS
from mxbuild.errors import BuildError
from mxbuild.process import output

RULE = re.compile(r"^(\S+\.o): \S*flags\.make$", re.MULTILINE)
"""How CMake's makefiles name an object, in each target's build.make (3.5 to 4.4)."""


def generated(directory: str) -> tuple[str, ...]:
    """Absolute paths of the objects that CMake's makefiles in a build directory name; () before there are any.

    Args:
        directory: real path of what CMake calls the binary directory.
    """
    found: dict[str, None] = {}
    for file in sorted(Path(directory).glob("**/CMakeFiles/*.dir/build.make")):
        if any(trial in str(file) for trial in TRIALS):
            continue
        try:
            text = file.read_text(errors="surrogateescape")
        except OSError:  # it is being written anew
            continue
        found.update(dict.fromkeys(os.path.normpath(f"{directory}/{name}") for name in RULE.findall(text)))
    return tuple(found)


def planned(
    make: str, tree: str, objects: Mapping[str, str], assignments: Sequence[str], environment: Mapping[str, str]
) -> dict[str, str]:
    """Absolute path of each object of each directory's variable, in make's order -> make's own name of it.

    That name is "" for what the superproject's make does not build itself.

    A directory of a submodule gets the same assignments: its own make gets them from the superproject's.

    Args:
        objects: directory below the tree -> variable that lists its objects.
        assignments: NAME=VALUE, as make itself gets them.

    Raises:
        BuildError: make cannot read its own files, or lists no object.
        OSError: make cannot be started.
    """
    found: dict[str, str] = {}
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
        goal = where == os.path.normpath(tree)
        found.update({os.path.normpath(os.path.join(where, name)): name if goal else "" for name in names})
    return found


def heaviest_first(objects: Mapping[str, str], cost: Callable[[str], float]) -> tuple[str, ...]:
    """The objects that make can be asked for by name, the costliest first; it begins what is named in that order.

    A long file that is begun last keeps one core busy while all others have nothing left to do.

    Args:
        objects: as `planned` has them.
        cost: object -> seconds; 0 where that is not known, which leaves it to make.
    """
    known = [(cost(name), name) for name, goal in objects.items() if goal]
    return tuple(name for seconds, name in sorted(known, key=lambda row: -row[0]) if seconds > 0)
