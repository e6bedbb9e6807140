"""What a host says of itself: the last line of ``cdinfra-host status``, read; pure.

A host may run another version of the agent than this one knows, and its answer is foreign
text: what is missing or of another form counts as not said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from cdinfra.deploy.agent_output import UnreadReport, find_result, number_in, text_in


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
        tags_problem: Why its tags do not tell what it is to run; empty where they do.
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
    tags_problem: str = ""
    started_at: datetime | None = None
    uptime_seconds: float | None = None
    agent: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


def parse_report(output: str) -> HostReport | UnreadReport:
    """Return the report in what a host wrote, or why there is none.

    Args:
        output: What the verb wrote, or at least its last line.
    """
    said = find_result(output)
    if isinstance(said, UnreadReport):
        return said
    if said.get("outcome") != "status":
        message = text_in(said, "message") or "it does not say why"
        return UnreadReport(problem=message)
    return _report(said)


def _report(said: Mapping[str, Any]) -> HostReport:
    containers, sidecars = _objects(said, "containers"), _objects(said, "sidecars")
    up = [each for each in containers if not _is_restarting(each)]
    problems = list(filter(None, (text_in(each, "problem") for each in containers)))
    problems += [
        f"{text_in(each, 'name')}: {problem}"
        for each in sidecars
        if (problem := text_in(each, "problem"))
    ]
    started = [moment for each in containers if (moment := _moment(each.get("started")))]
    return HostReport(
        running=tuple(filter(None, (text_in(each, "release") for each in up))),
        desired=text_in(said, "desired"),
        is_current=said.get("current") is True,
        health=_health(said, containers, problems),
        problem=problems[0] if problems else "",
        tags_problem=text_in(said, "problem"),
        started_at=max(started, default=None),
        uptime_seconds=number_in(said, "uptime_seconds"),
        agent=text_in(said, "agent"),
        details=said,
    )


def _health(
    said: Mapping[str, Any], containers: Sequence[Mapping[str, Any]], problems: Sequence[str]
) -> HostHealth:
    # Docker says it in words: "Up 3 minutes (healthy)", "Up 4 seconds (health: starting)".
    states = [text_in(each, "state") for each in containers]
    if said.get("drained") is True:
        return HostHealth.DRAINED
    if not containers:
        return HostHealth.DOWN if text_in(said, "desired") else HostHealth.IDLE
    if any(map(_is_restarting, containers)):
        return HostHealth.RESTARTING
    if any("(health: starting)" in each for each in states):
        return HostHealth.STARTING
    if problems or any("(unhealthy)" in each for each in states):
        return HostHealth.UNHEALTHY
    return HostHealth.HEALTHY


def _is_restarting(container: Mapping[str, Any]) -> bool:
    """Whether Docker starts it over and over: ``Restarting (1) 3 seconds ago``."""
    return text_in(container, "state").startswith("Restarting")


def _objects(said: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = said.get(name)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _moment(value: object) -> datetime | None:
    """Return a time as Docker writes it, ``2026-01-31T09:05:00.123456789Z``."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
