"""The pages on exit codes and on environment variables, from the tables of the code and what is said of each here."""

import inspect
from collections.abc import Iterator
from pathlib import Path

import click

from mxbuild import errors, offline
from mxbuild.cli import SECTIONS
from mxbuild.detect import surroundings, toolkits
from mxbuild.errors import EXIT_CODES, MxbuildError
from mxbuild.execute import scrub, workers
from tests.docs.commands import verb
from tests.docs.markdown import code, prose
from tests.docs.pages import ROOT

FOREIGN = ("execute/checks", "execute/cases", "execute/inside", "execute/upstream/inside", "detect/probes",
           "data/shims")  # fmt: skip
"""What runs elsewhere than in mxbuild's process: its variables are set by mxbuild, for itself."""

CODES = """\
# Exit codes

Made from `mxbuild/errors.py` by `make reference`.

`mxbuild run` ends with the exit code of the command that it runs, and with its signal.

| code | meaning |
|---|---|
"""
KINDS = """
## Kinds of errors

With `--json`, the last line of a command that failed is one object: `ok` is false, `exit_code` the number above, and
`error` holds `kind`, one of these, `message`, `details`, `remedy`, the `step` that failed, and of a machine that
cannot build what was asked its `complaints` and what is `nearest`.

"""

VARIABLES = """\
# Environment variables

Made from the code by `make reference`; a test says so when a variable that the code reads is missing here.

## Where mxbuild keeps things

{places}
## Instead of an option

An option on the command line beats its variable; an empty variable is none.

{options}
## What it looks at

{looked}
## What bends a build, and does not

Of these, set ones are shown by `mxbuild detect` and kept in a `bug-report`: compilers, make, pkg-config, nvcc, the
loader or Python obey them. None of them reaches make but those that a plan names.

{bending}.

## What its children get

- **apt-get** is told by arguments: sudo takes the environment away.
- **git** gets the caller's environment without `GIT_` variables but those on configuration, certificates and HTTP
  (`GIT_CONFIG_GLOBAL`, `GIT_CONFIG_SYSTEM`, `GIT_CONFIG_NOSYSTEM`, `GIT_CONFIG_COUNT` with its keys and values,
  `GIT_SSL_...`, `GIT_PROXY_SSL_...`, `GIT_HTTP_...`, `GIT_EXEC_PATH`), and without `SSH_ASKPASS`.
- **pip** gets the caller's environment without variables that begin with {leading}, and of its own these: {pips}.
- **make** gets what the plan says, nothing of the caller's: `mxbuild plan -v` shows all of it. With `--workers` it has
  {ssh} besides. {blocked} lead to a port on which nothing answers, `GIT_ALLOW_PROTOCOL` is `none`.
- **The checks** of a library get {harmless} and an empty `HOME`.
"""

