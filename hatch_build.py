"""What a wheel of mxbuild has that a checkout makes when it is asked: its version, and the manual page."""

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Made(BuildHookInterface[Any]):
    """Writes aside, never into the checkout: it may be read-only, and what lay there would be old after a commit."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the files; in an editable install, mxbuild goes on asking git for the version."""
        self.aside = tempfile.TemporaryDirectory()
        sys.path.insert(0, self.root)
        try:
            from mxbuild.cli import cli
            from mxbuild.cli.manual import manual
            from mxbuild.cli.tree import root

            text = manual(root(cli), self.metadata.version)  # each verb is imported by it
        finally:
            sys.path.remove(self.root)
        page = Path(self.aside.name, "mxbuild.1")
        page.write_text(text, encoding="utf-8")
        build_data["shared_data"][str(page)] = "share/man/man1/mxbuild.1"
        if version != "editable":
            said = Path(self.aside.name, "_version.py")
            said.write_text(
                f'"""Written when this wheel was built."""\n\nVERSION = "{self.metadata.version}"\n', encoding="utf-8"
            )
            build_data["force_include"][str(said)] = "mxbuild/_version.py"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was written aside."""
        del version, build_data, artifact_path
        self.aside.cleanup()
