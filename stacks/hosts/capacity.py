"""How many hosts there are, how they are bought, and how they are replaced."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from cdinfra.errors import Problem
from cdinfra.stacks.hosts.instance import instance_type_problems
from cdinfra.stacks.validation import (
    duplicate_problems,
    integer_problems,
    tuple_problems,
    type_problems,
)

LARGEST_GROUP = 10_000
"""A guard against slips, far above what one group should have."""

MAXIMUM_OVERRIDES = 40
"""Source: EC2 Auto Scaling API reference, LaunchTemplate, member Overrides."""

LONGEST_WAIT_MINUTES = 60
"""Longest wait for signals in an update. Source: CloudFormation, UpdatePolicy, PauseTime."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """How many hosts.

    Example:
        >>> Capacity(minimum=2, maximum=6).first
        2

    Attributes:
        minimum: Never fewer.
        maximum: Never more, a rolling update included.
        desired: How many to begin with; by default the minimum. Later updates of the
            stack leave the number to scaling, unless this value is changed.
    """

    minimum: int = 1
    maximum: int = 2
    desired: int | None = None

    @property
    def first(self) -> int:
        """How many hosts the group begins with."""
        return self.minimum if self.desired is None else self.desired

    def problems(self, path: str) -> Iterator[Problem]:
        """Return what is wrong with the settings."""
        limits = (("minimum", self.minimum, 0), ("maximum", self.maximum, 1))
        found = [
            problem
            for name, value, least in limits
            for problem in integer_problems(f"{path}/{name}", value, least, LARGEST_GROUP)
        ]
        if self.desired is not None:
            found += integer_problems(f"{path}/desired", self.desired, 0, LARGEST_GROUP)
        yield from found
        if found:
            return
        if self.minimum > self.maximum:
            hint = f"at most the maximum, {self.maximum}"
            yield Problem(path=f"{path}/minimum", message=f"is {self.minimum}", hint=hint)
        elif not self.minimum <= self.first <= self.maximum:
            hint = f"from {self.minimum} to {self.maximum}"
            yield Problem(path=f"{path}/desired", message=f"is {self.desired}", hint=hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class RollingUpdate:
    """How hosts are replaced when their image, type or user data changes.

    Not how a release is rolled out: a release changes no host, only what runs on it.

    Attributes:
        batch: How many hosts are replaced at a time.
        in_service: How many serve meanwhile; by default the minimum, or one less than
            the maximum where both are the same.
        timeout_minutes: How long a new host may take to signal that it is ready, at
            creation too.
    """

    batch: int = 1
    in_service: int | None = None
    timeout_minutes: int = 15

    def in_service_for(self, capacity: Capacity) -> int:
        """Return how many hosts serve during an update."""
        if self.in_service is not None:
            return self.in_service
        return min(capacity.minimum, capacity.maximum - 1)

    def problems(self, path: str, capacity: Capacity) -> Iterator[Problem]:
        """Return what is wrong with the settings, given a valid capacity."""
        yield from integer_problems(f"{path}/batch", self.batch, 1, capacity.maximum)
        yield from integer_problems(
            f"{path}/timeout_minutes", self.timeout_minutes, 1, LONGEST_WAIT_MINUTES
        )
        if self.in_service is not None:
            most = capacity.maximum - 1
            yield from integer_problems(f"{path}/in_service", self.in_service, 0, most)


class SpotAllocation(StrEnum):
    """From which spot pools hosts come."""

    PRICE_CAPACITY_OPTIMIZED = "price-capacity-optimized"
    CAPACITY_OPTIMIZED = "capacity-optimized"
    CAPACITY_OPTIMIZED_PRIORITIZED = "capacity-optimized-prioritized"
    LOWEST_PRICE = "lowest-price"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A mix of instance types, bought on demand and on the spot market.

    Example:
        >>> Spot(instance_types=("m6i.large", "m5.large"), on_demand_base=2).on_demand_percent
        0

    Attributes:
        instance_types: Types that may be taken, the preferred first; several make an
            interruption less likely.
        on_demand_base: So many hosts are always bought on demand.
        on_demand_percent: Share of on-demand hosts among those above the base.
        allocation: From which spot pools.
    """

    instance_types: tuple[str, ...]
    on_demand_base: int = 0
    on_demand_percent: int = 0
    allocation: SpotAllocation = SpotAllocation.PRICE_CAPACITY_OPTIMIZED

    def problems(self, path: str) -> Iterator[Problem]:
        """Return what is wrong with the settings."""
        yield from integer_problems(f"{path}/on_demand_base", self.on_demand_base, 0, LARGEST_GROUP)
        yield from integer_problems(f"{path}/on_demand_percent", self.on_demand_percent, 0, 100)
        yield from type_problems(f"{path}/allocation", self.allocation, SpotAllocation)
        where = f"{path}/instance_types"
        if shape_problems := tuple(tuple_problems(where, self.instance_types, str)):
            yield from shape_problems
            return
        if not 1 <= len(self.instance_types) <= MAXIMUM_OVERRIDES:
            hint = f"from 1 to {MAXIMUM_OVERRIDES}"
            yield Problem(path=where, message=f"names {len(self.instance_types)}", hint=hint)
        for index, name in enumerate(self.instance_types):
            yield from instance_type_problems(f"{where}/{index}", name)
        yield from duplicate_problems(where, self.instance_types)
