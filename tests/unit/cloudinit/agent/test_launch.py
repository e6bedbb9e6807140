"""What a container is started with, and what has to be there before."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cdinfra.cloudinit import Volume
from cdinfra.cloudinit.agent.system import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import FakeHost

    from cdinfra.cloudinit import HostConfig

    Run = Callable[..., tuple[int, dict[str, Any]]]
    Settle = Callable[[HostConfig], FakeHost]


def test_folders_of_the_host_are_made(settle: Settle, config: HostConfig, run: Run) -> None:
    assert config.container is not None
    volumes = (Volume(host_path="/srv/uploads", container_path="/uploads"),)
    host = settle(replace(config, container=replace(config.container, volumes=volumes)))
    run("converge")
    assert host.path("/srv/uploads").is_dir()


def test_a_full_disk_is_found_before_the_pull(settle: Settle, config: HostConfig, run: Run) -> None:
    host = settle(config)
    host.free = 100 * 1024**2
    code, result = run("converge")
    assert code == 1
    assert result["message"] == "100 MiB are free, 1024 are needed to pull"
    assert not host.engine.history


def test_an_image_that_is_here_needs_no_space_and_no_registry(
    settle: Settle, config: HostConfig, release: str, run: Run
) -> None:
    """Going back to the release before must work on a full disk."""
    host = settle(config)
    host.engine.images = [{"Id": "sha256:1", "RepoDigests": [release], "Created": 1}]
    host.free = 0
    host.engine.pull_error = "registry down"
    assert run("converge")[1]["outcome"] == "changed"


def test_a_refused_pull_is_tried_again_and_says_why(
    settle: Settle, config: HostConfig, release: str, run: Run
) -> None:
    host = settle(config)
    host.engine.pull_error = "manifest unknown"
    assert run("converge")[1]["message"] == f"cannot pull {release}: manifest unknown"
    assert host.engine.history == ["pull"] * 3


def test_the_log_driver_of_cloudwatch_is_told_where_aws_is(
    settle: Settle, config: HostConfig, run: Run
) -> None:
    def log_config() -> dict[str, str]:
        (container,) = host.engine.containers.values()
        return dict(container["body"]["HostConfig"]["LogConfig"]["Config"])

    host = settle(config)
    run("converge")
    assert "awslogs-endpoint" not in log_config()
    assert log_config()["awslogs-region"] == "eu-central-1"
    host.engine.containers.clear()
    host.write("/etc/cdinfra/endpoint", "http://127.0.0.1:4566\n")
    host.aws["SignalResource"] = lambda _content: Answer(200, {}, b"")
    run("converge")
    assert log_config()["awslogs-endpoint"] == "http://127.0.0.1:4566"


def test_the_space_that_a_pull_needs_is_a_setting(
    settle: Settle, config: HostConfig, run: Run
) -> None:
    assert config.container is not None
    host = settle(replace(config, container=replace(config.container, disk_free_mebibytes=90)))
    host.free = 100 * 1024**2
    assert run("converge")[1]["outcome"] == "changed"


def test_values_of_several_lines_and_secrets_reach_the_container_unchanged(
    settle: Settle, config: HostConfig, run: Run
) -> None:
    host = settle(config)
    run("converge")
    (container,) = host.engine.containers.values()
    assert container["body"]["Env"] == [
        "MOTD=line one\nline 'two' $(reboot)",
        "DB_PASSWORD=pass\nword's",
    ]


def test_a_secret_that_may_not_be_read_fails_before_anything_starts(
    settle: Settle, config: HostConfig, run: Run
) -> None:
    host = settle(config)
    denied = Answer(400, {}, b'{"__type":"AccessDeniedException"}')
    host.aws["GetParameter"] = lambda _content: denied
    code, result = run("converge")
    assert code == 1
    assert result["message"].startswith("ssm:GetParameter was refused: ")
    assert "AccessDeniedException" in result["message"]
    assert not host.engine.containers
