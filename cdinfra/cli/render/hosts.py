"""Hosts with what each runs, as a table, and what is wrong with them below it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cdinfra.aws.hosts import Host
from cdinfra.cli.render.style import faint, loud, strong
from cdinfra.cli.render.tables import table
from cdinfra.cli.render.words import duration, printable
from cdinfra.deploy.host_answers import Asked
from cdinfra.deploy.host_report import HostHealth
from cdinfra.deploy.host_survey import SeenHost
from cdinfra.deploy.plain import plain

DIGEST_DIGITS = 12
"""Digits of a digest in a table, as many as Docker shows of an id; JSON has them all."""

MOST_NAMED = 3
"""Most hosts that are named with one problem or tag; the rest is counted."""

UNKNOWN = "?"

_HEADINGS = ("GROUP", "HOST", "STATE", "ZONE", "PRIVATE", "DESIRED", "RUNNING", "HEALTH")
_RELEASE = re.compile(r"(?:.*/)?(?P<name>[^/@]*)@(?:sha256:)?(?P<digest>.*)", re.DOTALL)
_CALM = frozenset({HostHealth.HEALTHY, HostHealth.STARTING, HostHealth.IDLE})


def seen_host_lines(hosts: Sequence[SeenHost]) -> Iterator[str]:
    """Return hosts as a table; what is wrong with them follows below it.

    The column of the target groups is there only where one of them has something to say.
    """
    balanced = any(each.targets for each in hosts)
    headings = (*_HEADINGS, *(("TARGET",) if balanced else ()), "UPTIME", "AGENT")
    yield from table(headings, (_row(each, balanced=balanced) for each in hosts))
    if problems := list(_problem_lines(hosts)):
        yield from ["", *problems]


def tag_lines(hosts: Sequence[Host]) -> Iterator[str]:
    """Return the tags of hosts as a table: each with its value, once, and the hosts that have it.

    The values stand last: a release is longer than a line, and hosts of a group share most.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for each in hosts:
        for tag in sorted(each.tags.items()):
            found.setdefault(tag, []).append(each.instance_id)
    rows = (
        (printable(key), "all" if len(names) == len(hosts) else _named(names), printable(value))
        for (key, value), names in sorted(found.items())
    )
    yield from table(("TAG", "HOSTS", "VALUE"), rows)


def seen_host_object(seen: SeenHost) -> dict[str, Any]:
    """Return a host as an object: the instance's own fields, what it said, what is thought."""
    return {
        **plain(seen.host),
        "asked": str(seen.answer.asked),
        "problem": seen.answer.problem,
        "report": plain(seen.answer.report),
        "targets": plain(seen.targets),
    }


def short_release(release: str) -> str:
    """Return a release in short: the repository's own name, and how the digest begins.

    >>> short_release("1.dkr.ecr.eu-central-1.amazonaws.com/shop/web@sha256:0123456789abcdef")
    'web@0123456789ab'
    """
    found = _RELEASE.fullmatch(release)
    if found is None:
        return printable(release)
    return printable(f"{found['name']}@{found['digest'][:DIGEST_DIGITS]}")


def _row(seen: SeenHost, *, balanced: bool) -> tuple[str, ...]:
    host = seen.host
    running, health, uptime, agent = _said(seen)
    return (
        strong(printable(host.deploy_group)),
        host.instance_id,
        host.state,
        host.zone,
        host.private_address,
        short_release(host.release) if host.release else faint("none"),
        running,
        health,
        *((_thought(seen),) if balanced else ()),
        uptime,
        agent,
    )


def _said(seen: SeenHost) -> tuple[str, str, str, str]:
    """Return what a host runs, how it is, how long it is up, and its agent or why not."""
    report, asked = seen.answer.report, seen.answer.asked
    if report is None:
        why = "" if asked is Asked.NOT_ASKED else loud(asked)
        return faint(UNKNOWN), faint(UNKNOWN), faint(UNKNOWN), why or faint(UNKNOWN)
    digests = [_digest(each) for each in report.running]
    is_desired = report.running == ((seen.host.release,) if seen.host.release else ())
    running = ", ".join(digests) or "none"
    uptime = report.uptime_seconds
    return (
        running if is_desired else loud(running),
        report.health if report.health in _CALM else loud(report.health),
        faint(UNKNOWN) if uptime is None else duration(uptime),
        printable(report.agent) or faint(UNKNOWN),
    )


def _digest(release: str) -> str:
    found = _RELEASE.fullmatch(release)
    return printable(found["digest"][:DIGEST_DIGITS] if found else release)


def _thought(seen: SeenHost) -> str:
    states = dict.fromkeys(printable(each.state) for each in seen.targets)
    return ", ".join(each if each == "healthy" else loud(each) for each in states)


def _problem_lines(hosts: Iterable[SeenHost]) -> Iterator[str]:
    """Return every problem once, with the hosts that have it."""
    found: dict[str, list[str]] = {}
    for each in hosts:
        for text in dict.fromkeys(_problems(each)):
            found.setdefault(text, []).append(each.host.instance_id)
    for text, names in found.items():
        yield f"{_named(names)}: {printable(text)}"


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"{', '.join(names[:MOST_NAMED])}{more}"


def _problems(seen: SeenHost) -> Iterator[str]:
    report = seen.answer.report
    found = (report.tags_problem, report.problem) if report else ()
    yield from filter(None, (seen.answer.problem, *found))
    for each in seen.targets:
        if each.reason:
            yield f"target {each.state}: {each.description or each.reason}"
