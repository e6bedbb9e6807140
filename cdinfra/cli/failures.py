"""How the process ends: every error as ``error:`` and ``hint:`` lines and an exit code."""

import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

import click

from cdinfra.cli.render.words import printable
from cdinfra.errors import CdinfraError, InvalidInputError, Problem

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells count it: 128 and the number of SIGINT."""

CHANGES_FOUND = 6
"""Exit code of ``diff --exit-code`` where something would change."""


DRIFT_FOUND = 7
"""Exit code of ``drift`` and ``status GROUP`` where something has drifted."""

ORPHANS_FOUND = 11
"""Exit code of ``orphans --exit-code`` where a resource belongs to no stack."""


def wants_json(args: Sequence[str]) -> bool:
    """Return whether the arguments ask for JSON, even where they are wrong otherwise."""
    # What stands behind -- is no option of ours.
    args = args[: args.index("--")] if "--" in args else args
    pairs = zip(args, [*args[1:], ""], strict=True)
    return any(
        argument == "--output=json" or (argument in ("--output", "-o") and value == "json")
        for argument, value in pairs
    )


def usage_error(error: click.ClickException) -> CdinfraError:
    """Return click's error about the command line as one of ours, with its hint."""
    hint = ""
    if isinstance(error, click.UsageError) and error.ctx is not None:
        hint = f"{error.ctx.command_path} --help"
    message = " ".join(error.format_message().split())
    if isinstance(error, (click.NoSuchOption, click.NoSuchCommand)):
        message = error.message
        if error.possibilities:
            hint = f"did you mean {error.possibilities[0]}?"
    message = message.rstrip(".")
    return InvalidInputError(
        Problem(path="command line", message=message[:1].lower() + message[1:]), hint=hint
    )


def show_error(error: CdinfraError, *, as_json: bool, color: bool | None) -> None:
    """Print an error to stderr, and to stdout too where JSON was asked for."""
    if as_json:
        from cdinfra.cli.render.as_json import error_object, line  # noqa: PLC0415 - only here

        click.echo(line(error_object(error)))
    first, *rest = error.message.splitlines() or [""]
    rows = [click.style("error: ", fg="red", bold=True) + printable(first)]
    rows += [f"       {printable(row)}" for row in rest]
    if error.hint:
        rows.append(click.style("hint: ", fg="cyan") + printable(error.hint))
    click.echo("\n".join(rows), err=True, color=color)


def bug(error: Exception) -> CdinfraError:
    """Return an error that nobody foresaw as one of ours; its traceback goes to a file.

    Raises:
        Exception: The error itself, where ``CDINFRA_DEBUG`` is set.
    """
    if os.environ.get("CDINFRA_DEBUG"):
        raise error
    from traceback import format_exception  # noqa: PLC0415 - only here

    log = _kept("".join(format_exception(error)))
    return CdinfraError(
        f"this is a bug in cdinfra: {type(error).__name__}: {error}",
        hint=f"please report it with {log}; CDINFRA_DEBUG=1 shows the traceback here",
    )


def _kept(trace: str) -> str:
    """Write a traceback to a file of this user's own, and return its name.

    The same one again is the same file: a loop that meets a bug leaves one, not hundreds.
    """
    from hashlib import sha256  # noqa: PLC0415 - only here
    from pathlib import Path  # noqa: PLC0415 - only here
    from tempfile import gettempdir, mkdtemp  # noqa: PLC0415 - slow to import, only here

    folder = Path(gettempdir(), f"cdinfra-{os.getuid()}")
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if found.st_uid != os.getuid() or found.st_mode != stat.S_IFDIR | 0o700:
        # Somebody else made it, and would choose what is written over.
        folder = Path(mkdtemp(prefix="cdinfra-"))
    log = folder / f"bug-{sha256(trace.encode(errors='replace')).hexdigest()[:12]}.log"
    log.write_text(trace, encoding="utf-8", errors="replace")
    return str(log)


def end(code: int) -> NoReturn:
    """End the process once everything is written."""
    raise SystemExit(code)
