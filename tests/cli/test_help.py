import io
import shlex

import click
import pytest

from mxbuild.cli import SECTIONS, SYNONYMS, cli, main, shows_bold
from mxbuild.cli.helping import folded
from mxbuild.cli.tree import root, walk
from mxbuild.errors import EXIT_CODES
from tests.cli.loading import loaded_by
from tests.commands import call_in, parse

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


def test_the_top_loads_no_verb_and_nothing_heavy() -> None:
    for modules in loaded_by([["--help"], ["-h"], ["--version"], []]):
        assert not modules & set(HEAVY)
        assert not [name for name in modules if name.startswith("mxbuild.cli.verbs.")]


def test_the_help_of_a_verb_loads_nothing_heavy() -> None:
    loads = dict(zip(VERBS, loaded_by([[verb, "--help"] for verb in VERBS]), strict=True))
    assert {verb: heavy for verb, modules in loads.items() if (heavy := modules & set(HEAVY))} == {}
    assert [v for v, modules in loads.items() if f"mxbuild.cli.verbs.{v.replace('-', '_')}" not in modules] == []


def contexts() -> list[click.Context]:
    return list(walk(root(cli)))


NAMES = [context.command_path.removeprefix("mxbuild").strip() for context in contexts()]


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_every_command_has_help_with_examples_at_its_end(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    for name in NAMES:
        assert main([*name.split(), option]) == 0
        shown = capsys.readouterr().out
        assert shown.startswith(f"Usage: mxbuild {name}".rstrip())
        _, _, examples = shown.partition("\nExamples:\n")
        assert "mxbuild" in examples, name
        assert "\n\n" not in examples or not name, name  # after those of the top, exit codes


def test_every_verb_is_in_one_group() -> None:
    assert len(VERBS) == len(set(VERBS))
    assert all(SECTIONS.values())


def test_every_example_can_be_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """An example that no longer parses is worse than none."""
    monkeypatch.setenv("MXBUILD_WORKERS", "build1/8")
    for context in contexts():
        examples = getattr(context.command, "examples", ())
        assert examples, f"{context.command_path}: @click.command(..., cls=Verb, examples=EXAMPLES)"
        called = [parse(call) for line, _ in examples if (call := call_in(line)) is not None]
        assert len(called) == len(examples), f"{context.command_path}: an example without mxbuild"
        assert any(path.startswith(context.command_path) for path in called), f"{context.command_path}: none is of it"


@pytest.mark.parametrize("columns", [60, 80, 100, 120])
def test_help_is_as_wide_as_the_terminal(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    for context in contexts():
        for line in context.get_help().splitlines():
            assert len(line) < columns, f"{context.command_path}: {line}"
            assert line == line.rstrip()


@pytest.mark.parametrize("columns", [60, 80])
def test_no_word_of_a_help_is_broken(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for context in contexts():
        monkeypatch.setenv("COLUMNS", "400")
        context.max_content_width = 400
        words = set(context.get_help().split())
        monkeypatch.setenv("COLUMNS", str(columns))
        broken = [word for word in context.get_help().split() if word not in words]
        assert set(broken) <= {"\\"}, f"{context.command_path}: {broken}"


def test_examples_fold_into_what_a_shell_reads_as_the_same() -> None:
    for context in contexts():
        for line, _ in getattr(context.command, "examples", ()):
            rows = list(folded(line, 40))
            assert all(len(row) <= 40 or " " not in row.strip(" \\") for row in rows), rows
            assert shlex.split("\n".join(rows).replace("\\\n", "")) == shlex.split(line)


def test_many_options_stand_under_titles(capsys: pytest.CaptureFixture[str]) -> None:
    main(["install", "--help"])
    titles = [line for line in capsys.readouterr().out.splitlines() if line.endswith(":") and not line[0].isspace()]
    own = ["Options:", "What to build:", "CUDA:", "How to compile:", "Where from, where to:", "Output:", "Examples:"]
    assert titles == own
    main(["list", "--help"])
    titles = [line for line in capsys.readouterr().out.splitlines() if line.endswith(":") and not line[0].isspace()]
    assert titles == ["Options:", "Examples:"]


def test_titles_are_bold_where_that_can_be_seen() -> None:
    context = root(cli)
    assert "\33" not in context.get_help()
    context.color = True
    assert "\33[1mInstall:\33[0m" in context.get_help()


@pytest.mark.parametrize(
    ("variables", "bold"), [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)]
)
def test_no_color_is_heeded(variables: dict[str, str], bold: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    stream = io.StringIO()
    assert not shows_bold(stream)
    stream.isatty = lambda: True  # type: ignore[method-assign]
    assert shows_bold(stream) is bold


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


def test_what_others_call_a_verb_is_none_of_ours_and_leads_to_one() -> None:
    assert not SYNONYMS.keys() & set(VERBS)
    options = [option for parameter in cli.params for option in (*parameter.opts, "--help")]
    assert all(meant in options or any(meant.split()[0] == verb for verb in VERBS) for meant in SYNONYMS.values())
    for meant in SYNONYMS.values():
        if meant not in options:
            parse(meant if meant not in ("uninstall", "recipes show") else f"{meant} mini")


def test_who_only_looks_loads_nothing_that_does() -> None:
    for modules in loaded_by([["key", "mini", "--no-apt"], ["check", "mini", "--no-apt"]]):
        assert "mxbuild.pipeline" in modules
        assert not [name for name in modules if name.startswith(("mxbuild.execute", "mxbuild.compile", "tenacity"))]
