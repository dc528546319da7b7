"""Every package has what it requires, in a version that it takes: what `pip check` asks, in a tenth of its time."""

import re
import sys

try:
    from importlib.metadata import distributions

    from pip._vendor.packaging.requirements import Requirement
except ImportError:  # Python 3.6 and 3.7: pip itself, which ends the process
    import runpy

    sys.argv = ["pip", "--disable-pip-version-check", "check"]
    runpy.run_module("pip", run_name="__main__", alter_sys=True)


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


there, wishes, wrong = {}, [], []
for one in distributions():
    name = one.metadata["Name"]
    there.setdefault(canonical(name), one.version)
    wishes += [(f"{name} {one.version}", Requirement(text)) for text in one.requires or ()]
for who, wish in wishes:
    if wish.marker is not None and not wish.marker.evaluate({"extra": ""}):
        continue
    version = there.get(canonical(wish.name))
    if version is None:
        wrong.append(f"{who} requires {wish.name}, which is not installed")
    elif not wish.specifier.contains(version, prereleases=True):
        wrong.append(f"{who} requires {wish.name}{wish.specifier}, and {version} is installed")
if wrong:
    sys.exit("; ".join(wrong))
print(f"{len(there)} packages, each with what it requires")
