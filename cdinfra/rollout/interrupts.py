"""What a person can decide who presses Ctrl-C during a rollout."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Decision(StrEnum):
    """What becomes of the rollout.

    Attributes:
        GO_ON: It goes on; also the answer where nobody pressed anything.
        LEAVE: It is left as it is, to be resumed or aborted by a later command.
        GO_BACK: It stops, and the hosts that have changed are brought back.
    """

    GO_ON = "go on"
    LEAVE = "leave"
    GO_BACK = "go back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far the rollout is when somebody is asked.

    Attributes:
        release: What the hosts are to run.
        from_release: What they go back to; empty where there is nothing to go back to.
        changed: Hosts that run it by now.
        left: Hosts that have not had their turn.
    """

    release: str
    from_release: str
    changed: int
    left: int


TakeDecision: TypeAlias = Callable[[Standing], Decision]
"""Returns what was decided since the last call, given how far it is; GO_ON where nothing was.

Called between two portions of hosts and in pauses, never while hosts are at work: a first
Ctrl-C is heard when the hosts under way are done. Whoever raises KeyboardInterrupt, as for a
second Ctrl-C, has it left at once.
"""


def never_interrupted(_: Standing) -> Decision:
    """Go on: for programs, which have no Ctrl-C."""
    return Decision.GO_ON
