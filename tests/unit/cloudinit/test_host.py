"""The user data of whole hosts."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from cdinfra.cloudinit import (
    USER_DATA_LIMIT,
    Container,
    ContentType,
    DataVolume,
    HostConfig,
    HttpHealthCheck,
    OperatingSystem,
    Part,
    PortMapping,
    Secret,
    SecretSource,
    Sidecar,
    Signal,
    Ulimit,
    Volume,
    host_user_data,
)
from cdinfra.cloudinit.host import AGENT_PATH, SETTINGS_PATH, build_cloud_config
from cdinfra.errors import InvalidInputError

GOLDEN = Path(__file__).parents[2] / "golden" / "user_data"
HEADROOM = 900

CONTAINER = Container(
    ports=(PortMapping(host=80, container=8080), PortMapping(host=443, container=8443)),
    environment={
        "DATABASE_HOST": "db.internal.example.com",
        "JAVA_OPTS": "-Xmx512m -Dfile.encoding=UTF-8",
        "LOG_LEVEL": "info",
        "MOTD": 'line one\nline "two"',
    },
    secrets=(
        Secret(name="DB_PASSWORD", id="/shop/prod/web/db-password"),
        Secret(name="API_KEY", id="/shop/prod/web/api", source=SecretSource.SECRETS_MANAGER),
    ),
    volumes=(
        Volume(host_path="/srv/uploads", container_path="/app/uploads"),
        Volume(host_path="/etc/ssl/certs", container_path="/etc/ssl/certs", read_only=True),
    ),
    memory_mebibytes=768,
    cpus=1.5,
    user="1000:1000",
    command=("serve", "--port", "8080"),
    ulimits=(Ulimit(name="nofile", soft=65536, hard=65536),),
    read_only_root=True,
    capabilities_added=("NET_BIND_SERVICE",),
    stop_signal="SIGQUIT",
    health=HttpHealthCheck(path="/health?full=1", host="shop.example.com"),
)

SIDECAR = Sidecar(
    name="proxy",
    image="123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop-prod/proxy@sha256:" + "5e" * 32,
    ports=(PortMapping(host=8080, container=8080),),
    volumes=(Volume(host_path="/srv/proxy", container_path="/etc/proxy", read_only=True),),
    memory_mebibytes=64,
    health=HttpHealthCheck(path="/-/alive"),
)

Make = Callable[[OperatingSystem], HostConfig]


def full(operating_system: OperatingSystem) -> HostConfig:
    """Return a host that uses every setting but the user's own parts."""
    return HostConfig(
        app="shop",
        env="prod",
        stack="web",
        deploy_group="shop-prod-web",
        operating_system=operating_system,
        container=CONTAINER,
        signal=Signal(logical_id="AutoScalingGroup"),
        log_group="/cdinfra/shop/prod/web",
        secrets_path="/shop/prod/web",
        data_volume=DataVolume(mount_point="/srv/data"),
        packages=("htop",),
        sidecars=(SIDECAR,),
    )


def plain(operating_system: OperatingSystem) -> HostConfig:
    """Return a host with nothing but what it needs."""
    return HostConfig(
        app="shop", env="dev", stack="jobs", deploy_group="jobs", operating_system=operating_system
    )


def with_parts(operating_system: OperatingSystem) -> HostConfig:
    """Return a host whose user data has parts of the user's own."""
    text = "#cloud-config\npackages: [htop]\nruncmd:\n- [touch, /srv/mine]\n"
    mine = Part(content_type=ContentType.CLOUD_CONFIG, file_name="mine.yaml", text=text)
    script = Part(
        content_type=ContentType.SHELL_SCRIPT, file_name="hi.sh", text="#!/bin/sh\necho hi\n"
    )
    return replace(plain(operating_system), extra_parts=(mine, script))


CASES = {
    f"{operating_system}-{make.__name__}.yaml": make(operating_system)
    for operating_system in OperatingSystem
    for make in (full, plain)
} | {"debian-12-with_parts.mime": with_parts(OperatingSystem.DEBIAN_12)}


