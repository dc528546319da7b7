"""The manual page, from the same commands as the help: roff with man's macros, for groff and mandoc."""

import re
from collections.abc import Iterator
from itertools import islice

import click

from mxbuild.cli import helping
from mxbuild.cli.group import Verbs
from mxbuild.cli.helping import Examples
from mxbuild.cli.tree import walk

SPECIAL = {"\\": r"\e", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti", '"': r"\(dq"}
"""What roff would take for its own, or print as another sign than the one that a shell wants."""
CODE = re.compile(r"`([^`]+)`")
VARIABLE = re.compile(r"\[env: (\w+)\]")
DIRECTORIES = (
    ("~/.local/share/mxbuild", "Installs: environments, wheels, toolkits. Or where MXBUILD_PREFIX says."),
    ("~/.cache/mxbuild", "What can be fetched or built again. Or where MXBUILD_CACHE_DIR says."),
    ("~/.local/state/mxbuild", "Journals, logs and records of builds. Or where MXBUILD_STATE_DIR says."),
)
ABOUT = {
    "MXBUILD_PREFIX": "As --prefix.",
    "MXBUILD_RECIPES": "Directories with recipes, separated by colons; as --recipe-dir.",
    "MXBUILD_CACHE_DIR": "Where what can be fetched or built again is kept.",
    "MXBUILD_STATE_DIR": "Where journals, logs and records of builds are kept.",
    "NO_COLOR": "Where it is set, nothing is coloured.",
}
"""Variables that no option names, or that need more words."""


def manual(top: click.Context, version: str) -> str:
    """The whole page.

    Args:
        top: context of the command that holds all others.
        version: as it stands at the foot.
    """
    return "\n".join(_page(top, version)) + "\n"


def _page(top: click.Context, version: str) -> Iterator[str]:
    command = top.command
    assert isinstance(command, Verbs)
    yield f'.TH MXBUILD 1 "" "mxbuild {escaped(version)}" "User Commands"'
    yield from (".nh", ".ad l")
    about = (command.help or "").splitlines()[0]
    yield from (".SH NAME", f"mxbuild \\- {escaped(about[:1].lower() + about[1:].rstrip('.'))}")
    yield from (".SH SYNOPSIS", r"\fBmxbuild\fR \fICOMMAND\fR [\fIOPTIONS\fR]", ".br", r"\fBmxbuild \-\-version\fR")
    yield ".SH EXAMPLES"
    yield from islice(_examples(command.examples), 1, None)  # no paragraph begins twice
    contexts = list(walk(top))
    shown: dict[tuple[str, ...], str] = {}
    for title, verbs in command.sections.items():
        yield f".SH {escaped(title.upper())}"
        for verb in verbs:
            path = f"{top.command_path} {verb}"
            for context in contexts:
                if context.command_path == path or context.command_path.startswith(f"{path} "):
                    yield from _command(context, shown)
    yield ".SH EXIT STATUS"
    yield from _list((str(code), meaning) for code, meaning in command.exit_codes.items())
    yield ".SH ENVIRONMENT"
    yield from _list(sorted(_variables(contexts).items()))
    yield ".SH FILES"
    yield from _list(DIRECTORIES)


def _command(context: click.Context, shown: dict[tuple[str, ...], str]) -> Iterator[str]:
    """One command. What stands under a title with another one as well is told once.

    Args:
        shown: title and options -> the command that has them already; what is new is added.
    """
    words = " ".join(context.command.collect_usage_pieces(context))
    yield f'.SS "{escaped(f"{context.command_path} {words}")}"'
    for number, paragraph in enumerate((context.command.help or "").split("\n\n")):
        yield from [".PP"] * (number > 0)
        yield _text(" ".join(paragraph.split()))
    helps = context.command.get_help_option(context)
    again: dict[str, list[str]] = {}
    for title, rows in helping.titled(context.command.get_params(context), context).items():
        kept = [row for row in rows if helps is None or row != helps.get_help_record(context)]
        first = shown.setdefault((title, *map(str, kept)), context.command_path)
        if first != context.command_path and title != helping.OWN:
            again.setdefault(first, []).append(title)
            continue
        if title != helping.OWN and kept:
            yield from (".PP", f"\\fI{escaped(title)}\\fR")
        yield from _list(kept)
    for first, titles in again.items():
        yield from (".PP", f"\\fI{escaped('; '.join(titles))}\\fR: as with \\fB{escaped(first)}\\fR.")
    yield from _examples(getattr(context.command, "examples", ()))


def _list(rows: "Iterator[tuple[str, str]] | list[tuple[str, str]] | tuple[tuple[str, str], ...]") -> Iterator[str]:
    for name, said in rows:
        yield from (".TP", f"\\fB{escaped(name)}\\fR", _text(said))


def _examples(examples: Examples) -> Iterator[str]:
    for line, purpose in examples:
        said = f"{purpose[:1].upper()}{purpose[1:]}"
        yield from (".PP", _text(said if said.endswith("?") else f"{said}:"), ".PP", ".RS 4", ".nf")
        yield from (f"\\fB{escaped(line)}\\fR", ".fi", ".RE")


def _variables(contexts: list[click.Context]) -> dict[str, str]:
    found = dict(ABOUT)
    for context in contexts:
        for option in context.command.params:
            if isinstance(option, click.Option):
                for name in VARIABLE.findall(option.help or ""):
                    found.setdefault(name, f"As {option.opts[0]}.")
    return found


def _text(text: str) -> str:
    """A line of prose: what stands between backquotes in bold."""
    parts = CODE.split(text)
    return "".join(f"\\fB{escaped(part)}\\fR" if n % 2 else escaped(part, first=n == 0) for n, part in enumerate(parts))


def escaped(text: str, *, first: bool = True) -> str:
    """`text` so that roff prints it as it is.

    Args:
        first: it begins a line, where a full stop would begin a request.
    """
    shown = "".join(SPECIAL.get(sign) or (sign if sign.isascii() else f"\\[u{ord(sign):04X}]") for sign in text)
    return f"\\&{shown}" if first and shown.startswith(".") else shown
