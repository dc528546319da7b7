"""The summary of a job in GitHub Actions, written beside what the log says."""

import os
import sys
from collections.abc import Callable

FILE = "GITHUB_STEP_SUMMARY"


def summarize(render: Callable[[Callable[[str], str]], str]) -> None:
    """Append to the job's summary; elsewhere nothing.

    Args:
        render: gets what takes secrets out, and gives Markdown.
    """
    from mxbuild.ui import github

    file = os.environ.get(FILE, "")
    if not file or not github.runs(os.environ):
        return
    from mxbuild.redaction import Redactor
    from mxbuild.ui.console import screen

    try:
        with open(file, "a", encoding="utf-8", errors="backslashreplace") as summary:
            summary.write(render(Redactor(os.environ)))
    except OSError as error:
        text = f"no summary of this job: {file}: {error.strerror}"
        screen(sys.stderr, os.environ).command(github.command("warning", text, title="mxbuild"))
