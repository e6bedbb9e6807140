"""What the agent can be asked to do; each verb returns its result as one JSON object."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cdinfra.cloudinit.agent.attachments import attach_volume, take_address
from cdinfra.cloudinit.agent.aws import Aws
from cdinfra.cloudinit.agent.engine import Engine, address_in
from cdinfra.cloudinit.agent.gate import Gate
from cdinfra.cloudinit.agent.images import prune_images
from cdinfra.cloudinit.agent.launch import Launcher, free_mebibytes
from cdinfra.cloudinit.agent.metadata import Metadata
from cdinfra.cloudinit.agent.prepare import install, start_engine, uptime
from cdinfra.cloudinit.agent.release import (
    Desired,
    check_image,
    desired_release,
    load_state,
    save_state,
)
from cdinfra.cloudinit.agent.routes import build_rules, has_table, lay, wait_until_quiet
from cdinfra.cloudinit.agent.sidecars import SIDECAR
from cdinfra.cloudinit.agent.swap import Swap, release_of
from cdinfra.cloudinit.agent.system import Failure, as_failure
from cdinfra.cloudinit.agent.volume import fill_volume, is_mounted, mount_data_volume

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cdinfra.cloudinit.agent.system import System

SETTINGS_FILE = "/etc/cdinfra/host.json"
DRAINED_FILE = "/run/cdinfra-drained"


class Agent:
    """The verbs of one host."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.metadata = Metadata(system)
        self.aws = Aws(system, self.metadata)
        self.engine = Engine(system)
        self.settings = load_settings(system)

    def changes(self) -> dict[str, Callable[..., dict[str, Any]]]:
        """Return the verbs that change the host, by name: one at a time."""
        return {
            "converge": self.converge,
            "deploy": self.deploy,
            "pull": self.pull,
            "drain": self.drain,
            "prune": self.prune,
        }

    def converge(self, *, signal: bool) -> dict[str, Any]:
        """Make the host run its desired release.

        Args:
            signal: This is the boot or the timer: tell CloudFormation how the first boot
                went, and leave a drained host drained.
        """
        try:
            result = self._converge(keep_drained=signal)
        except Exception as error:
            self.report(as_failure(error))
            if signal:
                self.signal_once(success=False)
            raise
        if signal:
            self.signal_once(success=True)
        return result

    def _converge(self, *, keep_drained: bool) -> dict[str, Any]:
        drained = self.system.path(DRAINED_FILE)
        if keep_drained and drained.exists():
            return {"outcome": "drained"}
        self.restore()
        tags = self.metadata.tags()
        self.prepare(tags)
        desired = desired_release(tags, load_state(self.system))
        if not desired.image or self.settings["container"] is None:
            return {"outcome": "idle", "release": desired.image}
        drained.unlink(missing_ok=True)
        return Swap(self.system, self.aws, self.settings).reach(desired)

    def restore(self) -> None:
        """Lead the ports to what served before a reboot, which loses the rules.

        This comes before all that can fail, so that no failure keeps a healthy release
        unreachable. Whether it still serves is seen later.
        """
        rules = load_state(self.system).rules
        try:
            if rules and not has_table(self.system):
                self.engine.wait()
                lay(self.system, rules)
        except Failure as failure:
            self.system.say(failure.message)

    def prepare(self, tags: dict[str, str]) -> None:
        """Bring the host itself into shape."""
        take_address(self.system, self.aws, tags.get("cdinfra:elastic-ip", ""))
        install(self.system, self.settings["package_tool"], self.settings["packages"])
        volume = self.settings["data_volume"]
        if volume is not None:
            if not is_mounted(self.system, volume):
                volume_id = tags.get("cdinfra:data-volume", "")
                device = attach_volume(self.system, self.aws, volume_id, volume["device"])
                mount_data_volume(self.system, volume, device)
            fill_volume(self.system, volume)
        start_engine(self.system)
        self.engine.wait()

    def deploy(
        self, image: str, generation: int, *, again: bool, keep_image: Sequence[str]
    ) -> dict[str, Any]:
        """Make the host run a given release, unless a newer generation was here."""
        self.need_place_for(image)
        self.restore()
        tags = self.metadata.tags()
        state = load_state(self.system)
        newest = desired_release(tags, state).generation
        if generation < newest:
            text = f"generation {generation} is older than {newest}, which was here"
            raise Failure(text, outcome="refused")
        # Remembered before anything changes, so that no older generation comes between.
        kept = tuple(keep_image) or state.keep
        save_state(self.system, replace(state, generation=generation, keep=kept))
        self.prepare(tags)
        self.system.path(DRAINED_FILE).unlink(missing_ok=True)
        swap = Swap(self.system, self.aws, self.settings)
        try:
            return swap.reach(Desired(image, generation), again=again)
        except Exception as error:
            self.report(as_failure(error))
            raise

    def need_place_for(self, image: str) -> None:
        """Refuse what is no release, and where none can run."""
        check_image(image)
        if self.settings["container"] is None:
            raise Failure("this host runs no container", outcome="invalid")

    def pull(self, image: str, keep_image: Sequence[str]) -> dict[str, Any]:
        """Fetch a release ahead of its deploy, which then needs no registry."""
        self.need_place_for(image)
        self.engine.wait()
        launcher = Launcher(self.system, self.aws, self.settings["container"]["free"])
        return {"outcome": launcher.pull(image, keep_image), "release": image}

    def status(self) -> dict[str, Any]:
        """Return what the host runs, and what it is to run."""
        problem, desired = "", Desired("", 0)
        try:
            desired = desired_release(self.metadata.tags(), load_state(self.system))
        except Failure as failure:
            problem = failure.message
        self.engine.wait(5)
        found = self._running()
        running = [release_of(c) for c in found if c["State"] == "running"]
        named = {sidecar["name"]: sidecar for sidecar in self.settings["sidecars"]}
        beside = self.engine.containers(SIDECAR)
        return {
            "outcome": "status",
            "instance": self.metadata.instance_id(),
            "deploy_group": self.settings["deploy_group"],
            "desired": desired.image,
            "generation": desired.generation,
            "problem": problem,
            "current": running == ([desired.image] if desired.image else []),
            "containers": [
                {"release": release_of(c), **self._describe(c, self.settings["container"])}
                for c in found
            ],
            "sidecars": [
                {"name": name, "image": c["Image"], **self._describe(c, named.get(name))}
                for c in beside
                for name in [c["Labels"][SIDECAR]]
            ],
            "drained": self.system.path(DRAINED_FILE).exists(),
            "free_mebibytes": free_mebibytes(self.system),
            "uptime_seconds": uptime(self.system),
            "agent": hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12],
        }

    def _running(self) -> list[dict[str, Any]]:
        """Return the containers of releases that run, or that Docker starts over and over."""
        found = self.engine.containers(f"cdinfra.stack={self.settings['stack']}")
        return [container for container in found if container["State"] in ("running", "restarting")]

    def _describe(
        self, container: dict[str, Any], settings: dict[str, Any] | None
    ) -> dict[str, Any]:
        details = self.engine.inspect(container["Id"])
        gate = Gate(self.system, self.engine, settings["health"] if settings else {"kind": ""})
        return {
            "id": container["Id"][:12],
            "state": container["Status"],
            "started": details.get("State", {}).get("StartedAt", ""),
            "restarts": details.get("RestartCount", 0),
            "problem": gate.problem(details, address_in(container)),
        }

    def drain(self, seconds: int | None) -> dict[str, Any]:
        """Take no new connection, and wait for those that are there.

        The host stays drained until the next deploy, converge or reboot. Sidecars still
        find the release, which what is under way may need.
        """
        container = self.settings["container"] or {"drain": 0, "ports": []}
        wait = container["drain"] if seconds is None else seconds
        self.system.path(DRAINED_FILE).touch()
        serving = [address_in(one) for one in self._running()]
        named = {sidecar["name"]: sidecar["ports"] for sidecar in self.settings["sidecars"]}
        beside = self.engine.containers(SIDECAR)
        addresses = [address_in(c) for c in beside if named.get(c["Labels"][SIDECAR])]
        if container["ports"]:
            addresses += serving
        if addresses:
            lay(self.system, build_rules([], serving[0] if serving and named else ""))
        left = sum(wait_until_quiet(self.system, address, wait) for address in addresses)
        return {"outcome": "drained", "connections": left}

    def prune(self, keep: int, keep_image: Sequence[str]) -> dict[str, Any]:
        """Remove old images of the release's repository."""
        removed = prune_images(self.engine, load_state(self.system), keep, keep_image)
        return {"outcome": "pruned", "removed": removed}

    def signal_once(self, *, success: bool) -> None:
        """Signal, unless this instance did so before: a second signal would be refused.

        A signal that fails does not fail the boot, as the host is as it is.
        """
        state = load_state(self.system)
        try:
            instance = self.metadata.instance_id()
            stack = self.metadata.get("tags/instance/cdinfra:stack")
            if self.settings["signal"] is None or state.signalled == instance or not stack:
                return
            self.aws.signal(stack, self.settings["signal"], success=success)
        except Failure as failure:
            self.system.say(failure.message)
            if failure.outcome != "refused":
                return
        save_state(self.system, replace(load_state(self.system), signalled=instance))

    def report(self, failure: Failure) -> None:
        """Write a failure where people can read it after the host is gone."""
        lines = [f"cdinfra-host: {failure.message}", *failure.log]
        for line in lines:
            self.system.say(line)
        if self.settings["log_group"] is None:
            return
        try:
            stream = f"{self.metadata.instance_id()}/cdinfra-host"
            self.aws.log(self.settings["log_group"], stream, lines)
        except Failure as unsent:
            self.system.say(unsent.message)


def load_settings(system: System) -> dict[str, Any]:
    """Return the settings that came with the user data."""
    try:
        return dict(json.loads(system.path(SETTINGS_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise Failure(f"{SETTINGS_FILE} cannot be read: {error}", outcome="invalid") from error
