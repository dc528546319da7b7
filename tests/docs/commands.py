"""The page on commands, from the command line itself: every command, argument, option and example."""

import inspect
import re
import textwrap
from collections.abc import Iterator

import click

from mxbuild.cli import SECTIONS, cli, helping
from tests.docs.markdown import prose

BEGINNING = """\
# Commands

Made from the command line itself by `make reference`. `mxbuild COMMAND --help` says the same for each, offline.

`-h` and `--help` show the help of any command. With `--json` the output is JSON, and so is an error, as the last line;
what the commands end with is in [exit codes](exit-codes.md), the variables that stand for options in
[environment variables](environment.md).

RECIPE is a recipe's name (`mxnet-1.6.0`, `mini`), a release alone (`1.6.0`) or a recipe's file; where it is left out,
it is `mxnet-0.12.1`. ENV is the name of an environment, or how it begins; left out, the current one.
"""
SHARED = """\
## Options of a request

{takers}

"""
TAKERS = """\
What is to be built, with what and where. {verbs} take all of them; `mxbuild check` tells what comes of them, and
changes nothing.
"""


def page() -> str:
    """The whole page."""
    verbs = {name: command for names in SECTIONS.values() for name in names if (command := verb(name))}
    shared = [option for option in _options(verbs["install"]) if option in _options(verbs["plan"])]
    takers = [f"`{name}`" for name, command in verbs.items() if _all(shared, command)]
    said = textwrap.fill(" ".join(TAKERS.split()).format(verbs=f"{', '.join(takers[:-1])} and {takers[-1]}"), 120)
    parts = [BEGINNING, SHARED.format(takers=said) + _titled(verbs["install"], shared)]
    for title, names in SECTIONS.items():
        parts.append(f"## {title}\n")
        parts += ["\n".join(_command(verbs[name], f"mxbuild {name}", shared, 3)) for name in names]
    return "\n".join(parts)


def _titled(command: click.Command, shared: list[str]) -> str:
    """Options under the titles that the help gives them."""
    sections: dict[str, list[str]] = {}
    for one in command.params:
        if isinstance(one, click.Option) and (line := _option(one)) in shared:
            sections.setdefault(getattr(one, "group", "") or helping.OWN, []).append(line)
    return "\n".join(f"### {title}\n\n" + "\n".join(lines) + "\n" for title, lines in sections.items())


def verb(name: str) -> click.Command:
    """A command, loaded."""
    with click.Context(cli) as context:
        command = cli.get_command(context, name)
    assert command is not None, name
    return command


def _command(command: click.Command, path: str, shared: list[str], level: int) -> Iterator[str]:
    yield f"{'#' * level} {path}\n"
    yield f"```text\n{usage(command, path)}\n```\n"
    yield prose(inspect.cleandoc(command.help or "")) + "\n"
    own = _options(command)
    if _all(shared, command):
        own = [option for option in own if option not in shared]
        own.append(f"- {'And all' if own else 'All'} [options of a request](#options-of-a-request).")
    if own:
        yield "\n".join(own) + "\n"
    if examples := getattr(command, "examples", ()):
        column = max(len(line) for line, _ in examples)
        yield "\n".join(["```sh", *(f"{line:<{column}}  # {purpose}" for line, purpose in examples), "```\n"])
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from _command(inner, f"{path} {name}", shared, level + 1)


def usage(command: click.Command, path: str) -> str:
    """`mxbuild run [OPTIONS] [ENV] -- COMMAND`, as click says it in every version."""
    arguments = [_argument(one) for one in command.params if isinstance(one, click.Argument)]
    words = [path, command.options_metavar or "", *arguments]
    if isinstance(command, click.Group):
        words.append(command.subcommand_metavar)
    return " ".join(filter(None, words))


def _argument(one: click.Argument) -> str:
    if one.metavar:
        return one.metavar
    name = (one.name or "").upper() + "..." * (one.nargs != 1)
    return name if one.required else f"[{name}]"


def _options(command: click.Command) -> list[str]:
    """A line for each option."""
    shown = [one for one in command.params if isinstance(one, click.Option) and not one.hidden]
    return [_option(one) for one in shown]


def _option(one: click.Option) -> str:
    names = ", ".join(one.opts) + "".join(f" / {name}" for name in one.secondary_opts)
    value = "" if one.is_flag or one.count else f" {_metavar(one)}"
    return f"- `{names}{value}`: {_help(one.help or '')}"


def _metavar(one: click.Option) -> str:
    if isinstance(one.type, click.Choice) and not one.metavar:
        return "|".join(map(str, one.type.choices))
    return one.metavar or one.type.name.upper()


def _help(text: str) -> str:
    """What stands in brackets at the end, as a sentence."""
    said = prose(re.sub(r"\s*\[(?:env|default): .*", "", text))
    if env := re.search(r"\[env: (\w+)\]", text):
        said += f" Environment: `{env[1]}`."
    if default := re.search(r"\[default: ([^\]]+)\]", text):
        said += f" Default: {default[1]}."
    return said


def _all(shared: list[str], command: click.Command) -> bool:
    return set(shared) <= set(_options(command))
