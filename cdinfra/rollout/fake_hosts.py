"""One host in memory that does what the agent's verbs do, as far as a rollout can see."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cdinfra.aws.hosts import GENERATION_TAG, RELEASE_TAG, Host

AGENT = "0123456789ab"
"""Fingerprint of the agent of every host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How an image behaves on hosts.

    Attributes:
        is_sick: Its gate never opens.
        dies: Its container ends after its gate has opened, and Docker starts it again.
        cannot_be_pulled: Why it cannot be pulled; empty where it can.
        pull_seconds: How long a pull takes.
        swap_seconds: How long a swap takes, until the gate has opened or has given up.
    """

    is_sick: bool = False
    dies: bool = False
    cannot_be_pulled: str = ""
    pull_seconds: float = 3.0
    swap_seconds: float = 8.0


@dataclass(slots=True, kw_only=True)
class FakeHost:
    """A host.

    Attributes:
        host: The instance and its tags.
        running: The release of its container; empty where there is none.
        past: Releases that have run here, in order.
        release: The release that its agent remembers of the last deploy.
        generation: The newest generation that its agent has seen.
        restarts: How often Docker has started its container again.
        images: What has been pulled.
        behaviours: How images behave on this host alone, by release.
        is_reachable: Whether commands reach it.
        is_stuck: Whether what it begins never ends.
        free_at: When its agent ends what it is doing, in seconds of the fleet's time.
    """

    host: Host
    running: str = ""
    past: list[str] = field(default_factory=list)
    release: str = ""
    generation: int = 0
    restarts: int = 0
    images: set[str] = field(default_factory=set)
    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    is_reachable: bool = True
    is_stuck: bool = False
    free_at: float = 0.0

    @property
    def desired(self) -> str:
        """The release that it holds to be the desired one: of the newer generation."""
        tagged = int(self.host.tags.get(GENERATION_TAG, "0"))
        return self.release if self.release and self.generation > tagged else self.host.release

    def tag(self, release: str, generation: int) -> None:
        """Set its tags."""
        tags = {**self.host.tags, RELEASE_TAG: release, GENERATION_TAG: str(generation)}
        self.host = replace(self.host, release=release, tags=tags)

    def boot(self) -> None:
        """Start what it is to run, as at its first boot."""
        if self.desired:
            self._start(self.desired)

    def answer(self, words: Sequence[str], known: Mapping[str, Behaviour]) -> dict[str, Any]:
        """Do a verb, and return what the agent would say at its end.

        Args:
            words: The verb and its arguments.
            known: How images behave, by release.
        """
        match words:
            case ["status"]:
                return self._status()
            case ["pull", image]:
                return self._pull(image, self.behaviour(image, known))
            case ["deploy", image, "--generation", number, *options]:
                again = "--again" in options
                return self._deploy(image, int(number), self.behaviour(image, known), again=again)
        return {"outcome": "invalid", "message": f"no such verb: {' '.join(words)}"}

    def seconds(self, words: Sequence[str], known: Mapping[str, Behaviour]) -> float:
        """Return how long a verb takes."""
        if words[0] == "status":
            return 0.2
        behaviour = self.behaviour(words[1], known)
        if words[0] == "pull":
            return behaviour.pull_seconds
        is_there = self.running == words[1] and "--again" not in words
        return 1.0 if is_there else behaviour.swap_seconds

    def behaviour(self, image: str, known: Mapping[str, Behaviour]) -> Behaviour:
        """Return how an image behaves here."""
        return self.behaviours.get(image) or known.get(image) or Behaviour()

    def _pull(self, image: str, behaviour: Behaviour) -> dict[str, Any]:
        if image in self.images:
            return {"outcome": "present"}
        if behaviour.cannot_be_pulled:
            return {"outcome": "failed", "message": behaviour.cannot_be_pulled, "log": []}
        self.images.add(image)
        return {"outcome": "pulled"}

    def _deploy(
        self, image: str, generation: int, behaviour: Behaviour, *, again: bool
    ) -> dict[str, Any]:
        newest = max(self.generation, int(self.host.tags.get(GENERATION_TAG, "0")))
        if generation < newest:
            message = f"generation {generation} is older than {newest}, which was here before"
            return {"outcome": "refused", "message": message}
        self.generation = generation
        pulled = self._pull(image, behaviour)
        if pulled["outcome"] == "failed":
            return pulled
        if self.running == image and not again:
            self.release = image
            return {"outcome": "unchanged"}
        if behaviour.is_sick:
            log = ["cannot open the database"]
            return {"outcome": "failed", "message": "GET /health answered 503", "log": log}
        self._start(image)
        self.restarts = 3 if behaviour.dies else 0
        self.release = image
        return {"outcome": "changed"}

    def _start(self, image: str) -> None:
        self.running = image
        self.images.add(image)
        self.past.append(image)
        self.restarts = 0

    def _status(self) -> dict[str, Any]:
        container = {"release": self.running, "state": "Up 5 minutes", "problem": ""}
        return {
            "outcome": "status",
            "instance": self.host.instance_id,
            "desired": self.desired,
            "generation": self.generation,
            "current": self.running == self.desired,
            "containers": [{**container, "restarts": self.restarts}] if self.running else [],
            "sidecars": [],
            "drained": False,
            "free_mebibytes": 9000,
            "uptime_seconds": 3600.0,
            "agent": AGENT,
        }


def said(result: Mapping[str, Any]) -> str:
    """Return a result as the agent writes it."""
    return json.dumps(result) + "\n"
