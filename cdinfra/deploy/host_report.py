"""What a host says of itself: the last line of ``cdinfra-host status``, read; pure.

A host may run another version of the agent than this one knows, and its answer is foreign
text: what is missing or of another form counts as not said.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

HIGHEST_NUMBER = 1e12
"""What is above that is no number of seconds."""


class HostHealth(StrEnum):
    """How a host is, by its own account."""

    HEALTHY = "healthy"
    STARTING = "starting"
    RESTARTING = "restarting"
    UNHEALTHY = "unhealthy"
    DOWN = "down"
    DRAINED = "drained"
    IDLE = "idle"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostReport:
    """What a host says that it runs.

    Attributes:
        running: The releases that run, each ``repository@sha256:…``; two during a swap.
        desired: The release that it holds to be the desired one.
        is_current: Whether it runs that and nothing else.
        health: How it is.
        problem: What its health gate last found wrong; empty where nothing is.
        started_at: When the newest container started; None where it does not say.
        uptime_seconds: How long the host is up; None where it does not say.
        agent: Fingerprint of its agent.
        details: Everything that it says, as it says it.
    """

    running: tuple[str, ...] = ()
    desired: str = ""
    is_current: bool = False
    health: HostHealth
    problem: str = ""
    started_at: datetime | None = None
    uptime_seconds: float | None = None
    agent: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadReport:
    """Why there is no report in what a host wrote.

    Attributes:
        problem: Why, in words.
        is_silent: Whether it wrote nothing at all, as a host without the agent.
    """

    problem: str
    is_silent: bool = False


def parse_report(output: str) -> HostReport | UnreadReport:
    """Return the report in what a host wrote, or why there is none.

    Args:
        output: What the verb wrote, or at least its last line.
    """
    lines = [each for each in output.splitlines() if each.strip()]
    if not lines:
        return UnreadReport(problem="it wrote nothing", is_silent=True)
    said = next((found for each in reversed(lines) if (found := _object(each))), None)
    if said is None:
        return UnreadReport(problem=f"it wrote {lines[-1][:100]!r}")
    if said.get("outcome") != "status":
        message = _text(said, "message") or "it does not say why"
        return UnreadReport(problem=message)
    return _report(said)


def _report(said: Mapping[str, Any]) -> HostReport:
    containers, sidecars = _objects(said, "containers"), _objects(said, "sidecars")
    up = [each for each in containers if not _is_restarting(each)]
    problems = list(filter(None, (_text(each, "problem") for each in containers)))
    problems += [
        f"{_text(each, 'name')}: {problem}"
        for each in sidecars
        if (problem := _text(each, "problem"))
    ]
    started = [moment for each in containers if (moment := _moment(each.get("started")))]
    return HostReport(
        running=tuple(filter(None, (_text(each, "release") for each in up))),
        desired=_text(said, "desired"),
        is_current=said.get("current") is True,
        health=_health(said, containers, problems),
        problem=problems[0] if problems else "",
        started_at=max(started, default=None),
        uptime_seconds=_number(said, "uptime_seconds"),
        agent=_text(said, "agent"),
        details=said,
    )


def _health(
    said: Mapping[str, Any], containers: Sequence[Mapping[str, Any]], problems: Sequence[str]
) -> HostHealth:
    # Docker says it in words: "Up 3 minutes (healthy)", "Up 4 seconds (health: starting)".
    states = [_text(each, "state") for each in containers]
    if said.get("drained") is True:
        return HostHealth.DRAINED
    if not containers:
        return HostHealth.DOWN if _text(said, "desired") else HostHealth.IDLE
    if any(map(_is_restarting, containers)):
        return HostHealth.RESTARTING
    if any("(health: starting)" in each for each in states):
        return HostHealth.STARTING
    if problems or any("(unhealthy)" in each for each in states):
        return HostHealth.UNHEALTHY
    return HostHealth.HEALTHY


def _is_restarting(container: Mapping[str, Any]) -> bool:
    """Whether Docker starts it over and over: ``Restarting (1) 3 seconds ago``."""
    return _text(container, "state").startswith("Restarting")


def _object(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    return value if isinstance(value, str) else ""


def _objects(said: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = said.get(name)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _number(said: Mapping[str, Any], name: str) -> float | None:
    value = said.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < HIGHEST_NUMBER else None


def _moment(value: object) -> datetime | None:
    """Return a time as Docker writes it, ``2026-01-31T09:05:00.123456789Z``."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
