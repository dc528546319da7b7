"""A plugin of pytest that runs beside upstream's tests, under Python 3.6 and later.

It writes a line of JSON as each test begins and ends, at once: a test that kills its process takes no result with it.
It leaves out the tests that an earlier process ran, and lets each test begin with the same random numbers whatever ran
before it, so that a result can be had again, and compared with another interpreter's.
"""

import json
import os
import random
import re
import sys
import time
import zlib

import pytest

LONGEST = 6000
"""Characters of a traceback, its end."""
WIDEST = 240
"""Characters of the line that says what was wrong."""
COLOUR = re.compile("\x1b\\[[0-9;]*[A-Za-z]")


def _said(report):
    """The error in one line, or why a test was skipped."""
    told = report.longrepr
    if isinstance(told, tuple):  # (file, line, reason)
        told = told[2]
    else:
        told = getattr(getattr(told, "reprcrash", None), "message", None) or _last(str(told or ""))
    lines = [line.strip() for line in COLOUR.sub("", str(told)).splitlines() if line.strip()]
    line = lines[0] if lines else ""
    line = line[len("Skipped: ") :] if line.startswith("Skipped: ") else line
    return line if len(line) <= WIDEST else line[: WIDEST - 3] + "..."


def _last(text):
    """The last line of an error's text that says what it is: pytest marks those with an E."""
    lines = [line for line in text.splitlines() if line.strip()]
    marked = [line[1:] for line in lines if line.startswith("E  ")]
    return (marked or lines or [""])[-1]


class Recorder:
    def __init__(self, path, done):
        self._stream = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self._done = done
        self._current = {}
        self._began = 0.0

    def _write(self, **facts):
        os.write(self._stream, (json.dumps(facts) + "\n").encode("ascii"))

    def pytest_collectreport(self, report):
        if report.outcome == "passed":
            return
        text = str(report.longrepr)[-LONGEST:] if report.outcome == "failed" else ""
        self._write(event="load", result=report.outcome, said=_said(report), text=text)

    def pytest_collection_modifyitems(self, config, items):
        gone = [item for item in items if item.nodeid in self._done]
        if gone:
            items[:] = [item for item in items if item.nodeid not in self._done]
            config.hook.pytest_deselected(items=gone)

    def pytest_collection_finish(self, session):
        self._write(event="collected", tests=[item.nodeid for item in session.items])

    def pytest_runtest_logstart(self, nodeid):
        self._current, self._began = {"result": "passed", "said": "", "text": ""}, time.time()
        self._write(event="start", test=nodeid)

    def pytest_runtest_logreport(self, report):
        if report.outcome == "failed" and self._current["result"] != "failed":
            self._current = {"result": "failed", "said": _said(report), "text": str(report.longrepr)[-LONGEST:]}
        elif report.outcome == "skipped" and self._current["result"] == "passed":
            why = getattr(report, "wasxfail", None)
            said = _said(report) if why is None else "expected to fail: %s" % why
            self._current = {"result": "skipped", "said": said, "text": ""}

    def pytest_runtest_logfinish(self, nodeid):
        self._write(event="end", test=nodeid, seconds=round(time.time() - self._began, 3), **self._current)

    def pytest_sessionfinish(self, exitstatus):
        self._write(event="finished", status=int(exitstatus))


def _seed(test):
    seed = zlib.crc32(test.encode("utf-8")) & 0x7FFFFFFF
    random.seed(seed)
    for module in ("numpy", "mxnet"):
        if module in sys.modules and hasattr(sys.modules[module], "random"):
            sys.modules[module].random.seed(seed)


class Seeds:
    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item):
        _seed(item.nodeid)


def pytest_configure(config):
    with open(os.environ["MXBUILD_DONE"], encoding="utf-8") as file:
        done = frozenset(file.read().splitlines())
    config.pluginmanager.register(Recorder(os.environ["MXBUILD_RECORD"], done), "mxbuild-recorder")
    config.pluginmanager.register(Seeds(), "mxbuild-seeds")
