"""What a Python file uses of other packages, and where. Reads the syntax tree; runs nothing."""

import ast
from collections.abc import Iterator
from typing import NamedTuple


class Use(NamedTuple):
    name: str
    """Full: numpy.bool, distutils.version.LooseVersion; of a method just `.tostring`."""
    line: int


class Uses(ast.NodeVisitor):
    """Names by the import that brings them, in any scope; code for Python 2 alone is passed over."""

    def __init__(self) -> None:
        self.found: list[Use] = []
        self.names: dict[str, str] = {}

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.found.append(Use(alias.name, node.lineno))
            top = alias.name.partition(".")[0]
            self.names[alias.asname or top] = alias.name if alias.asname else top

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.level or node.module is None:
            return
        for alias in node.names:
            name = f"{node.module}.{alias.name}"
            self.found.append(Use(name, node.lineno))
            self.names[alias.asname or alias.name] = name

    def visit_If(self, node: ast.If) -> None:
        if not _python_2(node.test):
            self.generic_visit(node)
            return
        for other in node.orelse:
            self.visit(other)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        name = self._dotted(node)
        if name is not None:
            self.found.append(Use(name, node.lineno))
        else:
            self.found.append(Use(f".{node.attr}", node.lineno))
            self.generic_visit(node)

    def _dotted(self, node: ast.expr) -> str | None:
        if isinstance(node, ast.Name):
            return self.names.get(node.id)
        if isinstance(node, ast.Attribute) and (inner := self._dotted(node.value)) is not None:
            return f"{inner}.{node.attr}"
        return None


def uses(text: str, name: str = "<text>") -> Iterator[Use]:
    """Every use, in order of lines.

    Raises:
        SyntaxError: it is no Python 3.
    """
    tree = ast.parse(text, name)
    visitor = Uses()
    # Imports first: a function may use at its top what a later line of the file imports.
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            visitor.visit(node)
    visitor.found.clear()
    visitor.visit(tree)
    yield from sorted(visitor.found, key=lambda use: use.line)


def _python_2(test: ast.expr) -> bool:
    """`sys.version_info[0] == 2`, `sys.version_info[0] < 3`, `sys.version_info < (3, 0)`."""
    text = ast.unparse(test)
    return text in ("sys.version_info[0] == 2", "sys.version_info[0] < 3", "sys.version_info < (3, 0)", "PY2")
