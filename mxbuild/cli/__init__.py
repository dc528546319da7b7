"""The command line: thin verbs over the pipeline. Only click is imported here; each verb when it is used."""

import gc
import io
import os
import sys
from collections.abc import Sequence
from typing import TextIO

import click

from mxbuild import rights
from mxbuild.cli.completing import VARIABLE
from mxbuild.cli.group import Verbs
from mxbuild.cli.invocation import Invocation
from mxbuild.errors import DONE, EXIT_CODES

SECTIONS = {
    "Install": {
        "install": "Build, install and verify a release.",
        "check": "Say whether it can be built here, before any download.",
        "plan": "Show exactly what install would do.",
        "explain": "Give the reasons for one choice.",
    },
    "Use": {
        "run": "Run a command in an environment.",
        "env": "Print the shell exports of an environment.",
        "notebook": "Start JupyterLab on an environment.",
        "list": "List the environments.",
    },
    "Keep": {
        "doctor": "Say how all that was installed is, and what to do.",
        "verify": "Verify an environment again.",
        "rollback": "Make the environment before the current one again.",
        "gc": "Remove what nothing needs any more.",
        "uninstall": "Remove an environment.",
    },
    "Look": {
        "detect": "Show what this machine has, and where that is known from.",
        "report": "Look back at a build: timeline, memory, cost.",
        "explain-log": "Say what went wrong in any log, and what to do.",
        "bug-report": "Write one archive with all that a bug report needs.",
        "sbom": "Print what an environment is made of.",
    },
    "Recipes": {
        "recipes": "List, show, compare and check recipes.",
        "flags": "Show the make flags of a release.",
    },
    "Fleet": {
        "key": "Print a name that changes when the result would.",
        "push": "Put a verified wheel into a store.",
        "vendor": "Gather into one file what a machine without a network needs.",
        "workers": "Try the machines that would compile as well.",
    },
    "Learn": {
        "tour": "Print the map of a release's source.",
        "new-operator": "Write a project with an operator of your own.",
    },
    "Shell": {
        "completion": "Let TAB complete commands, options, recipes, environments.",
        "man": "Print the manual page.",
    },
}
"""Title -> verb -> what it does. A line here is a verb: `command` in mxbuild.cli.verbs' module of its name."""

SYNONYMS = {
    "activate": "env",
    "build": "install",
    "cache": "gc",
    "clean": "gc",
    "exec": "run",
    "help": "--help",
    "info": "detect",
    "ls": "list",
    "make": "install",
    "prune": "gc",
    "releases": "recipes list",
    "remove": "uninstall",
    "repair": "verify --repair",
    "rm": "uninstall",
    "search": "recipes list",
    "shell": "env",
    "show": "recipes show",
    "status": "doctor",
    "test": "verify",
    "version": "--version",
}
"""What uv, pip, cargo and apt call it -> what it is called here."""

ROOM = 50_000
"""Objects that are made before circles among them are looked for. What is imported has none that end, and to look
through it again and again takes an eighth of what a call takes that has nothing to do."""

EXAMPLES = (
    ("mxbuild install", "build the default release for this machine"),
    ("mxbuild check mxnet-0.12.1 --with opencv", "can it be built here, with OpenCV?"),
    ('eval "$(mxbuild env)"', "use it in this shell"),
)


def _version(context: click.Context, option: click.Parameter, wanted: bool) -> None:
    """`--version`: asked for only then, as a checkout asks git."""
    del option
    if wanted and not context.resilient_parsing:
        from mxbuild.version import version

        click.echo(f"mxbuild {version()}")
        context.exit()


@click.group(
    cls=Verbs,
    sections=SECTIONS,
    examples=EXAMPLES,
    exit_codes=EXIT_CODES,
    synonyms=SYNONYMS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Show the version and exit."
)
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
    if words is None:
        gc.set_threshold(ROOM, 20, 20)
    completing = VARIABLE in os.environ  # by a shell, while its user types: whatever is wrong, nothing is said
    for remark in rights.settle(os.environ):
        from mxbuild.foreign import inert

        if not completing:
            print(f"warning: {inert(remark)}", file=sys.stderr)  # noqa: T201
    call = Invocation(tuple(sys.argv[1:] if words is None else words))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = cli.main(
            args=list(call.words), prog_name="mxbuild", standalone_mode=False, obj=call, color=shows_bold(sys.stdout)
        )
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last place that can say what went wrong
        if completing:
            return DONE
        from mxbuild.cli.failing import report

        code = report(error, call)
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code if isinstance(code, int) else DONE


def shows_bold(stream: TextIO) -> bool:
    """Whether the help has its titles in bold: https://no-color.org, and who has a terminal that shows it."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "") not in ("", "dumb")
