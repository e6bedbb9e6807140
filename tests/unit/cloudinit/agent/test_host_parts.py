"""Packages, the data volume, packet filter rules, state and the engine's texts."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.cloudinit.agent.aws import Aws
from cdinfra.cloudinit.agent.engine import Engine, demultiplexed, message_in
from cdinfra.cloudinit.agent.metadata import Metadata
from cdinfra.cloudinit.agent.prepare import install, missing_packages, uptime
from cdinfra.cloudinit.agent.release import (
    STATE_FILE,
    State,
    check_image,
    desired_release,
    load_state,
    save_state,
)
from cdinfra.cloudinit.agent.routes import build_rules, is_laid, lay, let_through
from cdinfra.cloudinit.agent.system import Answer, Failure, Ran
from cdinfra.cloudinit.agent.volume import fill_volume, find_device, mount_data_volume

if TYPE_CHECKING:
    from conftest import FakeHost

    from cdinfra.cloudinit.agent.system import System

VOLUME = {"device": "/dev/sdf", "mount_point": "/srv/data", "filesystem": "ext4"}
PORTS = [
    {"host": 80, "container": 8080, "protocol": "tcp"},
    {"host": 53, "container": 5353, "protocol": "udp"},
]


def as_system(host: FakeHost) -> System:
    return cast("System", host)


def aws_of(host: FakeHost) -> Aws:
    return Aws(as_system(host), Metadata(as_system(host)))


def test_packages_that_are_there_are_not_installed(fake_host: FakeHost) -> None:
    install(as_system(fake_host), "apt", ["docker.io", "nftables"])
    assert [argv[0] for argv, _ in fake_host.ran] == ["dpkg-query"]


def test_a_removed_package_with_files_left_counts_as_missing(fake_host: FakeHost) -> None:
    output = "config-files docker.io\ninstalled nftables\n"
    fake_host.programs["dpkg-query"] = lambda _argv, _stdin: Ran(0, output, "")
    names = ["docker.io", "nftables", "conntrack"]
    assert missing_packages(as_system(fake_host), "apt", names) == ["docker.io", "conntrack"]


def test_a_package_of_a_given_version_is_found_by_its_name(fake_host: FakeHost) -> None:
    output = "installed htop\n"
    fake_host.programs["dpkg-query"] = lambda _argv, _stdin: Ran(0, output, "")
    assert missing_packages(as_system(fake_host), "apt", ["htop=3.2.2-1"]) == []


def test_only_what_is_missing_is_installed_with_dnf(fake_host: FakeHost) -> None:
    fake_host.programs["rpm"] = lambda argv, _stdin: Ran(int(argv[-1] == "docker"), "", "")
    install(as_system(fake_host), "dnf", ["docker", "nftables"])
    assert fake_host.ran[-1][0] == ["dnf", "-q", "-y", "install", "docker"]


def test_a_volume_with_a_filesystem_is_never_formatted(fake_host: FakeHost) -> None:
    fake_host.write("/dev/sdf", "")
    fake_host.write("/etc/fstab", "UUID=root / ext4 defaults 0 1\nUUID=old /srv/data ext4 x 0 2\n")
    fake_host.programs["mountpoint"] = lambda _argv, _stdin: Ran(1, "", "")
    fake_host.programs["blkid"] = lambda _argv, _stdin: Ran(0, "1234-5678\n", "")
    fake_host.programs["mkfs.ext4"] = lambda _argv, _stdin: pytest.fail("formatted")
    mount_data_volume(as_system(fake_host), VOLUME, "/dev/sdf")
    lines = fake_host.path("/etc/fstab").read_text(encoding="utf-8").splitlines()
    assert lines == [
        "UUID=root / ext4 defaults 0 1",
        "UUID=1234-5678 /srv/data ext4 defaults,nofail,x-systemd.device-timeout=300 0 2",
    ]
    assert fake_host.ran[-1][0] == ["mount", "/srv/data"]


def test_a_blank_volume_gets_a_filesystem(fake_host: FakeHost) -> None:
    fake_host.write("/dev/sdf", "")
    fake_host.write("/etc/fstab", "")
    made: list[str] = []

    def blkid(argv: list[str], _stdin: str) -> Ran:
        blank = not made and "-s" not in argv
        return Ran(2 if blank else 0, "1234\n", "")

    def mkfs(argv: list[str], _stdin: str) -> Ran:
        made.append(argv[-1])
        return Ran(0, "", "")

    fake_host.programs |= {"blkid": blkid, "mkfs.ext4": mkfs}
    fake_host.programs["mountpoint"] = lambda _argv, _stdin: Ran(1, "", "")
    mount_data_volume(as_system(fake_host), VOLUME, "/dev/sdf")
    assert made == ["/dev/sdf"]


def test_a_volume_whose_content_is_unclear_is_left_alone(fake_host: FakeHost) -> None:
    fake_host.write("/dev/sdf", "")
    fake_host.programs["mountpoint"] = lambda _argv, _stdin: Ran(1, "", "")
    fake_host.programs["blkid"] = lambda _argv, _stdin: Ran(8, "", "ambivalent result\n")
    with pytest.raises(Failure, match="cannot tell what is on /dev/sdf: ambivalent result"):
        mount_data_volume(as_system(fake_host), VOLUME, "/dev/sdf")


def test_a_nitro_volume_is_found_by_its_id(fake_host: FakeHost) -> None:
    for number, serial in enumerate(["vol0aaa", "vol0bbb"]):
        fake_host.write(f"/sys/class/block/nvme{number}n1/device/serial", f"{serial}  \n")
    assert find_device(as_system(fake_host), "/dev/sdf", "vol-0bbb") == "/dev/nvme1n1"


def test_a_xen_volume_is_found_by_its_name(fake_host: FakeHost) -> None:
    fake_host.write("/dev/xvdf", "")
    assert find_device(as_system(fake_host), "/dev/sdf", "vol-0bbb") == "/dev/xvdf"


@pytest.mark.parametrize(
    ("filesystem", "argv"),
    [("ext4", ["resize2fs", "/dev/nvme1n1"]), ("xfs", ["xfs_growfs", "/srv/data"])],
)
def test_a_filesystem_takes_all_of_a_volume_that_has_grown(
    fake_host: FakeHost, filesystem: str, argv: list[str]
) -> None:
    fake_host.programs["findmnt"] = lambda _argv, _stdin: Ran(0, "/dev/nvme1n1\n", "")
    fill_volume(as_system(fake_host), {**VOLUME, "filesystem": filesystem})
    assert fake_host.ran[-1][0] == argv


def test_the_rules_replace_those_in_the_table_in_one_transaction_and_its_chains_stay() -> None:
    to_us = "  fib daddr type local ip daddr != { 127.0.0.0/8, 169.254.0.0/16 }"
    rules = [
        f"{to_us} tcp dport 80 dnat to 198.18.0.2:8080",
        f"{to_us} udp dport 53 dnat to 198.18.0.2:5353",
    ]
    rules += [
        f"{to_us} tcp dport 443 dnat to 198.18.0.3:8443",
        "  ip saddr 198.18.0.0/24 ip daddr 198.18.1.1 dnat to 198.18.0.2",
    ]
    beside = [{"host": 443, "container": 8443, "protocol": "tcp"}]
    targets = [(PORTS, "198.18.0.2"), (beside, "198.18.0.3")]
    assert build_rules(targets, "198.18.0.2").splitlines() == [
        "add table ip cdinfra",
        "flush table ip cdinfra",
        "table ip cdinfra {",
        " chain prerouting {",
        "  type nat hook prerouting priority -110;",
        *rules,
        " }",
        " chain output {",
        "  type nat hook output priority -110;",
        *rules,
        " }",
        " chain postrouting {",
        "  type nat hook postrouting priority 90;",
        "  ip saddr 198.18.0.0/24 ip daddr 198.18.0.0/24 ct status dnat masquerade",
        " }",
        "}",
    ]


def test_rules_are_recognised_again(fake_host: FakeHost) -> None:
    system = as_system(fake_host)
    rules = build_rules([(PORTS, "198.18.0.2")], "")
    assert not is_laid(system, rules)
    lay(system, rules)
    assert not is_laid(system, rules)
    lay(system, rules, gated=True)
    assert is_laid(system, rules)
    assert not is_laid(system, build_rules([(PORTS, "198.18.0.3")], ""))
    fake_host.rules = ""
    assert not is_laid(system, rules)


def test_dockers_firewall_is_opened_once(fake_host: FakeHost) -> None:
    fake_host.programs["iptables"] = lambda argv, _stdin: Ran(int("-C" in argv), "", "")
    let_through(as_system(fake_host))
    assert [argv[2] for argv, _ in fake_host.ran] == ["-C", "-I"]
    fake_host.ran.clear()
    fake_host.programs["iptables"] = lambda _argv, _stdin: Ran(0, "", "")
    let_through(as_system(fake_host))
    assert [argv[2] for argv, _ in fake_host.ran] == ["-C"]


def test_rules_that_are_refused_are_a_failure_with_the_reason(fake_host: FakeHost) -> None:
    fake_host.programs["nft"] = lambda _argv, _stdin: Ran(1, "", "Error: no such hook\n")
    with pytest.raises(Failure, match="nft: Error: no such hook"):
        lay(as_system(fake_host), build_rules([(PORTS, "198.18.0.2")], ""))


def test_state_outlives_the_agent(fake_host: FakeHost) -> None:
    state = State("web@sha256:" + "a" * 64, 7, "i-1", ("web@sha256:" + "b" * 64,), ("x",))
    save_state(as_system(fake_host), state)
    assert load_state(as_system(fake_host)) == state


def test_the_state_of_an_older_agent_is_read(fake_host: FakeHost) -> None:
    fake_host.write(STATE_FILE, '{"release": "web", "generation": 7, "signalled": "i-1"}')
    assert load_state(as_system(fake_host)) == State("web", 7, "i-1")


def test_uptime_is_that_of_the_first_process(fake_host: FakeHost) -> None:
    """In a container the machine's own uptime says nothing of the host."""
    ticks = os.sysconf("SC_CLK_TCK")
    fake_host.write("/proc/uptime", "5000.50 1.00\n")
    fields = " ".join(["S", *["0"] * 18, str(4700 * ticks), "0"])
    fake_host.write("/proc/1/stat", f"1 (a ) b) {fields}\n")
    assert uptime(as_system(fake_host)) == 300


