"""A Python file taken apart by its syntax tree: nothing of it is run or imported."""

import ast
import re
import warnings
from collections.abc import Iterator

from mxbuild.tour.model import Call, Class, Function, Module, Place, Structure

LIBRARY = "_LIB"
"""What upstream calls the ctypes handle of its library, in every file."""
INTERNAL = "_internal"
"""The module that has the operators which are for MXNet's own Python files."""

SENTENCE = re.compile(r"(?<=[a-z0-9)`][.!?]) (?=[A-Z`])")
"""Between two sentences."""

Definition = ast.FunctionDef | ast.AsyncFunctionDef


def module(name: str, file: str, text: str) -> Module:
    """What a file defines.

    Args:
        name: mxnet.io.
        file: from the tree's top.
    """
    lines = text.count("\n") + (not text.endswith("\n"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # escapes that Python has come to complain about
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Module(name=name, file=file, lines=lines, problem=f"{type(error).__name__}: {error}".splitlines()[0])
    return Module(
        name=name,
        file=file,
        lines=lines,
        doc=_doc(tree),
        classes=tuple(_class(node, file) for node in tree.body if isinstance(node, ast.ClassDef)),
        functions=tuple(_function(node, file) for node in tree.body if isinstance(node, Definition)),
        structures=tuple(_structures(tree, file)),
    )


def _class(node: ast.ClassDef, file: str) -> Class:
    return Class(
        name=node.name,
        place=Place(file=file, line=node.lineno),
        bases=tuple(filter(None, map(_last, node.bases))),
        doc=_doc(node),
        methods=tuple(_function(child, file) for child in node.body if isinstance(child, Definition)),
    )


def _function(node: Definition, file: str) -> Function:
    calls, operators, structs = dict[str, int](), dict[str, None](), dict[str, None]()
    for child in ast.walk(node):
        if isinstance(child, ast.Attribute):
            owner = _last(child.value)
            if owner == LIBRARY:
                calls.setdefault(child.attr, child.lineno)
            elif owner == INTERNAL:
                operators[child.attr] = None
        elif isinstance(child, ast.ClassDef) and "Structure" in map(_last, child.bases):
            structs[child.name] = None
        elif isinstance(child, ast.Call) and (name := _last(child.func))[:1].isupper():
            structs[name] = None  # those that are no structures fall out when the map is drawn
    return Function(
        name=node.name,
        place=Place(file=file, line=node.lineno),
        doc=_doc(node),
        calls=tuple(Call(name=name, line=line) for name, line in calls.items()),
        operators=tuple(operators),
        structs=tuple(structs),
    )


def _structures(tree: ast.AST, file: str) -> Iterator[Structure]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and "Structure" in map(_last, node.bases):
            yield Structure(name=node.name, place=Place(file=file, line=node.lineno), fields=tuple(_fields(node)))


def _fields(node: ast.ClassDef) -> Iterator[str]:
    """The names in `_fields_ = [("forward", ...), ...]`."""
    for child in node.body:
        if isinstance(child, ast.Assign) and "_fields_" in map(_last, child.targets):
            for row in getattr(child.value, "elts", ()):
                first = row.elts[0] if isinstance(row, ast.Tuple) and row.elts else None
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield first.value


def _last(node: ast.AST) -> str:
    """The last word of a dotted name; "" for anything else."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _doc(node: ast.Module | ast.ClassDef | Definition) -> str:
    """The first sentence, or what stands before the first empty line."""
    paragraph = (ast.get_docstring(node) or "").strip().split("\n\n", 1)[0]
    return SENTENCE.split(" ".join(paragraph.split()), maxsplit=1)[0]
