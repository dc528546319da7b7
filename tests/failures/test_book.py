"""Every entry of the failure book, by the lines that it has as its examples."""

import io
import re
import shlex

import click
import pytest

from mxbuild.cli import cli
from mxbuild.cli.invocation import Invocation
from mxbuild.failures import Failure, book, diagnose
from mxbuild.failures.entries import Book, names, pages
from mxbuild.failures.model import Diagnosis, Explanation
from mxbuild.offline import REFUSED

ENTRIES = {entry.failure.id: entry for entry in book().entries}
SOURCE = re.compile(r"^[\w.-]+/[\w.-]+#\d+$|^https://\S+$|^MXNet \d|^\w.*\(\d\)|^[A-Z].{8,}|^git \d")


def said(text: str) -> list[Explanation]:
    """What the book says of a log, in the order in which a person reads it."""
    return told(diagnose(io.BytesIO(text.encode())))


def told(seen: Diagnosis) -> list[Explanation]:
    first = seen.first.explanation if seen.first else None
    return [*seen.signs, *([first] if first else []), *seen.others]


EXAMPLES = [(name, example.text) for name, entry in ENTRIES.items() for example in entry.failure.example]


def test_each_example_is_explained_by_its_own_entry_and_by_no_other() -> None:
    found = [(name, [known.id for known in said(text)]) for name, text in EXAMPLES]
    assert [(name, ids) for name, ids in found if ids != [name]] == []


def test_an_entry_says_what_to_do_and_where_that_is_known_from() -> None:
    for name, entry in ENTRIES.items():
        failure = entry.failure
        for text in (failure.cause, failure.remedy, *failure.commands):
            assert names(text) <= set(entry.signature.groupindex), name
        assert failure.commands or failure.tool == "git", name
        for source in failure.sources:
            assert SOURCE.search(source), (name, source)
        assert (failure.tool == "git") <= (failure.git is not None), name


OURS = sorted({c.split("  #")[0] for e in ENTRIES.values() for c in e.failure.commands if "mxbuild " in c})


def test_a_command_of_ours_is_one_that_there_is() -> None:
    assert OURS
    for line in OURS:
        words = shlex.split(line.removeprefix('eval "$(').removesuffix(')"'))
        verb, *rest = words[words.index("mxbuild") + 1 :]
        with click.Context(cli, obj=Invocation(()), **cli.context_settings) as context:
            command = cli.get_command(context, verb)
            while isinstance(command, click.Group):
                command = command.get_command(context, rest.pop(0))
            assert command is not None, line
            command.make_context(verb, rest, parent=context)


def test_no_two_entries_have_a_name() -> None:
    assert len(ENTRIES) == len(book().entries)


def test_what_the_log_quotes_cannot_become_a_command() -> None:
    log = "fatal: detected dubious ownership in repository at '/srv/$(touch x); rm -rf ~\n"
    (known,) = said(log)
    assert known.commands == ("git config --global --add safe.directory '/srv/$(touch x); rm -rf ~'",)
    assert known.commands[0] in known.remedy


def test_the_refusal_of_a_download_is_known_by_its_own_words() -> None:
    assert [known.id for known in said(f"{REFUSED}: wget -q https://example.org/x.tgz\n")] == ["network-during-make"]


BOOK = """
[[form]]
tool = "compiler"
signature = '''^error: '''
[[failure]]
id = "one"
tool = "make"
signature = '''^error: (?P<what>\\w+)'''
{more}
cause = "because of {{what}}"
remedy = "do {{what}}"
sources = ["a(1)"]
[[failure.example]]
text = "error: x"
source = "y"
"""


def test_lines_nearby_may_be_asked_for() -> None:
    near = Book(pages(BOOK.format(more='near = ["^before$", "^after$"]')))
    whole = diagnose(io.BytesIO(b"before\nerror: it\nafter\n"), near)
    assert whole.first is not None
    assert whole.first.explanation is not None
    assert (whole.first.explanation.cause, whole.first.explanation.remedy) == ("because of it", "do it")
    part = diagnose(io.BytesIO(b"before\nerror: it\n"), near)
    assert part.first is not None
    assert part.first.explanation is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('id = "one"', 'id = "One!"'),
        ('tool = "make"', 'tool = "magic"'),
        ('cause = "because of {what}"', 'cause = ""'),
        ('sources = ["a(1)"]', "sources = []"),
        ('remedy = "do {what}"', 'remedi = "do"'),
        ('[[failure.example]]\ntext = "error: x"\nsource = "y"', ""),
    ],
)
def test_a_book_with_a_fault_is_refused(before: str, after: str) -> None:
    text = BOOK.format(more="")
    assert pages(text)
    assert before in text
    with pytest.raises(ValueError, match=r"\w"):
        pages(text.replace(before, after))


def test_gits_kinds_are_gits_alone() -> None:
    def kind(failure: Failure) -> bool:
        return failure.git is None or failure.tool == "git" or failure.disk

    assert all(kind(entry.failure) for entry in book().entries)
