"""Every setting of a container is checked when it is given."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.cloudinit import (
    Container,
    HttpHealthCheck,
    ImageHealthCheck,
    PortMapping,
    Secret,
    Sidecar,
    StaysUp,
    Ulimit,
    Volume,
)
from cdinfra.cloudinit.agent import release as agent_release
from cdinfra.cloudinit.engine_request import build_create_request
from cdinfra.errors import InvalidInputError
from cdinfra.model.release import IMAGE_PATTERN, RELEASE_PATTERN

IMAGE = "proxy@sha256:" + "c" * 64

WRONG: list[tuple[Callable[[], object], str]] = [
    (lambda: PortMapping(host=0, container=80), "container/ports/host: 0 is not allowed"),
    (lambda: PortMapping(host=80, container=65536), "container/ports/container"),
    (lambda: PortMapping(host=80, container=80, protocol="tpc"), "did you mean 'tcp'?"),
    (lambda: PortMapping(host=True, container=80), "container/ports/host"),
    (lambda: Secret(name="A B", id="/x"), "container/secrets/name"),
    (lambda: Secret(name="A", id="/x y"), "container/secrets/id"),
    (lambda: Secret(name="A", id="/x", source="smm"), "did you mean 'ssm'?"),
    (lambda: Volume(host_path="srv", container_path="/x"), "container/volumes/host_path"),
    (lambda: Volume(host_path="/a/../b", container_path="/x"), "container/volumes/host_path"),
    (lambda: Volume(host_path="/a", container_path="/"), "container/volumes/container_path"),
    (lambda: Ulimit(name="nofiles", soft=1, hard=1), "did you mean 'nofile'?"),
    (lambda: Ulimit(name="nofile", soft=2, hard=1), "is above the hard limit 1"),
    (lambda: Container(environment={"FOO BAR": "x"}), "container/environment/FOO BAR"),
    (lambda: Container(environment={"A": "x\0"}), "container/environment/A: has a NUL"),
    (lambda: Container(environment={"A": 1}), "1 is not a string"),  # type: ignore[dict-item]
    (lambda: Container(memory_mebibytes=5), "from 6 to"),
    (lambda: Container(cpus=0), "container/cpus"),
    (lambda: Container(user="-x"), "container/user"),
    (lambda: Container(stop_signal="SIGTREM"), "did you mean 'SIGTERM'?"),
    (lambda: Container(capabilities_added=("NET_ADMN",)), "did you mean 'NET_ADMIN'?"),
    (lambda: Container(log_driver="awslog"), "did you mean 'awslogs'?"),
    (lambda: Container(log_options={"tag": "x"}), "needs a log_driver"),
    (lambda: Container(swap="start"), "did you mean 'start-first'?"),
    (lambda: Container(stop_grace_seconds=-1), "container/stop_grace_seconds"),
    (lambda: Container(working_directory="srv"), "container/working_directory"),
    (lambda: Container(entrypoint=("x\0",)), "container/entrypoint: has a NUL"),
    (lambda: Container(tmpfs=("/",)), "container/tmpfs: cannot be /"),
    (lambda: Container(tmpfs=("cache",)), "container/tmpfs"),
    (lambda: Container(processes=0), "container/processes"),
    (lambda: Container(shared_memory_mebibytes=0), "container/shared_memory_mebibytes"),
    (lambda: Container(disk_free_mebibytes=-1), "container/disk_free_mebibytes"),
    (lambda: Sidecar(name="a_b", image=IMAGE), "sidecars/a_b/name"),
    (lambda: Sidecar(name="a", image=IMAGE), "sidecars/a/name"),
    (lambda: Sidecar(name="proxy", image="a//" + IMAGE), "sidecars/proxy/image"),
    (lambda: Sidecar(name="app", image=IMAGE), "'app' is the release's own container"),
    (lambda: Sidecar(name="proxy", image="proxy:1"), "sidecars/proxy/image"),
    (lambda: Sidecar(name="proxy", image=IMAGE, cpus=0), "sidecars/proxy/cpus"),
    (lambda: Container(health="ok"), "'ok' is not a health check"),  # type: ignore[arg-type]
    (lambda: Container(health=HttpHealthCheck()), "container/health/port: is needed"),
    (lambda: HttpHealthCheck(path="health"), "container/health/path"),
    (lambda: HttpHealthCheck(path="/a b"), "container/health/path"),
    (lambda: HttpHealthCheck(host="a\nb"), "container/health/host"),
    (lambda: HttpHealthCheck(expected_statuses=()), "expected_statuses: is empty"),
    (lambda: HttpHealthCheck(expected_statuses=(100,)), "from 200 to 599"),
    (lambda: HttpHealthCheck(timeout_seconds=0), "container/health/timeout_seconds"),
    (lambda: ImageHealthCheck(start_period_seconds=0), "from 1 to 3600"),
    (lambda: StaysUp(seconds=0), "from 1 to 3600"),
]


@pytest.mark.parametrize(("make", "message"), WRONG)
def test_a_wrong_value_is_named_with_what_is_allowed(
    make: Callable[[], object], message: str
) -> None:
    with pytest.raises(InvalidInputError) as raised:
        make()
    assert message in raised.value.message


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(InvalidInputError) as raised:
        Container(environment={"A B": "", "C": "\0"}, cpus=-1, memory_mebibytes=1, user="")
    assert [problem.path for problem in raised.value.problems] == [
        "container/environment/A B",
        "container/environment/C",
        "container/user",
        "container/memory_mebibytes",
        "container/cpus",
    ]


def test_the_same_thing_twice_is_a_problem() -> None:
    port = PortMapping(host=80, container=8080)
    secret = Secret(name="A", id="/a")
    with pytest.raises(InvalidInputError) as raised:
        Container(ports=(port, port), secrets=(secret,), environment={"A": "x"})
    assert raised.value.message.splitlines() == [
        "container/ports: '80/tcp' is given twice",
        "container/secrets/A: is in environment, too",
    ]


def test_one_port_may_serve_tcp_and_udp() -> None:
    tcp = PortMapping(host=443, container=443)
    assert Container(ports=(tcp, PortMapping(host=443, container=443, protocol="udp"))).ports


def test_by_default_a_container_may_nearly_nothing() -> None:
    request = build_create_request(Container(), None)
    assert request == {
        "StopSignal": "SIGTERM",
        "HostConfig": {
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges"],
            "RestartPolicy": {"Name": "unless-stopped"},
        },
    }


def test_every_setting_has_its_place_in_the_request() -> None:
    container = Container(
        environment={"B": "2", "A": "1"},
        volumes=(Volume(host_path="/srv/x", container_path="/x", read_only=True),),
        memory_mebibytes=512,
        cpus=0.5,
        user="1000:1000",
        entrypoint=("/entry", "--"),
        command=("serve", "--all"),
        working_directory="/srv",
        tmpfs=("/cache",),
        shared_memory_mebibytes=128,
        processes=200,
        init=True,
        ulimits=(Ulimit(name="nofile", soft=1024, hard=2048),),
        read_only_root=True,
        capabilities_added=("CHOWN",),
        no_new_privileges=False,
        stop_signal="SIGQUIT",
    )
    assert build_create_request(container, "/logs/web") == {
        "User": "1000:1000",
        "Entrypoint": ["/entry", "--"],
        "Cmd": ["serve", "--all"],
        "WorkingDir": "/srv",
        "Env": ["A=1", "B=2"],
        "StopSignal": "SIGQUIT",
        "HostConfig": {
            "Memory": 536870912,
            "ShmSize": 134217728,
            "PidsLimit": 200,
            "Init": True,
            "NanoCpus": 500000000,
            "Mounts": [{"Type": "bind", "Source": "/srv/x", "Target": "/x", "ReadOnly": True}],
            "Ulimits": [{"Name": "nofile", "Soft": 1024, "Hard": 2048}],
            "ReadonlyRootfs": True,
            "Tmpfs": {"/tmp": "", "/run": "", "/cache": ""},  # noqa: S108 - a mount
            "CapDrop": ["ALL"],
            "CapAdd": ["CHOWN"],
            "RestartPolicy": {"Name": "unless-stopped"},
            "LogConfig": {
                "Type": "awslogs",
                "Config": {
                    "awslogs-group": "/logs/web",
                    "mode": "non-blocking",
                    "max-buffer-size": "4m",
                },
            },
        },
    }


def test_a_volume_may_be_where_a_read_only_root_has_a_folder_in_memory() -> None:
    """Docker refuses two mounts at one place."""
    volumes = (Volume(host_path="/srv/run", container_path="/run"),)
    request = build_create_request(Container(read_only_root=True, volumes=volumes), None)
    assert list(request["HostConfig"]["Tmpfs"]) == ["/tmp"]  # noqa: S108 - a mount
    with pytest.raises(InvalidInputError, match="'/run' is a volume, too"):
        Container(tmpfs=("/run",), volumes=volumes)


def test_a_chosen_log_driver_wins_over_the_log_group() -> None:
    container = Container(log_driver="syslog", log_options={"tag": "web"})
    request: dict[str, Any] = build_create_request(container, "/logs/web")
    assert request["HostConfig"]["LogConfig"] == {"Type": "syslog", "Config": {"tag": "web"}}


TEXTS = st.text() | st.sampled_from(["$(reboot)", "`id`", "a\nb", "'\"", "\ud800", "x\0", "-v"])


def test_hosts_stacks_and_sidecars_agree_on_what_an_image_is() -> None:
    """The agent has a copy of its own, as it imports nothing."""
    assert agent_release.IMAGE.pattern == IMAGE_PATTERN
    assert f"^$|^{IMAGE_PATTERN}$" == RELEASE_PATTERN
    assert Sidecar(name="aa", image=IMAGE).image == IMAGE


@given(name=TEXTS, value=TEXTS, word=TEXTS, user=TEXTS, path=TEXTS)
def test_any_text_is_refused_or_arrives_unchanged(
    name: str, value: str, word: str, user: str, path: str
) -> None:
    try:
        volume = Volume(host_path=path, container_path=f"/in{path}")
        container = Container(
            environment={name: value}, command=(word,), user=user, volumes=(volume,)
        )
    except InvalidInputError as error:
        assert error.problems  # noqa: PT017 - the other branch is fine, too
        return
    request = json.loads(json.dumps(build_create_request(container, None)))
    assert request["Env"] == [f"{name}={value}"]
    assert request["Cmd"] == [word]
    assert request["User"] == user
    assert request["HostConfig"]["Mounts"][0]["Source"] == path


@given(value=TEXTS, word=TEXTS)
def test_values_and_arguments_take_any_text_but_nul_and_half_characters(
    value: str, word: str
) -> None:
    plain = all("\0" not in text and text.isprintable() for text in (value, word))
    if plain:
        container = Container(environment={"A": value}, command=(word,))
        assert build_create_request(container, None)["Env"] == [f"A={value}"]
    else:
        text = value.replace("\0", "").encode("utf-8", "ignore").decode()
        assert Container(environment={"A": text}).environment == {"A": text}
