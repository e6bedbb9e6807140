"""The command line of OpenSSH's client for one host; pure."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from cdinfra.aws.hosts import Host

DEFAULT_USER = "ec2-user"
"""Whom images of Amazon Linux let in. Source: EC2 user guide, "Default usernames for AMIs"."""

CONNECT_SECONDS = 10
ALIVE_SECONDS = 5
ALIVE_COUNT = 3
"""A host that answers nothing for so many times the seconds above is given up."""

KILL_SECONDS = 5
"""How long a program has to end, when its time is over, before it is killed."""

BEGUN = "cdinfra: begun"
"""What the script writes to stderr first: the host was reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SshSettings:
    """How hosts are reached by ssh.

    Attributes:
        user: Whom to be there; any but root needs sudo without a password.
        key: File of the key that lets in, or of its public half where an agent has the other;
            None makes one for this run, which EC2 Instance Connect lets in.
        is_public: Whether to go to public addresses, where hosts have one.
        own_config: Whether the person's own ssh settings count, as a way over another host.
    """

    user: str = DEFAULT_USER
    key: Path | None = None
    is_public: bool = False
    own_config: bool = True

    def address(self, host: Host) -> str:
        """Return where a host is reached; empty where it has no address."""
        public = host.public_address if self.is_public else ""
        return public or host.private_address


def ssh_words(
    host: Host, settings: SshSettings, *, key: Path, known_hosts: Path, command: str
) -> list[str]:
    """Return the ssh that runs a command on a host.

    The host's keys are checked by the name of its instance: addresses are used again.

    Args:
        host: The host.
        settings: How it is reached.
        key: The private key that lets in.
        known_hosts: The file with the keys of hosts.
        command: What the shell of the host gets.
    """
    options = {
        "BatchMode": "yes",
        "ConnectTimeout": str(CONNECT_SECONDS),
        "ForwardAgent": "no",
        "HostKeyAlias": host.instance_id,
        "IdentitiesOnly": "yes",
        "IdentityFile": quoted(key),
        "LogLevel": "ERROR",
        "ServerAliveCountMax": str(ALIVE_COUNT),
        "ServerAliveInterval": str(ALIVE_SECONDS),
        "StrictHostKeyChecking": "yes",
        "UserKnownHostsFile": f"{quoted(known_hosts)} ~/.ssh/known_hosts",
    }
    if settings.key is None:
        options["IdentityAgent"] = "none"
    config = () if settings.own_config else ("-F", "none")
    named = (word for name, value in options.items() for word in ("-o", f"{name}={value}"))
    place = f"{settings.user}@{settings.address(host)}"
    return ["ssh", "-T", *config, *named, "--", place, command]


def remote_command(script: str, settings: SshSettings, *, seconds: int) -> str:
    """Return what the shell of a host gets, so that a script runs there as root.

    Args:
        script: The script, for ``sh``.
        settings: How the host is reached.
        seconds: How long it may take.
    """
    limit = ("timeout", f"--kill-after={KILL_SECONDS}", str(seconds))
    sudo = () if settings.user == "root" else ("sudo", "-n")
    return shlex.join([*sudo, *limit, "sh", "-c", f"echo '{BEGUN}' >&2\n{script}"])


def quoted(path: Path) -> str:
    """Return a path as a setting of ssh names it: with blanks, and without its own ``%h``."""
    return '"' + str(path).replace("%", "%%").replace('"', '\\"') + '"'
