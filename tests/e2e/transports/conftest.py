"""Two hosts, three releases, and both transports to them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cdinfra.aws.cloud import Aws, connect
from cdinfra.aws.hosts import Host
from cdinfra.deploy.clock import SYSTEM_CLOCK
from cdinfra.rollout.transport import Ended, Sent, Transport
from cdinfra.rollout.transports.ssh import open_ssh
from cdinfra.rollout.transports.ssh_command import SshSettings
from cdinfra.rollout.transports.ssm import SsmTransport

Wait = Callable[..., Any]


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """The hosts, and how they are reached.

    Attributes:
        aws: The local cloud.
        checkout: The folder with ``infra.py``.
        releases: Images by digest.
        transports: The transports, by name.
        wait: Waits until a condition holds.
    """

    aws: Aws
    checkout: Any
    releases: tuple[str, ...]
    transports: Mapping[str, Transport]
    wait: Wait

    @property
    def hosts(self) -> tuple[Host, ...]:
        """The hosts that run."""
        found = self.aws.hosts.describe_hosts("reach", "dev")
        return tuple(each for each in found if each.state == "running")

    def ended(self, sent: Sent, hosts: Sequence[Host], seconds: float = 60) -> Mapping[str, Ended]:
        """Wait until a command has ended on all hosts."""
        self.wait(lambda: len(sent.look()) == len(hosts), seconds=seconds, what="the command")
        return sent.look()

    def run(
        self, transport: str, *words: str, seconds: int = 60, last_line: bool = True
    ) -> list[Ended]:
        """Run a program on all hosts, and return how it ended on each."""
        hosts = self.hosts
        sent = self.transports[transport].send(hosts, words, seconds=seconds, last_line=last_line)
        ended = self.ended(sent, hosts, seconds + 60)
        return [ended[each.instance_id] for each in hosts]


@pytest.fixture(scope="session")
def fleet(
    new_checkout: Callable[..., Any], push: Callable[..., str], wait_until: Wait
) -> Iterator[Fleet]:
    """Bring up two hosts with the first of three releases."""
    checkout = new_checkout("transports", infra=Path(__file__).with_name("infra.py"))
    assert (done := checkout.cdinfra("up", "registry")).returncode == 0, done.stderr
    uri = checkout.client("ecr").describe_repositories()["repositories"][0]["repositoryUri"]
    releases = tuple(push(checkout, uri, each) for each in ("v1", "v2", "v3"))
    done = checkout.cdinfra("up", "--release", f"web={releases[0]}")
    assert done.returncode == 0, done.stderr
    aws = connect(checkout.start().connection())
    settings = SshSettings(own_config=False)
    with open_ssh(aws, settings, SYSTEM_CLOCK) as ssh:
        transports: dict[str, Transport] = {"ssm": SsmTransport(aws), "ssh": ssh}
        yield Fleet(
            aws=aws, checkout=checkout, releases=releases, transports=transports, wait=wait_until
        )
