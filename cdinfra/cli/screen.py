"""Where text goes: results to stdout, everything else to stderr, colours only where wanted."""

import os
import sys
from collections.abc import Iterable

import click


def result(lines: Iterable[str] | str) -> None:
    """Print a result to stdout."""
    for line in (lines,) if isinstance(lines, str) else lines:
        click.echo(line)


def tell(lines: Iterable[str] | str = "", *, color: bool | None = None) -> None:
    """Print progress or a notice to stderr.

    Args:
        lines: What to print.
        color: Whether in colour; None leaves it to the command's context, which only
            the thread that runs the command knows.
    """
    for line in (lines,) if isinstance(lines, str) else lines:
        click.echo(line, err=True, color=color)


def is_terminal() -> bool:
    """Whether a person watches the progress."""
    return sys.stderr.isatty()


def can_redraw() -> bool:
    """Whether what stands on the screen may be drawn over.

    Some CI servers give a job a terminal, and keep every character that is sent to it.
    """
    return is_terminal() and os.environ.get("TERM") != "dumb" and not os.environ.get("CI")


def can_ask() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def confirm(question: str) -> bool:
    """Ask a person yes or no on stderr; anything but yes is no."""
    return click.confirm(click.style(question, bold=True), default=False, err=True)
