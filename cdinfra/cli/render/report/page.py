"""The page as a whole: what is read first, and a section for each deploy group."""

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from cdinfra.cli.render.report.history import add_history, outcome_piece
from cdinfra.cli.render.report.hosts import add_drift, add_hosts, drift_words
from cdinfra.cli.render.report.markup import (
    Cell,
    add,
    add_mixed,
    add_table,
    piece,
    release_code,
    seconds_text,
)
from cdinfra.cli.render.report.style import STYLE
from cdinfra.cli.render.report.timeline import add_timeline
from cdinfra.cli.render.words import stamp
from cdinfra.rollout.group_status import GroupStatus
from cdinfra.rollout.record import Record
from cdinfra.rollout.report import AppReport, GroupReport

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""What the page may load: nothing. Source: W3C, "Content Security Policy Level 3"."""

NO_ICON = "data:,"
"""An empty icon: without one, browsers ask the server for it."""

_HEADINGS = ("Group", "Release", "Hosts", "Drift", "Last rollout")


def build_page(report: AppReport, *, cloud: str, version: str) -> str:
    """Return the report as one HTML document, ending with a line break.

    Args:
        report: What it tells.
        cloud: The cloud that it was read from, in words.
        version: The version of cdinfra that wrote it.
    """
    title = f"{report.app} {report.env}"
    root = ET.Element("html", {"lang": "en"})
    _add_head(root, title)
    body = add(root, "body")
    header = add(body, "header")
    heading = add(header, "h1", f"{report.app} ")
    heading.append(piece("small", report.env))
    written = f"Deploy groups in {cloud}, read {stamp(report.read_at)} by cdinfra {version}."
    add(header, "p", written, class_="faint")
    main = add(body, "main")
    if report.groups:
        add_table(main, "Deploy groups", _HEADINGS, _overview(report))
    else:
        add(main, "p", "The app has no deploy groups: no stack of hosts that run a release.")
    for number, group in enumerate(report.groups, 1):
        _add_group(main, group, f"group-{number}")
    text = ET.tostring(root, encoding="unicode", method="html")
    return f"<!doctype html>\n{text}\n"


def _add_head(root: ET.Element, title: str) -> None:
    head = add(root, "head")
    add(head, "meta", charset="utf-8")
    ET.SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": POLICY})
    add(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    add(head, "meta", name="referrer", content="no-referrer")
    add(head, "title", f"{title}: deploy groups")
    add(head, "link", rel="icon", href=NO_ICON)
    ET.SubElement(head, "style").text = STYLE


def _overview(report: AppReport) -> Iterator[tuple[Cell, ...]]:
    for number, group in enumerate(report.groups, 1):
        status = group.status
        name = piece("a", group.stack, href=f"#group-{number}")
        if status is None:
            yield name, piece("span", "not told, see below", class_="loud"), "", "", ""
            continue
        drift = drift_words(status)
        yield (
            name,
            release_code(status.release),
            str(len(status.hosts)),
            piece("span", drift, class_="loud") if status.is_drifted else drift,
            _last(group),
        )


def _last(group: GroupReport) -> Cell:
    if not group.entries:
        return "none"
    account = group.entries[0].account
    return outcome_piece(account), f", {stamp(account.began_at)}"


def _add_group(main: ET.Element, group: GroupReport, key: str) -> None:
    section = add(main, "section", id=key, aria_labelledby=f"{key}-name")
    heading = add(section, "h2", f"{group.stack} ", id=f"{key}-name")
    status = group.status
    if status is not None:
        heading.append(piece("small", status.group.name))
        _add_release(section, status)
    for text in group.problems:
        add_mixed(section, "p", piece("strong", "Not told", class_="loud"), f": {text}")
    if group.unfinished is not None:
        _add_unfinished(section, group.unfinished)
    if status is None:
        return
    add_drift(section, status)
    add_hosts(section, status)
    for text in status.notes:
        add(section, "p", f"Note: {text}", class_="faint")
    add_history(section, group.stack, group.entries)
    if group.entries:
        _add_last_rollout(section, group, key)


def _add_release(section: ET.Element, status: GroupStatus) -> None:
    if not status.release:
        add(section, "p", "It has no release yet.")
        return
    add_mixed(section, "p", "Its release is ", piece("code", status.release), ".")


def _add_unfinished(section: ET.Element, record: Record) -> None:
    add_mixed(
        section,
        "p",
        piece("strong", "A rollout is not finished", class_="loud"),
        f": the {record.purpose} of ",
        release_code(record.image),
        f", begun {stamp(record.began_at)} by {record.author.who}, ",
        "is going back" if record.is_going_back else f"is in the step {record.phase}",
        f", batch {record.batch} of {len(record.batches)}." if record.batch else ".",
    )


def _add_last_rollout(section: ET.Element, group: GroupReport, key: str) -> None:
    entry = group.entries[0]
    account = entry.account
    add(section, "h3", "The last rollout in time")
    add_mixed(
        section,
        "p",
        f"Number {entry.number}, the {account.purpose} of ",
        release_code(account.image),
        f", {stamp(account.began_at)}: ",
        outcome_piece(account),
        f" after {seconds_text(account.seconds)}.",
    )
    add_timeline(section, account, key)
