"""What those are told who are notified: one JSON object, whose members stay as they are."""

import json
from datetime import datetime
from typing import Any

from cdinfra.aws.topics import MAXIMUM_SUBJECT
from cdinfra.rollout.events import RolloutFinished, RolloutOutcome, RolloutStarted
from cdinfra.rollout.plan import Purpose
from cdinfra.rollout.record import Author

VERSION = 1
"""Of the message; members may come to it, and none goes or changes its meaning."""

SHORT_DIGITS = 12
"""Digits of a digest in the text for people."""


def start_message(started: RolloutStarted, author: Author, now: datetime) -> dict[str, Any]:
    """Return the message of a rollout that begins: it holds the lock.

    Args:
        started: Its plan and its generation.
        author: Who does it.
        now: The time.
    """
    plan, group = started.plan, started.plan.group
    releases = (plan.image.release, plan.from_release)
    # An abort's plan goes from the release that the rollout was for to the one before.
    release, old = releases[::-1] if plan.purpose is Purpose.ABORT else releases
    what = f"{group.app} {group.env}: {plan.purpose} of {group.stack}"
    return {
        "version": VERSION,
        "id": f"{group.name}/{started.generation}/started",
        "event": "started",
        "time": now.isoformat(),
        "text": f"{what}, {_short(old)} to {_short(release)}, begins, by {author.who}",
        "app": group.app,
        "env": group.env,
        "group": group.stack,
        "stack_name": group.stack_name,
        "purpose": str(plan.purpose),
        "release": release,
        "from_release": old,
        "generation": started.generation,
        "hosts": len(plan.hosts) + len(plan.current),
        "who": author.who,
        "run_url": author.run_url,
        "commit": author.commit,
    }


def end_message(start: dict[str, Any], end: RolloutFinished, now: datetime) -> dict[str, Any]:
    """Return the message of how a rollout ended.

    Args:
        start: The message of its beginning.
        end: How it ended.
        now: The time.
    """
    what = f"{start['app']} {start['env']}: {start['purpose']} of {start['group']}"
    how = f"{end.outcome} after {end.seconds:g} s"
    reason = f": {end.reason}" if end.reason else ""
    return {
        **start,
        "id": start["id"].removesuffix("started") + "ended",
        "event": "ended",
        "time": now.isoformat(),
        "text": f"{what}, {_short(start['release'])}: {how}{reason}",
        "ok": _is_well(start["purpose"], end),
        "outcome": str(end.outcome),
        "reason": end.reason,
        "runs": end.release,
        "changed": end.changed,
        "failed": list(end.failed),
        "seconds": end.seconds,
        "next": end.next,
    }


def subject_of(message: dict[str, Any]) -> str:
    """Return the subject of a mail: printable ASCII, as short as SNS takes."""
    words = message.get("outcome", "begins")
    text = f"{message['app']} {message['env']} {message['group']}: {message['purpose']} {words}"
    return text.encode("ascii", "replace").decode()[:MAXIMUM_SUBJECT]


def body_of(message: dict[str, Any]) -> str:
    """Return a message as it is sent."""
    return json.dumps(message, ensure_ascii=False)


def _is_well(purpose: str, end: RolloutFinished) -> bool:
    if purpose == Purpose.ABORT and end.outcome is RolloutOutcome.ROLLED_BACK:
        return True
    well = (RolloutOutcome.DEPLOYED, RolloutOutcome.UNCHANGED)
    return end.outcome in well and not end.reason


def _short(release: str) -> str:
    repository, separator, digest = release.partition("@sha256:")
    name = repository.rpartition("/")[2]
    return f"{name}@{digest[:SHORT_DIGITS]}" if separator else release or "nothing"
