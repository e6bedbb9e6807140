"""Writes a scaffold into a folder: all of it, or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cdinfra.errors import InvalidInputError, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What became of each file.

    Attributes:
        created: Paths of the files that are new.
        kept: Paths of files that were there and stay as they are.
    """

    created: tuple[str, ...]
    kept: tuple[str, ...]


def apply_scaffold(folder: Path, texts: Mapping[str, str], *, keep_existing: bool) -> Written:
    """Write files into a folder, which is made where it does not exist.

    Args:
        folder: The team's repository.
        texts: The text of each file, by its path in the folder.
        keep_existing: Leave files as they are that exist; without it they are refused.

    Raises:
        InvalidInputError: A file exists, or the folder cannot be written to. Nothing is
            left half made.
    """
    existing = tuple(path for path in texts if (folder / path).exists())
    if existing and not keep_existing:
        raise InvalidInputError(
            [Problem(path=str(folder / path), message="exists already") for path in existing],
            hint="use another folder, or leave what exists as it is with --keep-existing",
        )
    missing = {path: text for path, text in texts.items() if path not in existing}
    _create(folder, missing)
    return Written(created=tuple(missing), kept=existing)


def _create(folder: Path, texts: Mapping[str, str]) -> None:
    made: list[Path] = []
    try:
        for path, text in texts.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            # A file that somebody else makes at this moment is not overwritten.
            with target.open("x", encoding="utf-8") as file:
                made.append(target)
                file.write(text)
    except OSError as error:
        for target in made:
            target.unlink(missing_ok=True)
        where = str(error.filename or folder)
        message = f"cannot be written: {error.strerror}"
        raise InvalidInputError(Problem(path=where, message=message)) from error
