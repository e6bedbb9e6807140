"""What a host does at boot, at a reboot and when the timer fires."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cdinfra.cloudinit import DataVolume, StaysUp, SwapOrder
from cdinfra.cloudinit.agent.main import main
from cdinfra.cloudinit.agent.release import STATE_FILE
from cdinfra.cloudinit.agent.system import Answer, Ran

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from conftest import FakeHost

    from cdinfra.cloudinit import HostConfig

    Settle = Callable[[HostConfig], FakeHost]


def run(
    host: FakeHost, capsys: pytest.CaptureFixture[str], *argv: str
) -> tuple[int, dict[str, Any]]:
    code = main(argv, host)  # type: ignore[arg-type] # has System's methods
    return code, json.loads(capsys.readouterr().out.splitlines()[-1])


def state_of(host: FakeHost) -> dict[str, Any]:
    return dict(json.loads(host.path(STATE_FILE).read_text(encoding="utf-8")))


def test_a_first_boot_runs_the_release_of_the_tags_and_signals_success(
    settle: Settle, config: HostConfig, release: str, capsys: pytest.CaptureFixture[str]
) -> None:
    host = settle(config)
    code, result = run(host, capsys, "converge", "--signal")
    assert (code, result["outcome"], result["release"]) == (0, "changed", release)
    (container,) = host.engine.containers.values()
    assert container["body"]["Image"] == release
    assert container["running"]
    assert "dnat to 198.18.0.2:8080" in host.rules
    assert host.sent("SignalResource") == [
        {
            "Action": "SignalResource",
            "Version": "2010-05-15",
            "StackName": "shop-dev-web",
            "LogicalResourceId": "Hosts",
            "UniqueId": "i-0123456789abcdef0",
            "Status": "SUCCESS",
        }
    ]
    assert state_of(host)["release"] == release


def test_a_secret_is_in_no_argument_no_file_and_no_output(
    settle: Settle, config: HostConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    host = settle(config)
    main(["converge", "--signal"], host)  # type: ignore[arg-type] # has System's methods
    texts = [*host.said, capsys.readouterr().out, repr(host.ran)]
    files = [p.read_text(encoding="utf-8") for p in host.root.rglob("*") if p.is_file()]
    assert files
    assert not [text for text in texts + files if "word's" in text or "sekrit" in text]


def test_the_second_run_changes_nothing_and_signals_no_more(
    settle: Settle, config: HostConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    host = settle(config)
    run(host, capsys, "converge", "--signal")
    before = list(host.engine.history)
    code, result = run(host, capsys, "converge", "--signal")
    assert (code, result["outcome"]) == (0, "unchanged")
    assert host.engine.history == before
    assert len(host.sent("SignalResource")) == 1


def test_after_a_reboot_the_container_that_docker_started_gets_its_ports_back(
    settle: Settle, config: HostConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    host = settle(config)
    run(host, capsys, "converge", "--signal")
    host.rules = ""
    code, result = run(host, capsys, "converge", "--signal")
    assert (code, result["outcome"]) == (0, "unchanged")
    assert "dnat to 198.18.0.2:8080" in host.rules
    assert len(host.engine.containers) == 1


def test_a_container_that_does_not_serve_after_a_reboot_is_replaced(
    settle: Settle, config: HostConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    host = settle(config)
    run(host, capsys, "converge", "--signal")
    host.rules = ""
    host.app = lambda url: Answer(500 if "198.18.0.2:" in url else 200, {}, b"")
    code, result = run(host, capsys, "converge", "--signal")
    assert (code, result["outcome"]) == (0, "changed")
    assert "dnat to 198.18.0.3:8080" in host.rules
    assert len(host.engine.containers) == 1


def test_no_release_yet_is_a_success(
    settle: Settle, config: HostConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    host = settle(config)
    host.tags = {"cdinfra:release": "", "cdinfra:stack": "shop-dev-web"}
    code, result = run(host, capsys, "converge", "--signal")
    assert (code, result["outcome"]) == (0, "idle")
    assert host.sent("SignalResource")[0]["Status"] == "SUCCESS"


def test_an_unhealthy_container_fails_the_boot_with_its_last_lines(
    settle: Settle, config: HostConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    host = settle(config)
    host.app = lambda _url: Answer(503, {}, b"warming up")
    code, result = run(host, capsys, "converge", "--signal")
    assert (code, result["outcome"]) == (1, "failed")
    assert result["message"] == "not healthy after 60 s: GET /health answered 503: warming up"
    assert result["log"] == ["boom: no database"]
    assert not host.engine.containers
    assert host.sent("SignalResource")[0]["Status"] == "FAILURE"
    (events,) = host.sent("PutLogEvents")
    assert events["logStreamName"] == "i-0123456789abcdef0/cdinfra-host"
    assert [event["message"] for event in events["logEvents"]] == [
        "cdinfra-host: not healthy after 60 s: GET /health answered 503: warming up",
        "boom: no database",
    ]


def test_a_new_settings_file_starts_a_new_container_of_the_same_release(
    settle: Settle, config: HostConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    run(settle(config), capsys, "converge")
    assert config.container is not None
    container = replace(config.container, environment={"MOTD": "other"})
    host = settle(replace(config, container=container))
    assert run(host, capsys, "converge")[1]["outcome"] == "changed"
    (only,) = host.engine.containers.values()
    assert only["body"]["Env"][0] == "MOTD=other"


def test_the_old_container_serves_until_the_new_one_is_healthy(
    settle: Settle, config: HostConfig, next_release: str, capsys: pytest.CaptureFixture[str]
) -> None:
    host = settle(config)
    run(host, capsys, "converge")
    host.engine.history.clear()
    code, result = run(host, capsys, "deploy", next_release, "--generation", "1")
    assert (code, result["outcome"]) == (0, "changed")
    verbs = [line.split()[0] for line in host.engine.history]
    assert verbs == ["pull", "create", "start", "nft", "stop", "delete"]


def test_an_image_that_cannot_share_its_folders_stops_first(
    settle: Settle, config: HostConfig, next_release: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert config.container is not None
    container = replace(config.container, swap=SwapOrder.STOP_FIRST)
    host = settle(replace(config, container=container))
    run(host, capsys, "converge")
    host.engine.history.clear()
    run(host, capsys, "deploy", next_release, "--generation", "1")
    verbs = [line.split()[0] for line in host.engine.history]
    assert verbs == ["pull", "stop", "create", "start", "nft", "delete"]
    host.engine.dies.add(next_release)
    host.engine.history.clear()
    code, _ = run(host, capsys, "deploy", next_release, "--generation", "2", "--again")
    assert code == 1
    verbs = [line.split()[0] for line in host.engine.history]
    assert verbs == ["stop", "create", "start", "logs", "delete", "start"]


def test_a_worker_without_ports_needs_no_rules(
    settle: Settle, config: HostConfig, next_release: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert config.container is not None
    worker = replace(config.container, ports=(), health=StaysUp(seconds=5))
    host = settle(replace(config, container=worker))
    assert run(host, capsys, "converge")[1]["outcome"] == "changed"
    assert run(host, capsys, "converge")[1]["outcome"] == "unchanged"
    run(host, capsys, "deploy", next_release, "--generation", "1")
    assert not [argv for argv, _ in host.ran if argv[0] in ("nft", "iptables", "conntrack")]


def test_a_fixed_host_takes_over_its_volume_and_address_before_docker_starts(
    settle: Settle, config: HostConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    host = settle(replace(config, data_volume=DataVolume(mount_point="/srv/data")))
    host.tags = {
        **(host.tags or {}),
        "cdinfra:data-volume": "vol-0a",
        "cdinfra:elastic-ip": "eipalloc-1",
    }
    mounted: list[str] = []

    def attached(content: dict[str, str]) -> Answer:
        host.write("/sys/class/block/nvme1n1/device/serial", content["VolumeId"].replace("-", ""))
        return Answer(200, {}, b"")

    def mount(argv: list[str], _stdin: str) -> Ran:
        mounted.append(argv[-1])
        return Ran(0, "", "")

    host.aws["AttachVolume"] = attached
    host.programs["mountpoint"] = lambda _argv, _stdin: Ran(int(not mounted), "", "")
    host.programs["mount"] = mount
    assert run(host, capsys, "converge")[1]["outcome"] == "changed"
    assert mounted == ["/srv/data"]
    names = [argv[0] for argv, _ in host.ran]
    assert names.index("mount") < names.index("systemctl", names.index("mount"))
    assert run(host, capsys, "converge")[1]["outcome"] == "unchanged"
    assert (len(host.sent("AttachVolume")), len(host.sent("AssociateAddress"))) == (1, 1)


def test_a_volume_that_may_not_be_attached_fails_the_boot_and_starts_nothing(
    settle: Settle, config: HostConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    host = settle(replace(config, data_volume=DataVolume(mount_point="/srv/data")))
    host.tags = {**(host.tags or {}), "cdinfra:data-volume": "vol-0a"}
    host.programs["mountpoint"] = lambda _argv, _stdin: Ran(1, "", "")
    host.aws["AttachVolume"] = lambda _content: Answer(403, {}, b"UnauthorizedOperation")
    code, result = run(host, capsys, "converge", "--signal")
    assert code == 1
    assert result["message"] == "the data volume vol-0a is not attached: UnauthorizedOperation"
    assert [signal["Status"] for signal in host.sent("SignalResource")] == ["FAILURE"]
    assert not host.engine.containers


def test_a_signal_that_is_refused_does_not_fail_the_boot(
    settle: Settle, config: HostConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    host = settle(config)
    text = b"<Error><Code>ValidationError</Code><Message>not waiting</Message></Error>"
    host.aws["SignalResource"] = lambda _content: Answer(400, {}, text)
    code, _ = run(host, capsys, "converge", "--signal")
    assert code == 0
    assert "the signal was refused: ValidationError not waiting" in host.said
    run(host, capsys, "converge", "--signal")
    assert len(host.sent("SignalResource")) == 1


def test_a_signal_that_got_nowhere_is_sent_again_by_the_timer(
    settle: Settle, config: HostConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    host = settle(config)
    host.aws["SignalResource"] = lambda _content: Answer(503, {}, b"")
    assert run(host, capsys, "converge", "--signal")[0] == 0
    del host.aws["SignalResource"]
    host.requests.clear()
    run(host, capsys, "converge", "--signal")
    assert len(host.sent("SignalResource")) == 1


def test_a_failed_installation_is_tried_again_and_then_signalled(
    settle: Settle, config: HostConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    host = settle(config)
    host.programs["dpkg-query"] = lambda _argv, _stdin: Ran(1, "", "")
    host.programs["apt-get"] = lambda _argv, _stdin: Ran(100, "", "E: no mirror\n")
    code, result = run(host, capsys, "converge", "--signal")
    assert (code, result["message"]) == (1, "apt-get: E: no mirror")
    assert len([argv for argv, _ in host.ran if argv[0] == "apt-get"]) == 3
    assert host.sent("SignalResource")[0]["Status"] == "FAILURE"


def test_metadata_without_tags_says_what_is_to_be_enabled(
    settle: Settle, config: HostConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    host = settle(config)
    host.tags = None
    code, result = run(host, capsys, "converge")
    assert code == 1
    assert "InstanceMetadataTags" in result["message"]


def test_a_host_without_settings_says_so(
    fake_host: FakeHost, capsys: pytest.CaptureFixture[str]
) -> None:
    code, result = run(fake_host, capsys, "status")
    assert (code, result["outcome"]) == (2, "invalid")
    assert "/etc/cdinfra/host.json cannot be read" in result["message"]


def test_a_container_left_by_an_interrupted_run_is_removed(
    settle: Settle, config: HostConfig, next_release: str, capsys: pytest.CaptureFixture[str]
) -> None:
    host = settle(config)
    run(host, capsys, "converge")
    (only,) = host.engine.containers.values()
    body = json.loads(json.dumps(only["body"]))
    body["Image"] = body["Labels"]["cdinfra.release"] = next_release
    stray = {**only, "id": "stray", "body": body, "created": 99}
    host.engine.containers["stray"] = stray
    assert run(host, capsys, "converge")[1]["outcome"] == "unchanged"
    assert list(host.engine.containers) == [only["id"]]


def test_another_run_at_work_is_waited_for_and_then_reported(
    settle: Settle, config: HostConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    import fcntl  # noqa: PLC0415 - as the agent does

    host = settle(config)
    host.write("/run/cdinfra-host.lock", "")
    with host.path("/run/cdinfra-host.lock").open("a", encoding="utf-8") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        code, result = run(host, capsys, "converge")
    assert (code, result["outcome"]) == (4, "busy")
    assert result["seconds"] == 900


def test_even_a_fault_of_the_agent_is_signalled_and_printed_as_json(
    settle: Settle, config: HostConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    host = settle(config)

    def broken(_url: str) -> Answer:
        raise ZeroDivisionError

    host.app = broken
    code, result = run(host, capsys, "converge", "--signal")
    assert (code, result["message"]) == (1, "unexpected: ZeroDivisionError()")
    assert host.sent("SignalResource")[0]["Status"] == "FAILURE"
