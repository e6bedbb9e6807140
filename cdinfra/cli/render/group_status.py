"""A deploy group as text: its release, each host, and how they differ from it."""

from collections.abc import Iterator
from typing import Any

from cdinfra.cli.render.hosts import UNKNOWN, short_release
from cdinfra.cli.render.style import faint, loud, strong
from cdinfra.cli.render.tables import table
from cdinfra.cli.render.words import count, printable
from cdinfra.deploy.plain import plain
from cdinfra.rollout.group_status import Configuration, GroupStatus, HostStatus
from cdinfra.rollout.observed import SERVES

_HEADINGS = ("HOST", "STATE", "WANTED", "RUNNING", "HEALTH", "CONFIGURATION", "AGENT")


def group_lines(status: GroupStatus) -> Iterator[str]:
    """Return a deploy group as lines; what differs follows below its hosts."""
    release = short_release(status.release) if status.release else faint("none yet")
    yield f"{strong(printable(status.group.name))} runs {release}"
    yield ""
    if status.hosts:
        balanced = any(each.seen.targets for each in status.hosts)
        headings = (*_HEADINGS, *(("TARGET",) if balanced else ()))
        yield from table(headings, (_row(each, balanced=balanced) for each in status.hosts))
    else:
        yield "No hosts."
    yield ""
    yield from _drift_lines(status)


def group_object(status: GroupStatus) -> dict[str, Any]:
    """Return a deploy group as an object."""
    return {
        "group": plain(status.group),
        "release": status.release,
        "agent": status.agent,
        "drifted": status.is_drifted,
        "drift": status.drift,
        "hosts": [_host_object(each) for each in status.hosts],
        "notes": status.notes,
    }


def _host_object(status: HostStatus) -> dict[str, Any]:
    answer = status.seen.answer
    return {
        "instance_id": status.seen.host.instance_id,
        "state": status.seen.host.state,
        "wanted": status.seen.host.release,
        "running": answer.report.running if answer.report else None,
        "health": answer.report.health if answer.report else None,
        "asked": str(answer.asked),
        "configuration": status.configuration,
        "launched_with": plain(status.launched_with),
        "agent": answer.report.agent if answer.report else "",
        "targets": plain(status.seen.targets),
        "drift": status.drift,
    }


def _row(status: HostStatus, *, balanced: bool) -> tuple[str, ...]:
    host, report = status.seen.host, status.seen.answer.report
    running = " ".join(map(short_release, report.running)) or "none" if report else ""
    is_wanted = report is not None and report.running == ((host.release,) if host.release else ())
    health = report.health if report else ""
    configuration = str(status.configuration)
    targets = ", ".join(dict.fromkeys(printable(each.state) for each in status.seen.targets))
    return (
        host.instance_id,
        host.state,
        short_release(host.release) if host.release else faint("none"),
        (running if is_wanted else loud(running)) if report else faint(UNKNOWN),
        (health if health in SERVES else loud(health)) if health else faint(UNKNOWN),
        loud(configuration) if status.configuration is Configuration.OUTDATED else configuration,
        printable(report.agent) if report and report.agent else faint(UNKNOWN),
        *((targets,) if balanced else ()),
    )


def _drift_lines(status: GroupStatus) -> Iterator[str]:
    if not status.is_drifted:
        yield "No drift."
        return
    drifted = [each for each in status.hosts if each.drift]
    where = f"{count(len(drifted), 'host')} of {len(status.hosts)}" if drifted else "the group"
    yield f"{loud('Drift')}: {where}"
    for text in status.drift:
        yield f"    {printable(status.group.stack)}: {printable(text)}"
    for each in drifted:
        for text in each.drift:
            yield f"    {each.seen.host.instance_id}: {printable(text)}"
