"""mxbuild put this in front of MXNet's own modules: they get names that today's Python and numpy no longer have.

Only MXNet's modules see them. Each is given an `__import__` of its own, which hands it a stand-in where something is
missing; numpy itself, `sys.modules` and all other packages stay as they are, for they ask which names there are and
must get the true answer. What is there is never replaced. Runs on Python 3.6 and later.

Each module beside this one is a cure by itself. It has one of these:

    stand_ins()     full name of a module -> what MXNet's modules get when they import it
    names(module)   name -> what a module of MXNet's finds under it before its own code runs; `module` is its name
                    below the package
    rewrite(tree)   the syntax tree of a module that does not compile, changed so that it does
"""

import ast
import builtins
import importlib
import pkgutil
import sys
from importlib.machinery import PathFinder, SourceFileLoader

PACKAGE = __name__.rpartition(".")[0]
STAND_INS = {}
NAMES = []
REWRITES = []


def load(name, globals=None, locals=None, fromlist=(), level=0):
    """`__import__` of MXNet's modules: a stand-in where there is one, otherwise what everybody gets."""
    top = name.partition(".")[0]
    if level == 0 and name in STAND_INS:
        return STAND_INS[name if fromlist else top]
    module = builtins.__import__(name, globals, locals, fromlist, level)
    return STAND_INS.get(top, module) if level == 0 and not fromlist else module


BUILTINS = dict(vars(builtins), __import__=load)


class Loader(SourceFileLoader):
    """Loads one of MXNet's modules."""

    def exec_module(self, module):
        module.__builtins__ = BUILTINS
        for names in NAMES:
            vars(module).update(names(module.__name__[len(PACKAGE) + 1 :]))
        super(Loader, self).exec_module(module)

    def source_to_code(self, data, path, **options):
        try:
            return super(Loader, self).source_to_code(data, path, **options)
        except SyntaxError:
            if not REWRITES:
                raise
        tree = ast.parse(data, path)
        for rewrite in REWRITES:
            tree = ast.fix_missing_locations(rewrite(tree))
        return super(Loader, self).source_to_code(tree, path, **options)


class Finder:
    """Finds MXNet's modules where Python would, and has them loaded by `Loader`; knows no other module."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if not name.startswith(PACKAGE + "."):
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = Loader(spec.loader.name, spec.loader.path)
        return spec


for _, name, _ in pkgutil.iter_modules(__path__):
    cure = importlib.import_module("." + name, __name__)
    STAND_INS.update(cure.stand_ins() if hasattr(cure, "stand_ins") else {})
    NAMES += [cure.names] if hasattr(cure, "names") else []
    REWRITES += [cure.rewrite] if hasattr(cure, "rewrite") else []
sys.meta_path.insert(0, Finder)
