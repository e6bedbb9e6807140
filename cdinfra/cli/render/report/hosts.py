"""The hosts of a deploy group on the page, and how they differ from it in words."""

from xml.etree import ElementTree as ET

from cdinfra.cli.render.hosts import UNKNOWN
from cdinfra.cli.render.report.markup import (
    Cell,
    add,
    add_mixed,
    add_table,
    piece,
    release_code,
    seconds_text,
)
from cdinfra.cli.render.words import count
from cdinfra.rollout.group_status import Configuration, GroupStatus, HostStatus
from cdinfra.rollout.observed import SERVES

_HEADINGS = (
    *("Host", "State", "Zone", "Address", "Wanted", "Runs", "Health", "Up for"),
    *("Configuration", "Agent", "Drift"),
)


def add_hosts(section: ET.Element, status: GroupStatus) -> None:
    """Add the table of a group's hosts."""
    add(section, "h3", "Hosts")
    if not status.hosts:
        add(section, "p", "It has no hosts.")
        return
    balanced = any(each.seen.targets for each in status.hosts)
    headings = (*_HEADINGS, *(("Load balancer",) if balanced else ()))
    rows = (_row(each, is_balanced=balanced) for each in status.hosts)
    add_table(section, f"Hosts of {status.group.stack}", headings, rows)


def add_drift(section: ET.Element, status: GroupStatus) -> None:
    """Add what differs from what the group says, one sentence each."""
    add(section, "h3", "Drift")
    if not status.is_drifted:
        add(section, "p", "None: every host is as its group says.")
        return
    drift = add(section, "ul")
    for text in status.drift:
        add_mixed(drift, "li", piece("strong", status.group.stack), f": {text}")
    for each in status.hosts:
        for text in each.drift:
            add_mixed(drift, "li", piece("strong", each.seen.host.instance_id), f": {text}")


def drift_words(status: GroupStatus) -> str:
    """Return in how far a group has drifted: ``none``, ``1 host of 3``, ``the group``."""
    drifted = sum(bool(each.drift) for each in status.hosts)
    if drifted:
        return f"{count(drifted, 'host')} of {len(status.hosts)}"
    return "the group" if status.is_drifted else "none"


def _row(status: HostStatus, *, is_balanced: bool) -> tuple[Cell, ...]:
    host, report = status.seen.host, status.seen.answer.report
    health = str(report.health) if report else str(status.seen.answer.asked)
    is_calm = report is not None and report.health in SERVES
    outdated = status.configuration is Configuration.OUTDATED
    uptime = report.uptime_seconds if report else None
    targets = ", ".join(dict.fromkeys(each.state for each in status.seen.targets))
    return (
        piece("code", host.instance_id),
        host.state,
        host.zone,
        host.private_address,
        release_code(host.release),
        _running(status),
        health if is_calm else piece("span", health, class_="loud"),
        UNKNOWN if uptime is None else seconds_text(uptime),
        piece("span", status.configuration, class_="loud") if outdated else status.configuration,
        piece("code", report.agent) if report and report.agent else UNKNOWN,
        piece("span", "yes, see above", class_="loud") if status.drift else "none",
        *((targets,) if is_balanced else ()),
    )


def _running(status: HostStatus) -> Cell:
    report = status.seen.answer.report
    if report is None:
        return UNKNOWN
    codes: list[ET.Element | str] = []
    for each in report.running:
        codes += [release_code(each), " "]
    return tuple(codes) or release_code("")
