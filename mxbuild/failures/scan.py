"""What a log says: its first error, what is known of it, and what else is known of that log."""

import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO, final

import msgspec

from mxbuild.failures.entries import Book, book
from mxbuild.failures.lines import cleaned, cut, printable
from mxbuild.failures.model import Diagnosis, ErrorLine, Explanation
from mxbuild.failures.window import Place, Window

CONTEXT = 8
"""Lines shown from the first error on."""
MOST = 8
"""Explanations besides the first error's."""
LOOKED = 20_000
"""Marked lines that are looked up, so that a log that is one long complaint ends too."""
MATCHED = 4096
"""Characters of a line that are looked up."""
TRIED = 256
"""Lines that are looked at for the command of an error."""
WAIT = 5000
"""Lines after the first error in which make names what it could not make."""
WORDS = (
    "rror,atal,annot,ould not,No such,No space,No match,Illegal,Segmentation,Aborted,terminate called,not found,"
    "not in gzip,a tree: ,did not contain,not our ref,ndefined,undeclared,Killed,xhausted,bad_alloc,signal 9,"
    "out of memory,*** ,isabled,USE_CUDA=1,CUDA enabled,not enabled,not available,lapack usage,truncated,too short,"
    "denied,quota,E: ,Err:,get lock,to lock,dpkg,-gencode,releases/,tar.gz,.tgz,mxbuild: no,ambiguous,"
    "mismatch,sudo: ,nsupported,no longer,ersion `,hung up,unexpected,unable to,timed out,refused,Retry,NOT MATCH,"
    "not a supported wheel,Check failed,CUDNN_STATUS,kernel image,insufficient,Configuring,Geographic,removed from,"
    "multiple definition,not compatible,too slow,disabled in,Authentication,resolve,adding symbols,"
    "Fehler,erreur,indéfinie,sin definir,não definida,ошибка,неопределённая,エラー,错误,未定义,无法打开"
)
MARKS = tuple(WORDS.encode().split(b","))
"""A line without any of these says nothing of a failure; a test proves it of every example in the book."""
INCLUDED = re.compile(r"^(?:In file included from| {17}from) (?P<file>[^\s:]+):\d+")
MOVED = re.compile(r"make(\[\d+\])?: (Entering|Leaving) directory ")
"""Says nothing of an error beside it."""
ENDED = re.compile(r"make: \*\*\* ")
"""The outermost make says that it ends; what follows is another run's, or a CI service's."""
THROWN = re.compile(r" +what\(\): ")
"""What an exception says that nothing caught: the line above it says only that there was one."""
STOPPED = re.compile(r"make(?:\[\d+\])?: \*\*\* \[(?:[^\]:]*:\d+: )?(?P<target>[^\]]*)\] (?P<what>.*)")


def diagnose(stream: BinaryIO, known: Book | None = None) -> Diagnosis:
    """Read a log once, in bounded memory.

    Args:
        stream: the log; it need not be seekable.
        known: another book than the shipped one.

    Raises:
        OSError: it cannot be read.
    """
    window, seen = Window(stream, MARKS), Scanner(known or book())
    for place in window:
        if not seen.look(place):
            window.marks = ()
    return seen.diagnosis(window)


