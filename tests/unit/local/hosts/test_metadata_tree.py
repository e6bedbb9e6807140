import json
from dataclasses import replace

import pytest

from cdinfra.local.hosts.facts import InstanceFacts, MetadataOptions
from cdinfra.local.hosts.metadata.tree import build_tree, look_up

CREDENTIALS = json.dumps({"Code": "Success"})
KEYS = {"debian": {"openssh-key": "ssh-ed25519 BBBB"}}


def shown(facts: InstanceFacts, path: str) -> str | None:
    content = look_up(build_tree(facts, credentials=CREDENTIALS, active_keys=KEYS), path)
    return None if content is None else content.decode()


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("", "dynamic/\nmeta-data/\nuser-data"),
        ("user-data", "#cloud-config\n"),
        ("meta-data/instance-id", "i-0123456789abcdef0"),
        ("meta-data/instance-id/", "i-0123456789abcdef0"),
        ("meta-data/local-ipv4", "172.18.0.5"),
        ("meta-data/local-hostname", "ip-172-18-0-5.eu-central-1.compute.internal"),
        ("meta-data/placement/region", "eu-central-1"),
        ("meta-data/security-groups", "web\nssh"),
        ("meta-data/iam/security-credentials/", "web-role"),
        ("meta-data/iam/security-credentials/web-role", CREDENTIALS),
        ("meta-data/public-keys/", "0=team"),
        ("meta-data/public-keys/0/", "openssh-key"),
        ("meta-data/public-keys/0/openssh-key", "ssh-ed25519 AAAA team"),
        ("meta-data/tags/instance", "DeployGroup\ncdinfra:release"),
        ("meta-data/tags/instance/cdinfra:release", "a/b:c"),
        ("meta-data/network/interfaces/macs/", "02:42:ac:12:00:05/"),
        ("meta-data/managed-ssh-keys/active-keys/debian/openssh-key", "ssh-ed25519 BBBB"),
        ("meta-data/nothing", None),
        ("meta-data/instance-id/deeper", None),
    ],
)
def test_a_host_sees_what_ec2_shows(facts: InstanceFacts, path: str, content: str | None) -> None:
    assert shown(facts, path) == content


def test_the_identity_names_the_instance(facts: InstanceFacts) -> None:
    document = json.loads(shown(facts, "dynamic/instance-identity/document") or "")
    assert document["instanceId"] == facts.instance_id
    assert document["accountId"] == "123456789012"
    assert document["privateIp"] == "172.18.0.5"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"metadata": MetadataOptions()}, "meta-data/tags"),
        ({"user_data": b""}, "user-data"),
        ({"profile_arn": "", "role_name": ""}, "meta-data/iam"),
        ({"role_name": ""}, "meta-data/iam/security-credentials"),
        ({"key_name": "", "public_key": ""}, "meta-data/public-keys"),
    ],
)
def test_what_an_instance_has_not_is_not_there(
    facts: InstanceFacts, changes: dict[str, object], path: str
) -> None:
    assert shown(replace(facts, **changes), path) is None  # type: ignore[arg-type]


def test_user_data_that_is_compressed_arrives_byte_for_byte(facts: InstanceFacts) -> None:
    data = bytes(range(256))
    tree = build_tree(replace(facts, user_data=data), credentials="", active_keys={})
    assert look_up(tree, "user-data") == data
