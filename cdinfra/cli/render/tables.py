"""Rows as a table of aligned columns, without lines: easy to read, easy to cut and grep."""

from collections.abc import Iterable, Sequence

import click

from cdinfra.cli.render.style import faint


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return rows as lines, every column as wide as its widest cell.

    Cells may carry colours. The last column is not padded.

    >>> table(("STACK", "STATUS"), [("web", "ok")])[1]
    'web    ok'
    """
    cells = [[faint(heading) for heading in headings], *map(list, rows)]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(map(_padded, row, widths)).rstrip() for row in cells]


def _width(cell: str) -> int:
    return len(click.unstyle(cell))


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - _width(cell))
