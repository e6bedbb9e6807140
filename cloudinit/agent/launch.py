"""Starts a container that serves when its gate has opened, or leaves no trace of it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from cdinfra.cloudinit.agent.engine import NETWORK, Engine
from cdinfra.cloudinit.agent.gate import Gate
from cdinfra.cloudinit.agent.images import prune_images
from cdinfra.cloudinit.agent.release import load_state
from cdinfra.cloudinit.agent.system import Failure, as_failure, persist

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cdinfra.cloudinit.agent.aws import Aws
    from cdinfra.cloudinit.agent.system import System

ENGINE_FILES = "/var/lib/docker"


class Launcher:
    """Starts containers by their settings: the release's, and sidecars.

    Args:
        system: The host.
        aws: Where logins and secrets come from.
        free: Free space in MiB below which no image is pulled: a full disk would take
            the old release, too.
    """

    def __init__(self, system: System, aws: Aws, free: int) -> None:
        self.system = system
        self.aws = aws
        self.free = free
        self.engine = Engine(system)

    def prepare(
        self, container: dict[str, Any], image: str, name: str, labels: dict[str, str]
    ) -> tuple[dict[str, Any], str]:
        """Fetch all that a container needs.

        Returns:
            The request that creates it, and its address.
        """
        self.pull(image)
        secrets = [
            f"{secret['name']}={self.aws.secret(secret['source'], secret['id'])}"
            for secret in container["secrets"]
        ]
        self.engine.need_network()
        address = self.engine.free_address()
        create = container["create"]
        host = {**create["HostConfig"], "NetworkMode": NETWORK}
        if host.get("LogConfig", {}).get("Type") == "awslogs":
            config = {**self._log_defaults(name), **host["LogConfig"]["Config"]}
            host["LogConfig"] = {"Type": "awslogs", "Config": config}
        for mount in host.get("Mounts", []):
            if not (source := self.system.path(mount["Source"])).exists():
                source.mkdir(parents=True)
        body = {
            **create,
            "Image": image,
            "Env": [*create.get("Env", []), *secrets],
            "Labels": {**labels, "cdinfra.settings": digest_of(container)},
            "HostConfig": host,
            "NetworkingConfig": {
                "EndpointsConfig": {NETWORK: {"IPAMConfig": {"IPv4Address": address}}}
            },
        }
        return body, address

    def start(
        self,
        name: str,
        body: dict[str, Any],
        gate: Callable[[str], None],
    ) -> str:
        """Start a container, pass its id to its gate, and return it; no trace where that fails."""
        self.system.say(f"starting {name}")
        made = self.engine.start(name, body)
        try:
            gate(made)
        except Exception as error:
            failure = as_failure(error)
            lines = [*failure.log, *self.engine.log_lines(made)]
            self.engine.remove(made)
            raise Failure(failure.message, log=lines) from error
        return made

    def gate(self, container: dict[str, Any]) -> Gate:
        """Return the gate of a container with such settings."""
        return Gate(self.system, self.engine, container["health"])

    def end(self, found: dict[str, Any], container: dict[str, Any]) -> None:
        """Stop and remove a container."""
        if found["State"] == "running":
            self.engine.stop(found["Id"], container["stop_grace"])
        self.engine.remove(found["Id"])

    def pull(self, image: str, protected: Sequence[str] = ()) -> str:
        """Pull the image unless it is here; a registry that refuses is asked again.

        Args:
            image: The image.
            protected: Images that do not go to make room for it.

        Returns:
            ``pulled`` or ``present``.
        """
        if self.engine.has(image):
            return "present"
        if free_mebibytes(self.system) < self.free:
            self.prune(image, *protected)
        free = free_mebibytes(self.system)
        if free < self.free:
            raise Failure(f"{free} MiB are free, {self.free} are needed to pull")
        self.system.say(f"pulling {image}")
        persist(self.system, 5, lambda: self.engine.pull(image, self.aws.registry_login(image)))
        return "pulled"

    def prune(self, *protected: str) -> None:
        """Make room, but keep some images; what cannot be removed fails nothing."""
        try:
            prune_images(self.engine, load_state(self.system), protected=protected)
        except Failure as failure:
            self.system.say(failure.message)

    def _log_defaults(self, name: str) -> dict[str, str]:
        """Return what the driver for CloudWatch Logs needs to know of this host.

        Source: docs.docker.com, "Amazon CloudWatch Logs logging driver".
        """
        metadata, endpoint = self.aws.metadata, self.aws.endpoint()
        stream = f"{metadata.instance_id()}/{name}"
        defaults = {"awslogs-region": metadata.region(), "awslogs-stream": stream}
        return {**defaults, "awslogs-endpoint": endpoint} if endpoint else defaults


def free_mebibytes(system: System) -> int:
    """Return the free space of the disk that images are on."""
    return system.free_bytes(ENGINE_FILES) // (1024 * 1024)


def runs_as(container: dict[str, Any], settings: dict[str, Any]) -> bool:
    """Return whether a container runs, and with these settings."""
    same = container["Labels"].get("cdinfra.settings") == digest_of(settings)
    return bool(same and container["State"] == "running")


def digest_of(container: dict[str, Any]) -> str:
    """Return what tells one container's settings from another's."""
    return hashlib.sha256(json.dumps(container, sort_keys=True).encode()).hexdigest()[:16]
