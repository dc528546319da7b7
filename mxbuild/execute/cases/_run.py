"""Runs the cases of a group: `python _run.py REQUEST RESULTS`, both files; one line of JSON per event in the latter.

The request: {"package", "group", "answers": {case: {name: array}} or null to record, "off": [feature], "skip": [case]}.
What a case said is on disk before the next one begins: a crash takes only its own case along.
"""

import importlib
import importlib.util
import json
import os
import re
import sys
import time

CLOCK = re.compile(r"\[\d\d:\d\d:\d\d\] ")
"""What MXNet puts before its messages, and the place in a file of the machine that compiled it follows."""
HERE = os.path.dirname(os.path.abspath(__file__))


def package():
    """This directory as a package of a name that is nobody else's; python -I leaves it out of sys.path."""
    spec = importlib.util.spec_from_file_location(
        "mxbuild_cases", HERE + "/__init__.py", submodule_search_locations=[HERE]
    )
    sys.modules["mxbuild_cases"] = importlib.util.module_from_spec(spec)


def judge(case, results, answers):
    """A case's verdict: status, the worst share of its tolerance, and what is wrong."""
    compare = importlib.import_module("mxbuild_cases._compare")
    if set(results) != set(answers):
        return {"status": "failed", "detail": "gave %s, not %s" % (sorted(results), sorted(answers))}
    worst, wrong = 0.0, []
    for name, (got, _) in sorted(results.items()):
        share, text = compare.distance(got, compare.decoded(answers[name]), case.rtol, case.atol)
        worst = max(worst, share)
        wrong += ["%s: %s" % (name, text)] if text else []
    # JSON has no infinity.
    return {"status": "failed" if wrong else "passed", "worst": min(worst, 1e300), "detail": "; ".join(wrong)}


def record(case, results):
    """A case's arrays; an answer that numpy contradicts is none."""
    compare = importlib.import_module("mxbuild_cases._compare")
    arrays, reference = {}, {}
    for name, (got, expected) in sorted(results.items()):
        arrays[name] = compare.encoded(got)
        if expected is not None:
            reference[name] = compare.encoded(expected)
            text = compare.distance(got, expected, case.rtol, case.atol)[1]
            if text:
                return {"status": "failed", "detail": "numpy says otherwise: %s: %s" % (name, text)}
    return {"status": "recorded", "arrays": arrays, "reference": reference}


def said(message):
    """The line of an error's message that says what was wrong; newer releases put the C++ stack before it."""
    lines = [CLOCK.sub("", line).strip() for line in message.splitlines() if line.strip()] or [""]
    return ([line for line in lines if "Error: " in line or "Check failed" in line] or lines)[0][:300]


def one(mx, case, request):
    declare = importlib.import_module("mxbuild_cases._declare")
    answers = request["answers"]
    if case.feature in request["off"]:
        return {"status": "not run", "detail": "%s is off" % case.feature}
    if answers is not None and case.name not in answers:
        return {"status": "not run", "detail": "has no recorded answer"}
    try:
        results = case.run(mx)
    except declare.Absent as error:
        return {"status": "absent", "detail": "there is no %s" % error}
    except Exception as error:  # whatever MXNet throws: the case failed, the next one has its turn
        return {"status": "raised", "detail": "%s: %s" % (type(error).__name__, said(str(error)))}
    return record(case, results) if answers is None else judge(case, results, answers[case.name])


def main(request, path):
    with open(request) as file:
        request = json.load(file)
    package()
    declare = importlib.import_module("mxbuild_cases._declare")
    mx = importlib.import_module(request["package"])
    with open(path, "a") as results:

        def say(**event):
            results.write(json.dumps(event) + "\n")
            results.flush()

        for case in declare.declared(importlib.import_module("mxbuild_cases." + request["group"])):
            if case.name not in request["skip"]:
                say(case=case.name, status="begun")
                started = time.time()
                verdict = one(mx, case, request)
                say(case=case.name, seconds=round(time.time() - started, 3), **verdict)


if __name__ == "__main__":
    main(*sys.argv[1:])
