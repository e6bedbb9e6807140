"""What the metadata service shows of an instance, as a tree.

Source: EC2 user guide, "Instance metadata categories".
"""

import json
from collections.abc import Mapping
from typing import Any, TypeAlias

from cdinfra.local.hosts.facts import InstanceFacts

Tree: TypeAlias = Mapping[str, Any]
"""Folders are mappings, files are texts or bytes."""

VERSIONS = ("2009-04-04", "2016-09-02", "2018-09-24", "2021-03-23", "latest")
"""Versions under which the tree is shown; it is the same under each."""


def build_tree(facts: InstanceFacts, *, credentials: str, active_keys: Tree) -> Tree:
    """Return what an instance sees below a version.

    Args:
        facts: The instance.
        credentials: JSON of its role's credentials; empty where it has no role.
        active_keys: Keys of EC2 Instance Connect, by user.
    """
    tree: dict[str, Any] = {
        "dynamic": {"instance-identity": {"document": _identity(facts)}},
        "meta-data": _metadata(facts, credentials, active_keys),
    }
    if facts.user_data:
        tree["user-data"] = facts.user_data
    return tree


def _metadata(facts: InstanceFacts, credentials: str, active_keys: Tree) -> Tree:
    name = f"{host_name(facts.address)}.{facts.region}.compute.internal"
    mac = mac_address(facts.address)
    shown: dict[str, Any] = {
        "ami-id": facts.image_id,
        "ami-launch-index": "0",
        "ami-manifest-path": "(unknown)",
        "hostname": name,
        "instance-action": "none",
        "instance-id": facts.instance_id,
        "instance-life-cycle": "on-demand",
        "instance-type": facts.instance_type,
        "local-hostname": name,
        "local-ipv4": facts.address,
        "mac": mac,
        "network": {"interfaces": {"macs": {mac: _interface(facts, mac, name)}}},
        "placement": {"availability-zone": facts.zone, "region": facts.region},
        "profile": "default-hvm",
        "reservation-id": f"r-{facts.instance_id.removeprefix('i-')}",
        "security-groups": "\n".join(facts.security_groups),
        "services": {"domain": "amazonaws.com", "partition": "aws"},
    }
    if facts.profile_arn:
        info = {"Code": "Success", "InstanceProfileArn": facts.profile_arn}
        shown["iam"] = {"info": json.dumps(info)}
    if facts.role_name and credentials:
        shown["iam"]["security-credentials"] = {facts.role_name: credentials}
    if facts.public_key:
        shown["public-keys"] = {f"0={facts.key_name}": {"openssh-key": facts.public_key}}
    if facts.metadata.shows_tags:
        shown["tags"] = {"instance": dict(facts.tags)}
    if active_keys:
        shown["managed-ssh-keys"] = {"active-keys": active_keys}
    return shown


def _interface(facts: InstanceFacts, mac: str, name: str) -> Tree:
    return {
        "device-number": "0",
        "local-hostname": name,
        "local-ipv4s": facts.address,
        "mac": mac,
        "owner-id": facts.account,
        "security-groups": "\n".join(facts.security_groups),
        "subnet-id": facts.subnet_id,
        "vpc-id": facts.vpc_id,
    }


def _identity(facts: InstanceFacts) -> str:
    document = {
        "accountId": facts.account,
        "architecture": facts.architecture,
        "availabilityZone": facts.zone,
        "imageId": facts.image_id,
        "instanceId": facts.instance_id,
        "instanceType": facts.instance_type,
        "privateIp": facts.address,
        "region": facts.region,
        "version": "2017-09-30",
    }
    return json.dumps(document, indent=2)


def host_name(address: str) -> str:
    """Return the name that EC2 gives to the host of a private address.

    >>> host_name("10.0.1.2")
    'ip-10-0-1-2'
    """
    return f"ip-{address.replace('.', '-')}"


def mac_address(address: str) -> str:
    """Return the address of the network card: Docker makes it from the IPv4 address.

    >>> mac_address("172.18.0.5")
    '02:42:ac:12:00:05'
    """
    return "02:42:" + ":".join(f"{int(part):02x}" for part in address.split("."))


def look_up(tree: Tree, path: str) -> bytes | None:
    """Return what is at a path: a file's content or a folder's list; None where nothing is.

    Key pairs are listed as ``0=name`` and asked for as ``0``.

    Args:
        tree: Where to look.
        path: Names separated by slashes, without a version.
    """
    node: Any = tree
    for name in (part for part in path.split("/") if part):
        if not isinstance(node, Mapping):
            return None
        keyed = {key.partition("=")[0]: value for key, value in node.items() if "0=" in key[:2]}
        found = node.get(name, keyed.get(name))
        if found is None:
            return None
        node = found
    if isinstance(node, Mapping):
        return "\n".join(_listed(path, key, value) for key, value in node.items()).encode()
    return node if isinstance(node, bytes) else str(node).encode()


def _listed(path: str, name: str, value: object) -> str:
    """Folders end in a slash, but the keys of key pairs and a tag whatever its name is."""
    is_folder = isinstance(value, Mapping) and "public-keys" not in path
    return f"{name}/" if is_folder else name
