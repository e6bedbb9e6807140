"""The real services over botocore's Stubber: real parsing, no network, scripted answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from cdinfra.aws.connection import Clients, Connection

LOCAL = Connection(region="eu-central-1", endpoint_url="http://127.0.0.1:1")


class StubbedClients(Clients):
    """Clients whose answers are scripted."""

    def __init__(self, connection: Connection, client: Any) -> None:
        super().__init__(connection)
        self._stubbed = client

    def client(self, service: str, *, hurried: bool = False) -> Any:
        del hurried
        assert service == self._stubbed.meta.service_model.service_name
        return self._stubbed


@dataclass(frozen=True)
class Script:
    """Scripts the answers of one service."""

    clients: Clients
    stubber: Stubber

    def answer(
        self, method: str, answer: Mapping[str, Any], expected: Mapping[str, Any] | None = None
    ) -> None:
        self.stubber.add_response(method, dict(answer), expected and dict(expected))

    def refuse(self, method: str, code: str, message: str = "no", status: int = 400) -> None:
        self.stubber.add_client_error(method, code, message, http_status_code=status)


@pytest.fixture
def script() -> Callable[..., Script]:
    """Make a script for a service."""

    def make(service: str, connection: Connection = LOCAL) -> Script:
        client = boto3.client(
            service,
            region_name="eu-central-1",
            aws_access_key_id="made-up",
            aws_secret_access_key="made-up",
        )
        stubber = Stubber(client)
        stubber.activate()
        return Script(StubbedClients(connection, client), stubber)

    return make
