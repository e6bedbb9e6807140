"""One loop that drives all the work on all stacks, and asks AWS no more often than it may.

Work on a stack is a generator: it makes a call, yields what came of it, and goes on
when the loop comes round again. So no stack waits for another, no thread is needed, and
one budget of calls holds for everything.
"""

import math
from collections.abc import Callable, Generator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias, TypeVar

from cdinfra.aws.failures import is_passing
from cdinfra.deploy.clock import Clock
from cdinfra.errors import CloudError, NoCredentialsError, ThrottledError

T = TypeVar("T")

BURST_CALLS = 20.0
"""Calls that may be made at once after some quiet, so that a small app never waits."""

SHORTEST_SECONDS = 0.1
LONGEST_SECONDS = 1.0
GROWTH = 1.3
"""Between two rounds: short after news, then longer until there is some again."""

MOST_SLOWDOWN = 32.0
"""How many times longer a round gets at most, because AWS throttles."""

PATIENCE_SECONDS = 600.0
"""How long a cloud is asked again that cannot be reached, or has no valid session any more."""


class Step(StrEnum):
    """What came of one turn of a task."""

    IDLE = "waits for other stacks"
    QUIET = "asked, and nothing is new"
    NEWS = "something happened"


Task: TypeAlias = Generator[Step, None, T]
"""Work that is done in turns and ends with a value."""


def _nothing() -> None:
    """Do nothing."""


class Poller:
    """Drives tasks in turns.

    Args:
        clock: What time it is, and how to wait.
        calls_per_second: How often the cloud may be asked for long.
        on_turn: Called before each round, outside of every task.
        renew: Called when the session has expired, before the call is made again.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        calls_per_second: float,
        on_turn: Callable[[], None] = _nothing,
        renew: Callable[[], None] = _nothing,
    ) -> None:
        self._clock = clock
        self._on_turn = on_turn
        self._renew = renew
        self._calls_per_second = calls_per_second
        self._interval = SHORTEST_SECONDS
        self._slowdown = 1.0
        self._allowance = BURST_CALLS
        self._calls = 0

    def run(self, tasks: Mapping[str, Task[T]]) -> dict[str, T]:
        """Drive all the tasks to their ends and return their values."""
        self._interval = SHORTEST_SECONDS
        running = dict(tasks)
        results: dict[str, T] = {}
        while running:
            self._on_turn()
            before, steps = self._clock.now(), []
            for name, task in tuple(running.items()):
                try:
                    steps.append(next(task))
                except StopIteration as ended:
                    del running[name]
                    results[name] = ended.value
                    steps.append(Step.NEWS)
            if running:
                self._rest(Step.NEWS in steps, before)
        return {name: results[name] for name in tasks}

    def _rest(self, news: bool, before: datetime) -> None:
        self._interval = SHORTEST_SECONDS if news else min(self._interval * GROWTH, LONGEST_SECONDS)
        self._allowance -= self._calls
        self._calls = 0
        owed = max(-self._allowance, 0) / self._calls_per_second
        self._clock.sleep(max(self._interval * self._slowdown, owed))
        self._slowdown = max(self._slowdown / 2, 1.0)
        passed = (self._clock.now() - before).total_seconds()
        self._allowance = min(self._allowance + passed * self._calls_per_second, BURST_CALLS)

    def patiently(self, call: Callable[[], T], *, patience: float = math.inf) -> Task[T]:
        """Make a call, again and again as long as it is throttled, or the session has expired.

        Args:
            call: Makes it.
            patience: How many seconds it may be throttled.

        Raises:
            ThrottledError: It is throttled for longer.
            NoCredentialsError: Nobody has signed in again for a while.
        """
        since = self._clock.now()
        while True:
            self._calls += 1
            try:
                return call()
            except ThrottledError:
                if (self._clock.now() - since).total_seconds() > patience:
                    raise
                self._slowdown = min(self._slowdown * 4, MOST_SLOWDOWN)
            except NoCredentialsError:
                if (self._clock.now() - since).total_seconds() > PATIENCE_SECONDS:
                    raise
                self._renew()
                self._slowdown = min(self._slowdown * 2, MOST_SLOWDOWN)
            yield Step.QUIET

    def persistently(self, call: Callable[[], T], *, bounded: bool = False) -> Task[T]:
        """Make a call that only reads; a cloud out of reach is asked again for a while.

        Args:
            call: Makes it.
            bounded: Throttling, too, is borne only for that while: nothing is under way
                that must be followed to its end.

        Raises:
            CloudError: It stays out of reach, or refuses for another reason.
        """
        since = self._clock.now()
        patience = PATIENCE_SECONDS if bounded else math.inf
        while True:
            try:
                return (yield from self.patiently(call, patience=patience))
            except CloudError as error:
                waited = (self._clock.now() - since).total_seconds()
                if not is_passing(error) or waited > PATIENCE_SECONDS:
                    raise
                self._slowdown = min(self._slowdown * 4, MOST_SLOWDOWN)
                yield Step.QUIET
