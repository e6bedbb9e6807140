"""Makes the host run a release: starts its container, gates it, and lets it take over.

First boot, reboot, deploy and the timer all come through here, and each begins by looking
at what is there. So whatever was interrupted, the next run ends in one whole release.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cdinfra.cloudinit.agent.engine import address_in
from cdinfra.cloudinit.agent.launch import Launcher, runs_as
from cdinfra.cloudinit.agent.release import Desired, load_state, save_state
from cdinfra.cloudinit.agent.routes import (
    build_rules,
    forget_datagrams,
    is_laid,
    lay,
    wait_until_quiet,
)
from cdinfra.cloudinit.agent.sidecars import reach_sidecars
from cdinfra.cloudinit.agent.system import Failure

if TYPE_CHECKING:
    from cdinfra.cloudinit.agent.aws import Aws
    from cdinfra.cloudinit.agent.system import System

PAST = 10
"""How many earlier releases a host remembers."""


class Swap:
    """One run that brings the host from what it runs to what it is to run."""

    def __init__(self, system: System, aws: Aws, settings: dict[str, Any]) -> None:
        self.system = system
        self.settings = settings
        self.container = settings["container"]
        self.routed = bool(self.container["ports"] or settings["sidecars"])
        self.beside: list[Any] = []
        self.launcher = Launcher(system, aws, self.container["free"])
        self.engine = self.launcher.engine

    def reach(self, desired: Desired, *, again: bool = False) -> dict[str, Any]:
        """Make the host run a release, and return what was done.

        Args:
            desired: The release.
            again: Start a new container even where one of this release runs.
        """
        found = self.engine.containers(f"cdinfra.stack={self.settings['stack']}")
        state = load_state(self.system)
        result = {"outcome": "unchanged", "release": desired.image, "previous": state.release}
        self.beside = reach_sidecars(self.launcher, self.settings["sidecars"])
        current = None if again else self._current(found, desired.image)
        if current and self._serves(current, state.serving):
            self._remember(desired.image, current["Id"], address_in(current))
            self._retire([other for other in found if other is not current])
            return result
        if current and current["Id"] != state.serving:
            # Left by an interrupted run, and no good.
            self.engine.remove(current["Id"])
            found.remove(current)
        try:
            self._replace(found, desired.image, state.serving)
        finally:
            self.launcher.prune(desired.image)
        return {**result, "outcome": "changed"}

    def _current(self, found: list[dict[str, Any]], image: str) -> dict[str, Any] | None:
        same = (c for c in found if release_of(c) == image and runs_as(c, self.container))
        return next(same, None)

    def _serves(self, container: dict[str, Any], serving: str) -> bool:
        """Return whether a container serves, after leading the ports to it if they do not."""
        rules = self._rules(address_in(container))
        known = container["Id"] == serving
        if known and is_laid(self.system, rules):
            return True
        gate = self.launcher.gate(self.container)
        if known:
            gate.restarts = self.engine.inspect(container["Id"]).get("RestartCount", 0)
        try:
            gate.wait(container["Id"], address_in(container))
        except Failure as failure:
            self.system.say(f"the container does not serve: {failure.message}")
            return False
        lay(self.system, rules, gated=True)
        return True

    def _rules(self, address: str) -> str:
        targets = [(self.container["ports"], address), *self.beside]
        return build_rules(targets, address if self.beside else "") if self.routed else ""

    def _replace(self, found: list[dict[str, Any]], image: str, serving: str) -> None:
        old = next((c for c in found if c["Id"] == serving), None)
        name = f"{self.settings['stack']}-{image[-64:][:12]}-{int(self.system.now())}"
        labels = {"cdinfra.stack": self.settings["stack"], "cdinfra.release": image}
        try:
            body, address = self.launcher.prepare(self.container, image, name, labels)
            if self.container["swap"] == "stop-first":
                for container in found:
                    self.engine.stop(container["Id"], self.container["stop_grace"])
                    container["State"] = "exited"
            made = self.launcher.start(name, body, lambda made: self._take_over(made, address))
        except Exception:
            if old:
                self._go_back(found, old)
            raise
        try:
            self._remember(image, made, address)
        finally:
            self._retire(found)

    def _go_back(self, found: list[dict[str, Any]], old: dict[str, Any]) -> None:
        """Let the old container serve again, alone and also where it was stopped."""
        self._retire([other for other in found if other is not old])
        self.engine.start_again(old["Id"])
        if not is_laid(self.system, rules := self._rules(address_in(old))):
            lay(self.system, rules)

    def _take_over(self, made: str, address: str) -> None:
        self.launcher.gate(self.container).wait(made, address)
        lay(self.system, self._rules(address), gated=True)

    def _retire(self, found: list[dict[str, Any]]) -> None:
        """End containers that serve no more, once their connections have ended."""
        for container in found:
            address = address_in(container)
            if self.routed and container["State"] == "running":
                wait_until_quiet(self.system, address, self.container["drain"])
                forget_datagrams(self.system, address)
            self.launcher.end(container, self.container)

    def _remember(self, image: str, serving: str, address: str) -> None:
        state = load_state(self.system)
        past = [each for each in (state.release, *state.past) if each and each != image]
        new = replace(
            state,
            release=image,
            past=tuple(past[:PAST]),
            serving=serving,
            rules=self._rules(address),
        )
        save_state(self.system, new)


def release_of(container: dict[str, Any]) -> str:
    """Return the release that a container runs."""
    return str(container["Labels"].get("cdinfra.release", ""))