@final
class Scanner:
    """What was seen so far."""

    def __init__(self, known: Book) -> None:
        self._book = known
        self._left = list(known.entries)
        """Those that have not been met yet: each is told once."""
        self._looked = 0
        self._first: ErrorLine | None = None
        self._stopped: ErrorLine | None = None
        self._signs: list[Explanation] = []
        self._others: list[Explanation] = []

    def look(self, place: Place) -> bool:
        """Look at a line; they come in their order. Whether others are to follow."""
        self._looked += 1
        if self._looked > LOOKED:
            return False
        text = cleaned(place.line[:MATCHED])
        known = self._explained(text, place)
        if known and known.sign:
            self._tell(self._signs, known)
            known = None
        if self._first is None:
            self._first = self._error(text, known, place)
        elif known:
            self._tell(self._others, known)
        if (
            self._first
            and not self._first.target
            and place.number - self._first.line < WAIT
            and (match := STOPPED.search(text))
        ):
            self._first = self._made(self._first, match["target"], place)
        return True

    def diagnosis(self, window: Window) -> Diagnosis:
        """What is to be said of all that was looked at."""
        return Diagnosis(
            lines=window.lines,
            size=window.size,
            first=self._first or self._stopped,
            signs=tuple(self._signs),
            others=tuple(self._others),
            tail=tuple(_tidy(cleaned(line)) for line in window.last[-CONTEXT:]),
        )

    def _tell(self, told: list[Explanation], known: Explanation) -> None:
        if len(told) < MOST:
            told.append(known)

    def _error(self, text: str, known: Explanation | None, place: Place) -> ErrorLine | None:
        """The line as the first error, where it is one. That make stopped is one only where nothing else is."""
        match = next((m for _, form in self._book.forms if (m := form.search(text))), None)
        if match is None and known is None:
            if self._stopped is None and (stopped := STOPPED.search(text)):
                error = self._described(text, {}, None, place)
                self._stopped = self._made(error, stopped["target"], place)
            return None
        groups = {name: value for name, value in match.groupdict().items() if value} if match else {}
        return self._described(text, groups, known or self._below(place), place)

    def _described(self, text: str, groups: dict[str, str], known: Explanation | None, place: Place) -> ErrorLine:
        file = groups.get("file", "")
        below = [] if ENDED.match(text) else list(_belonging(map(cleaned, place.after(CONTEXT - 1))))
        return ErrorLine(
            line=place.number,
            text=_tidy(text),
            file=printable(file),
            at=int(groups["at"]) if "at" in groups else None,
            words=_tidy(groups.get("text", text).strip()),
            context=tuple(map(_tidy, (text, *below))),
            command=_command(file, place),
            explanation=known,
        )

    def _explained(self, text: str, place: Place) -> Explanation | None:
        around: list[str] = []
        for entry in self._left:
            if not entry.signature.search(text):
                continue
            if entry.failure.near and not around:
                around = [cleaned(line) for line in (*place.before(), *place.after())]
            if known := entry.explain(text, place.number, around):
                self._left.remove(entry)
                return msgspec.structs.replace(known, text=_tidy(text.strip()))
        return None

    def _below(self, place: Place) -> Explanation | None:
        """What is known of the lines that belong to an error which is not known itself: some say more in them."""
        for number, line in enumerate(place.after(CONTEXT - 1), place.number + 1):
            text = cleaned(line[:MATCHED])
            own = STOPPED.search(text) or any(form.search(text) for _, form in self._book.forms)
            if own and not THROWN.match(text):
                break  # an error of its own
            for entry in self._left:
                if not entry.failure.sign and (known := entry.explain(text, number)):
                    self._left.remove(entry)
                    return msgspec.structs.replace(known, text=_tidy(text.strip()))
        return None

    def _made(self, error: ErrorLine, target: str, place: Place) -> ErrorLine:
        """make has said what it could not make: the command that has it as its output is the one."""
        made = f" -o {target} ".encode()
        lines = (line for line in place.above(made.rstrip()) if made in line + b" ")
        command = next((printable(cleaned(line)) for line in lines), error.command)
        return msgspec.structs.replace(error, target=printable(target), command=command)


def _belonging(lines: Iterable[str]) -> Iterator[str]:
    """Those of the lines below an error that are about it."""
    for line in lines:
        if not MOVED.match(line):
            yield line
        if ENDED.match(line):
            return


def _command(file: str, place: Place) -> str:
    """The last command that compiles the file, or what includes it; "" where there is none."""
    sources = [file] if file else []
    for line in place.before():
        if not (match := INCLUDED.match(cleaned(line))):
            break
        sources.append(match["file"])
    for source in reversed(sources):
        for command, _ in zip(_compiling(source, place), range(TRIED), strict=False):
            if source in command.split():
                return printable(command)
    return ""


def _compiling(source: str, place: Place) -> Iterator[str]:
    return (cleaned(line) for line in place.above(source.encode()) if b" -c " in line)


def _tidy(text: str) -> str:
    return cut(printable(text))
