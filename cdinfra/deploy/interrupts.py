"""What a person can decide who presses Ctrl-C while operations are under way."""

from collections.abc import Callable
from enum import StrEnum
from typing import TypeAlias

from cdinfra.deploy.operations import UnderWay


class Decision(StrEnum):
    """What happens to the operations under way."""

    DETACH = "detach"
    CANCEL = "cancel"
    WAIT = "wait"


TakeDecision: TypeAlias = Callable[[tuple[UnderWay, ...]], Decision]
"""Returns what was decided since the last call, given what is under way; WAIT where nothing was.

Called between two rounds of polls.
"""


def never_interrupted(_: tuple[UnderWay, ...]) -> Decision:
    """Go on: for programs, which have no Ctrl-C."""
    return Decision.WAIT
