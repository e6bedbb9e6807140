from dataclasses import dataclass, field
from typing import Any

import pytest

from cdinfra.local.api_handlers import ApiError, CallPlace
from cdinfra.local.hosts.host import Host, HostState
from cdinfra.local.hosts.instance_connect import InstanceConnect

PLACE = CallPlace(region="eu-central-1", account="123456789012")
HOST = "i-0123456789abcdef0"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFgWjquYznmV/ux082B21GWeUyDuVw1r3FYyoqUN4dsK me@here"
OTHER_KEY = KEY.replace("FgWj", "XXXX")


@dataclass
class World:
    now: float = 1000.0
    state: str = "running"
    host_state: HostState = HostState.RUNNING
    hosts: dict[str, Host] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.connect = InstanceConnect(
            host=self.host, instance_state=self.instance_state, now=lambda: self.now
        )

    def host(self, instance_id: str) -> Host | None:
        if instance_id != HOST:
            return None
        return Host(
            instance_id=HOST,
            region=PLACE.region,
            account=PLACE.account,
            container="c",
            address="10.0.0.1",
            state=self.host_state,
        )

    def instance_state(self, place: CallPlace, instance_id: str) -> str:
        assert place == PLACE
        return self.state if instance_id == HOST else ""

    def send(self, **given: Any) -> Any:
        handler = self.connect.handlers()["ec2-instance-connect", "SendSSHPublicKey"]
        complete = {"InstanceId": HOST, "InstanceOSUser": "ubuntu", "SSHPublicKey": KEY, **given}
        return handler(complete, PLACE)


def test_a_key_is_told_with_its_end_and_its_instance() -> None:
    world = World()
    answer = world.send()
    assert answer["Success"] is True
    assert world.connect.active_keys(HOST) == {
        "ubuntu": "#Timestamp=1060\n"
        f"#Instance={HOST}\n"
        "#Caller=arn:aws:iam::123456789012:user/local\n"
        f"#Request={answer['RequestId']}\n"
        f"{KEY}\n\n"
    }
    assert world.connect.active_keys("i-0000000000000000f") == {}


def test_a_key_lets_in_for_a_minute() -> None:
    world = World()
    world.send()
    world.now += 59.9
    assert world.connect.active_keys(HOST)
    world.now += 0.1
    assert world.connect.active_keys(HOST) == {}


def test_each_user_has_keys_of_their_own_and_may_have_several() -> None:
    world = World()
    world.send()
    world.now += 30
    world.send(SSHPublicKey=OTHER_KEY)
    world.send(InstanceOSUser="root")
    keys = world.connect.active_keys(HOST)
    assert [text.count("ssh-ed25519") for text in keys.values()] == [2, 1]
    world.now += 31
    assert OTHER_KEY in world.connect.active_keys(HOST)["ubuntu"]
    assert KEY not in world.connect.active_keys(HOST)["ubuntu"]


@pytest.mark.parametrize(
    "given",
    [
        {"SSHPublicKey": KEY + "\nssh-ed25519 AAAA"},
        {"SSHPublicKey": f"#Timestamp=9999999999\n{KEY}"},
        {"SSHPublicKey": f'command="x" {KEY}'},
        {"SSHPublicKey": "ecdsa-sha2-nistp256 " + "A" * 100},
        {"SSHPublicKey": "x" * 100},
    ],
)
def test_what_is_no_key_is_refused(given: dict[str, str]) -> None:
    world = World()
    with pytest.raises(ApiError) as error:
        world.send(**given)
    assert error.value.refusal.code == "InvalidArgsException"
    assert world.connect.active_keys(HOST) == {}


@pytest.mark.parametrize(
    "given",
    [
        {"InstanceOSUser": "a/../b"},
        {"InstanceOSUser": ""},
        {"SSHPublicKey": "x" * 4097},
        {"InstanceId": "web"},
    ],
)
def test_what_breaks_the_limits_of_the_service_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(ApiError) as error:
        World().send(**given)
    assert error.value.refusal.code == "ValidationException"


@pytest.mark.parametrize(
    ("changes", "given", "code"),
    [
        ({}, {"InstanceId": "i-0000000000000000f"}, "EC2InstanceNotFoundException"),
        ({"state": "stopped"}, {}, "EC2InstanceStateInvalidException"),
        ({"state": "terminated"}, {}, "EC2InstanceStateInvalidException"),
        ({"host_state": HostState.DOWN}, {}, "EC2InstanceUnavailableException"),
        ({"host_state": HostState.BOOTING}, {}, "EC2InstanceUnavailableException"),
    ],
)
def test_only_a_host_that_runs_takes_a_key(
    changes: dict[str, Any], given: dict[str, str], code: str
) -> None:
    world = World(**changes)
    with pytest.raises(ApiError) as error:
        world.send(**given)
    assert error.value.refusal.code == code