def readable(config: HostConfig) -> str:
    """Return the user data with the agent, which has a file of its own, folded."""
    text = host_user_data(config).text()
    start = text.index("    #!/usr/bin/env python3")
    end = text.index("- path: /etc/systemd", start)
    return f"{text[:start]}    (files/cdinfra-host)\n{text[end:]}"


@pytest.mark.parametrize("name", CASES)
def test_the_user_data_is_the_golden_one(name: str) -> None:
    path, text = GOLDEN / name, readable(CASES[name])
    if os.environ.get("CDINFRA_ACCEPT_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, "run `make golden` to accept the change"


def test_no_golden_user_data_is_left_over() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == set(CASES)


@pytest.mark.parametrize("operating_system", OperatingSystem)
def test_a_host_with_every_setting_leaves_room_for_the_users_own(
    operating_system: OperatingSystem,
) -> None:
    assert host_user_data(full(operating_system)).size <= USER_DATA_LIMIT - HEADROOM


@pytest.mark.parametrize("name", CASES)
def test_the_same_settings_give_the_same_bytes(name: str) -> None:
    again = replace(CASES[name])
    assert host_user_data(again).content == host_user_data(CASES[name]).content


def files_of(config: HostConfig) -> dict[str, str]:
    return {file.path: file.content for file in build_cloud_config(config).write_files}


@pytest.mark.parametrize("operating_system", OperatingSystem)
def test_what_is_written_is_valid_where_it_has_a_syntax(operating_system: OperatingSystem) -> None:
    files = files_of(full(operating_system))
    assert json.loads(files["/etc/docker/daemon.json"])["live-restore"] is True
    settings = json.loads(files[SETTINGS_PATH])
    assert settings["container"]["create"]["User"] == "1000:1000"
    assert files[AGENT_PATH].startswith("#!/usr/bin/env python3\n")
    assert set(files) == {
        "/etc/docker/daemon.json",
        SETTINGS_PATH,
        AGENT_PATH,
        "/etc/systemd/system/cdinfra-host.service",
        "/etc/systemd/system/cdinfra-host.timer",
        "/etc/systemd/system/docker.service.d/cdinfra.conf",
    }


def test_the_last_command_is_the_one_whose_failure_cloud_init_reports() -> None:
    assert build_cloud_config(plain(OperatingSystem.DEBIAN_12)).runcmd[-1] == (
        "systemctl",
        "start",
        "cdinfra-host.service",
    )


@pytest.mark.parametrize("operating_system", OperatingSystem)
def test_each_system_installs_docker_and_the_packet_filter(
    operating_system: OperatingSystem,
) -> None:
    settings = json.loads(files_of(plain(operating_system))[SETTINGS_PATH])
    assert settings["packages"][0] in ("docker", "docker.io")
    assert "nftables" in settings["packages"]
    assert settings["package_tool"] == ("dnf" if operating_system == "al2023" else "apt")


def test_debian_gets_apparmor_without_which_docker_runs_nothing() -> None:
    settings = json.loads(files_of(plain(OperatingSystem.DEBIAN_12))[SETTINGS_PATH])
    assert "apparmor" in settings["packages"]


def test_an_xfs_volume_brings_its_tools() -> None:
    volume = DataVolume(mount_point="/srv/data", filesystem="xfs")
    config = replace(plain(OperatingSystem.DEBIAN_12), data_volume=volume)
    assert "xfsprogs" in json.loads(files_of(config)[SETTINGS_PATH])["packages"]


def test_docker_waits_for_the_data_volume() -> None:
    config = replace(plain(OperatingSystem.DEBIAN_12), data_volume=DataVolume(mount_point="/srv/d"))
    unit = files_of(config)["/etc/systemd/system/docker.service.d/cdinfra.conf"]
    assert unit == "[Unit]\nRequiresMountsFor=/srv/d\n"


def test_our_part_comes_last_and_adds_to_the_users_own() -> None:
    document = yaml.safe_load(build_cloud_config(with_parts(OperatingSystem.DEBIAN_12)).render())
    assert document["merge_how"] == [
        {"name": "list", "settings": ["append"]},
        {"name": "dict", "settings": ["no_replace", "recurse_list"]},
    ]
    text = host_user_data(with_parts(OperatingSystem.DEBIAN_12)).text()
    names = ["mine.yaml", "hi.sh", "cdinfra.yaml"]
    places = [text.index(f'filename="{name}"') for name in names]
    assert places == sorted(places)


def test_user_data_that_grows_too_large_names_the_part() -> None:
    text = "#!/bin/sh\n" + "".join(f"# {n * n * 7919} {n**5}\n" for n in range(3000))
    part = Part(content_type=ContentType.SHELL_SCRIPT, file_name="huge.sh", text=text)
    with pytest.raises(InvalidInputError, match=r"huge\.sh [0-9,]+ bytes"):
        host_user_data(replace(plain(OperatingSystem.DEBIAN_12), extra_parts=(part,)))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"app": "a b"}, "host/app: 'a b' is not allowed"),
        ({"deploy_group": ""}, "host/deploy_group"),
        ({"operating_system": "debian-13"}, "did you mean 'debian-12'?"),
        ({"log_group": "a b"}, "host/log_group"),
        ({"secrets_path": "x"}, "host/secrets_path"),
        ({"packages": ("--force",)}, "host/packages"),
    ],
)
def test_a_wrong_setting_of_a_host_is_named(wrong: dict[str, Any], message: str) -> None:
    settings: dict[str, Any] = {
        "app": "shop",
        "env": "dev",
        "stack": "web",
        "deploy_group": "web",
        "operating_system": OperatingSystem.DEBIAN_12,
    }
    with pytest.raises(InvalidInputError) as raised:
        HostConfig(**(settings | wrong))
    assert message in raised.value.message


