"""`mxbuild run`."""

import os
import signal
import sys
from typing import NoReturn

import click

from mxbuild.cli.completing import Named, environments
from mxbuild.cli.group import Verb
from mxbuild.cli.options import prefix_option

EXAMPLES = (
    ("mxbuild run -- python train.py", "in the current environment"),
    ("mxbuild run mini -- python -c 'import mxnet'", "in another one: its name, or how it begins"),
)


class Run(Verb):
    """Splits the command line at `--`: an environment can stand before it, the command stands behind it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Without a `--`, all that is no option is the command."""
        before, after = (args[: args.index("--")], args[args.index("--") + 1 :]) if "--" in args else (args, None)
        rest = super().parse_args(ctx, before)
        words: tuple[str, ...] = ctx.params["words"]
        if after is None:
            words, after = (), list(words)
        if len(words) > 1:
            ctx.fail(f"one environment at most stands before --, not {' '.join(words)}")
        if not after and not ctx.resilient_parsing:
            ctx.fail("no command is given")
        ctx.params |= {"words": tuple(after), "environment": words[0] if words else None}
        return rest


@click.command(
    "run", cls=Run, examples=EXAMPLES, context_settings={"allow_interspersed_args": False},
    options_metavar="[OPTIONS] [ENV]",
)  # fmt: skip
@click.argument("words", nargs=-1, type=Named(environments), metavar="-- COMMAND [ARGUMENTS]...")
@prefix_option
def command(*, words: tuple[str, ...], prefix: str | None, environment: str | None = None) -> NoReturn:
    """Run a command in an environment. Its exit code is this one's, and so are its signals."""
    from mxbuild.environments import exports, select
    from mxbuild.errors import UsageError
    from mxbuild.locations import locations

    one = select(locations(os.environ, prefix).prefix, environment)
    environ = dict(os.environ)
    for name, value in exports(one, environ).items():
        if value is None:
            del environ[name]
        else:
            environ[name] = value
    sys.stdout.flush()
    sys.stderr.flush()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and what is ignored stays so after exec
    try:
        os.execvpe(words[0], words, environ)
    except OSError as error:
        raise UsageError(f"{words[0]} cannot be run in {one.name}: {error.strerror}") from error
