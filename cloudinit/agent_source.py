"""Joins the modules of the host agent into the one file that a host runs.

The agent is written as modules, so that each can be read, typed and tested by itself. A
host gets one file: nothing to install, nothing to import. User data has little room, so the
file comes without what only readers and type checkers need. It keeps its names and lines:
what runs on a host can still be read there.

The file is built from the positions of syntax nodes, never by printing a syntax tree, and
leaves f-strings alone: every version of Python has to give the same bytes, because other
user data means other hosts.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from importlib.resources import files
from itertools import pairwise

MODULES = (
    "system",
    "signing",
    "metadata",
    "aws",
    "engine",
    "routes",
    "gate",
    "prepare",
    "volume",
    "attachments",
    "release",
    "images",
    "launch",
    "sidecars",
    "swap",
    "verbs",
    "main",
)
"""The agent's modules, each after those that it imports."""

_OWN = "cdinfra.cloudinit.agent"
_TIGHT = frozenset(tokenize.EXACT_TOKEN_TYPES) - {"."}
"""Signs that need no blank beside them; a dot would join a number."""

_INDENT = re.compile(rb"^(    )+")


def build_agent() -> str:
    """Return the agent as one Python program, which is shipped as ``files/cdinfra-host``."""
    folder = files(_OWN)
    return join_modules(
        [folder.joinpath(f"{name}.py").read_text(encoding="utf-8") for name in MODULES]
    )


def join_modules(sources: list[str]) -> str:
    """Join modules into one program: all their imports first, then all their bodies."""
    imports: dict[str, set[str]] = {}
    bodies = []
    for source in sources:
        tree = ast.parse(source)
        for statement in tree.body:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                _note_import(imports, statement)
        bodies.append(_slim(source, tree))
    head = ["from __future__ import annotations"]
    head += [f"import {name}" for name in sorted(imports.pop("", ()))]
    head += [
        f"from {module} import {', '.join(sorted(imports[module]))}" for module in sorted(imports)
    ]
    return "\n".join(["#!/usr/bin/env python3", *head, *bodies, ""])


def _note_import(imports: dict[str, set[str]], statement: ast.Import | ast.ImportFrom) -> None:
    """Note what a module imports from outside the agent, for running it."""
    module = statement.module or "" if isinstance(statement, ast.ImportFrom) else ""
    if module not in ("__future__", "typing") and not module.startswith(_OWN):
        imports.setdefault(module, set()).update(name.name for name in statement.names)


def _slim(source: str, tree: ast.Module) -> str:
    """Cut imports, docstrings, annotations of functions, comments, and most white space."""
    lines = source.encode().splitlines()
    cuts = set(_cuts(tree, lines))
    inner = {cut for cut in _layout(source) if not any(_is_in(cut, outer) for outer in cuts)}
    for first, start, last, end in sorted(cuts | inner, reverse=True):
        lines[first - 1 : last] = [lines[first - 1][:start] + lines[last - 1][end:]]
    kept = [line.rstrip() for line in lines if line.strip()]
    return b"\n".join(_INDENT.sub(_narrow, line) for line in kept).decode()


Cut = tuple[int, int, int, int]
"""First line from 1, first byte in it, last line, byte after the last one in that line."""


def _cuts(tree: ast.Module, lines: list[bytes]) -> Iterator[Cut]:
    for node in ast.walk(tree):
        match node:
            case ast.Import() | ast.ImportFrom() | ast.If(test=ast.Name(id="TYPE_CHECKING")):
                yield _span(node) if node in tree.body else (1, 0, 1, 0)
            case ast.Expr(value=ast.Constant(value=str())):
                yield _span(node)
            case ast.arg(annotation=ast.expr() as annotation):
                _, _, last, end = _span(annotation)
                yield (node.lineno, node.col_offset + len(node.arg.encode()), last, end)
            case ast.FunctionDef(returns=ast.expr() as returns):
                first, start, last, end = _span(returns)
                yield (first, lines[first - 1].rindex(b" ->", 0, start), last, end)


def _span(node: ast.stmt | ast.expr) -> Cut:
    return (
        node.lineno,
        node.col_offset,
        node.end_lineno or node.lineno,
        node.end_col_offset or node.col_offset,
    )


def _is_in(cut: Cut, outer: Cut) -> bool:
    return outer[:2] <= cut[:2] and cut[2:] <= outer[2:]


def _layout(source: str) -> Iterator[Cut]:
    """Find comments, line breaks within brackets, and blanks that only please the eye.

    The columns of tokens count characters, those of cuts bytes.
    """
    lines = source.splitlines()
    depth = 0
    last_is_word = False
    for token, following in pairwise(_tokens(source)):
        if token.type == tokenize.OP:
            depth += (token.string in "([{") - (token.string in ")]}")
        if token.type not in (tokenize.NL, tokenize.COMMENT):
            last_is_word = token.string not in _TIGHT
        inside = token.type == tokenize.NL and depth > 0
        if inside or token.type == tokenize.COMMENT:
            (row, column), (last, end) = token.start, following.start if inside else token.end
            start = len(lines[row - 1][:column].encode())
            blank = inside and end > 0 and last_is_word and following.string not in _TIGHT
            yield (row, start, last, len(lines[last - 1][:end].encode()) - blank)
        elif token.end[0] == following.start[0] and not _TIGHT.isdisjoint(
            (token.string, following.string)
        ):
            line = lines[token.end[0] - 1]
            first, last = (
                len(line[:column].encode()) for column in (token.end[1], following.start[1])
            )
            yield (token.end[0], first, token.end[0], last)


def _tokens(source: str) -> list[tokenize.TokenInfo]:
    """Return the tokens, without those within f-strings, which only newer Pythons see."""
    found = []
    within = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        name = tokenize.tok_name[token.type]
        within += (name == "FSTRING_START") - (name == "FSTRING_END")
        if not within or name == "FSTRING_START":
            found.append(token)
    return found


def _narrow(indent: re.Match[bytes]) -> bytes:
    return b" " * (len(indent.group()) // 4)
