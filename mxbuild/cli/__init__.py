"""The command line: thin verbs over the pipeline. Only click is imported here; each verb when it is used."""

import io
import os
import sys
from collections.abc import Sequence

import click

from mxbuild import __version__, rights
from mxbuild.cli.group import Verbs
from mxbuild.cli.invocation import Invocation
from mxbuild.errors import DONE, EXIT_CODES

SECTIONS = {
    "Build": {
        "install": "Build, install and verify a release.",
        "check": "Say whether it can be built here, before any download.",
        "plan": "Show exactly what install would do.",
        "explain": "Give the reasons for one choice.",
        "vendor": "Gather into one file what a machine without a network needs.",
        "key": "Print a name that changes when the result would.",
    },
    "Use": {
        "run": "Run a command in an environment.",
        "env": "Print the shell exports of an environment.",
        "list": "List the environments.",
        "verify": "Verify an environment again.",
        "sbom": "Print what an environment is made of.",
        "push": "Put a verified wheel into a store.",
        "rollback": "Make the environment before the current one again.",
        "uninstall": "Remove an environment.",
        "gc": "Remove what nothing needs any more.",
    },
    "Look": {
        "doctor": "Say how all that was installed is, and what to do.",
        "detect": "Show what this machine has, and where that is known from.",
        "recipes": "List, show, compare and check recipes.",
        "flags": "Show the make flags of a release.",
        "explain-log": "Say what went wrong in any log, and what to do.",
        "bug-report": "Write one archive with all that a bug report needs.",
        "report": "Look back at a build: timeline, memory, cost.",
        "workers": "Try the machines that would compile as well.",
    },
}
"""Title -> verb -> what it does. The verb `list` is `command` in mxbuild.cli.verbs.list."""

EXAMPLES = (
    ("mxbuild install", "build the default release for this machine"),
    ("mxbuild check mxnet-0.12.1 --with opencv", "can it be built here, with OpenCV?"),
    ('eval "$(mxbuild env)"', "use it in this shell"),
)


@click.group(
    cls=Verbs,
    sections=SECTIONS,
    examples=EXAMPLES,
    exit_codes=EXIT_CODES,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="mxbuild", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """From a bare Ubuntu or Debian machine to a verified MXNet, built from source, with one command."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def main(words: Sequence[str] | None = None) -> int:
    """Run one command line.

    Args:
        words: what follows `mxbuild`; None: the process's own.

    Returns:
        The exit code, out of EXIT_CODES.
    """
    for remark in rights.settle(os.environ):
        from mxbuild.foreign import inert

        print(f"warning: {inert(remark)}", file=sys.stderr)  # noqa: T201
    call = Invocation(tuple(sys.argv[1:] if words is None else words))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = cli.main(args=list(call.words), prog_name="mxbuild", standalone_mode=False, obj=call)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last place that can say what went wrong
        from mxbuild.cli.failing import report

        code = report(error, call)
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code if isinstance(code, int) else DONE
