"""What is minded between two polls: a person who presses Ctrl-C, and a session that expires."""

from datetime import datetime, timedelta
from typing import assert_never

from cdinfra.aws.cloud import Aws
from cdinfra.deploy.clock import Clock
from cdinfra.deploy.interrupts import Decision, TakeDecision
from cdinfra.deploy.operations import Operations
from cdinfra.deploy.poller import PATIENCE_SECONDS, Poller
from cdinfra.events import Notice, OnEvent

EXPIRED = (
    "the session has expired; what is under way goes on in the cloud. Sign in again (aws sso "
    f"login, or a new profile): it is looked for until {PATIENCE_SECONDS / 60:.0f} minutes are over"
)


class Attention:
    """Drives the work of one run, and minds what comes from outside.

    Args:
        aws: The cloud.
        clock: What time it is, and how to wait.
        on_event: Told of everything that happens.
        take_decision: Asked between two polls what a person wants who pressed Ctrl-C.

    Attributes:
        poller: Drives the work.
        operations: Starts and follows operations.
    """

    def __init__(
        self, aws: Aws, *, clock: Clock, on_event: OnEvent, take_decision: TakeDecision
    ) -> None:
        self._aws = aws
        self._clock = clock
        self._on_event = on_event
        self._take_decision = take_decision
        self._told_at: datetime | None = None
        self.poller = Poller(
            clock,
            calls_per_second=aws.calls_per_second,
            on_turn=self._decide,
            renew=self._renew,
        )
        self.operations = Operations(aws.stacks, poller=self.poller, on_event=on_event)

    def _decide(self) -> None:
        decision = self._take_decision(self.operations.under_way)
        match decision:
            case Decision.DETACH:
                raise KeyboardInterrupt
            case Decision.CANCEL:
                self.operations.cancel()
            case Decision.WAIT:
                pass
            case _:
                assert_never(decision)

    def _renew(self) -> None:
        """Let the next call read the credentials anew; say so once for each expiry."""
        now = self._clock.now()
        if self._told_at is None or now - self._told_at > timedelta(seconds=PATIENCE_SECONDS):
            self._told_at = now
            self._on_event(Notice(message=EXPIRED))
        self._aws.renew()
