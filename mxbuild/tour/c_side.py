"""C and C++ taken apart as far as a map needs it: declarations, definitions, structures, registrations.

No parser of C++: comments, strings and preprocessor lines are blanked out, what is left is matched at the beginnings of
statements. That is enough for a C interface, where nothing is nested and nothing is overloaded.
"""

import re
from collections.abc import Iterator

from mxbuild.tour.model import Place, Registration, Structure

NOISE = re.compile(
    r"//[^\n]*|/\*.*?(?:\*/|\Z)|\\.|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|^[ \t]*\#(?:\\\n|[^\n])*",
    re.DOTALL | re.MULTILINE,
)
FUNCTION = re.compile(r"(?:^|[;{}])[ \t]*((?:\w+[\s*&]+){1,8})(\w+)[ \t\n]*\(", re.MULTILINE)
"""Type and name; what follows the closing bracket says whether it is a declaration."""
NO_TYPES = frozenset(("return", "else", "typedef", "new", "delete", "throw", "case", "using", "goto"))
STRUCTURE = re.compile(r"\bstruct\s+(\w+)\s*\{([^{}]{0,8000})\}")
FIELD = re.compile(r"\( ?\*{1,2} ?(\w+) ?\) ?\(|(?<!\w)(\w+) ?(?:\[[^\[\]]{0,100}\] ?)?$")
"""A pointer to a function, or the last word of a declaration."""
REGISTERED = re.compile(r"^[ \t]*(\w{0,40}REGISTER\w{0,40})[ \t]*\([ \t]*([A-Za-z_]\w*)", re.MULTILINE)


def blanked(text: str) -> str:
    """`text` without comments, strings and preprocessor lines; every character that is left keeps its place."""
    # A backslash outside of a string stays; it is matched so that a quote behind it begins none.
    return NOISE.sub(lambda match: match[0] if match[0][0] == "\\" else re.sub(r"[^\n]", " ", match[0]), text)


def functions(text: str, ends: str) -> Iterator[tuple[str, int]]:
    """(name, line) of what is declared (`ends` is ";") or defined ("{") at the beginning of a statement.

    Args:
        text: without its comments: blanked().
    """
    lines = _Lines(text)
    for match in FUNCTION.finditer(text):
        if not NO_TYPES & set(match[1].split()) and _after(text, match.end()) == ends:
            yield match[2], lines.of(match.start(2))


def structures(text: str, file: str) -> Iterator[Structure]:
    """Structures that hold nothing but plain fields and pointers.

    Args:
        text: without its comments: blanked().
    """
    lines = _Lines(text)
    for match in STRUCTURE.finditer(text):
        found = (FIELD.search(" ".join(declaration.split())) for declaration in match[2].split(";"))
        names = tuple(field[1] or field[2] for field in found if field)
        yield Structure(name=match[1], place=Place(file=file, line=lines.of(match.start(1))), fields=names)


def registrations(text: str, file: str) -> Iterator[Registration]:
    """`NNVM_REGISTER_OP(dot)`, `MXNET_REGISTER_IO_ITER(CSVIter)` and their like, at the beginnings of lines."""
    lines = _Lines(text)
    for match in REGISTERED.finditer(text):
        yield Registration(name=match[2], macro=match[1], place=Place(file=file, line=lines.of(match.start(1))))


def _after(text: str, start: int) -> str:
    """The first character after the bracket that was opened before `start`; "" where it is never closed."""
    depth = 1
    for match in re.compile(r"[()]").finditer(text, start, start + 4000):
        depth += 1 if match[0] == "(" else -1
        if depth == 0:
            rest = re.compile(r"\s*(.)").match(text, match.end(), match.end() + 200)
            return rest[1] if rest else ""
    return ""


class _Lines:
    """Line numbers of ascending places in a text."""

    def __init__(self, text: str) -> None:
        self._text, self._seen, self._line = text, 0, 1

    def of(self, place: int) -> int:
        self._line += self._text.count("\n", self._seen, place)
        self._seen = place
        return self._line
