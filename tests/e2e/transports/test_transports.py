"""Both transports on real hosts: the agent's verbs, hostile words, limits, dead hosts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest

from cdinfra.aws.cloud import ConnectedAws
from cdinfra.aws.fake_hosts import FakeHostLogs
from cdinfra.cloudinit.host import AGENT_PATH
from cdinfra.deploy.clock import SYSTEM_CLOCK
from cdinfra.deploy.host_report import HostReport, parse_report
from cdinfra.rollout.agent_result import AgentOutcome, parse_result
from cdinfra.rollout.transport import Ending
from cdinfra.rollout.transports.ssh import open_ssh
from cdinfra.rollout.transports.ssh_command import SshSettings

if TYPE_CHECKING:
    from conftest import Fleet

    from cdinfra.aws.host_logs import HostLogs
    from cdinfra.local.hosts.docker import Docker

pytestmark = pytest.mark.long

HOSTILE = (
    "$(touch /tmp/owned)",
    "`id`",
    "it's",
    'say "hi"',
    "two\nlines",
    "a\\b",
    "*",
    "-n",
    "",
    "ü €",
    "; exit 3",
    "%s {} #",
)

OTHER_KEYS = """-----BEGIN SSH HOST KEY KEYS-----
ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPAK5d2xqbtVGcGBAtNhsCSpVGPnVVBEUvWYhVZQVjsz root@other
-----END SSH HOST KEY KEYS-----
"""

both = pytest.mark.parametrize("transport", ["ssm", "ssh"])


@both
def test_all_hosts_are_reachable(fleet: Fleet, transport: str) -> None:
    assert len(fleet.hosts) == 2
    assert fleet.transports[transport].unreachable(fleet.hosts) == {}


@both
def test_hosts_say_what_they_run(fleet: Fleet, transport: str) -> None:
    for ended in fleet.run(transport, AGENT_PATH, "status"):
        assert (ended.ending, ended.exit_code) == (Ending.DONE, 0), ended
        report = parse_report(ended.output)
        assert isinstance(report, HostReport)
        assert report.is_current, report


@pytest.mark.parametrize(("transport", "number"), [("ssm", 1), ("ssh", 2)])
def test_a_release_is_pulled_and_then_deployed(fleet: Fleet, transport: str, number: int) -> None:
    release = fleet.releases[number]
    outcomes = []
    for verb in (
        ("pull", release),
        ("pull", release),
        ("deploy", release, "--generation", str(number), "--keep-image", fleet.releases[0]),
        ("deploy", release, "--generation", "0"),
    ):
        ended = fleet.run(transport, AGENT_PATH, *verb, seconds=120)
        results = [parse_result(each.output) for each in ended]
        assert results[0].outcome is results[1].outcome, results
        outcomes.append((results[0].outcome, ended[0].exit_code))
    assert outcomes == [
        (AgentOutcome.PULLED, 0),
        (AgentOutcome.PRESENT, 0),
        (AgentOutcome.CHANGED, 0),
        (AgentOutcome.REFUSED, 3),
    ]


@both
def test_words_arrive_exactly(fleet: Fleet, transport: str) -> None:
    script = (
        "import sys; print(ascii(sys.argv[1:]), flush=True); print('and this', file=sys.stderr)"
    )
    words = ("python3", "-c", script, *HOSTILE)
    for ended in fleet.run(transport, *words, last_line=False):
        assert ended.output == f"{list(HOSTILE)!a}\nand this\n"
    for ended in fleet.run(transport, "test", "-e", "/tmp/owned"):  # noqa: S108 - must not be there
        assert (ended.ending, ended.exit_code) == (Ending.DONE, 1)


@both
def test_exit_codes_come_back_and_programs_run_as_root(fleet: Fleet, transport: str) -> None:
    for code, told in ((0, 0), (7, 7), (194, 193), (255, 254)):
        for ended in fleet.run(transport, "sh", "-c", f"id -un; exit {code}"):
            assert (ended.ending, ended.exit_code) == (Ending.DONE, told), ended
            assert ended.output == "root\n"


@both
def test_long_output_comes_whole(fleet: Fleet, transport: str) -> None:
    for ended in fleet.run(transport, "seq", "4000", last_line=False):
        assert ended.output.splitlines() == [str(each) for each in range(1, 4001)]


@both
def test_what_runs_too_long_is_ended(fleet: Fleet, transport: str) -> None:
    for ended in fleet.run(transport, "sleep", "4713", seconds=5):
        assert (ended.ending, ended.exit_code) == (Ending.TIMED_OUT, None), ended
    for ended in fleet.run(transport, "pgrep", "-f", "sleep [4]713"):
        assert ended.exit_code == 1, ended


@both
def test_what_is_called_off_is_told_so(fleet: Fleet, transport: str) -> None:
    sent = fleet.transports[transport].send(fleet.hosts, ("sleep", "30"), seconds=60)
    assert sent.look() == {}
    sent.cancel()
    ended = fleet.ended(sent, fleet.hosts)
    assert {each.ending for each in ended.values()} == {Ending.CANCELLED}


def test_a_host_that_shows_another_key_is_not_spoken_to(fleet: Fleet) -> None:
    logs = FakeHostLogs()
    for each in fleet.hosts:
        logs.consoles[each.instance_id] = OTHER_KEYS
    assert isinstance(fleet.aws, ConnectedAws)
    aws = replace(fleet.aws, host_logs=cast("HostLogs", logs))
    with open_ssh(aws, SshSettings(own_config=False), SYSTEM_CLOCK) as ssh:
        found = ssh.unreachable(fleet.hosts)
    assert found == {each.instance_id: "Host key verification failed." for each in fleet.hosts}


def test_exec_and_logs_show_all_hosts(fleet: Fleet) -> None:
    done = fleet.checkout.cdinfra("exec", "web", "--", "echo", "it's $(id)")
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(done.stdout.splitlines()) == sorted(
        f"{each.instance_id}  it's $(id)" for each in fleet.hosts
    )
    over_ssh = fleet.checkout.cdinfra("exec", "web", "--transport", "ssh", "--", "false")
    assert over_ssh.returncode == 1, over_ssh.stderr
    shown = fleet.checkout.cdinfra("logs", "web", "--since", "1h")
    assert shown.returncode == 0, shown.stderr
    assert {line.split()[1] for line in shown.stdout.splitlines()} == {
        each.instance_id for each in fleet.hosts
    }


def test_a_host_that_was_killed_is_unreachable(fleet: Fleet, docker: Docker) -> None:
    """The last one: it leaves one host."""
    dead, alive = fleet.hosts
    label = f"label=cdinfra.instance={dead.instance_id}"
    docker.run("kill", docker.run("ps", "--quiet", "--filter", label))
    ssm, ssh = fleet.transports["ssm"], fleet.transports["ssh"]
    fleet.wait(
        lambda: set(ssm.unreachable((dead, alive))) == {dead.instance_id},
        seconds=30,
        what="SSM misses the host",
    )
    ways = [each.send((dead, alive), ("echo", "here"), seconds=10) for each in (ssm, ssh)]
    assert set(ssh.unreachable((dead, alive))) == {dead.instance_id}
    for sent in ways:
        ended = fleet.ended(sent, (dead, alive))
        assert ended[dead.instance_id].ending is Ending.UNREACHABLE, ended
        assert ended[alive.instance_id].output == "here\n"
