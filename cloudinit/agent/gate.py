"""The health gate: decides whether a new container may take over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from cdinfra.cloudinit.agent.system import Failure

if TYPE_CHECKING:
    from cdinfra.cloudinit.agent.engine import Engine
    from cdinfra.cloudinit.agent.system import Answer, System

REDIRECTS = (301, 302, 303, 307, 308)
REDIRECTS_MAXIMUM = 5


class Gate:
    """Watches one container until it is healthy, or has had its time."""

    def __init__(self, system: System, engine: Engine, health: dict[str, Any]) -> None:
        self.system = system
        self.engine = engine
        self.health = health
        self.restarts = 0
        """How often the container may have ended before it is watched."""

    def wait(self, name: str, address: str) -> None:
        """Return when the container is healthy, raise Failure when it is not."""
        kind = self.health["kind"]
        if kind == "http":
            self._wait_for_answers(name, address)
        elif kind == "image":
            self._wait_for_image(name)
        else:
            self._wait_while_up(name)

    def _wait_for_answers(self, name: str, address: str) -> None:
        forgiven_until = self.system.now() + self.health["start_period"]
        successes = 0
        while True:
            self.need_running(name)
            last = self.probe(address)
            successes = successes + 1 if last == "" else 0
            if successes >= self.health["successes"]:
                return
            if last and self.system.now() >= forgiven_until:
                raise Failure(f"not healthy after {self.health['start_period']} s: {last}")
            # Not up yet: looked at more often, so that it need not wait when it is.
            pause = self.health["interval"]
            self.system.sleep(pause if successes else min(pause, 0.2))

    def probe(self, address: str) -> str:
        """Ask once; return what is wrong, nothing when the answer is the expected one."""
        path = self.health["path"]
        try:
            answer = self._ask(address, path)
        except (OSError, ValueError) as error:
            return f"GET {path} got no answer: {error}"
        if answer.status in self.health["expected"]:
            return ""
        where = f", to {answer.headers['location']}" if "location" in answer.headers else ""
        text = " ".join(answer.body.decode("utf-8", "replace").split())
        return f"GET {path} answered {answer.status}{where}" + (f": {text}" if text else "")

    def _ask(self, address: str, path: str) -> Answer:
        """Ask the container, and no other host wherever a redirect may point."""
        base = f"http://{address}:{self.health['port']}"
        headers = {"Host": self.health["host"]} if self.health["host"] else {}
        url = base + path
        for _ in range(REDIRECTS_MAXIMUM + 1):
            timeout = self.health["timeout"]
            answer = self.system.http("GET", url, headers=headers, timeout=timeout, limit=200)
            redirected = answer.status in REDIRECTS and "location" in answer.headers
            if not (redirected and self.health["follow_redirects"]):
                return answer
            parts = urlsplit(urljoin(url, answer.headers["location"]))
            url = base + (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        raise OSError(f"more than {REDIRECTS_MAXIMUM} redirects")

    def problem(self, details: dict[str, Any], address: str) -> str:
        """Return what is wrong with a container right now, as far as that can be seen."""
        state = details.get("State") or {}
        health = (state.get("Health") or {}).get("Status", "healthy")
        if not state.get("Running") or state.get("Restarting"):
            return "it does not run"
        if health != "healthy":
            return str(health)
        return self.probe(address) if self.health["kind"] == "http" else ""

    def _wait_for_image(self, name: str) -> None:
        until = self.system.now() + self.health["start_period"]
        while True:
            health = self.need_running(name).get("Health")
            if not health:
                raise Failure("the image has no HEALTHCHECK")
            if health["Status"] == "healthy":
                return
            if health["Status"] == "unhealthy" or self.system.now() >= until:
                results = health.get("Log") or [{}]
                raise Failure(f"{health['Status']}: {results[-1].get('Output', '').strip()[:300]}")
            self.system.sleep(1)

    def _wait_while_up(self, name: str) -> None:
        until = self.system.now() + self.health["seconds"]
        while self.system.now() < until:
            self.need_running(name)
            self.system.sleep(0.5)
        self.need_running(name)

    def need_running(self, name: str) -> dict[str, Any]:
        """Return the container's state; one that ends while it is watched is not healthy."""
        found = self.engine.inspect(name)
        state = dict(found.get("State") or {})
        if (
            not state.get("Running")
            or state.get("Restarting")
            or self.restarts != found.get("RestartCount", 0)
        ):
            killed = ", out of memory" if state.get("OOMKilled") else ""
            raise Failure(f"the container ended with exit code {state.get('ExitCode')}{killed}")
        return state
