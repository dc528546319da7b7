"""The summary of a job: nothing of a foreign text is Markdown or HTML in it."""

from html.parser import HTMLParser

import msgspec
import pytest
from markdown_it import MarkdownIt

from mxbuild.errors import BuildError, VerificationError
from mxbuild.model import CheckResult, Decision, FeatureResult
from mxbuild.redaction import Redactor
from mxbuild.ui import summary
from tests.ui import values

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "x</td></tr></table>\n\n# heading\n\n![a](https://example.org/x.png) [b](javascript:alert(1))",
    "</pre>\n\n<b>bold</b>\n\n| a | b |\n|---|---|\n| c | d |",
    "</details>\n\n```\ncode\n```\n\n* item",
    "<!--",
    "&lt;b&gt; <![CDATA[ <?x",
)
ALLOWED = {"h3", "p", "pre", "table", "tr", "th", "td", "details", "summary"}


class Tags(HTMLParser):
    """Tags in order, and the text between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        assert not attrs
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.tags.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)


def rendered(text: str) -> Tags:
    """The summary as GitHub shows it, before it sanitizes."""
    return Tags(MarkdownIt("gfm-like", {"linkify": False}).render(text))


def hostile(text: str) -> str:
    """Both pages with `text` wherever a foreign text stands."""
    check = CheckResult(name=text, status="failed", detail=text)
    feature = FeatureResult(feature=text, asked="on", decided="on", why=text, evidence=(check,), ok=False)
    receipt = msgspec.structs.replace(
        values.RECEIPT, recipe=text, compiler=text, wheel=text, warnings=(text,), features=(feature,), checks=(check,)
    )
    decision = Decision(subject=text, kind="feature", choice=text, why=text)
    error = VerificationError(text, details=[text, text], remedy=text)
    error.receipt = receipt
    return summary.done(receipt, (decision,), str) + summary.failed(error, text, text, str)


@pytest.mark.parametrize("text", HOSTILE)
def test_foreign_text_is_shown_and_nothing_else(text: str) -> None:
    plain, seen = rendered(hostile("x")), rendered(hostile(text))
    assert seen.tags == plain.tags
    assert {tag.removeprefix("/") for tag in seen.tags} <= ALLOWED
    assert " ".join(text.split()) in " ".join(seen.text.split())


def test_it_says_what_was_asked_and_got_with_checks_times_and_reasons() -> None:
    seen = rendered(summary.done(values.RECEIPT, values.DECISIONS, str))
    text = " ".join(seen.text.split())
    for part in (
        "✓ toy-1.2 (1a2b3c4d5e6f) is installed and verified", "opencv", "imdecode", "largest difference from numpy",
        "make", "21 min 50 s", values.WHEEL, "/usr/bin/g++ 12.2.0", values.RECEIPT.wheel_sha256,
        "OpenCV 4.6.0 matches >=2.4,<5", "2 CPUs by affinity",
    ):  # fmt: skip
        assert part in text, part
    assert "nothing was changed" in summary.done(values.RECEIPT, (), str, unchanged=True)


def test_it_says_what_went_wrong_where_and_what_to_do() -> None:
    text = rendered(summary.failed(values.BUILD_ERROR, "Compile lib/libtoy.so", "mxbuild install toy", str)).text
    for part in (*values.BUILD_ERROR.details, "Compile lib/libtoy.so", str(values.BUILD_ERROR.remedy)):
        assert part in text
    assert "go on withmxbuild install toy" in text


def test_what_does_not_verify_has_its_receipt_in_it() -> None:
    error = VerificationError("opencv is not there")
    error.receipt = values.FAILED_RECEIPT
    text = rendered(summary.failed(error, "Verify", "", str)).text
    assert "_ZN2cv* failed: expected, but it has no such symbol" in text
    assert "undefined symbol: cblas_sgemm" in text


def test_a_secret_and_what_a_terminal_obeys_are_not_in_it() -> None:
    hide = Redactor({"A_TOKEN": "hunter<22>"})
    error = BuildError("hunter<22> \x1b[2J\u202e", details=["fetch https://me:pass@example.org/", "hunter<22>"])
    page = summary.failed(error, "", "", hide)
    assert "hunter" not in page
    assert "pass@" not in page
    assert "\x1b" not in page
    assert "\u202e" not in page


def test_it_stays_below_what_github_takes() -> None:
    details = [f"{n}: " + "&" * 5000 for n in range(10_000)]
    assert len(summary.failed(BuildError("bad", details=details), "", "", str)) < 1 << 20
