from __future__ import annotations

from typing import TYPE_CHECKING

from cdinfra.aws.instance_connect import InstanceConnect

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.aws.conftest import Script


def test_a_key_is_let_into_one_host_as_one_user(script: Callable[..., Script]) -> None:
    cloud = script("ec2-instance-connect")
    instance_id, key = f"i-{1:017x}", f"ssh-ed25519 {'A' * 256} cdinfra"
    asked = {"InstanceId": instance_id, "InstanceOSUser": "admin", "SSHPublicKey": key}
    cloud.answer("send_ssh_public_key", {"Success": True}, asked)
    InstanceConnect(cloud.clients).send_key(instance_id, "admin", key)
    cloud.stubber.assert_no_pending_responses()