OWN = {
    "MXBUILD_PREFIX": "installs: environments and wheels; `--prefix` beats it. Else `XDG_DATA_HOME/mxbuild`, or "
    "`~/.local/share/mxbuild`.",
    "MXBUILD_CACHE_DIR": "what can be fetched or built again: trees, repositories, ccache's objects, toolkits. Else "
    "`XDG_CACHE_HOME/mxbuild`, or `~/.cache/mxbuild`.",
    "MXBUILD_STATE_DIR": "records: journals, logs, ledgers. Else `XDG_STATE_HOME/mxbuild`, or "
    "`~/.local/state/mxbuild`.",
    "MXBUILD_RECIPES": "directories that recipes are looked for in, separated by colons, before mxbuild's own and "
    "after those of `--recipe-dir`.",
}  # fmt: skip
LOOKED = {
    "PATH": "programs are looked for there. Relative entries, and for root those that everybody can write to, are left "
    "out. make gets one of its own.",
    "HOME": "where the three directories are by default, `~` in options, and where Pythons and NVIDIA's wheels "
    "may lie.",
    "NO_COLOR": "no colour.",
    "FORCE_COLOR": "colour even where the output is no terminal.",
    "TERM": "`dumb` or nothing: plain lines in place of a screen that is drawn anew.",
    "COLUMNS": "width of what is printed where there is no terminal. Default: 100.",
    "TMUX": "a line that became too long for a narrower terminal is broken, as tmux does it.",
    "XTERM_VERSION": "it is cut, as xterm does it.",
    "SHELL": "whose completion is meant, where `mxbuild completion` does not say.",
    "XDG_DATA_HOME": "where completions for bash and zsh and the manual page are put. Default: `~/.local/share`.",
    "XDG_CONFIG_HOME": "where those for fish are put. Default: `~/.config`.",
    "BASH_COMPLETION_USER_DIR": "where those for bash are put instead.",
    "ZDOTDIR": "where `.zshrc` lies. Default: `~`.",
    "DISPLAY": "there is a screen for `notebook` to open a browser on; `WAYLAND_DISPLAY` and `BROWSER` say so too.",
    "SSH_CONNECTION": "`notebook` without a screen says how its page is reached from the other end.",
    "SUDO_UID": "who called sudo: all but apt-get runs as that user.",
    "PKG_CONFIG_PATH": "where libraries are looked for first, as pkg-config does; the one of them that make gets too.",
    "PKG_CONFIG_LIBDIR": "the same, in place of what pkg-config has by default.",
    "CONDA_PREFIX": "a Python and a CUDA toolkit may lie there.",
    "VIRTUAL_ENV": "NVIDIA's wheels may lie there.",
    "PYENV_ROOT": "where pyenv's Pythons lie. Default: `~/.pyenv`.",
    "PYENV_VERSION": "which of them is meant.",
    "KUBERNETES_SERVICE_HOST": "this is a container.",
    "CUDNN_ROOT": "a prefix of cuDNN that is looked into; `--cudnn` comes before it.",
    "NCCL_ROOT": "the same for NCCL.",
    "USER": "a name that a bug report leaves out.",
    "GITHUB_ACTIONS": "`true`: groups, annotations and a summary for GitHub, and nothing else that it would obey.",
    "GITHUB_STEP_SUMMARY": "the file of the job's summary.",
    "GITHUB_WORKSPACE": "the checkout, from which paths in annotations are counted.",
}


def exit_codes() -> str:
    """The whole page."""
    rows = [f"| {number} | {prose(meaning)} |" for number, meaning in EXIT_CODES.items()]
    kinds = [f"- `{kind.kind}` ({kind.exit_code}): {_first(kind)}" for kind in _kinds()]
    return CODES + "\n".join(rows) + "\n" + KINDS + "\n".join(kinds) + "\n"


def _kinds() -> list[type[MxbuildError]]:
    found = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, MxbuildError)]
    return sorted((one for one in found if one is not MxbuildError), key=lambda one: one.exit_code)


def _first(kind: type[MxbuildError]) -> str:
    return prose(" ".join(inspect.cleandoc(kind.__doc__ or "").partition("\n\n")[0].split()))


def environment() -> str:
    """The whole page."""
    named = dict(_of_options())
    several = {
        toolkits.VARIABLES: "a CUDA toolkit that is looked at before all others but `--cuda`'s.",
        tuple(surroundings.CI): "one of them says that this is a CI job, and whose.",
    }
    looked = "".join(f"- {code(*names)}: {text}\n" for names, text in several.items())
    bending = [name for name in surroundings.BENDING if name not in (*LOOKED, *toolkits.VARIABLES)]
    return VARIABLES.format(
        places=_listed(OWN),
        options=_listed(named),
        looked=_listed(LOOKED) + looked,
        bending=code(*bending),
        leading=code(*scrub.LEADING, "PIP_"),
        pips=code(*sorted(scrub.PIPS)),
        ssh=code(*workers.OF_SSH),
        blocked=code(*(name for name in offline.ENVIRONMENT if name.endswith("_proxy"))),
        harmless=code(*scrub.HARMLESS),
    )


def _listed(rows: dict[str, str]) -> str:
    return "".join(f"- `{name}`: {text}\n" for name, text in rows.items())


def _of_options() -> Iterator[tuple[str, str]]:
    found: dict[str, tuple[str, list[str]]] = {}
    for name in (name for names in SECTIONS.values() for name in names):
        for path, command in _every(verb(name), name):
            for one in command.params:
                if isinstance(one, click.Option) and isinstance(one.envvar, str):
                    found.setdefault(one.envvar, (one.opts[0], []))[1].append(path)
    for variable, (option, takers) in sorted(found.items()):
        yield variable, f"`{option}` of {code(*takers)}."


def _every(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from _every(inner, f"{path} {name}")


def sources() -> list[Path]:
    """The files of mxbuild's own process."""
    package = ROOT / "mxbuild"
    return [f for f in package.rglob("*.py") if not str(f.relative_to(package)).startswith(FOREIGN)]
