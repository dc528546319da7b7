"""Results of tests as JUnit XML, as CI systems read it: a suite for each file, properties that say what was tested."""

from collections.abc import Mapping
from datetime import datetime, timezone
from xml.etree import ElementTree as ET

from mxbuild.model import Judged, Suite, UpstreamReport

NAME = "upstream"


def document(report: UpstreamReport) -> bytes:
    """The XML, in UTF-8.

    A failure with a known cause is `skipped`, with that cause in its message: it is no news, and must not turn a
    pipeline red. A test that killed its process, hung, or was never loaded is an `error`; every other one that failed
    is a `failure`.
    """
    verdicts = {one.case.name: one for one in report.judged}
    suites = ET.Element("testsuites", name=NAME)
    totals: list[Mapping[str, str]] = []
    for file in report.run.files:
        suite = _suite(file, report, verdicts)
        suites.append(suite)
        totals.append(suite.attrib)
    for key in ("tests", "failures", "errors", "skipped"):
        suites.set(key, str(sum(int(attributes[key]) for attributes in totals)))
    suites.set("time", f"{report.run.seconds:.3f}")
    ET.indent(suites)
    text: bytes = ET.tostring(suites, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _suite(file: Suite, report: UpstreamReport, verdicts: Mapping[str, Judged]) -> ET.Element:
    suite = ET.Element("testsuite", name=file.name)
    properties = ET.SubElement(suite, "properties")
    for name, value in _properties(report).items():
        ET.SubElement(properties, "property", name=name, value=value)
    for case in file.cases:
        suite.append(_case(verdicts[case.name]))
    kinds = [child.tag for case in suite.iter("testcase") for child in case]
    suite.set("tests", str(len(file.cases)))
    suite.set("failures", str(kinds.count("failure")))
    suite.set("errors", str(kinds.count("error")))
    suite.set("skipped", str(kinds.count("skipped")))
    suite.set("time", f"{file.seconds:.3f}")
    suite.set("timestamp", datetime.fromtimestamp(report.finished, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S"))
    return suite


def _case(one: Judged) -> ET.Element:
    case, known = one.case, one.known
    file, _, name = case.name.partition("::")
    element = ET.Element(
        "testcase", classname=file.removesuffix(".py").replace("/", "."), name=name, time=f"{case.seconds:.3f}"
    )
    if one.verdict == "skipped":
        ET.SubElement(element, "skipped", message=_clean(case.said))
    elif one.verdict == "known" and known is not None:
        told = f"known: {known.kind}: {known.why}"
        ET.SubElement(element, "skipped", message=_clean(told)).text = _clean(case.said)
    elif one.verdict == "same":
        told = "fails with the reference too"
        ET.SubElement(element, "skipped", message=told).text = _clean(case.said)
    elif one.verdict == "failed":
        tag = "error" if case.broken else "failure"
        kind = case.said.partition(":")[0] if ":" in case.said else tag
        ET.SubElement(element, tag, message=_clean(case.said), type=_clean(kind)).text = _clean(case.text)
    elif one.verdict == "cured" and known is not None:
        ET.SubElement(element, "system-out").text = _clean(f"passes, though known to fail: {known.why}")
    return element


def _properties(report: UpstreamReport) -> dict[str, str]:
    return {
        "release": report.release,
        "commit": report.commit,
        "fingerprint": report.fingerprint,
        "compiler": report.compiler,
        "environment": report.environment,
        "python": report.run.version,
        **report.run.packages,
        **({"reference": report.reference.python} if report.reference else {}),
    }


def _clean(text: str) -> str:
    """Without characters that XML cannot have."""
    return "".join(c if c in "\t\n" or c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
