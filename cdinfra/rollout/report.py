"""An app's deploy groups as a report tells of them: how each is, and what was rolled out to it."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from cdinfra.aws.cloud import Aws
from cdinfra.deploy.clock import Clock
from cdinfra.errors import InvalidInputError
from cdinfra.model import Deployable
from cdinfra.rollout.find_group import find_group, group_templates
from cdinfra.rollout.group_status import GroupStatus
from cdinfra.rollout.read_status import read_status
from cdinfra.rollout.record import Record
from cdinfra.rollout.state.history import History, HistoryEntry
from cdinfra.rollout.state.journal import Journals

MOST_ENTRIES = 20
"""Entries of a group's history that are told, the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupReport:
    """One deploy group.

    Attributes:
        stack: Name of its stack within the app.
        status: How it is; None where it is not deployed.
        entries: Its history, newest first, 20 at most.
        unfinished: Its rollout that has not ended, or was left as it was; None where none is.
        problems: What could not be told, and why; one text each.
    """

    stack: str
    status: GroupStatus | None = None
    entries: tuple[HistoryEntry, ...] = ()
    unfinished: Record | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AppReport:
    """The deploy groups of an app.

    Attributes:
        app: Name of the app.
        env: Name of the environment.
        read_at: When all of it was read.
        groups: Its groups, in the order of the app.
    """

    app: str
    env: str
    read_at: datetime
    groups: tuple[GroupReport, ...] = ()


def read_report(aws: Aws, app: Deployable, *, clock: Clock, timeout: float) -> AppReport:
    """Return how the deploy groups of an app are; nothing is changed.

    Args:
        aws: The app's own place; groups may be in others.
        app: The app.
        clock: What time it is, and how to wait.
        timeout: How long to wait for the answers of a group's hosts, in seconds.

    Raises:
        CloudError: The cloud cannot be asked.
    """
    groups = (
        _read_group(aws, app, each.name, clock=clock, timeout=timeout)
        for each in group_templates(app)
    )
    return AppReport(app=app.name, env=app.env, groups=tuple(groups), read_at=clock.now())


def _read_group(
    aws: Aws, app: Deployable, stack: str, *, clock: Clock, timeout: float
) -> GroupReport:
    try:
        group = find_group(aws, app, stack)
    except InvalidInputError as error:
        return GroupReport(stack=stack, problems=(error.message,))
    near, problems = aws.at(group.place), []
    entries: list[HistoryEntry] = []
    unfinished = None
    try:
        for entry in islice(History(near.storage, group).entries(), MOST_ENTRIES):
            entries.append(entry)  # noqa: PERF402 - those before a broken one are told, too
    except InvalidInputError as error:
        problems.append(f"the history cannot be read further: {error.message}")
    try:
        unfinished = Journals(near.storage, group).newest_unfinished()
    except InvalidInputError as error:
        problems.append(f"whether a rollout is unfinished is not known: {error.message}")
    return GroupReport(
        stack=stack,
        status=read_status(near, group, clock=clock, timeout=timeout),
        entries=tuple(entries),
        unfinished=unfinished,
        problems=tuple(problems),
    )
