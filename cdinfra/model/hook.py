"""A program of a person's own that runs before or after the work on a stack, or a rollout."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeGuard

from cdinfra.errors import InvalidInputError, Problem, nearest

DEFAULT_TIMEOUT_SECONDS = 600


class When(StrEnum):
    """When a hook runs.

    Attributes:
        BEFORE: Before the work on the stack.
        AFTER: After work on the stack that went well.
        BEFORE_DEPLOY: In a rollout to the stack's hosts, when all of them have pulled the
            release and none has changed.
        AFTER_DEPLOY: After a rollout that went well.
        FAILED_DEPLOY: After one that went back, or was aborted.
    """

    BEFORE = "before"
    AFTER = "after"
    BEFORE_DEPLOY = "before_deploy"
    AFTER_DEPLOY = "after_deploy"
    FAILED_DEPLOY = "failed_deploy"


AROUND_STACK = frozenset({When.BEFORE, When.AFTER})
"""Moments of the work on a stack; the others are of a rollout to its hosts."""


class On(StrEnum):
    """What is done with the stack around which a hook runs."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A program that the deployer runs on its own machine, in the folder of ``infra.py``.

    Before: where it fails, nothing is changed. After: it runs only where the work on the
    stack, or the rollout, went well; where it fails, that is done, and reported as failed.

    Args:
        command: The program and its arguments, one string each. No shell reads them.
        when: Before or after, of the work on the stack or of a rollout to its hosts.
        on: What is done with the stack; it does not run where nothing changes. Says nothing of
            rollouts.
        timeout_seconds: How long it may take; then it and what it started are ended.

    Raises:
        InvalidInputError: A value is wrong; names all that are.
    """

    command: Sequence[str]
    when: When
    on: Collection[On] = (On.CREATE, On.UPDATE)
    timeout_seconds: int = DEFAULT_TIMEOUT_SECONDS

    def __post_init__(self) -> None:
        """Check every value."""
        problems = (*_command_problems(self.command), *_other_problems(self))
        if problems:
            raise InvalidInputError(problems)


def _command_problems(command: object) -> Iterator[Problem]:
    path, hint = "hook/command", 'for example ("python", "migrate.py")'
    if isinstance(command, str) or not isinstance(command, Sequence) or not command:
        message = f"{command!r} is no sequence of a program and its arguments"
        yield Problem(path=path, message=message, hint=hint)
        return
    for word in command:
        if not isinstance(word, str) or "\0" in word:
            yield Problem(path=path, message=f"{word!r} is no argument", hint="a string")
    if command[0] == "":
        yield Problem(path=path, message="names no program", hint=hint)


def _other_problems(hook: Hook) -> Iterator[Problem]:
    yield from _choice_problems("hook/when", (hook.when,), When)
    on: object = hook.on
    if isinstance(on, str) or not isinstance(on, Collection) or not on:
        message = f"{on!r} is no sequence of what is done with the stack"
        yield Problem(path="hook/on", message=message, hint='for example (On.CREATE, "update")')
    else:
        yield from _choice_problems("hook/on", on, On)
    if not is_whole(hook.timeout_seconds, least=1):
        message, hint = f"{hook.timeout_seconds!r} is no duration", "whole seconds, at least 1"
        yield Problem(path="hook/timeout_seconds", message=message, hint=hint)


def _choice_problems(
    path: str, given: Collection[object], allowed: type[StrEnum]
) -> Iterator[Problem]:
    for each in given:
        if each not in set(allowed):
            hint = nearest(str(each), allowed)
            yield Problem(path=path, message=f"{each!r} is not one", hint=hint)


def is_whole(value: object, *, least: int) -> TypeGuard[int]:
    """Return whether a value is a whole number of at least that size."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= least