def test_a_secret_that_the_role_may_not_read_is_found_before_the_boot() -> None:
    container = Container(secrets=(Secret(name="A", id="/shop/other/a"),))
    config = plain(OperatingSystem.DEBIAN_12)
    with pytest.raises(InvalidInputError) as raised:
        replace(config, container=container, secrets_path="/shop/dev/jobs/")
    assert "'/shop/other/a' is not below /shop/dev/jobs/" in raised.value.message


def test_a_sidecar_is_held_against_the_host_that_it_is_on() -> None:
    """Its secrets, its ports, its name, and whether there is anything to be beside."""
    secret = Secret(name="A", id="/shop/other/a")
    proxy = replace(SIDECAR, ports=(PortMapping(host=80, container=80),), secrets=(secret,))
    config = full(OperatingSystem.DEBIAN_12)
    with pytest.raises(InvalidInputError) as raised:
        replace(config, sidecars=(proxy, proxy))
    assert raised.value.message.splitlines() == [
        "host/sidecars: 'proxy' is given twice",
        "host/sidecars/proxy/ports: '80/tcp' leads to container already",
        "host/sidecars/proxy/ports: '80/tcp' leads to container already",
        "host/sidecars/proxy/secrets/A: '/shop/other/a' is not below /shop/prod/web/",
        "host/sidecars/proxy/secrets/A: '/shop/other/a' is not below /shop/prod/web/",
    ]
    with pytest.raises(InvalidInputError, match="need a container that they are beside"):
        replace(config, container=None)


@pytest.mark.parametrize("logical_id", ["", "a-b", "a b", "é", "x" * 256])
def test_a_signal_needs_a_logical_id(logical_id: str) -> None:
    with pytest.raises(InvalidInputError, match="host/signal/logical_id"):
        Signal(logical_id=logical_id)


@pytest.mark.parametrize(
    "wrong", [{"mount_point": "/a b"}, {"device": "sdf"}, {"filesystem": "ext5"}]
)
def test_a_data_volume_is_checked(wrong: dict[str, str]) -> None:
    with pytest.raises(InvalidInputError, match=f"host/data_volume/{next(iter(wrong))}"):
        DataVolume(**({"mount_point": "/srv/data"} | wrong))
