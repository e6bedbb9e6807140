"""How a rollout ended: one line that tells the outcomes apart, and what failed."""

from collections.abc import Iterator
from typing import Any

import click

from cdinfra.cli.render.rollout_words import OUTCOME_COLOURS, short
from cdinfra.cli.render.words import count, duration, printable
from cdinfra.deploy.plain import plain
from cdinfra.rollout.events import RolloutOutcome
from cdinfra.rollout.plan import Purpose
from cdinfra.rollout.result import FailedHost, RolloutResult

MOST_FAILED = 5
"""Most hosts that are told one by one at the end; the rest is counted."""


def end_line(result: RolloutResult) -> str:
    """Return how a rollout ended, with figures, in one line that begins with the outcome."""
    outcome = result.outcome
    words = click.style(outcome, fg=OUTCOME_COLOURS[outcome] or None, bold=True)
    return f"{words}: {_figures(result)}"


def end_object(result: RolloutResult) -> dict[str, Any]:
    """Return how a rollout ended as an object."""
    fields: dict[str, Any] = plain(result)
    return {**fields, "is_success": result.is_success}


def failed_lines(result: RolloutResult) -> Iterator[str]:
    """Return the hosts that failed, each with its reason and the last line of its container."""
    for each in result.failed[:MOST_FAILED]:
        yield from _failed(each)
    if len(result.failed) > MOST_FAILED:
        yield f"and {len(result.failed) - MOST_FAILED} more hosts that failed"


def why(result: RolloutResult) -> str:
    """Return the outcome with its reason, unless that says no more than a host that failed."""
    if result.hook_failure:
        return f"{result.outcome}, but {result.hook_failure}"
    told = any(each.reason and each.reason in result.reason for each in result.failed)
    return f"{result.outcome}: {result.reason}" if result.reason and not told else result.outcome


def next_step(result: RolloutResult) -> str:
    """Return the command to type next; empty where there is nothing to do."""
    if result.hook_failure:
        return "the release stays, and the hook is not run again: mend it, and run it by hand"
    if result.next or not result.failed:
        return result.next
    return f"what their containers wrote: cdinfra logs {printable(result.group)}"


def _failed(host: FailedHost) -> Iterator[str]:
    yield f"{host.instance_id} failed: {host.reason or 'it gives no reason'}"
    if host.log:
        yield f"  last line of its container: {host.log[-1]}"
    if host.runs:
        yield f"  it runs {short(host.runs)} now"


def _figures(result: RolloutResult) -> str:
    text = _standing(result)
    if result.outcome is RolloutOutcome.UNCHANGED:
        return text
    failed = f", {count(len(result.failed), 'host')} failed" if result.failed else ""
    return f"{text}, after {duration(result.seconds)}{failed}"


def _standing(result: RolloutResult) -> str:
    group, on = printable(result.group), count(result.hosts, "host")
    aborts = result.purpose is Purpose.ABORT
    new, old = short(result.image), short(result.image if aborts else result.from_release)
    texts = {
        RolloutOutcome.DEPLOYED: f"{group} runs {new}; {result.changed} of {on} changed",
        RolloutOutcome.UNCHANGED: f"{group} runs {new} on {on} already",
        RolloutOutcome.NOTHING_CHANGED: f"{group} runs {old} as before",
        RolloutOutcome.ROLLED_BACK: f"{group} runs {old} again",
        RolloutOutcome.ROLLBACK_INCOMPLETE: f"{group} does not run {old} on all of {on} again",
        RolloutOutcome.UNFINISHED: f"{group} runs {new} on {on}, but that is not written down",
        RolloutOutcome.INTERRUPTED: f"{result.changed} of {on} of {group} changed to {new}",
    }
    return texts[result.outcome]
