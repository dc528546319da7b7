"""Runs several checks in one process: `python _company.py RESULTS DIRECTORY NAME,... PACKAGE RELEASE LIBRARY`.

To import MXNet takes longer than most checks do. What passes is a line of JSON in RESULTS. What does not is nobody's
verdict yet: it may be another check's doing, and is run again by itself.
"""

import contextlib
import io
import json
import os
import runpy
import sys
import tempfile
import time
import traceback


def passed(script, arguments):
    """The lines that the script said if it passes; none if it does not."""
    here, said = os.getcwd(), io.StringIO()
    sys.argv = [script, *arguments]
    os.chdir(tempfile.mkdtemp(dir=here))
    try:
        with contextlib.redirect_stdout(said):
            runpy.run_path(script, run_name="__main__")
    except SystemExit as end:
        if end.code not in (None, 0):
            return []
    except Exception:  # noqa: BLE001 - whatever a check may raise
        traceback.print_exc()
        return []
    finally:
        os.chdir(here)
    # MXNet computes behind the script's back: what went wrong there is this check's, not the next one's.
    arrays = getattr(sys.modules.get(arguments[0]), "nd", None)
    if hasattr(arrays, "waitall"):
        arrays.waitall()
    print(said.getvalue(), end="")
    return said.getvalue().strip().splitlines()


def main(results, directory, names, *arguments):
    for name in names.split(","):
        started = time.time()
        words = passed(os.path.join(directory, name + ".py"), list(arguments))
        if words:
            with open(results, "a") as file:
                file.write(json.dumps({"name": name, "words": words[-1], "seconds": time.time() - started}) + "\n")


main(*sys.argv[1:])
