"""The transport over a program that stands in for ssh; real ssh is in the end-to-end tests."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from cdinfra.deploy.clock import Clock
from cdinfra.errors import CdinfraError, CloudError, ThrottledError
from cdinfra.rollout.transport import Ending
from cdinfra.rollout.transports import ssh as module
from cdinfra.rollout.transports.host_keys import keys_on_console, known_hosts_lines
from cdinfra.rollout.transports.ssh import SshTransport, open_ssh
from cdinfra.rollout.transports.ssh_command import SshSettings, remote_command, ssh_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from cdinfra.aws.fake import FakeAws
    from cdinfra.aws.hosts import Host
    from cdinfra.rollout.transport import Ended, Sent

    Make = Callable[..., Host]

# It answers for a host by its address, which is the last word but one, user@address.
SSH = """#!/bin/sh
for word; do before=$place; place=$last; last=$word; done
printf '%s\\n' "$@" >> "$ARGV"
case $place in
  *@10.0.0.1) exec sh -c "$last" ;;
  *@10.0.0.2) echo 'ssh: connect to host 10.0.0.2 port 22: No route to host' >&2; exit 255 ;;
  *@10.0.0.3) echo 'cdinfra: begun' >&2; echo 'Connection reset by peer' >&2; exit 255 ;;
  *@10.0.0.4) sleep 30 ;;
esac
"""
CONSOLE = """[    5.1] cdinfra-host[612]: -----BEGIN SSH HOST KEY KEYS-----
-----BEGIN SSH HOST KEY KEYS-----\r
ecdsa-sha2-nistp256 AAAA+old= root@ip-10-0-0-1\r
-----END SSH HOST KEY KEYS-----\r
[    5.2] cdinfra-host[612]: a\r-----BEGIN SSH HOST KEY KEYS-----\r
-----BEGIN SSH HOST KEY KEYS-----
ssh-ed25519 AAAA/new root@ip-10-0-0-1
[    5.3] cdinfra-host[612]: ssh-ed25519 AAAA/evil root
-----END SSH HOST KEY KEYS-----
login:"""


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put the stand-in on the path; return the file with the words that it was called with."""
    program = tmp_path / "bin" / "ssh"
    program.parent.mkdir()
    program.write_text(SSH)
    program.chmod(0o755)
    (program.parent / "timeout").write_text('#!/bin/sh\nshift 2\nexec "$@"\n')
    (program.parent / "timeout").chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("ARGV", str(tmp_path / "argv"))
    return tmp_path / "argv"


@pytest.fixture
def transport(aws: FakeAws, clock: Clock, stand_in: Path, tmp_path: Path) -> SshTransport:
    del stand_in
    aws.host_logs.consoles["i-1"] = CONSOLE
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "id_ed25519.pub").write_text("ssh-ed25519 AAAA cdinfra\n")
    return SshTransport(aws, SshSettings(user="root"), folder=folder, clock=clock)


def ended(sent: Sent, number: int) -> Mapping[str, Ended]:
    deadline = time.monotonic() + 20
    while len(found := sent.look()) < number:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def hosts_of(host: Make, *numbers: int) -> list[Host]:
    return [host(f"i-{number}", private_address=f"10.0.0.{number}") for number in numbers]


def test_each_host_ends_as_its_ssh_does(transport: SshTransport, host: Make, aws: FakeAws) -> None:
    hosts = [
        *hosts_of(host, 1, 2, 3),
        host("i-5", private_address=""),
        host("i-6", state="stopped"),
    ]
    words = ("sh", "-c", 'echo "it\'s"; exit 7')
    found = ended(transport.send(hosts, words, seconds=9), len(hosts))
    assert (found["i-1"].exit_code, found["i-1"].output) == (7, "it's\n")
    problems = {name: (each.ending, each.problem) for name, each in found.items()}
    del problems["i-1"]
    assert problems == {
        "i-2": (Ending.UNREACHABLE, "ssh: connect to host 10.0.0.2 port 22: No route to host"),
        "i-3": (Ending.LOST, "the connection was lost: Connection reset by peer"),
        "i-5": (Ending.UNREACHABLE, "it has no address"),
        "i-6": (Ending.UNREACHABLE, "its instance is stopped"),
    }
    assert aws.instance_connect.calls == [
        f"send_key i-{number} root ssh-ed25519 AAAA cdinfra" for number in (1, 2, 3)
    ]


def test_hosts_that_cannot_be_reached_are_told(transport: SshTransport, host: Make) -> None:
    transport.clock = Clock(now=transport.clock.now, sleep=time.sleep)
    found = transport.unreachable(hosts_of(host, 1, 2))
    assert found == {"i-2": "ssh: connect to host 10.0.0.2 port 22: No route to host"}


def test_an_ssh_that_never_ends_is_given_up(
    transport: SshTransport, host: Make, aws: FakeAws
) -> None:
    sent = transport.send(hosts_of(host, 4), ("true",), seconds=9)
    assert sent.look() == {}
    aws.clock.sleep(9 + 60)
    assert sent.look()["i-4"].ending is Ending.TIMED_OUT


