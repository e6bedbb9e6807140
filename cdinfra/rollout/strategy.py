"""How a rollout goes about a fleet: batches, limits, pauses."""

from dataclasses import dataclass, field
from enum import StrEnum


class Way(StrEnum):
    """How hosts get to the new release.

    Attributes:
        IN_PLACE: Each host swaps its container.
        REPLACE: New hosts come, and the old ones go: an instance refresh.
    """

    IN_PLACE = "in-place"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A number of hosts, as a count or as a percentage of the fleet.

    Attributes:
        number: The count or the percentage.
        is_percent: Whether it is a percentage.
    """

    number: int
    is_percent: bool = False

    def of(self, hosts: int) -> int:
        """Return how many of so many hosts that is: a percentage is rounded down, one at least.

        >>> Share(number=25, is_percent=True).of(10), Share(number=3).of(2)
        (2, 2)
        """
        count = hosts * self.number // 100 if self.is_percent else self.number
        floor = 1 if self.is_percent and self.number else 0
        return min(hosts, max(count, floor))

    def __str__(self) -> str:
        """Return it as it is written, ``25%`` or ``2``."""
        return f"{self.number}%" if self.is_percent else str(self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """How a rollout goes about a fleet.

    Attributes:
        way: In place, or by replacing hosts.
        canary: Hosts that get the release first, alone.
        batch: Hosts in each batch after that.
        max_unavailable: Hosts that may be away at once: a batch is worked on in portions of
            this size.
        max_failures: Hosts that may fail before the rollout stops and goes back.
        bake_seconds: Pause after the canary, in which it has to stay healthy.
        pause_seconds: Pause after each further batch.
        drains: Whether each host is taken out of its load balancers before its swap.
        host_seconds: How long one host may take for its swap, before it counts as failed.
        balancer_seconds: How long a load balancer may take to find a host healthy.
    """

    way: Way = Way.IN_PLACE
    canary: Share = field(default_factory=lambda: Share(number=1))
    batch: Share = field(default_factory=lambda: Share(number=25, is_percent=True))
    max_unavailable: Share = field(default_factory=lambda: Share(number=25, is_percent=True))
    max_failures: Share = field(default_factory=lambda: Share(number=0))
    bake_seconds: int = 0
    pause_seconds: int = 0
    drains: bool = False
    host_seconds: int = 900
    balancer_seconds: int = 300
