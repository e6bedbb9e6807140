"""How to reach a host of the local cloud by ssh: a key of our own, and host keys that are known.

The key lives in the state folder, and lets in by EC2 Instance Connect, for a minute. The
host's own keys are read through the Docker engine, so that nobody on the way can offer others.
"""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cdinfra.aws.connection import Clients
from cdinfra.aws.instance_connect import InstanceConnect
from cdinfra.errors import InvalidInputError, LocalCloudError, Problem, nearest
from cdinfra.local.hosts.belongings import cloud_name
from cdinfra.local.hosts.container import (
    ACCOUNT_LABEL,
    INSTANCE_LABEL,
    REGION_LABEL,
    USER_LABEL,
    owned_by,
)
from cdinfra.local.hosts.docker import Docker
from cdinfra.local.process import LocalCloud

INSTALL_SSH = "install OpenSSH's client (Debian: openssh-client)"
READ_HOST_KEYS = "cat /etc/ssh/ssh_host_*_key.pub"


@dataclass(frozen=True, slots=True, kw_only=True)
class SshHost:
    """A host that runs, as its container tells of it.

    Attributes:
        instance_id: Its instance.
        container: Name of its container.
        address: Its private address.
        region: Region of the instance.
        account: Account of the instance.
        user: Whom its image lets in by key.
    """

    instance_id: str
    container: str
    address: str
    region: str
    account: str
    user: str


def open_way(cloud: LocalCloud, docker: Docker, instance_id: str, user: str = "") -> list[str]:
    """Let the key of the state folder into a host, and return the ssh that goes there.

    Args:
        cloud: The local cloud.
        docker: The engine that runs its hosts.
        instance_id: The host's instance.
        user: Whom to be there; by default whom its image lets in by key.

    Raises:
        InvalidInputError: No host of that instance runs.
        CloudError: The key is not taken.
        LocalCloudError: There is no engine or no OpenSSH, or the host has no keys yet.
    """
    host = find_host(docker, cloud.state_dir, instance_id)
    user = user or host.user
    folder = cloud.state_dir / "ssh"
    folder.mkdir(mode=0o700, exist_ok=True)
    key, known_hosts = folder / "id_ed25519", folder / f"known_hosts.{instance_id}"
    make_key(key)
    known_hosts.write_text(host_keys(docker, host))
    send_key(cloud, host, user, key.with_suffix(".pub").read_text())
    return ssh_command(host, user, key=key, known_hosts=known_hosts)


def find_host(docker: Docker, state_dir: Path, instance_id: str) -> SshHost:
    """Return a host that runs.

    Args:
        docker: The engine.
        state_dir: State folder of the local cloud.
        instance_id: The host's instance.

    Raises:
        InvalidInputError: No host of that instance runs.
        DockerError: There is no engine.
    """
    owned = owned_by(cloud_name(state_dir))
    ids = docker.run(*("ps", "--quiet", *owned, "--filter", f"label={INSTANCE_LABEL}"))
    shown = json.loads(docker.run("inspect", *ids.split())) if ids else []
    hosts = {host.instance_id: host for host in map(read_host, shown)}
    if instance_id not in hosts:
        raise InvalidInputError(
            Problem(
                path="INSTANCE",
                message=f"no host {instance_id} runs in this local cloud",
                hint=nearest(instance_id, hosts) if hosts else "none runs; see `cdinfra hosts`",
                allowed=tuple(hosts),
            )
        )
    return hosts[instance_id]


def read_host(shown: Mapping[str, Any]) -> SshHost:
    """Return a host as ``docker inspect`` shows its container.

    Args:
        shown: What it shows of one container.
    """
    labels = shown["Config"]["Labels"]
    (network,) = shown["NetworkSettings"]["Networks"].values()
    return SshHost(
        instance_id=labels[INSTANCE_LABEL],
        container=str(shown["Name"]).removeprefix("/"),
        address=network["IPAddress"],
        region=labels[REGION_LABEL],
        account=labels[ACCOUNT_LABEL],
        user=labels[USER_LABEL],
    )


def make_key(path: Path) -> None:
    """Make a key where there is none yet.

    Args:
        path: Where the private key is to be.

    Raises:
        LocalCloudError: It cannot be made.
    """
    if path.exists():
        return
    argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "cdinfra-local", "-f", str(path)]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False)  # noqa: S603 - arguments as a list
    except OSError as error:
        message = f"ssh-keygen cannot be run: {error.strerror}"
        raise LocalCloudError(message, hint=INSTALL_SSH) from error
    if done.returncode != 0:
        raise LocalCloudError(
            f"ssh-keygen made no key {path}: {done.stderr.strip()}",
            hint=f"see whether {path.parent} can be written",
        )


def host_keys(docker: Docker, host: SshHost) -> str:
    """Return a host's own keys, as lines of a ``known_hosts`` file.

    Args:
        docker: The engine.
        host: The host.

    Raises:
        LocalCloudError: It has none yet.
    """
    ran = docker.attempt("exec", host.container, "sh", "-c", READ_HOST_KEYS)
    keys = [line.split()[:2] for line in ran.text.splitlines() if len(line.split()) > 1]
    if ran.code != 0 or not keys:
        raise LocalCloudError(
            f"the host {host.instance_id} has no ssh keys yet: it is still booting",
            hint="try again in a few seconds",
        )
    return "".join(f"{host.instance_id} {kind} {key}\n" for kind, key in keys)


def send_key(cloud: LocalCloud, host: SshHost, user: str, public_key: str) -> None:
    """Let a key into a host for a minute.

    Args:
        cloud: The local cloud.
        host: The host.
        user: Whom the key lets in as.
        public_key: The key.

    Raises:
        CloudError: It is not taken.
    """
    clients = Clients(cloud.connection(host.region, account=host.account))
    InstanceConnect(clients).send_key(host.instance_id, user, public_key)


def ssh_command(host: SshHost, user: str, *, key: Path, known_hosts: Path) -> list[str]:
    """Return the ssh that goes to a host; a command for it may follow.

    The user's own ssh settings are left out: what they say of all hosts, a proxy or another
    key, is not meant for these.

    Args:
        host: The host.
        user: Whom to be there.
        key: The private key that lets in.
        known_hosts: The file with the host's own keys.
    """
    options = {
        "BatchMode": "yes",
        "GlobalKnownHostsFile": "none",
        "HostKeyAlias": host.instance_id,
        "IdentitiesOnly": "yes",
        "IdentityAgent": "none",
        "IdentityFile": _quoted(key),
        "StrictHostKeyChecking": "yes",
        "UserKnownHostsFile": _quoted(known_hosts),
    }
    settings = (word for name, value in options.items() for word in ("-o", f"{name}={value}"))
    return ["ssh", "-F", "none", *settings, "--", f"{user}@{host.address}"]


def _quoted(path: Path) -> str:
    """Return a path as a setting of ssh names it: with blanks, and without its own ``%h``."""
    return '"' + str(path).replace("%", "%%").replace('"', '\\"') + '"'
