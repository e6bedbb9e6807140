"""Who runs a rollout, and whom it tells and asks."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdinfra.deploy.clock import SYSTEM_CLOCK, Clock
from cdinfra.rollout.events import OnRolloutEvent, RolloutEvent
from cdinfra.rollout.interrupts import TakeDecision, never_interrupted
from cdinfra.rollout.record import Author

if TYPE_CHECKING:
    from cdinfra.rollout.hooks import RolloutHooks


def tell_nobody(_: RolloutEvent) -> None:
    """Do nothing with an event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Who runs it, and whom it tells and asks.

    Attributes:
        author: Who does it.
        wait_lock_seconds: How long to wait for the lock where somebody holds it.
        clock: What time it is, and how to wait.
        on_event: Told of everything that happens.
        take_decision: Asked between two portions of hosts and in pauses.
        hooks: Runs the hooks around it; None where there are none.
    """

    author: Author
    wait_lock_seconds: float = 0.0
    clock: Clock = SYSTEM_CLOCK
    on_event: OnRolloutEvent = tell_nobody
    take_decision: TakeDecision = never_interrupted
    hooks: "RolloutHooks | None" = None
