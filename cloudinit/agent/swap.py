"""Makes the host run a release: starts its container, gates it, and lets it take over.

First boot, reboot, deploy and the timer all come through here, and each begins by looking
at what is there. So whatever was interrupted, the next run ends in one whole release.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cdinfra.cloudinit.agent.engine import address_in
from cdinfra.cloudinit.agent.images import prune_images
from cdinfra.cloudinit.agent.launch import Launcher, digest_of
from cdinfra.cloudinit.agent.release import Desired, load_state, save_state
from cdinfra.cloudinit.agent.routes import (
    build_rules,
    forget_datagrams,
    has_table,
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
        self.container: dict[str, Any] = settings["container"]
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
        # Remembered before anything changes, so that no older generation comes between.
        self._note(generation=desired.generation)
        found = self.engine.containers(f"cdinfra.stack={self.settings['stack']}")
        running = [container for container in found if container["State"] == "running"]
        previous = load_state(self.system).release
        result = {"outcome": "unchanged", "release": desired.image, "previous": previous}
        self.beside = reach_sidecars(self.launcher, self.settings["sidecars"])
        current = None if again else self._current(running, desired.image)
        if current and self._serves(current):
            self._remember(desired.image)
            self._retire([other for other in found if other is not current])
            return result
        if current and len(running) > 1:
            # Left by an interrupted run, and no good.
            self.engine.remove(current["Id"])
            found.remove(current)
        self._replace(found, desired.image)
        self._prune()
        return {**result, "outcome": "changed"}

    def _current(self, running: list[dict[str, Any]], image: str) -> dict[str, Any] | None:
        digest = digest_of(self.container)
        for container in running:
            same = container["Labels"].get("cdinfra.settings") == digest
            if same and release_of(container) == image:
                return container
        return None

    def _serves(self, container: dict[str, Any]) -> bool:
        """Return whether a container serves, after leading the ports to it if they do not."""
        address = address_in(container)
        if not self.routed or is_laid(self.system, self._rules(address)):
            return True
        try:
            self.launcher.gate(self.container).wait(container["Id"], address)
        except Failure as failure:
            self.system.say(f"the container that is here is {failure.message}")
            return False
        self._lead_to(address)
        return True

    def _rules(self, address: str) -> str:
        targets = [(self.container["ports"], address), *self.beside]
        return build_rules(targets, address if self.beside else "")

    def _lead_to(self, address: str) -> None:
        if self.routed:
            lay(self.system, self._rules(address))

    def _replace(self, found: list[dict[str, Any]], image: str) -> None:
        release = load_state(self.system).release
        running = [container for container in found if container["State"] == "running"]
        old = next((c for c in running if self.routed and release_of(c) == release), None)
        if old and not has_table(self.system):
            self._lead_to(address_in(old))
        stopped: list[dict[str, Any]] = []
        name = f"{self.settings['stack']}-{image[-64:][:12]}-{int(self.system.now())}"
        labels = {"cdinfra.stack": self.settings["stack"], "cdinfra.release": image}
        try:
            body, address = self.launcher.prepare(self.container, image, name, labels)
            if self.container["swap"] == "stop-first":
                stopped = running
                for container in stopped:
                    self.engine.stop(container["Id"], self.container["stop_grace"])
            self.launcher.start(name, body, lambda made: self._take_over(made, address))
        except Exception:
            for container in stopped:
                self.engine.start_again(container["Id"])
            if old and not is_laid(self.system, self._rules(address_in(old))):
                self._lead_to(address_in(old))
            raise
        for container in stopped:
            container["State"] = "exited"
        self._remember(image)
        self._retire(found)

    def _take_over(self, made: str, address: str) -> None:
        self.launcher.gate(self.container).wait(made, address)
        self._lead_to(address)

    def _retire(self, found: list[dict[str, Any]]) -> None:
        """End containers that serve no more, once their connections have ended."""
        for container in found:
            address = address_in(container)
            if self.routed and container["State"] == "running":
                wait_until_quiet(self.system, address, self.container["drain"])
                forget_datagrams(self.system, address)
            self.launcher.end(container, self.container)

    def _prune(self) -> None:
        """Make room; what cannot be removed fails nothing."""
        try:
            prune_images(self.engine, load_state(self.system))
        except Failure as failure:
            self.system.say(failure.message)

    def _remember(self, image: str) -> None:
        state = load_state(self.system)
        past = [each for each in (state.release, *state.past) if each and each != image]
        self._note(release=image, past=tuple(past[:PAST]))

    def _note(self, **changes: Any) -> None:  # noqa: ANN401 - as dataclasses.replace
        state = load_state(self.system)
        new = replace(state, **changes)
        if new != state:
            save_state(self.system, new)


def release_of(container: dict[str, Any]) -> str:
    """Return the release that a container runs."""
    return str(container["Labels"].get("cdinfra.release", ""))
