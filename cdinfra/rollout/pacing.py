"""The one place where a rollout waits: it renews the lock, and bears what passes."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from cdinfra.aws.failures import is_passing
from cdinfra.deploy.clock import Clock
from cdinfra.errors import CloudError, NoCredentialsError
from cdinfra.rollout.events import OnRolloutEvent, Waited
from cdinfra.rollout.ports import Lease

T = TypeVar("T")

LONGEST_SLEEP = 5.0
"""Seconds between two looks at the lock, at most: well below a third of its lease."""

PATIENCE_SECONDS = 120.0
"""How long a call is repeated that is throttled, or finds the cloud out of reach."""

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 15.0
"""Between two tries of such a call; each is twice as long as the one before."""

TELL_SECONDS = 30.0
"""How often it is told what is being waited for."""


class Pacing:
    """Waits, and makes calls patiently.

    Args:
        clock: What time it is, and how to wait.
        on_event: Told what is being waited for.
        renew_session: Called when the credentials have expired, before a call is repeated.
    """

    def __init__(
        self, clock: Clock, on_event: OnRolloutEvent, renew_session: Callable[[], None]
    ) -> None:
        self._clock = clock
        self._on_event = on_event
        self._renew_session = renew_session
        self._lease: Lease | None = None
        self._told: dict[str, datetime] = {}

    def hold(self, lease: Lease | None) -> None:
        """Renew this lease from now on in every wait; None renews nothing."""
        self._lease = lease

    def now(self) -> datetime:
        """Return the time."""
        return self._clock.now()

    def seconds_since(self, moment: datetime) -> float:
        """Return how long ago a moment was."""
        return (self._clock.now() - moment).total_seconds()

    def rest(self, seconds: float) -> None:
        """Wait so many seconds.

        Raises:
            LockLostError: Somebody else has taken the lock.
        """
        until = self._clock.now() + timedelta(seconds=seconds)
        self.renew()
        while (left := (until - self._clock.now()).total_seconds()) > 0:
            self._clock.sleep(min(left, LONGEST_SLEEP))
            self.renew()

    def renew(self) -> None:
        """Renew the lock where it is time to; what passes is left to the next time.

        Raises:
            LockLostError: Somebody else has taken it.
        """
        if self._lease is None:
            return
        try:
            self._lease.renew()
        except CloudError as error:
            if not _may_pass(error):
                raise
            if isinstance(error, NoCredentialsError):
                self._renew_session()

    def wait_for(self, what: str, pause: float, left: float | None = None) -> None:
        """Wait a little for something, and tell of it now and then.

        Args:
            what: What, in words.
            pause: How long to wait, in seconds.
            left: How long it will be waited for at most; None where nobody knows.
        """
        told = self._told.get(what)
        if told is None or self.seconds_since(told) >= TELL_SECONDS:
            self._told = {what: self._clock.now()}
            self._on_event(Waited(what=what, seconds=left))
        self.rest(pause)

    def patiently(self, call: Callable[[], T]) -> T:
        """Make a call, again and again while it is throttled or the cloud is out of reach.

        Raises:
            CloudError: It stays so, or refuses for another reason.
            LockLostError: Somebody else has taken the lock.
        """
        since, pause = self._clock.now(), FIRST_PAUSE
        while True:
            try:
                return call()
            except CloudError as error:
                if not _may_pass(error) or self.seconds_since(since) >= PATIENCE_SECONDS:
                    raise
                if isinstance(error, NoCredentialsError):
                    self._renew_session()
                left = PATIENCE_SECONDS - self.seconds_since(since)
                self.wait_for(f"the cloud: {error.message}", pause, left)
            pause = min(pause * 2, LONGEST_PAUSE)


def _may_pass(error: CloudError) -> bool:
    return isinstance(error, NoCredentialsError) or is_passing(error)
