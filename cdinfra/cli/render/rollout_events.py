"""Events of a rollout as plain lines, one a line and stable, for pipes and CI logs."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, assert_never

import click

from cdinfra.cli.render.as_json import line
from cdinfra.cli.render.rollout_words import (
    OUTCOME_COLOURS,
    STATE_COLOURS,
    phase_words,
    short,
    waiting_words,
)
from cdinfra.cli.render.style import strong
from cdinfra.cli.render.words import NAME_WIDTH, clock, count, duration, printable
from cdinfra.deploy.plain import kind_name, plain
from cdinfra.events import HookOutput, HookStarted
from cdinfra.rollout.events import (
    HostMoved,
    Noticed,
    PhaseStarted,
    RolloutEvent,
    RolloutFinished,
    RolloutStarted,
    Waited,
    WentBack,
)
from cdinfra.rollout.plan import RolloutPlan


def rollout_event_lines(
    event: RolloutEvent, group: str, plan: RolloutPlan | None, now: datetime
) -> Iterator[str]:
    """Return an event as lines that start with the time of day in UTC.

    It is one line, and below a host that failed, one for each line of its container.

    Args:
        event: What happened.
        group: What a person types for the deploy group.
        plan: What is being done; None where that is not known yet.
        now: When it happened.
    """
    name = strong(f"{printable(group):<{NAME_WIDTH}}")
    for text in rollout_event_texts(event, plan):
        yield f"{clock(now)} {name} {text}"


def rollout_event_json(event: RolloutEvent) -> str:
    """Return an event as one line of JSON whose ``event`` names its kind: ``host_moved``.

    The plan stands on a line of its own, before the first event.
    """
    fields: dict[str, Any] = plain(event)
    if isinstance(event, RolloutStarted):
        fields = {"generation": event.generation, "batches": batch_ids(event.plan)}
    return line({"event": kind_name(type(event)), **fields})


def batch_ids(plan: RolloutPlan) -> list[list[str]]:
    """Return the instance ids of each batch."""
    return [[host.instance_id for host in batch.hosts] for batch in plan.batches]


def rollout_event_texts(event: RolloutEvent, plan: RolloutPlan | None) -> Iterator[str]:
    """Return an event in words, in one line or several."""
    match event:
        case RolloutStarted():
            yield _started(event)
        case PhaseStarted():
            hosts = f", {count(event.hosts, 'host')}" if event.hosts else ""
            yield f"{phase_words(event, plan)}{hosts}"
        case HostMoved():
            yield from host_lines(event)
        case Waited():
            yield waiting_words(event.what, event.seconds)
        case Noticed() | HookStarted() | HookOutput():
            yield remark(event)
        case WentBack():
            yield went_back(event)
        case RolloutFinished():
            colour = OUTCOME_COLOURS[event.outcome] or None
            reason = f": {printable(event.reason)}" if event.reason else ""
            outcome = click.style(event.outcome, fg=colour)
            yield f"{outcome} after {duration(event.seconds)}{reason}"
        case _:
            assert_never(event)


def host_lines(event: HostMoved) -> Iterator[str]:
    """Return where a host is now, and if it failed why, with the last lines of its container."""
    state = click.style(event.state, fg=STATE_COLOURS.get(event.state))
    later = f" after {duration(event.seconds)}" if event.seconds else ""
    reason = f": {printable(event.reason)}" if event.reason else ""
    yield f"{event.instance_id} {state}{later}{reason}"
    for each in event.log:
        yield f"{event.instance_id} | {printable(each)}"


def went_back(event: WentBack) -> str:
    """Return that hosts are brought back, and why."""
    goes = "goes" if event.hosts == 1 else "go"
    text = f"{count(event.hosts, 'host')} {goes} back to {short(event.release)}"
    return f"{text}: {printable(event.reason)}"


def remark(event: Noticed | HookStarted | HookOutput) -> str:
    """Return what a person should know, that a hook begins, or a line that it wrote."""
    match event:
        case Noticed():
            return f"note: {printable(event.text)}"
        case HookStarted():
            return f"{event.when.replace('_', ' ')}: {printable(event.command)}"
        case HookOutput():
            return f"| {printable(event.line)}"


def _started(event: RolloutStarted) -> str:
    plan = event.plan
    hosts = f"{count(len(plan.hosts), 'host')} in {count(len(plan.batches), 'batch', 'batches')}"
    release = f"{short(plan.from_release)} to {short(plan.image.release)}"
    return f"{plan.purpose} {release}: {hosts}, generation {event.generation}"
