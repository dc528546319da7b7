"""What a verification says of what it found."""

from mxbuild.cli.verifying import complaints
from mxbuild.execute.verify import Findings
from mxbuild.model import CheckResult


def test_checks_that_were_not_run_for_one_reason_are_one_complaint_behind_what_failed_of_itself() -> None:
    found = Findings(
        features=(),
        checks=(
            CheckResult(name="version", status="not run", detail="the import failed"),
            CheckResult(name="files", status="failed", detail="numpy/__init__.py is gone"),
            CheckResult(name="import", status="failed", detail="No module named numpy"),
            CheckResult(name="library", status="not run", detail="the import failed"),
            CheckResult(name="linked", status="passed", detail="11 libraries"),
        ),
    )
    assert complaints(found) == [
        "files: numpy/__init__.py is gone",
        "import: No module named numpy",
        "version, library: the import failed",
    ]