@pytest.mark.parametrize("text", ["", "x", "1 (init) S", "1 (init) " + "x " * 30])
def test_an_uptime_that_cannot_be_read_is_zero(fake_host: FakeHost, text: str) -> None:
    fake_host.write("/proc/uptime", "5000.50 1.00\n")
    fake_host.write("/proc/1/stat", text)
    assert uptime(as_system(fake_host)) == 0


@given(text=st.text(max_size=60) | st.binary(max_size=20).map(lambda b: b.decode("latin-1")))
def test_a_broken_state_is_no_state(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("state") / "state.json"
    path.write_text(text, encoding="utf-8")

    class Host:
        def path(self, name: str) -> object:
            assert name == STATE_FILE
            return path

        def say(self, message: str) -> None:
            assert message

    assert load_state(cast("System", Host())) == State()


@given(text=st.text(max_size=100))
def test_no_text_but_an_image_by_digest_is_an_image(text: str) -> None:
    with pytest.raises(Failure):
        check_image(text)


@given(tag=st.text(max_size=20))
def test_any_generation_tag_is_a_number_or_a_failure(tag: str) -> None:
    image = "web@sha256:" + "a" * 64
    tags = {"cdinfra:release": image, "cdinfra:generation": tag}
    try:
        desired = desired_release(tags, State())
    except Failure as failure:
        assert failure.outcome == "invalid"  # noqa: PT017 - the other branch is fine, too
    else:
        assert desired.generation == int(tag or "0")


def test_log_streams_are_read_with_and_without_a_terminal() -> None:
    chunk = b"\1\0\0\0\0\0\0\3one" + b"\2\0\0\0\0\0\0\4\ntwo"
    assert demultiplexed(chunk) == b"one\ntwo"
    assert demultiplexed(b"plain text\n") == b"plain text\n"
    assert demultiplexed(b"") == b""


@given(body=st.binary(max_size=80))
def test_any_error_of_the_engine_has_a_message(body: bytes) -> None:
    assert message_in(body)


def test_an_address_of_another_container_is_not_taken(fake_host: FakeHost) -> None:
    for name, address in (("a", "198.18.0.2"), ("b", "198.18.0.4")):
        endpoints = {"cdinfra": {"IPAMConfig": {"IPv4Address": address}}}
        body = {"NetworkingConfig": {"EndpointsConfig": endpoints}}
        row = {"id": name, "body": body, "running": False, "created": 1, "health": []}
        fake_host.engine.containers[name] = row
    assert Engine(as_system(fake_host)).free_address() == "198.18.0.3"


def test_the_login_of_a_registry_goes_to_the_region_in_its_name(
    fake_host: FakeHost, release: str
) -> None:
    aws = aws_of(fake_host)
    login = aws.registry_login(release)
    assert login == {
        "username": "AWS",
        "password": "pass",
        "serveraddress": "123456789012.dkr.ecr.eu-central-1.amazonaws.com",
    }
    for stranger in (
        "docker.io/library/nginx",
        "123456789012.dkr.ecr.eu-central-1.amazonaws.evil.example/web",
        "123456789012.dkr.ecr.eu-central-1.amazonaws.com.evil.example/web",
        "evil.example/123456789012.dkr.ecr.eu-central-1.amazonaws.com",
    ):
        assert aws.registry_login(f"{stranger}@sha256:" + "a" * 64) is None
    assert json.dumps(fake_host.requests) == '[["GetAuthorizationToken", {}]]'


def test_where_aws_has_one_endpoint_it_says_itself_which_registry_is_its(
    fake_host: FakeHost,
) -> None:
    fake_host.write("/etc/cdinfra/endpoint", "http://127.0.0.1:4566/\n")
    login = {"authorizationToken": "QVdTOnBhc3M=", "proxyEndpoint": "http://127.0.0.1:5000"}
    fake_host.aws["GetAuthorizationToken"] = lambda _content: Answer(
        200, {}, json.dumps({"authorizationData": [login]}).encode()
    )
    aws, digest = aws_of(fake_host), "@sha256:" + "a" * 64
    assert aws.registry_login(f"127.0.0.1:5000/shop-dev/web{digest}") == {
        "username": "AWS",
        "password": "pass",
        "serveraddress": "127.0.0.1:5000",
    }
    for stranger in ("127.0.0.1:50001/web", "127.0.0.1/web", "127.0.0.1:5000.evil.example/web"):
        assert aws.registry_login(stranger + digest) is None
    assert aws.registry_login(f"nginx{digest}") is None
