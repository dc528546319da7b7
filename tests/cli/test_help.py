import json
import subprocess
import sys

import click
import pytest

from mxbuild.cli import SECTIONS, cli, main
from mxbuild.errors import EXIT_CODES

VERBS = [verb for verbs in SECTIONS.values() for verb in verbs]
HEAVY = (
    "git",
    "rich",
    "jinja2",
    "msgspec",
    "packaging",
    "psutil",
    "elftools",
    "archspec",
    "mxbuild.model",
    "mxbuild.pipeline",
)


def loaded_by(*words: str) -> set[str]:
    """Modules that a command line loads, in a fresh process."""
    code = (
        "import json, sys; from mxbuild.cli import main; code = main(sys.argv[1:]);"
        "print('\\n' + json.dumps([code, *sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    code, *modules = json.loads(done.stdout.splitlines()[-1])
    assert code == 0
    return set(modules)


@pytest.mark.parametrize("words", [("--help",), ("-h",), ("--version",), ()])
def test_the_top_loads_no_verb_and_nothing_heavy(words: tuple[str, ...]) -> None:
    modules = loaded_by(*words)
    assert not modules & set(HEAVY)
    assert not [name for name in modules if name.startswith("mxbuild.cli.verbs.")]


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_of_a_verb_loads_nothing_heavy(verb: str) -> None:
    modules = loaded_by(verb, "--help")
    assert f"mxbuild.cli.verbs.{verb.replace('-', '_')}" in modules
    assert not modules & set(HEAVY)


def commands() -> list[tuple[str, click.Command]]:
    context = click.Context(cli, **cli.context_settings)
    found = [(verb, cli.get_command(context, verb)) for verb in VERBS]
    recipes = dict(found)["recipes"]
    assert isinstance(recipes, click.Group)
    found += [(f"recipes {name}", command) for name, command in recipes.commands.items()]
    return [(name, command) for name, command in found if command is not None]


@pytest.mark.parametrize("name", [name for name, _ in commands()])
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_every_command_has_help_with_examples(name: str, option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*name.split(), option]) == 0
    shown = capsys.readouterr().out
    assert f"Usage: mxbuild {name}" in shown
    if name not in ("recipes", "workers"):
        assert "Examples:\n" in shown
        assert "  mxbuild " in shown or 'eval "$(mxbuild' in shown


def test_the_top_lists_every_verb_and_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    for verbs in SECTIONS.values():
        for verb, purpose in verbs.items():
            assert any(line.split(maxsplit=1) == [verb, purpose] for line in shown.splitlines())
    for code, meaning in EXIT_CODES.items():
        assert any(line.split(maxsplit=1) == [str(code), meaning] for line in shown.splitlines())


def test_every_module_of_a_verb_is_listed() -> None:
    from pathlib import Path

    import mxbuild.cli.verbs as package

    modules = {file.stem for file in Path(package.__path__[0]).glob("*.py")} - {"__init__"}
    assert modules == {verb.replace("-", "_") for verb in VERBS}


def test_examples_name_options_that_exist() -> None:
    """An example that no longer parses is worse than none."""
    import shlex

    for name, command in commands():
        for line, _ in getattr(command, "examples", ()):
            words = shlex.split(line, comments=True)
            if words[0] != "mxbuild":
                continue
            words = words[1 + len(name.split()) : words.index(">") if ">" in words else None]
            context = command.make_context(
                name, words, resilient_parsing=False, parent=click.Context(cli, **cli.context_settings)
            )
            assert context.params is not None


@pytest.mark.parametrize("verb", ["key", "check"])
def test_who_only_looks_loads_nothing_that_does(verb: str) -> None:
    modules = loaded_by(verb, "mini", "--no-apt")
    assert "mxbuild.pipeline" in modules
    assert not [name for name in modules if name.startswith(("mxbuild.execute", "mxbuild.compile", "tenacity"))]
