"""`lambda: [(yield x) for ...]`, which Python 3.8 no longer compiles, as what it was: `lambda: (x for ...)`."""

import ast


class Generators(ast.NodeTransformer):
    def visit_Lambda(self, node):
        self.generic_visit(node)
        body = node.body
        if isinstance(body, ast.ListComp) and isinstance(body.elt, ast.Yield) and body.elt.value is not None:
            node.body = ast.copy_location(ast.GeneratorExp(body.elt.value, body.generators), body)
        return node


def rewrite(tree):
    return Generators().visit(tree)