def test_no_more_than_so_many_run_at_once(
    transport: SshTransport, host: Make, monkeypatch: pytest.MonkeyPatch, stand_in: Path
) -> None:
    monkeypatch.setattr(module, "MOST_AT_ONCE", 2)
    hosts = [host(f"i-4{number}", private_address="10.0.0.4") for number in range(5)]
    sent = transport.send(hosts, ("true",), seconds=9)
    sent.look()
    deadline = time.monotonic() + 20
    while stand_in.exists() is False or stand_in.read_text().count("root@10.0.0.4") < 2:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert stand_in.read_text().count("root@10.0.0.4") == 2
    sent.cancel()
    assert {each.ending for each in sent.look().values()} == {Ending.CANCELLED}
    assert len(sent.look()) == 5


@pytest.mark.parametrize(
    ("error", "ending"),
    [
        (ThrottledError("slow down"), Ending.DONE),
        (CloudError("cannot let a key in"), Ending.UNREACHABLE),
    ],
)
def test_a_key_that_is_not_taken_is_a_matter_of_that_host(
    transport: SshTransport, host: Make, aws: FakeAws, error: CloudError, ending: Ending
) -> None:
    if ending is Ending.UNREACHABLE:
        error.__cause__ = ClientError(
            {
                "Error": {"Code": "EC2InstanceNotFoundException", "Message": "gone"},
                "ResponseMetadata": {"HTTPStatusCode": 400},
            },
            "SendSSHPublicKey",
        )
    aws.instance_connect.script("send_key", error)
    found = ended(transport.send(hosts_of(host, 1), ("true",), seconds=9), 1)
    assert found["i-1"].ending is ending


def test_a_throttled_cloud_is_asked_once_a_look_and_not_for_ever(
    transport: SshTransport, host: Make, aws: FakeAws
) -> None:
    errors = [ThrottledError("slow down") for _ in range(module.MOST_REFUSALS + 1)]
    aws.instance_connect.script("send_key", *errors)
    sent = transport.send(hosts_of(host, 1, 2, 3), ("true",), seconds=9)
    for number in range(2, module.MOST_REFUSALS + 1):
        assert sent.look() == {}
        assert len(aws.instance_connect.calls) == number
    with pytest.raises(ThrottledError):
        sent.look()


def test_a_permission_that_is_missing_is_told_once_for_all(
    transport: SshTransport, host: Make, aws: FakeAws
) -> None:
    error = CloudError("not authorized: ec2-instance-connect:SendSSHPublicKey")
    error.__cause__ = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "Send")
    aws.instance_connect.script("send_key", error)
    with pytest.raises(CloudError, match="not authorized"):
        transport.send(hosts_of(host, 1), ("true",), seconds=9)


def test_the_key_of_a_run_goes_with_it(aws: FakeAws, clock: Clock) -> None:
    with open_ssh(aws, SshSettings(), clock) as transport:
        assert transport.key.stat().st_mode & 0o077 == 0
        assert transport.key.parent.stat().st_mode & 0o077 == 0
        folder = transport.key.parent
    assert not folder.exists()


def test_without_openssh_it_is_said_what_to_install(
    aws: FakeAws, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with (
        pytest.raises(CdinfraError, match="ssh-keygen cannot be run") as caught,
        open_ssh(aws, SshSettings(), clock),
    ):
        pass
    assert "openssh-client" in caught.value.hint


def test_the_keys_of_a_host_are_those_that_it_showed_last_itself() -> None:
    keys = keys_on_console(CONSOLE)
    assert keys == ("ssh-ed25519 AAAA/new",)
    assert known_hosts_lines("i-1", keys) == "i-1 ssh-ed25519 AAAA/new\n"
    assert keys_on_console("booting\n-----END SSH HOST KEY KEYS-----\n") == ()


def test_the_command_line_checks_the_host_and_asks_nobody(host: Make, tmp_path: Path) -> None:
    key, known_hosts = tmp_path / "a b", tmp_path / "100%"
    where = host("i-1", public_address="203.0.113.7")
    settings = SshSettings(user="admin", own_config=False)
    words = ssh_words(where, settings, key=key, known_hosts=known_hosts, command="true")
    assert words[:4] == ["ssh", "-T", "-F", "none"]
    assert words[-3:] == ["--", "admin@10.0.0.7", "true"]
    for option in (
        "BatchMode=yes",
        "StrictHostKeyChecking=yes",
        "HostKeyAlias=i-1",
        "IdentityAgent=none",
        f'IdentityFile="{tmp_path}/a b"',
        f'UserKnownHostsFile="{tmp_path}/100%%" ~/.ssh/known_hosts',
    ):
        assert option in words
    own = SshSettings(key=key, is_public=True)
    words = ssh_words(where, own, key=key, known_hosts=known_hosts, command="true")
    assert words[-2] == "ec2-user@203.0.113.7"
    assert not {"IdentityAgent=none", "-F"} & set(words)


def test_whoever_is_not_root_becomes_it() -> None:
    asked = remote_command("true", SshSettings(user="admin"), seconds=9)
    assert asked.startswith("sudo -n timeout --kill-after=5 9 sh -c ")
    assert remote_command("true", SshSettings(user="root"), seconds=9).startswith("timeout ")
