"""Turns a typed container into the request that creates it at the Docker Engine.

The agent sends this as JSON over the engine's own socket. So no setting, however it is
spelt, ever passes through a shell, a command line or an env file, which could not hold a
value of several lines.

Source: docs.docker.com, "Docker Engine API", ContainerCreate, version 1.41.
"""

from typing import Any

from cdinfra.cloudinit.container import ContainerSettings
from cdinfra.cloudinit.health import HealthCheck, HttpHealthCheck, ImageHealthCheck, StaysUp

_MEBIBYTE = 1024 * 1024


def build_create_request(container: ContainerSettings, log_group: str | None) -> dict[str, Any]:
    """Return the body of ``POST /containers/create``, without the image and the secrets."""
    process = {
        "User": container.user,
        "Entrypoint": list(container.entrypoint),
        "Cmd": list(container.command),
        "Env": [f"{name}={value}" for name, value in sorted(container.environment.items())],
        "WorkingDir": container.working_directory,
        "StopSignal": container.stop_signal,
        "HostConfig": _host_config(container, log_group),
    }
    return _without_empty(process)


def build_health(health: HealthCheck, container: ContainerSettings) -> dict[str, Any]:
    """Return the health gate as the agent reads it."""
    match health:
        case HttpHealthCheck():
            tcp = [port.container for port in container.ports if port.protocol == "tcp"]
            return {
                "kind": "http",
                "path": health.path,
                "port": health.port or tcp[0],
                "host": health.host,
                "expected": list(health.expected_statuses),
                "start_period": health.start_period_seconds,
                "interval": health.interval_seconds,
                "timeout": health.timeout_seconds,
                "successes": health.successes,
                "follow_redirects": health.follow_redirects,
            }
        case ImageHealthCheck():
            return {"kind": "image", "start_period": health.start_period_seconds}
        case StaysUp():
            return {"kind": "stays-up", "seconds": health.seconds}


def _host_config(container: ContainerSettings, log_group: str | None) -> dict[str, Any]:
    options = ["no-new-privileges"] if container.no_new_privileges else []
    own = {volume.container_path for volume in container.volumes}
    in_memory = ("/tmp", "/run") if container.read_only_root else ()  # noqa: S108 - a mount
    return _without_empty(
        {
            "Memory": (container.memory_mebibytes or 0) * _MEBIBYTE,
            "ShmSize": (container.shared_memory_mebibytes or 0) * _MEBIBYTE,
            "PidsLimit": container.processes,
            "Init": container.init,
            "NanoCpus": round((container.cpus or 0) * 1_000_000_000),
            "Mounts": _mounts(container),
            "Ulimits": [
                {"Name": limit.name, "Soft": limit.soft, "Hard": limit.hard}
                for limit in container.ulimits
            ],
            "ReadonlyRootfs": container.read_only_root,
            "Tmpfs": {path: "" for path in (*in_memory, *container.tmpfs) if path not in own},
            "CapDrop": ["ALL"],
            "CapAdd": list(container.capabilities_added),
            "SecurityOpt": options,
            "RestartPolicy": {"Name": "unless-stopped"},
            "LogConfig": _log_config(container, log_group),
        }
    )


def _mounts(container: ContainerSettings) -> list[dict[str, Any]]:
    return [
        {
            "Type": "bind",
            "Source": volume.host_path,
            "Target": volume.container_path,
            "ReadOnly": volume.read_only,
        }
        for volume in container.volumes
    ]


def _log_config(container: ContainerSettings, log_group: str | None) -> dict[str, Any]:
    """Choose the log driver; without a choice the daemon's own, with rotation, remains.

    Non-blocking, so that an application goes on when CloudWatch Logs cannot be reached.

    Source: docs.docker.com, "Amazon CloudWatch Logs logging driver".
    """
    if container.log_driver is not None:
        return {"Type": container.log_driver, "Config": dict(sorted(container.log_options.items()))}
    if log_group is None:
        return {}
    config = {"awslogs-group": log_group, "mode": "non-blocking", "max-buffer-size": "4m"}
    return {"Type": "awslogs", "Config": config}


def _without_empty(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if value}
