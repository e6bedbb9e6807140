from dataclasses import dataclass, field, replace

import pytest
from werkzeug.test import Client, TestResponse

from cdinfra.local.hosts.facts import InstanceFacts, MetadataOptions
from cdinfra.local.hosts.metadata.service import MetadataService

TOKEN, TTL = "X-aws-ec2-metadata-token", "X-aws-ec2-metadata-token-ttl-seconds"
PATH = "/latest/meta-data/instance-id"


@dataclass
class Asked:
    """A metadata service with two hosts, and the hands of its clock."""

    facts: InstanceFacts
    seconds: float = 0.0
    client: Client = field(init=False)

    def __post_init__(self) -> None:
        other = replace(self.facts, instance_id="i-2", address="172.18.0.6")
        hosts = {each.address: each for each in (self.facts, other)}
        service = MetadataService(
            find=hosts.get,
            build=lambda facts: {"meta-data": {"instance-id": facts.instance_id}},
            now=lambda: self.seconds,
        )
        self.client = Client(service)

    def ask(
        self, path: str, *, address: str = "172.18.0.5", method: str = "GET", **headers: str
    ) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.open(
            path, method=method, headers=named, environ_base={"REMOTE_ADDR": address}
        )

    def token(self, ttl: str = "60", address: str = "172.18.0.5") -> str:
        path = "/latest/api/token"
        headers = {TTL.replace("-", "_"): ttl}
        return self.ask(path, address=address, method="PUT", **headers).text


@pytest.fixture
def asked(facts: InstanceFacts) -> Asked:
    return Asked(facts)


def with_token(token: str) -> dict[str, str]:
    return {TOKEN.replace("-", "_"): token}


def test_a_token_opens_the_metadata_of_the_host_that_asks(asked: Asked) -> None:
    assert asked.ask(PATH, **with_token(asked.token())).text == "i-0123456789abcdef0"
    token = asked.token(address="172.18.0.6")
    assert asked.ask(PATH, address="172.18.0.6", **with_token(token)).text == "i-2"


def test_without_a_token_nothing_is_shown_where_one_is_required(asked: Asked) -> None:
    assert asked.ask(PATH).status_code == 401


def test_where_none_is_required_version_1_answers(facts: InstanceFacts) -> None:
    asked = Asked(replace(facts, metadata=MetadataOptions()))
    assert asked.ask(PATH).status_code == 200
    assert asked.ask(PATH, **with_token("wrong")).status_code == 401


def test_a_token_is_of_one_host_and_of_its_time(asked: Asked) -> None:
    token = asked.token(ttl="60")
    assert asked.ask(PATH, address="172.18.0.6", **with_token(token)).status_code == 401
    asked.seconds = 59
    assert asked.ask(PATH, **with_token(token)).status_code == 200
    asked.seconds = 60
    assert asked.ask(PATH, **with_token(token)).status_code == 401


@pytest.mark.parametrize("ttl", ["", "0", "21601", "-1", "1.5", "x"])
def test_a_token_lives_for_six_hours_at_most(asked: Asked, ttl: str) -> None:
    headers = {TTL.replace("-", "_"): ttl}
    assert asked.ask("/latest/api/token", method="PUT", **headers).status_code == 400


def test_a_proxy_gets_no_token(asked: Asked) -> None:
    headers = {TTL.replace("-", "_"): "60", "X_Forwarded_For": "192.0.2.1"}
    assert asked.ask("/latest/api/token", method="PUT", **headers).status_code == 403


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/latest/api/token", "GET", 405),
        (PATH, "POST", 405),
        ("/1999-01-01/meta-data/instance-id", "GET", 404),
        ("/latest/meta-data/nothing", "GET", 404),
    ],
)
def test_what_is_not_there_is_not_answered(
    asked: Asked, path: str, method: str, status: int
) -> None:
    assert asked.ask(path, method=method, **with_token(asked.token())).status_code == status


def test_who_is_no_host_gets_nothing_and_a_service_that_is_off_answers_nobody(
    facts: InstanceFacts,
) -> None:
    assert Asked(facts).ask(PATH, address="172.18.0.9").status_code == 404
    off = Asked(replace(facts, metadata=MetadataOptions(is_enabled=False)))
    assert off.ask(PATH).status_code == 403


def test_the_versions_are_listed(asked: Asked) -> None:
    assert "latest" in asked.ask("/", **with_token(asked.token())).text.splitlines()
