"""The file of a saved plan: one JSON document, always the same for the same plan.

Its last member is the hash of all the others, so that a plan that was edited by accident is
not carried out. That is no signature: who can write the file can make a new hash too.
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from cdinfra.deploy.plain import as_bytes, plain, restored, sha256
from cdinfra.deploy.plan import StackAction
from cdinfra.deploy.saved_plan import SavedPlan
from cdinfra.errors import InvalidInputError, MovedPlanError, Problem

FORMAT = 1
"""Version of the file's own form; a reader refuses one that it does not know."""

LEFT_OUT = frozenset(
    {
        *("body", "change_set_arn", "change_set_parameters", "change_set_settings"),
        *("continues_rollback", "follows", "is_forced", "leaves"),
    }
)
"""Members of an action that a saved one does not have: of other commands, or of one run."""

SAVE_ANEW = "save it anew: cdinfra diff --save FILE"


def save_plan(path: Path, saved: SavedPlan) -> None:
    """Write a plan to a file that only its owner can read, all of it or nothing.

    Raises:
        InvalidInputError: It cannot be written there.
    """
    body = as_bytes(plan_document(saved))
    try:
        # For its owner alone, as every temporary file.
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            unfinished = Path(file.name)
            try:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
                unfinished.replace(path)
            finally:
                with suppress(FileNotFoundError):
                    unfinished.unlink()
    except OSError as error:
        problem = Problem(path=str(path), message=f"cannot be written: {error.strerror}")
        raise InvalidInputError(problem) from error


def load_plan(path: Path) -> SavedPlan:
    """Read a plan from a file.

    Raises:
        InvalidInputError: There is no such file, or it is no plan.
        MovedPlanError: It was edited, or is of another version of cdinfra.
    """
    where = str(path)
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        raise InvalidInputError(Problem(path=where, message=message)) from error
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(Problem(path=where, message="is no JSON")) from error
    if not isinstance(document, dict) or "format" not in document:
        hint = "cdinfra diff --save FILE writes one"
        raise InvalidInputError(Problem(path=where, message="is no plan", hint=hint))
    return _parse(where, document)


def plan_document(saved: SavedPlan) -> dict[str, Any]:
    """Return what a plan's file holds."""
    stacks = [
        {
            **{name: value for name, value in plain(each.action).items() if name not in LEFT_OUT},
            "template_sha256": each.template_sha256,
            "template": each.template,
            "deployed": plain(each.deployed),
        }
        for each in saved.stacks
    ]
    document = {"format": FORMAT, **plain(saved), "stacks": stacks}
    return {**document, "sha256": sha256(as_bytes(document))}


def _parse(where: str, document: Mapping[str, Any]) -> SavedPlan:
    version = document["format"]
    if version != FORMAT:
        message = f"is of format {version!r}, and this cdinfra knows {FORMAT}"
        raise MovedPlanError([Problem(path=where, message=message)], hint=SAVE_ANEW)
    members = {name: value for name, value in document.items() if name != "sha256"}
    if document.get("sha256") != _hash_of(members):
        message = "was edited since it was saved: its hash is another"
        raise MovedPlanError([Problem(path=where, message=message)], hint=SAVE_ANEW)
    del members["format"]
    try:
        return restored(SavedPlan, {**members, "stacks": list(map(_nested, members["stacks"]))})
    except (KeyError, TypeError, AttributeError, ValueError, InvalidInputError) as error:
        message = f"was saved by another version of cdinfra: {str(error).lstrip('/')}"
        raise MovedPlanError([Problem(path=where, message=message)], hint=SAVE_ANEW) from error


def _hash_of(members: Mapping[str, Any]) -> str:
    try:
        return sha256(as_bytes(members))
    except UnicodeEncodeError:
        # JSON can name halves of characters; no file of ours has any.
        return ""


def _nested(stack: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stack of the file as a :class:`SavedStack` has it, its action apart."""
    own = {each.name for each in fields(StackAction)} - LEFT_OUT
    return {
        **{name: value for name, value in stack.items() if name not in own},
        "action": {name: value for name, value in stack.items() if name in own},
    }
