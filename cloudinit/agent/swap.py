"""Makes the host run a release: starts its container, gates it, and lets it take over.

First boot, reboot, deploy and the timer all come through here, and each begins by looking
at what is there. So whatever was interrupted, the next run ends in one whole release.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cdinfra.cloudinit.agent.engine import NETWORK, Engine, address_in
from cdinfra.cloudinit.agent.gate import Gate
from cdinfra.cloudinit.agent.release import Desired, load_state, save_state
from cdinfra.cloudinit.agent.routes import lead_to, leads_to, wait_until_quiet
from cdinfra.cloudinit.agent.system import Failure, persist

if TYPE_CHECKING:
    from cdinfra.cloudinit.agent.aws import Aws
    from cdinfra.cloudinit.agent.system import System

ENGINE_FILES = "/var/lib/docker"
FREE_MEBIBYTES = 1024
"""Free space below which no image is pulled: a full disk would take the old release, too."""


class Swap:
    """One run that brings the host from what it runs to what it is to run."""

    def __init__(self, system: System, aws: Aws, settings: dict[str, Any]) -> None:
        self.system = system
        self.aws = aws
        self.engine = Engine(system)
        self.settings = settings
        self.container: dict[str, Any] = settings["container"]
        self.ports: list[dict[str, Any]] = self.container["ports"]
        self.gate = Gate(system, self.engine, self.container["health"])
        text = json.dumps(self.container, sort_keys=True)
        self.digest = hashlib.sha256(text.encode()).hexdigest()[:16]

    def reach(self, desired: Desired, *, again: bool = False) -> dict[str, Any]:
        """Make the host run a release, and return what was done.

        Args:
            desired: The release.
            again: Start a new container even where one of this release runs.
        """
        found = self.engine.containers(self.settings["stack"])
        previous = next((release_of(c) for c in found if c["State"] == "running"), "")
        current = None if again else self._current(found, desired.image)
        if current is not None and self._serves(current):
            self._remember(desired)
            self._retire([other for other in found if other["Id"] != current["Id"]])
            return {"outcome": "unchanged", "release": desired.image, "previous": previous}
        self._fence(desired)
        self._replace(found, desired)
        return {"outcome": "changed", "release": desired.image, "previous": previous}

    def _current(self, found: list[dict[str, Any]], image: str) -> dict[str, Any] | None:
        for container in found:
            same = container["Labels"].get("cdinfra.settings") == self.digest
            if same and release_of(container) == image and container["State"] == "running":
                return container
        return None

    def _serves(self, container: dict[str, Any]) -> bool:
        """Return whether a container serves, after leading the ports to it if they do not."""
        address = address_in(container)
        if not self.ports or leads_to(self.system, self.ports, address):
            return True
        try:
            self.gate.wait(container["Id"], address)
        except Failure as failure:
            self.system.say(f"the container that is here is {failure.message}")
            return False
        lead_to(self.system, self.ports, address)
        return True

    def _replace(self, found: list[dict[str, Any]], desired: Desired) -> None:
        self._pull(desired.image)
        secrets = [
            f"{secret['name']}={self.aws.secret(secret['source'], secret['id'])}"
            for secret in self.container["secrets"]
        ]
        self.engine.need_network()
        address = self.engine.free_address()
        name = f"{self.settings['stack']}-{desired.image[-64:][:12]}-{int(self.system.now())}"
        body = self._request(desired.image, secrets, (name, address))
        stopped = self._stop_first(found)
        try:
            self._start(name, body, address)
        except Exception:
            for container in stopped:
                self.engine.start_again(container["Id"])
            raise
        self._remember(desired)
        self._retire(found)

    def _pull(self, image: str) -> None:
        """Pull the image unless it is here; a registry that refuses is asked again."""
        if self.engine.has(image):
            return
        free = self.system.free_bytes(ENGINE_FILES) // (1024 * 1024)
        if free < FREE_MEBIBYTES:
            raise Failure(f"{free} MiB are free on the disk, {FREE_MEBIBYTES} are needed to pull")
        self.system.say(f"pulling {image}")
        persist(self.system, 5, lambda: self.engine.pull(image, self.aws.registry_login(image)))

    def _request(self, image: str, secrets: list[str], place: tuple[str, str]) -> dict[str, Any]:
        """Return the request that creates the container, at a name and an address."""
        name, address = place
        create = self.container["create"]
        host = {**create["HostConfig"], "NetworkMode": NETWORK}
        if host.get("LogConfig", {}).get("Type") == "awslogs":
            stream = f"{self.aws.metadata.instance_id()}/{name}"
            defaults = {"awslogs-region": self.aws.metadata.region(), "awslogs-stream": stream}
            host["LogConfig"] = {
                "Type": "awslogs",
                "Config": {**defaults, **host["LogConfig"]["Config"]},
            }
        for mount in host.get("Mounts", []):
            self.system.path(mount["Source"]).mkdir(parents=True, exist_ok=True)
        return {
            **create,
            "Image": image,
            "Env": [*create.get("Env", []), *secrets],
            "Labels": {
                "cdinfra.stack": self.settings["stack"],
                "cdinfra.release": image,
                "cdinfra.settings": self.digest,
            },
            "HostConfig": host,
            "NetworkingConfig": {
                "EndpointsConfig": {NETWORK: {"IPAMConfig": {"IPv4Address": address}}}
            },
        }

    def _stop_first(self, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Stop what runs, where two copies may not run at once; return what was stopped."""
        if self.container["swap"] != "stop-first":
            return []
        running = [container for container in found if container["State"] == "running"]
        for container in running:
            self.engine.stop(container["Id"], self.container["stop_grace"])
            container["State"] = "exited"
        return running

    def _start(self, name: str, body: dict[str, Any], address: str) -> None:
        """Start the new container and lead the ports to it, or leave no trace of it."""
        self.system.say(f"starting {name}")
        made = self.engine.start(name, body)
        try:
            self.gate.wait(made, address)
            lead_to(self.system, self.ports, address)
        except Failure as failure:
            lines = [*failure.log, *self.engine.log_lines(made)]
            self.engine.remove(made)
            raise Failure(failure.message, log=lines) from failure

    def _retire(self, found: list[dict[str, Any]]) -> None:
        """End containers that serve no more, once their connections have ended."""
        for container in found:
            if container["State"] == "running":
                if self.ports:
                    wait_until_quiet(self.system, address_in(container), self.container["drain"])
                self.engine.stop(container["Id"], self.container["stop_grace"])
            self.engine.remove(container["Id"])

    def _fence(self, desired: Desired) -> None:
        """Remember the generation before anything changes, so that no older one comes between."""
        state = load_state(self.system)
        save_state(self.system, replace(state, generation=desired.generation))

    def _remember(self, desired: Desired) -> None:
        state = load_state(self.system)
        new = replace(state, release=desired.image, generation=desired.generation)
        if new != state:
            save_state(self.system, new)


def release_of(container: dict[str, Any]) -> str:
    """Return the release that a container runs."""
    return str(container["Labels"].get("cdinfra.release", ""))
