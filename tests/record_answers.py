"""Records a release's answers to the operator cases: `python -m tests.record_answers NAME ENVIRONMENT --origin WHAT`.

ENVIRONMENT is a virtual environment in which the release is installed, as upstream published it. Every case runs twice,
in two processes; what is not the same both times, or what numpy contradicts where the case knows how to ask it, is no
answer and is refused. What upstream's library cannot do either is recorded as the reason. --numpy takes numpy's own
answers in place of the library's, and leaves out the cases without.
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from mxbuild.execute import casework
from mxbuild.execute.runtime import Subject

HERE = Path(__file__).parents[1]
CLOCK = re.compile(r"\[\d\d:\d\d:\d\d\] ")
STEADY = 0.1
"""Of a case's tolerance; by more no answer may differ from one process to the next (threads add in any order)."""
ABOUT = "import sys, numpy, {0}; print(sys.version.split()[0], numpy.__version__, {0}.__version__)"


def recorded(subject: Subject, *, by_numpy: bool) -> tuple[dict[str, Any], list[str]]:
    """(`group.case` -> arrays or the reason, what was refused)."""
    one = casework.run(subject, dict.fromkeys(casework.groups()))
    arrays: dict[str, dict[str, Any]] = {group: {} for group in casework.groups()}
    found, refused = dict[str, Any](), list[str]()
    for name, said in sorted(one.items(), key=lambda item: item[0].partition(".")[0]):
        if said["status"] in ("absent", "raised"):
            found[name] = said["detail"]
        elif said.get("detail", "").startswith("crashed"):
            found[name] = f"that build {CLOCK.sub('', said['detail'])}"
        elif said["status"] != "recorded":
            refused.append(f"{name}: {said['detail']}")
        elif by_numpy and set(said["reference"]) != set(said["arrays"]):
            found[name] = "numpy alone cannot say"
        else:
            found[name] = said["reference" if by_numpy else "arrays"]
            group, _, case = name.partition(".")
            arrays[group][case] = found[name]
    reasons = [name for name, answer in found.items() if isinstance(answer, str)]
    for name, said in casework.run(subject, arrays, skip=reasons).items():
        if said["status"] != "passed" or (said["worst"] > STEADY and not by_numpy):
            refused.append(f"{name}: a second process: {said['detail'] or said['worst']}")
    return found, refused


def processor() -> str:
    """`x86_64, Intel Xeon ...`, as the kernel names it."""
    names = re.findall(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return ", ".join([platform.machine(), *names[:1]])


def text(about: dict[str, Any], cases: dict[str, Any]) -> str:
    """JSON with a line for each array, so that files of two releases compare."""
    lines = []
    for name, answer in cases.items():
        rows = answer if isinstance(answer, dict) else None
        inner = ",\n".join(f"  {json.dumps(key)}: {json.dumps(row)}" for key, row in (rows or {}).items())
        lines.append(f" {json.dumps(name)}: " + (f"{{\n{inner}}}" if rows is not None else json.dumps(answer)))
    head = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in about.items())
    return f"{{{head},\n" + '"cases": {\n' + ",\n".join(lines) + "}}\n"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("name", help="the recipe: mxnet-0.12.1")
    options.add_argument("environment", type=Path)
    options.add_argument("--origin", required=True, help='"the PyPI wheel mxnet 0.12.1"')
    options.add_argument("--package", default="mxnet")
    options.add_argument("--libraries", default="", help="directory that the loader looks into first")
    options.add_argument("--log", default="/dev/null")
    options.add_argument("--numpy", action="store_true")
    given = options.parse_args()
    python = f"{given.environment}/bin/python"
    done = subprocess.run(
        [python, "-I", "-W", "ignore", "-c", ABOUT.format(given.package)],
        env=os.environ | {"LD_LIBRARY_PATH": given.libraries}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    version, numpy, release = done.stdout.split()
    about = {
        "format": 1,
        "release": release,
        "origin": given.origin,
        "python": version,
        "numpy": numpy,
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
        "processor": processor(),
    }
    subject = Subject(str(given.environment), given.package, release, "", os.environ, given.log, given.libraries)
    cases, refused = recorded(subject, by_numpy=given.numpy)
    for line in refused:
        sys.stderr.write(f"refused: {line}\n")
    if not refused:
        (HERE / f"recipes/{given.name}.answers").write_text(text(about, cases))
    reasons = [f"{name}: {answer}" for name, answer in cases.items() if isinstance(answer, str)]
    sys.stdout.write("\n".join([f"{len(cases) - len(reasons)} answers; none of:", *reasons]) + "\n")
    raise SystemExit(bool(refused))


if __name__ == "__main__":
    main()
