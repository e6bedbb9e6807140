"""The frame that every resource type fills in: make, configure, look, remove.

``create`` makes the resource and then configures it; ``update`` only configures it.
So each setting that can change in place is written once, and a resource that was made
but cannot be configured is known by its id to the rollback.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from cdinfra.local.resources.calls import Client, error_code, reported
from cdinfra.local.resources.contract import Properties, Request, Resource, ResourceType

GONE_CODES = frozenset({"NoSuchEntity", "NoSuchBucket", "NoSuchKey"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One existing resource, and the client to act on it.

    Attributes:
        request: What is asked for.
        client: boto3 client of the type's service.
        physical_id: What ``Ref`` returns.
        attributes: What ``Fn::GetAtt`` returned so far.
        is_new: Whether it was made a moment ago.
    """

    request: Request
    client: Client
    physical_id: str
    attributes: Properties
    is_new: bool = False

    @property
    def properties(self) -> Properties:
        """The resolved properties of the request."""
        return self.request.properties


class ServiceResource(ResourceType):
    """A resource type over one boto3 client.

    Attributes:
        service: boto3's name of the service.
        gone: Error codes that mean "there is no such resource", beside those that end
            in ``NotFound``.
        carried_as_configuration: Carried properties that are taken and have no effect that
            the local services could show, each with the reason.
    """

    service: ClassVar[str]
    gone: ClassVar[frozenset[str]] = frozenset()
    carried_as_configuration: ClassVar[Mapping[str, str]] = {}

    def create(self, request: Request) -> Resource:
        """Make the resource and configure it."""
        client = request.clients.client(self.service)
        with reported(client, token=request.token):
            physical_id = self.make(request, client)
        made = Target(
            request=request, client=client, physical_id=physical_id, attributes={}, is_new=True
        )
        return self._configured(made, {})

    def update(self, request: Request, current: Resource, previous: Properties) -> Resource:
        """Configure the resource anew."""
        return self._configured(self._target(request, current), previous)

    def _configured(self, target: Target, previous: Properties) -> Resource:
        client, token, physical_id = target.client, target.request.token, target.physical_id
        with reported(client, token=token, physical_id=physical_id):
            self.configure(target, previous)
            return Resource(physical_id=physical_id, attributes=self.attributes(target))

    def delete(self, request: Request, current: Resource) -> None:
        """Delete the resource, if it is there."""
        target = self._target(request, current)
        with reported(target.client, token=request.token):
            try:
                self.remove(target)
            except target.client.exceptions.ClientError as error:
                if not self.is_gone(error):
                    raise

    def read(self, request: Request, current: Resource) -> Properties | None:
        """Return the properties as the service has them."""
        target = self._target(request, current)
        with reported(target.client, token=request.token):
            try:
                return self.observe(target)
            except target.client.exceptions.ClientError as error:
                if self.is_gone(error):
                    return None
                raise

    def _target(self, request: Request, current: Resource) -> Target:
        return Target(
            request=request,
            client=request.clients.client(self.service),
            physical_id=current.physical_id,
            attributes=current.attributes,
        )

    def is_gone(self, error: Any) -> bool:  # noqa: ANN401 - a ClientError, which is not imported here
        """Return whether a ``ClientError`` says that there is no such resource."""
        code = error_code(error)
        return code in self.gone or code in GONE_CODES or "NotFound" in code

    @abstractmethod
    def make(self, request: Request, client: Client) -> str:
        """Make the resource and return its physical id."""

    def configure(self, target: Target, previous: Properties) -> None:
        """Bring what can change in place to what is asked for.

        Args:
            target: The resource; ``is_new`` right after ``make``.
            previous: The properties so far, empty for a new one. A rollback names the
                failed ones, of which some may never have come about.
        """

    def attributes(self, target: Target) -> Properties:  # noqa: ARG002 - most types have some
        """Return what ``Fn::GetAtt`` returns."""
        return {}

    @abstractmethod
    def remove(self, target: Target) -> None:
        """Delete the resource."""

    @abstractmethod
    def observe(self, target: Target) -> Properties | None:
        """Return the properties as they are, None where the resource is gone."""


def present(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties without those that the service left empty."""
    return {name: value for name, value in properties.items() if value not in (None, "", [], {})}


def chosen(source: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return those of ``names`` that ``source`` has."""
    return {name: source[name] for name in names if name in source}


def as_asked(asked: Any, found: Any) -> Any:  # noqa: ANN401 - values of any kind
    """Return ``found`` without the fields that the service filled in by itself."""
    if isinstance(asked, Mapping) and isinstance(found, Mapping):
        return {name: as_asked(asked[name], found[name]) for name in asked if name in found}
    if isinstance(asked, list | tuple) and isinstance(found, list | tuple):
        if len(asked) != len(found):
            return found
        return [as_asked(left, right) for left, right in zip(asked, found, strict=True)]
    return found
