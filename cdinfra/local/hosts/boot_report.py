"""How long the boot of each local host took, and where the time went.

Source of the figures: ``cloud-init status``, ``cloud-init analyze`` and systemd in the host.
"""

import json
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from cdinfra.local.hosts.container import INSTANCE_LABEL, owned_by
from cdinfra.local.hosts.docker import Docker, Ran

SLOWEST = 5
"""How many of cloud-init's modules are named."""

AGENT_UNIT = "cdinfra-host.service"

_STAGE = re.compile(
    r"^Finished stage: \((?P<name>[a-z-]+)\) (?P<seconds>[\d.]+) seconds", re.MULTILINE
)
_MODULE = re.compile(r"^\s+(?P<seconds>\d+\.\d+)s \((?P<name>[^)]+)\)$", re.MULTILINE)
_TIMESTAMP = re.compile(r"^(?P<name>\w+)=\w+ (?P<time>[\d-]+ [\d:.]+) UTC$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that took time.

    Attributes:
        name: What.
        seconds: How long.
    """

    name: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BootReport:
    """How one host booted.

    Attributes:
        instance_id: Its instance.
        container: Name of its container.
        status: What cloud-init says: ``done``, ``running``, ``error`` and others.
        errors: What cloud-init complains of, warnings of its log too.
        stages: cloud-init's stages, in their order.
        slowest: The slowest of cloud-init's modules, the slowest first.
        agent_seconds: What the host's agent took at boot; None while it works.
        ready_seconds: From power-on until the agent was done; None while it works.
        problem: Why the host cannot be asked.
    """

    instance_id: str
    container: str
    status: str = ""
    errors: tuple[str, ...] = ()
    stages: tuple[Step, ...] = ()
    slowest: tuple[Step, ...] = field(default=())
    agent_seconds: float | None = None
    ready_seconds: float | None = None
    problem: str = ""


def read_boot_reports(docker: Docker, cloud: str) -> tuple[BootReport, ...]:
    """Ask every running host of a local cloud.

    Args:
        docker: The engine.
        cloud: Name of the local cloud.

    Raises:
        DockerError: The engine does not answer.
    """
    form = f'{{{{.Names}}}} {{{{.Label "{INSTANCE_LABEL}"}}}}'
    listed = docker.run(
        *("ps", *owned_by(cloud), "--filter", f"label={INSTANCE_LABEL}"),
        *("--format", form),
    )
    names = [line.split() for line in listed.splitlines()]
    with ThreadPoolExecutor(max(len(names), 1)) as pool:
        found = pool.map(lambda each: read_boot_report(docker, each[0], each[1]), names)
        return tuple(sorted(found, key=lambda report: report.instance_id))


def read_boot_report(docker: Docker, container: str, instance_id: str) -> BootReport:
    """Ask one host.

    Args:
        docker: The engine.
        container: Name of its container.
        instance_id: Its instance.
    """

    def ask(*argv: str) -> Ran:
        return docker.attempt("exec", container, *argv)

    status = ask("cloud-init", "status", "--format", "json")
    if not status.output:
        return BootReport(instance_id=instance_id, container=container, problem=status.reason)
    unit = ask(
        *("systemctl", "show", "--timestamp=us+utc", AGENT_UNIT),
        "--property=ExecMainStartTimestamp,ExecMainExitTimestamp",
    )
    power_on = docker.attempt("inspect", "--format", "{{.State.StartedAt}}", container).text
    said, errors = parse_status(status.text)
    agent, ready = parse_times(unit.text, power_on)
    return BootReport(
        instance_id=instance_id,
        container=container,
        status=said,
        errors=(*errors, *parse_warnings(ask("cat", "/var/log/cloud-init.log").text)),
        stages=parse_steps(_STAGE, ask("cloud-init", "analyze", "show").text),
        slowest=parse_steps(_MODULE, ask("cloud-init", "analyze", "blame").text)[:SLOWEST],
        agent_seconds=agent,
        ready_seconds=ready,
    )


def parse_status(text: str) -> tuple[str, tuple[str, ...]]:
    """Return what ``cloud-init status --format json`` says, and its errors."""
    try:
        document = json.loads(text)
        return str(document["status"]), tuple(map(str, document.get("errors", ())))
    except (ValueError, KeyError, TypeError):
        return "unknown", ()


def parse_warnings(log: str) -> tuple[str, ...]:
    """Return the warnings in cloud-init's log, each once."""
    lines = (line.partition("]: ")[2] for line in log.splitlines() if "[WARNING]" in line)
    return tuple(dict.fromkeys(lines))


def parse_steps(pattern: re.Pattern[str], text: str) -> tuple[Step, ...]:
    """Return what took how long, in the order of the text."""
    return tuple(
        Step(name=found["name"], seconds=round(float(found["seconds"]), 2))
        for found in pattern.finditer(text)
    )


def parse_times(unit: str, power_on: str) -> tuple[float | None, float | None]:
    """Return the seconds of the agent, and those from power-on until it was done.

    Args:
        unit: What ``systemctl show`` says of the agent's service.
        power_on: When the container started, ISO 8601.
    """
    times = {found["name"]: _utc(found["time"]) for found in _TIMESTAMP.finditer(unit)}
    begun, done = times.get("ExecMainStartTimestamp"), times.get("ExecMainExitTimestamp")
    if begun is None or done is None or done < begun:
        return None, None
    on = datetime.fromisoformat(re.sub(r"(\.\d{6})\d*", r"\1", power_on))
    return _seconds(begun, done), _seconds(on, done)


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")


def _seconds(begun: datetime, done: datetime) -> float:
    return round((done - begun).total_seconds(), 1)


def step_words(steps: Iterable[Step]) -> str:
    """Return steps as one line.

    >>> step_words([Step(name="init-local", seconds=0.7)])
    'init-local 0.7 s'
    """
    return ", ".join(f"{step.name} {step.seconds:.1f} s" for step in steps)
