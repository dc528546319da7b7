"""distutils.version, which Python 3.12 dropped with all of distutils: what it takes to compare numpy's version."""

import functools
import importlib.util
import re
import types

PARTS = re.compile(r"\d+|[a-z]+")
STRICT = re.compile(r"\d+\.\d+(?:\.\d+)?(?:[ab]\d+)?")


@functools.total_ordering
class LooseVersion(object):
    """Numbers and words, compared one by one."""

    def __init__(self, vstring):
        self.vstring = vstring
        self.version = [int(part) if part.isdigit() else part for part in PARTS.findall(vstring)]

    def _key(self):
        return self.version

    def __eq__(self, other):
        return self._key() == self._of(other)._key()

    def __lt__(self, other):
        return self._key() < self._of(other)._key()

    def _of(self, other):
        return type(self)(other) if isinstance(other, str) else other

    def __str__(self):
        return self.vstring

    def __repr__(self):
        return "{}({!r})".format(type(self).__name__, self.vstring)


class StrictVersion(LooseVersion):
    """Two or three numbers, and a or b with a number for what came before the release; 1.2 is 1.2.0."""

    def __init__(self, vstring):
        if not STRICT.fullmatch(vstring):
            raise ValueError("invalid version number '{}'".format(vstring))
        super(StrictVersion, self).__init__(vstring)

    def _key(self):
        numbers = re.match(r"[\d.]+", self.vstring).group().split(".")
        before = PARTS.findall(self.vstring)[len(numbers) :]
        release = tuple(int(number) for number in numbers)
        return release + (0,) * (3 - len(release)), not before, (before and (before[0], int(before[1]))) or ("", 0)


def stand_ins():
    """distutils with this one module; nothing where Python or setuptools has one."""
    if importlib.util.find_spec("distutils") is not None:
        return {}
    package, version = types.ModuleType("distutils"), types.ModuleType("distutils.version")
    version.LooseVersion, version.StrictVersion = LooseVersion, StrictVersion
    package.version = version
    return {"distutils": package, "distutils.version": version}
