"""Every error that cdinfra raises on purpose, and the exit code it ends with.

An error says what is wrong and where (``message``), what to do next (``hint``),
and how the process ends (``exit_code``). "Nothing to change" is an outcome, not
an error.

::

    CdinfraError                 1  something failed
    ├── InvalidInputError        2  infra.py, an option or a name is wrong
    ├── CloudError               3  the cloud cannot be reached, or refuses
    │   ├── NoCredentialsError      no credentials, or expired ones
    │   ├── ThrottledError          still throttled after every retry
    │   └── LocalCloudError         the embedded cloud is not there, or cannot start
    ├── StackFailedError         4  a stack ended in failure
    ├── DeclinedError            5  the person asked said no
    ├── FindingsError            8  lint found something that must be mended
    ├── BusyError                9  an operation is under way, and nobody wants to wait
    │   └── LockLostError           somebody else has taken the deploy lock away
    ├── RefusedError            10  it would do what nobody agreed to
    │   ├── DataLossError           data would be lost that nobody named
    │   └── MovedPlanError          a saved plan does not fit what is there any more
    ├── NothingChangedError     12  a rollout failed before any host had changed
    ├── RolledBackError         13  a rollout failed, and every host runs the old release again
    ├── RollbackIncompleteError 14  a rollout failed, and some hosts could not be brought back
    ├── UnfinishedError         15  every host runs the release, but tags or history are not written
    ├── HookFailedError         16  a rollout went well, and a hook after it failed
    ├── RolloutLeftError       130  a rollout was left as it is after Ctrl-C
    └── CancelledError         130  what was under way was taken back after Ctrl-C
"""

from collections.abc import Iterable
from dataclasses import dataclass


class CdinfraError(Exception):
    """The root of the tree.

    Attributes:
        message: What is wrong and where, in one or a few lines.
        hint: What to do next; empty when the message already says it.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One wrong value in the input.

    Attributes:
        path: Where the value stands, for example ``stacks/web/capacity/maximum``.
        message: What is wrong with it.
        hint: What is allowed, or the nearest right name.
        allowed: Every right name, where a program may want to offer them.
    """

    path: str
    message: str
    hint: str = ""
    allowed: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the problem as one line that starts with its path."""
        return f"{self.path}: {self.message}" + (f" ({self.hint})" if self.hint else "")


class InvalidInputError(CdinfraError):
    """The input is wrong; carries every problem found, not only the first."""

    exit_code = 2

    def __init__(self, problems: Iterable[Problem] | Problem, *, hint: str = "") -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems), hint=hint)


class CloudError(CdinfraError):
    """The cloud cannot be reached, or refuses what was asked of it."""

    exit_code = 3


class NoCredentialsError(CloudError):
    """There are no credentials, or they have expired."""


class ThrottledError(CloudError):
    """The cloud still answers "slow down" after every retry."""


class LocalCloudError(CloudError):
    """The embedded local cloud is not running, or cannot be started."""


class StackFailedError(CdinfraError):
    """A stack operation ended in failure; the message holds the first cause."""

    exit_code = 4


class DeclinedError(CdinfraError):
    """The person who was asked to confirm said no; nothing was changed."""

    exit_code = 5


class FindingsError(CdinfraError):
    """Lint found something that must be mended; nothing was done with the templates."""

    exit_code = 8


class BusyError(CdinfraError):
    """An operation is under way on a stack, and it was not to be waited for."""

    exit_code = 9


class LockLostError(BusyError):
    """Somebody else has taken the deploy lock away; nothing more was touched since."""


class NothingChangedError(CdinfraError):
    """A rollout failed before any host had changed; the fleet is as it was."""

    exit_code = 12


class RolledBackError(CdinfraError):
    """A rollout failed, and every host runs the old release again."""

    exit_code = 13


class RollbackIncompleteError(CdinfraError):
    """A rollout failed, and some hosts could not be brought back."""

    exit_code = 14


class UnfinishedError(CdinfraError):
    """Every host runs the release, but tags or history could not be written; resume does that."""

    exit_code = 15


class HookFailedError(CdinfraError):
    """A rollout went well, and a hook after it failed; the release stays."""

    exit_code = 16


class RolloutLeftError(CdinfraError):
    """Somebody pressed Ctrl-C and left a rollout as it is, to be resumed or aborted."""

    exit_code = 130


class CancelledError(CdinfraError):
    """Somebody pressed Ctrl-C and had what was under way taken back."""

    exit_code = 130


class RefusedError(CdinfraError):
    """What would be done is not what was agreed to; carries every reason, and did nothing."""

    exit_code = 10

    def __init__(self, problems: Iterable[Problem], *, hint: str = "") -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)), hint=hint)


class DataLossError(RefusedError):
    """Data would be lost that nobody named."""


class MovedPlanError(RefusedError):
    """A saved plan does not fit what is there any more."""


def nearest(name: str, allowed: Iterable[str]) -> str:
    """Return a hint that names the nearest allowed name, or lists all of them.

    >>> nearest("stagin", ["dev", "staging"])
    "did you mean 'staging'?"
    >>> nearest("prod", ["dev", "production"])
    "did you mean 'production'?"
    >>> nearest("x", ["dev", "staging"])
    "one of 'dev', 'staging'"
    """
    names = sorted(map(str, allowed))
    if hint := did_you_mean(name, names):
        return hint
    return "one of " + ", ".join(map(repr, names)) if names else "none is defined"


def did_you_mean(name: str, allowed: Iterable[str]) -> str:
    """Return a hint that names the nearest allowed name; empty where none is near."""
    from difflib import get_close_matches  # noqa: PLC0415 - only a wrong name needs it

    names = sorted(map(str, allowed))
    longer = [each for each in names if name and each.startswith(name)]
    close = longer if len(longer) == 1 else get_close_matches(name, names, n=1)
    return f"did you mean {close[0]!r}?" if close else ""
