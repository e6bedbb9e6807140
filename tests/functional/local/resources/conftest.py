# mypy: disable-error-code="no-any-return"
"""The services, and a driver that takes a resource type through its life."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from cdinfra.aws.connection import Clients, Connection
from cdinfra.local.resources.contract import Properties, Request, Resource, ResourceType
from cdinfra.local.resources.corrections import correct_moto
from cdinfra.local.resources.registry import resource_types

ACCOUNT = "123456789012"
REGION = "eu-central-1"
STACK_ID = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/shop-dev-web/0a1b"
NOT_KNOWN = {
    f"/properties/{name}"
    for name in ("AutoScalingIps", "AutoProvisionZones", "BlockPublicAccessStates", "RouteTableId")
}
"""Attributes of what the types do not carry: regional NAT gateways and the like."""
SCHEMAS = resources.files("cfnlint.data.schemas")


@dataclass(kw_only=True)
class Cloud:
    """One stack's resources, made by hand and deleted at the end of the test."""

    clients: Clients
    made: list[tuple[str, Request, Resource]] = field(default_factory=list)
    types: Mapping[str, ResourceType] = field(default_factory=resource_types)
    count: int = 0

    def request(self, properties: Properties, **more: Any) -> Request:
        logical_id = more.pop("logical_id", f"Thing{self.count}")
        tags = {
            "app": "shop",
            "aws:cloudformation:stack-name": "shop-dev-web",
            "aws:cloudformation:logical-id": logical_id,
        }
        values: dict[str, Any] = {
            "logical_id": logical_id,
            "stack_name": "shop-dev-web",
            "stack_id": STACK_ID,
            "region": REGION,
            "account": ACCOUNT,
            "properties": properties,
            "tags": tags,
            "clients": self.clients,
            "token": "1A2B3C4D5E6F",
            **more,
        }
        return Request(**values)

    def create(self, type_name: str, properties: Properties, **more: Any) -> Resource:
        self.count += 1
        assert set(properties) <= self.types[type_name].carried
        request = self.request(properties, **more)
        resource = self.types[type_name].create(request)
        self.made.append((type_name, request, resource))
        return resource

    def change(self, resource: Resource, properties: Properties, **more: Any) -> Resource:
        index = next(i for i, made in enumerate(self.made) if made[2] is resource)
        type_name, before, _ = self.made[index]
        request = self.request(properties, logical_id=before.logical_id, **more)
        changed = self.types[type_name].update(request, resource, before.properties)
        self.made[index] = (type_name, request, changed)
        return changed

    def read(self, resource: Resource) -> dict[str, Any] | None:
        type_name, request, current = next(made for made in self.made if made[2] is resource)
        found = self.types[type_name].read(request, current)
        return None if found is None else dict(found)

    def delete(self, resource: Resource) -> None:
        type_name, request, current = next(made for made in self.made if made[2] is resource)
        self.types[type_name].delete(request, current)

    def clean(self) -> None:
        while self.made:
            type_name, request, resource = self.made.pop()
            self.types[type_name].delete(request, resource)
            self.types[type_name].delete(request, resource)
            assert self.types[type_name].read(request, resource) is None, type_name

    def lives(
        self, type_name: str, properties: Properties, change: Properties | None = None
    ) -> Resource:
        """Create, read, change, change back, and read; the test's end deletes it."""
        resource = self.create(type_name, properties)
        self.check(resource, type_name, properties)
        changed = {**properties, **(change or {})}
        changed = {name: value for name, value in changed.items() if value is not None}
        for wanted in (changed, properties):
            resource = self.change(resource, wanted)
            self.check(resource, type_name, wanted)
        for name in set(properties) - set(changed):
            resource = self.change(resource, changed)
            assert self.seen(resource, type_name).get(name) != properties[name]
        resource = self.change(resource, properties)
        read_only = set(schema(type_name).get("readOnlyProperties", ()))
        assert {f"/properties/{name}" for name in resource.attributes} >= {
            name for name in read_only - NOT_KNOWN if name.count("/") == 2
        }
        return resource

    def check(self, resource: Resource, type_name: str, wanted: Properties) -> None:
        seen, visible = self.seen(resource, type_name), self.visible(type_name, wanted)
        assert {name: seen.get(name) for name in visible} == visible

    def seen(self, resource: Resource, type_name: str) -> dict[str, Any]:
        found = self.read(resource)
        assert found is not None
        assert set(found) <= self.types[type_name].carried
        return found

    def visible(self, type_name: str, properties: Properties) -> dict[str, Any]:
        hidden = getattr(self.types[type_name], "carried_as_configuration", {})
        written = {
            name.removeprefix("/properties/")
            for name in schema(type_name).get("writeOnlyProperties", ())
        }
        return {
            name: value
            for name, value in properties.items()
            if name not in hidden and name not in written
        }


def schema(type_name: str) -> dict[str, Any]:
    names = json.loads(SCHEMAS.joinpath("providers", f"{REGION}.json").read_text())
    text = SCHEMAS.joinpath("resources", f"{names[type_name]}.json").read_text()
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.fixture(scope="session")
def moto_server() -> Iterator[str]:
    correct_moto()
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


class EngineClients(Clients):
    """Clients whose calls say what the front says for the engine: in which account they act."""

    def client(self, service: str) -> Any:
        client = super().client(service)
        client.meta.events.register("before-send.*.*", as_engine, unique_id="engine")
        return client


def as_engine(request: Any, **_: Any) -> None:
    request.headers["X-Moto-Account-Id"] = ACCOUNT


@pytest.fixture(scope="session")
def clients(moto_server: str) -> Clients:
    return EngineClients(Connection(endpoint_url=moto_server, region=REGION))


@pytest.fixture
def cloud(clients: Clients) -> Iterator[Cloud]:
    made = Cloud(clients=clients)
    yield made
    made.clean()


@pytest.fixture
def vpc(cloud: Cloud) -> str:
    return cloud.create("AWS::EC2::VPC", {"CidrBlock": "10.7.0.0/16"}).physical_id


@pytest.fixture
def subnets(cloud: Cloud, vpc: str) -> list[str]:
    return [
        cloud.create(
            "AWS::EC2::Subnet",
            {
                "VpcId": vpc,
                "CidrBlock": f"10.7.{number}.0/24",
                "AvailabilityZone": f"eu-central-1{zone}",
            },
        ).physical_id
        for number, zone in enumerate("abc")
    ]
