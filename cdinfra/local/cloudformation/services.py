"""What the engine works with: the resource types, the services behind them, time and signals."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cdinfra.aws.connection import Clients
from cdinfra.local.cloudformation.clock import Clock
from cdinfra.local.cloudformation.signals import HostSignals, SignalBoard
from cdinfra.local.resources.contract import ResourceType

BeforeResource = Callable[[str, str, str, str], None]
"""``(stack name, logical id, resource type, "create" | "update" | "delete")``.

Called before each action on a resource; may block, and may raise ``ResourceError``.
"""

FindClients = Callable[[str, str], Clients]
"""``(region, account)`` to the services there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The engine's means.

    Attributes:
        types: The resource types that are carried, by name.
        clients: The services of a region and an account.
        hosts: Who signals for hosts that do not.
        before_resource: Where faults are put in.
        clock: The time.
        board: Where signals end.
    """

    types: Mapping[str, ResourceType]
    clients: FindClients
    hosts: HostSignals
    before_resource: BeforeResource
    clock: Clock
    board: SignalBoard
