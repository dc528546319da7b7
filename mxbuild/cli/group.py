"""Commands whose help costs nothing: a verb's module is imported when the verb is used, not when it is listed."""

import importlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import click

from mxbuild.cli import completing, helping
from mxbuild.cli.helping import Examples

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

WHOLE = 1000
"""Characters of a sentence, so that none is cut off."""


class GoneError(Exception):
    """Nobody reads the output any more."""


class Exemplary(click.Command):
    """A command with examples at the end of its help, in place of an epilog."""

    context_class = helping.Context

    def __init__(self, *args: Any, examples: Examples = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = examples
        completing.furnish(self.params)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The examples."""
        del ctx
        helping.write_examples(self.examples, formatter)


class Verb(Exemplary):
    """A command that does something."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Under their titles."""
        helping.write_tables(helping.titled(self.get_params(ctx), ctx), formatter)


class Suggesting(Exemplary, click.Group):
    """A group that says which command was probably meant."""

    synonyms: Mapping[str, str] = MappingProxyType({})
    """What other programs call it -> what it is called here."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Its command, or the nearest one's name in the error."""
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            import difflib

            close = difflib.get_close_matches(args[0], known, 1)
            meant = self.synonyms.get(args[0]) or (close[0] if close else "")
            hint = f"; did you mean {meant}?" if meant else ""
            ctx.fail(f"there is no command {args[0]}{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Each with its whole first sentence."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, command.get_short_help_str(WHOLE)) for name, command in commands if command is not None]
        helping.write_tables({"Commands": rows}, formatter)


class Verbs(Suggesting):
    """The top of the command line.

    Args:
        sections: title -> verb -> what it does.
        exit_codes: stand at the end of the help.
        synonyms: what other programs call a verb -> the verb.
    """

    def __init__(
        self,
        *args: Any,
        sections: Mapping[str, Mapping[str, str]],
        exit_codes: Mapping[int, str],
        synonyms: Mapping[str, str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sections = sections
        self.exit_codes = exit_codes
        self.synonyms = synonyms

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

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem[str]]":
        """From the table alone: no verb is imported for it."""
        from click.shell_completion import CompletionItem

        verbs = {verb: purpose for each in self.sections.values() for verb, purpose in each.items()}
        found = [CompletionItem(verb, help=said) for verb, said in verbs.items() if verb.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """By section, from the table alone."""
        del ctx
        helping.write_tables({title: list(verbs.items()) for title, verbs in self.sections.items()}, formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Examples, and what the exit codes mean."""
        super().format_epilog(ctx, formatter)
        with formatter.section("Exit codes"):
            formatter.write_dl([(f"{code}", meaning) for code, meaning in self.exit_codes.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Like any group, but a broken pipe is told from what click makes of it."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise GoneError from error
