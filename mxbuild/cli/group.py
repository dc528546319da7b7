"""Commands whose help costs nothing: a verb's module is imported when the verb is used, not when it is listed."""

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

import click

Examples = Sequence[tuple[str, str]]
"""Command line, and what it is for."""


class GoneError(Exception):
    """Nobody reads the output any more."""


def write_examples(examples: Examples, formatter: click.HelpFormatter) -> None:
    """A section of command lines, never wrapped, so that they can be copied."""
    if not examples:
        return
    column = max(len(line) for line, _ in examples)
    with formatter.section("Examples"):
        for line, purpose in examples:
            formatter.write(f"{'':>{formatter.current_indent}}{line:<{column}}  # {purpose}\n")


class Verb(click.Command):
    """A command with examples at the end of its help."""

    def __init__(self, *args: Any, examples: Examples = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Examples in place of an epilog."""
        del ctx
        write_examples(self.examples, formatter)


class Suggesting(click.Group):
    """A group that says which command was probably meant."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Its command, or the nearest one's name in the error."""
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            import difflib

            close = difflib.get_close_matches(args[0], known, 1)
            hint = f"; did you mean {close[0]}?" if close else ""
            ctx.fail(f"there is no command {args[0]}{hint}")
        return super().resolve_command(ctx, args)


class Verbs(Suggesting):
    """The top of the command line.

    Args:
        sections: title -> verb -> what it does.
        examples, exit_codes: stand at the end of the help.
    """

    def __init__(
        self,
        *args: Any,
        sections: Mapping[str, Mapping[str, str]],
        examples: Examples = (),
        exit_codes: Mapping[int, str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sections = sections
        self.examples = examples
        self.exit_codes = exit_codes

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the help."""
        del ctx
        return [verb for verbs in self.sections.values() for verb in verbs]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import it."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"mxbuild.cli.verbs.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """By section, from the table alone."""
        del ctx
        for title, verbs in self.sections.items():
            with formatter.section(title):
                formatter.write_dl(list(verbs.items()), col_max=12)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Examples, and what the exit codes mean."""
        del ctx
        write_examples(self.examples, formatter)
        with formatter.section("Exit codes"):
            formatter.write_dl([(f"{code}", meaning) for code, meaning in self.exit_codes.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Like any group, but a broken pipe is told from what click makes of it."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise GoneError from error
