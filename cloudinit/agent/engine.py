"""The Docker Engine, through its API: nothing passes through a command line.

The path without a version is the engine's own version of the API.

Source: docs.docker.com, "Docker Engine API".
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from cdinfra.cloudinit.agent.system import Failure

if TYPE_CHECKING:
    from cdinfra.cloudinit.agent.system import Answer, System

ENGINE = "engine://docker"
NETWORK = "cdinfra"
BRIDGE = "cdinfra0"
SUBNET = "198.18.0."
"""First three numbers of the containers' addresses: no VPC routes the range for benchmarks.

Source: RFC 2544.
"""
APP = "198.18.1.1"
"""Nobody's address: the packet filter leads what sidecars send there to the release."""


class Engine:
    """The host's Docker Engine."""

    def __init__(self, system: System) -> None:
        self.system = system

    def wait(self, seconds: int = 60) -> None:
        """Wait until the engine answers."""
        until = self.system.now() + seconds
        while True:
            try:
                if self.system.http("GET", f"{ENGINE}/_ping", timeout=5).status == 200:
                    return
                last = "it is not ready"
            except OSError as error:
                last = str(error)
            if self.system.now() >= until:
                raise Failure(f"the Docker engine does not answer: {last}")
            self.system.sleep(0.5)

    def call(self, method: str, target: str, body: Any = None, *, timeout: float = 60) -> Any:  # noqa: ANN401 - JSON
        """Call the engine; None where it knows no such object.

        304 says that a container is in the wanted state already.
        """
        headers = {"Content-Type": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        answer = self._ask(method, target, headers=headers, body=content, timeout=timeout)
        if answer.status == 404:
            return None
        if answer.status >= 300 and answer.status != 304:
            raise Failure(f"Docker: {message_in(answer.body)}")
        return json.loads(answer.body) if answer.body.strip() else {}

    def has(self, image: str) -> bool:
        """Return whether an image is here."""
        return self.call("GET", f"/images/{quote(image)}/json") is not None

    def pull(self, image: str, login: dict[str, str] | None) -> None:
        """Pull an image by digest."""
        repository, _, digest = image.partition("@")
        target = "/images/create?" + urlencode({"fromImage": repository, "tag": digest})
        auth = base64.urlsafe_b64encode(json.dumps(login or {}).encode()).decode()
        answer = self._ask("POST", target, headers={"X-Registry-Auth": auth}, timeout=600)
        last = answer.body.strip().rpartition(b"\n")[2]
        if answer.status != 200 or b'"error"' in last:
            raise Failure(f"cannot pull {image}: {message_in(last)}")

    def containers(self, label: str) -> list[dict[str, Any]]:
        """Return the containers with a label, the newest first, stopped ones included.

        Source: daemon/list.go of the engine, which sorts them so.
        """
        filters = json.dumps({"label": [label]})
        found = self.call("GET", "/containers/json?" + urlencode({"all": "1", "filters": filters}))
        return list(found or [])

    def inspect(self, name: str) -> dict[str, Any]:
        """Return everything about a container, nothing where it is gone."""
        return dict(self.call("GET", f"/containers/{name}/json") or {})

    def start(self, name: str, body: dict[str, Any]) -> str:
        """Create a container, start it, and return its id."""
        made = self.call("POST", "/containers/create?" + urlencode({"name": name}), body)
        if made is None:
            raise Failure(f"Docker: the image {body['Image']} is gone")
        try:
            self.start_again(made["Id"])
        except Failure:
            self.remove(made["Id"])
            raise
        return str(made["Id"])

    def start_again(self, name: str) -> None:
        """Start a container that is stopped."""
        if self.call("POST", f"/containers/{name}/start") is None:
            raise Failure(f"Docker: the container {name[:12]} is gone")

    def stop(self, name: str, grace: int) -> None:
        """Ask a container to end; kill it after the grace time."""
        self.call("POST", f"/containers/{name}/stop?t={grace}", timeout=grace + 30)

    def remove(self, name: str) -> None:
        """Remove a container and its anonymous volumes, running or not."""
        self.call("DELETE", f"/containers/{name}?force=1&v=1")

    def log_lines(self, name: str, count: int = 20) -> list[str]:
        """Return a container's last lines, as far as its log driver lets them be read."""
        target = f"/containers/{name}/logs?stdout=1&stderr=1&tail={count}"
        answer = self._ask("GET", target, timeout=60)
        if answer.status != 200:
            return [f"(no log: {message_in(answer.body)})"]
        text = demultiplexed(answer.body).decode("utf-8", "replace")
        return [line[:500] for line in text.splitlines()[-count:]]

    def need_network(self) -> None:
        """Make the network in which containers have addresses of our choice."""
        if self.call("GET", f"/networks/{NETWORK}") is not None:
            return
        body = {
            "Name": NETWORK,
            "Driver": "bridge",
            "IPAM": {"Config": [{"Subnet": f"{SUBNET}0/24", "Gateway": f"{SUBNET}1"}]},
            "Options": {"com.docker.network.bridge.name": BRIDGE},
        }
        self.call("POST", "/networks/create", body)

    def free_address(self) -> str:
        """Return an address that no container of any kind has in our network."""
        everything = self.call("GET", "/containers/json?all=1") or []
        taken = {address_in(container) for container in everything}
        return next(a for a in (f"{SUBNET}{n}" for n in range(2, 255)) if a not in taken)

    def _ask(self, method: str, target: str, **options: Any) -> Answer:  # noqa: ANN401 - as System.http
        try:
            return self.system.http(method, ENGINE + target, **options)
        except OSError as error:
            raise Failure(f"the Docker engine does not answer: {error}") from error


def address_in(container: dict[str, Any]) -> str:
    """Return the address that a container has, or is to have, in our network."""
    networks = container.get("NetworkSettings", {}).get("Networks") or {}
    ours = networks.get(NETWORK) or {}
    return str((ours.get("IPAMConfig") or {}).get("IPv4Address") or ours.get("IPAddress") or "")


def message_in(body: bytes) -> str:
    """Return what an error of the engine says."""
    try:
        found = json.loads(body)
        return str(found.get("message") or found.get("error") or found)[:500]
    except (ValueError, AttributeError):
        return body.decode("utf-8", "replace").strip()[:500] or "no reason given"


def demultiplexed(stream: bytes) -> bytes:
    """Return the text of a log stream: without a terminal, each chunk has a header of 8 bytes."""
    text, rest = b"", stream
    while len(rest) >= 8 and rest[0] in (0, 1, 2) and rest[1:4] == b"\0\0\0":
        size = int.from_bytes(rest[4:8], "big")
        text, rest = text + rest[8 : 8 + size], rest[8 + size :]
    return text or rest
