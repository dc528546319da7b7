"""Words of the code as Markdown: nothing in them is taken for markup."""

import re

CODE = re.compile(r"(`[^`]+`)")
MARKUP = re.compile(r"([*<\[\]|\\])")
OPTION = re.compile(
    r"(?<![\w`/-])(--?[A-Za-z](?:[\w=+-]*[\w+])?(?:-\.\.\.)?|[A-Z][A-Z0-9]*_(?:\.\.\.|[A-Z0-9_]+)|USE_X=V)(?![\w`])"
)
"""An option or a variable's name: shown as code."""


def prose(text: str) -> str:
    """Text for people; code in it stays code, and options and variables become it."""
    pieces = CODE.split(OPTION.sub(r"`\1`", text) if "`" not in text else text)
    return "".join(piece if piece.startswith("`") else MARKUP.sub(r"\\\1", piece) for piece in pieces)


def code(*words: str) -> str:
    """Words as code, with commas between them."""
    return ", ".join(f"`{word}`" for word in words)
