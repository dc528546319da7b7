"""Which modules a call loads: each in a fork of one fresh process that has loaded the command line alone."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

LOADER = """
import json, os, sys
from mxbuild.cli import cli, main
from click.shell_completion import BashComplete

def typed(*words):
    BashComplete(cli, {}, "mxbuild", "").get_completions(list(words[:-1]), words[-1])
    return 0

call = typed if sys.argv[1] == "completion" else lambda *words: main(words)
for words in json.loads(sys.argv[2]):
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        code = call(*words)
        print("\\0" + json.dumps([code, *sys.modules]), flush=True)
        os._exit(0)
    os.waitpid(child, 0)
"""


def loaded_by(calls: Sequence[Sequence[str]], *, completion: bool = False) -> list[set[str]]:
    """The modules that each of these command lines loads, all of which have to end well.

    Args:
        completion: they are no calls, but typed so far, and then TAB.
    """
    words = [sys.executable, "-c", LOADER, "completion" if completion else "call", json.dumps([list(c) for c in calls])]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    told = [json.loads(line[1:]) for line in done.stdout.splitlines() if line.startswith("\0")]
    assert [code for code, *_ in told] == [0] * len(calls), done.stderr
    return [set(modules) for _, *modules in told]
