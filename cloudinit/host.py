"""Renders the user data of a Docker host.

What it writes: Docker's configuration, the host agent, its settings and its systemd units.
Then it starts the agent, which does everything else, at the first boot as at any other:
installs what is missing, runs the desired release, and signals to CloudFormation how it
went. So the user data itself stays static, and only the agent knows how things are done.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from cdinfra.cloudinit.checks import Checks
from cdinfra.cloudinit.cloud_config import CloudConfig, MergeRule, WriteFile, check_packages
from cdinfra.cloudinit.container import Container, ContainerSettings, Sidecar
from cdinfra.cloudinit.engine_request import build_create_request, build_health
from cdinfra.cloudinit.operating_system import OperatingSystem, packages_of
from cdinfra.cloudinit.user_data import Part, UserData, render_user_data

AGENT_PATH = "/usr/local/bin/cdinfra-host"
"""Where the agent is on a host."""

SETTINGS_PATH = "/etc/cdinfra/host.json"
"""Where the agent finds its settings; no secret is among them."""

UNIT_PATH = "/etc/systemd/system"

_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_LOGICAL_ID = re.compile(r"[A-Za-z0-9]{1,255}")
_LOG_GROUP = re.compile(r"[A-Za-z0-9_/.#-]{1,512}")
_SECRETS_PATH = re.compile(r"/[A-Za-z0-9_./-]{0,500}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """The resource that waits for the host to say how its first boot went.

    Attributes:
        logical_id: Logical ID in the host's own stack.
    """

    logical_id: str

    def __post_init__(self) -> None:
        """Check the name. Source: CloudFormation user guide, "Resources"."""
        checks = Checks("host/signal")
        hint = "letters and digits, at most 255"
        checks.matches("logical_id", self.logical_id, _LOGICAL_ID, hint)
        checks.done()


@dataclass(frozen=True, slots=True, kw_only=True)
class DataVolume:
    """An EBS volume that outlives the host, mounted before Docker starts.

    A filesystem is made only on a volume that has nothing on it.

    Attributes:
        mount_point: Absolute path on the host.
        device: Name under which the volume is attached. On Nitro instances, where the kernel
            gives another, the agent finds the volume by its id in the tag
            ``cdinfra:data-volume``.
        filesystem: ``ext4`` or ``xfs``.
    """

    mount_point: str
    device: str = "/dev/sdf"
    filesystem: str = "ext4"

    def __post_init__(self) -> None:
        """Check every field; fstab separates its fields by blanks."""
        checks = Checks("host/data_volume")
        checks.absolute_path("mount_point", self.mount_point)
        checks.matches(
            "mount_point",
            self.mount_point,
            re.compile(r"/[A-Za-z0-9._/-]+"),
            "letters, digits, . _ -",
        )
        checks.matches("device", self.device, re.compile(r"/dev/[a-z0-9/]+"), "such as /dev/sdf")
        checks.one_of("filesystem", self.filesystem, ("ext4", "xfs"))
        checks.done()


@dataclass(frozen=True, slots=True, kw_only=True)
class HostConfig:
    """Everything that the user data of a host says.

    Attributes:
        app: Name of the app.
        env: Name of the environment.
        stack: Name of the stack within the app.
        deploy_group: Name of the deploy group.
        operating_system: Operating system of the hosts' image.
        container: How the release's image runs; None makes a host that runs none.
        sidecars: Containers beside it, in the order in which they start.
        signal: Resource to signal at the end of the first boot.
        log_group: CloudWatch log group of the container's log and of the agent's failures.
        secrets_path: Path under which the host's role may read secrets.
        data_volume: Volume that outlives the host.
        extra_parts: Further parts of the user data, processed before ours; they can add to
            what we set, but not remove it.
        packages: Further packages of the distribution.
    """

    app: str
    env: str
    stack: str
    deploy_group: str
    operating_system: OperatingSystem
    container: Container | None = None
    signal: Signal | None = None
    log_group: str | None = None
    secrets_path: str | None = None
    data_volume: DataVolume | None = None
    extra_parts: tuple[Part, ...] = ()
    packages: tuple[str, ...] = field(default=())
    sidecars: tuple[Sidecar, ...] = ()

    def __post_init__(self) -> None:
        """Check every field, and the fields against each other."""
        checks = Checks("host")
        for name in ("app", "env", "stack", "deploy_group"):
            checks.matches(name, getattr(self, name), _LABEL, "letters, digits and . _ -")
        checks.one_of("operating_system", self.operating_system, tuple(OperatingSystem))
        if self.log_group is not None:
            checks.matches("log_group", self.log_group, _LOG_GROUP, "letters, digits, _ / . # -")
        if self.secrets_path is not None:
            checks.matches(
                "secrets_path", self.secrets_path, _SECRETS_PATH, "such as /shop/dev/web/"
            )
        check_packages(checks, self.packages)
        checks.unique("extra_parts", [OWN_PART, *(part.file_name for part in self.extra_parts)])
        _check_sidecars(checks, self)
        _check_secrets(checks, self)
        checks.done()


OWN_PART = "cdinfra.yaml"
"""File name of our own part, when the user data has others, too."""


def host_user_data(config: HostConfig) -> UserData:
    """Render the user data of a host; the same settings give the same bytes.

    Raises:
        InvalidInputError: It does not fit into what EC2 takes.
    """
    own = Part.of(build_cloud_config(config), file_name=OWN_PART)
    return render_user_data((*config.extra_parts, own))


def build_cloud_config(config: HostConfig) -> CloudConfig:
    """Build our own part of the user data.

    It comes last and is merged onto the user's parts: lists are appended, and no value
    that is set already is replaced.
    """
    return CloudConfig(
        merge_how=(
            MergeRule(name="list", settings=("append",)),
            MergeRule(name="dict", settings=("no_replace", "recurse_list")),
        )
        if config.extra_parts
        else (),
        write_files=(
            WriteFile(path="/etc/docker/daemon.json", content=_packaged("daemon.json")),
            WriteFile(path=SETTINGS_PATH, content=build_settings(config)),
            WriteFile(path=AGENT_PATH, content=_packaged("cdinfra-host"), permissions="0755"),
            *(
                WriteFile(path=f"{UNIT_PATH}/{unit}", content=_packaged(unit))
                for unit in ("cdinfra-host.service", "cdinfra-host.timer")
            ),
            *_docker_waits_for(config.data_volume),
        ),
        runcmd=(
            ("systemctl", "daemon-reload"),
            ("systemctl", "enable", "cdinfra-host.service"),
            ("systemctl", "enable", "--now", "cdinfra-host.timer"),
            ("systemctl", "start", "cdinfra-host.service"),
        ),
    )


def build_settings(config: HostConfig) -> str:
    """Return what the agent reads: JSON without secrets."""
    container, volume = config.container, config.data_volume
    settings: dict[str, Any] = {
        "app": config.app,
        "env": config.env,
        "stack": config.stack,
        "deploy_group": config.deploy_group,
        "package_tool": packages_of(config.operating_system).tool,
        "packages": _packages(config),
        "signal": None if config.signal is None else config.signal.logical_id,
        "log_group": config.log_group,
        "data_volume": None
        if volume is None
        else {
            "device": volume.device,
            "mount_point": volume.mount_point,
            "filesystem": volume.filesystem,
        },
        "container": None
        if container is None
        else {
            **_container_settings(container, config.log_group),
            "drain": container.drain_seconds,
            "swap": container.swap,
            "free": container.disk_free_mebibytes,
        },
        "sidecars": [
            {
                "name": sidecar.name,
                "image": sidecar.image,
                **_container_settings(sidecar, config.log_group),
            }
            for sidecar in config.sidecars
        ],
    }
    return _lines(settings, depth=2) + "\n"


def _lines(document: dict[str, Any], *, depth: int) -> str:
    """Write JSON with one key a line down to a depth: to be read, but not much larger."""
    lines = [
        f"{json.dumps(name)}: "
        + (
            _lines(value, depth=depth - 1)
            if isinstance(value, dict) and depth
            else json.dumps(value)
        )
        for name, value in document.items()
    ]
    return "{\n" + ",\n".join(lines) + "\n}" if lines else "{}"


def _container_settings(container: ContainerSettings, log_group: str | None) -> dict[str, Any]:
    return {
        "create": build_create_request(container, log_group),
        "secrets": [
            {"name": secret.name, "source": secret.source, "id": secret.id}
            for secret in container.secrets
        ],
        "ports": [
            {"host": port.host, "container": port.container, "protocol": port.protocol}
            for port in container.ports
        ],
        "health": build_health(container.health, container),
        "stop_grace": container.stop_grace_seconds,
    }


def _packages(config: HostConfig) -> list[str]:
    xfs = config.data_volume is not None and config.data_volume.filesystem == "xfs"
    tools = ("xfsprogs",) if xfs else ()
    names = (*packages_of(config.operating_system).names, *tools, *config.packages)
    return list(dict.fromkeys(names))


def _check_secrets(checks: Checks, config: HostConfig) -> None:
    """The role may read below the secrets path only, so anything else fails at boot."""
    if config.secrets_path is None:
        return
    base = config.secrets_path.rstrip("/") + "/"
    for path, container in _containers(config):
        for secret in container.secrets:
            inside = secret.id.startswith(("arn:", base))
            message = f"{secret.id!r} is not below {base}"
            checks.require(inside, f"{path}/secrets/{secret.name}", message)


def _check_sidecars(checks: Checks, config: HostConfig) -> None:
    """One host port leads to one container, and sidecars need something to be beside."""
    checks.unique("sidecars", [sidecar.name for sidecar in config.sidecars])
    if config.container is None and config.sidecars:
        checks.add("sidecars", "need a container that they are beside")
    leads: dict[str, str] = {}
    for path, container in _containers(config):
        for port in container.ports:
            name = f"{port.host}/{port.protocol}"
            other = leads.setdefault(name, path)
            checks.require(other == path, f"{path}/ports", f"{name!r} leads to {other} already")


def _containers(config: HostConfig) -> Iterator[tuple[str, ContainerSettings]]:
    if config.container is not None:
        yield "container", config.container
    for sidecar in config.sidecars:
        yield f"sidecars/{sidecar.name}", sidecar


def _docker_waits_for(volume: DataVolume | None) -> tuple[WriteFile, ...]:
    """Keep Docker, which starts containers by itself after a reboot, off an unmounted folder."""
    if volume is None:
        return ()
    path = f"{UNIT_PATH}/docker.service.d/cdinfra.conf"
    content = f"[Unit]\nRequiresMountsFor={volume.mount_point}\n"
    return (WriteFile(path=path, content=content),)


@cache
def _packaged(name: str) -> str:
    return files("cdinfra.cloudinit").joinpath("files", name).read_text(encoding="utf-8")
