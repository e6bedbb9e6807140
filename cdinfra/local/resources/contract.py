"""What the CloudFormation engine asks of a resource type.

The engine resolves a template, orders it and calls these methods; a resource type
turns its properties into calls against the services. It carries the properties
that it lists and no others: the engine fails a resource that sets another one, so
nothing is ignored silently. Which change of a property means replacement is not
said here: the engine reads it from the resource schemas.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from cdinfra.aws.connection import Clients

Properties = Mapping[str, Any]


class ResourceError(Exception):
    """A resource cannot be created, updated or deleted.

    Args:
        reason: What CloudFormation shows as the resource's status reason.
        physical_id: What was made all the same, so that the rollback deletes it.
    """

    def __init__(self, reason: str, *, physical_id: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.physical_id = physical_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource that exists.

    Attributes:
        physical_id: What ``Ref`` returns.
        attributes: What ``Fn::GetAtt`` returns, by attribute name (``Endpoint.Address``
            is one name).
    """

    physical_id: str
    attributes: Properties = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One resource of one stack, and the means to act on it.

    Attributes:
        logical_id: Name of the resource in the template.
        stack_name: Name of the stack.
        stack_id: ARN of the stack.
        region: The stack's region.
        account: 12 digits.
        partition: For example ``aws``.
        properties: The resolved properties, named as in the template.
        tags: The stack's tags and CloudFormation's own (``aws:cloudformation:…``), which a
            type that has tags puts on its resource beside those in its properties (the
            properties win).
        clients: The services.
        token: A short random string, the same for every call of one creation: names that
            CloudFormation makes up end with it (``{stack}-{logical id}-{token}``).
        creation_policy: The resolved ``CreationPolicy`` attribute. The engine itself waits
            for its signals after ``create``.
        update_policy: The resolved ``UpdatePolicy`` attribute.
        wait_for_signals: ``(percent, timeout seconds, instance ids)``: blocks until that share
            of those instances has signalled success; raises ``ResourceError`` where it cannot
            any more, when the time is over or when the operation is cancelled. For rolling
            updates.
        note: Emits an event of the resource with the status it is in and this reason, for
            example "Rolling update: 1 of 3 instances replaced".
    """

    logical_id: str
    stack_name: str
    stack_id: str
    region: str
    account: str
    partition: str = "aws"
    properties: Properties
    tags: Mapping[str, str]
    clients: Clients
    token: str
    creation_policy: Properties = field(default_factory=dict)
    update_policy: Properties = field(default_factory=dict)
    wait_for_signals: Callable[[int, float, tuple[str, ...]], None] = field(
        default=lambda _percent, _timeout, _instances: None
    )
    note: Callable[[str], None] = field(default=lambda _reason: None)

    def generated_name(self, *, limit: int = 255, lower: bool = False) -> str:
        """Return the name that CloudFormation makes up where the template gives none.

        Args:
            limit: Longest name that the resource may have.
            lower: Whether it must be in lower case, as a bucket's must.
        """
        room = limit - len(self.token) - 1
        name = f"{f'{self.stack_name}-{self.logical_id}'[:room].rstrip('-')}-{self.token}"
        return name.lower() if lower else name


class ResourceType(ABC):
    """One type, for example ``AWS::EC2::VPC``."""

    type_name: ClassVar[str]
    carried: ClassVar[frozenset[str]]
    """The top-level properties that this type acts on. Nested ones that it does not act on
    must raise ``ResourceError`` too."""

    @abstractmethod
    def create(self, request: Request) -> Resource:
        """Make the resource.

        Raises:
            ResourceError: It cannot be made.
        """

    def complete(self, request: Request, made: Resource) -> Resource:  # noqa: ARG002 - by default done
        """Wait until what ``create`` began is there, and return it with its attributes.

        Events show its physical id from before this on.

        Raises:
            ResourceError: It failed.
        """
        return made

    @abstractmethod
    def update(self, request: Request, current: Resource, previous: Properties) -> Resource:
        """Change the resource in place from ``previous`` to ``request.properties``.

        Called also when only the stack's tags differ, and to roll an update back.

        Raises:
            ResourceError: It cannot be changed.
        """

    @abstractmethod
    def delete(self, request: Request, current: Resource) -> None:
        """Delete the resource; one that is gone already is no error.

        Raises:
            ResourceError: It cannot be deleted.
        """

    @abstractmethod
    def read(self, request: Request, current: Resource) -> Properties | None:
        """Return the properties as they truly are now, or None where the resource is gone.

        Only the carried ones that the service shows; for drift detection.
        """

    def must_replace(self, properties: Properties, previous: Properties) -> bool:  # noqa: ARG002 - by default never
        """Return whether a change of conditionally create-only properties means replacement.

        Asked only where no create-only property has changed; False means that ``update``
        can do it in place.
        """
        return False
