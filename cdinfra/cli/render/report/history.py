"""What was rolled out to a deploy group, on the page."""

from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as ET

from cdinfra.cli.render.report.markup import (
    Cell,
    add,
    add_table,
    link,
    piece,
    release_code,
    seconds_text,
)
from cdinfra.cli.render.words import count, stamp
from cdinfra.rollout.events import RolloutOutcome
from cdinfra.rollout.record import Account
from cdinfra.rollout.state.history import HistoryEntry

COMMIT_DIGITS = 12
MOST_NAMED = 5
"""Failed hosts that are named; the others are counted."""

_CALM = frozenset({RolloutOutcome.DEPLOYED, RolloutOutcome.UNCHANGED})
_HEADINGS = (
    *("No.", "When", "For", "From", "To", "Outcome", "Hosts", "Took", "By", "Commit", "Run"),
)


def add_history(section: ET.Element, stack: str, entries: Sequence[HistoryEntry]) -> None:
    """Add the table of a group's history, newest first."""
    add(section, "h3", "History")
    if not entries:
        add(section, "p", "Nothing was rolled out to it yet.")
        return
    add_table(section, f"Rollouts of {stack}, newest first", _HEADINGS, map(_row, entries))


def outcome_piece(account: Account) -> ET.Element:
    """Return how a rollout ended."""
    is_calm = account.outcome in _CALM
    return piece("span", account.outcome, class_="calm" if is_calm else "loud")


def _row(entry: HistoryEntry) -> tuple[Cell, ...]:
    account = entry.account
    author = account.author
    return (
        str(entry.number),
        stamp(account.began_at),
        str(account.purpose),
        release_code(account.from_release),
        release_code(account.image),
        (outcome_piece(account), *_why(account)),
        str(account.hosts),
        seconds_text(account.seconds),
        author.who,
        piece("code", author.commit[:COMMIT_DIGITS], title=author.commit) if author.commit else "",
        link(author.run_url, f"run of rollout {entry.number}") if author.run_url else "",
    )


def _why(account: Account) -> Iterator[ET.Element | str]:
    if account.reason:
        yield " "
        yield piece("span", account.reason, class_="why")
    if account.failed:
        left = len(account.failed) - MOST_NAMED
        more = f" and {left} more" if left > 0 else ""
        names = ", ".join(account.failed[:MOST_NAMED])
        text = f"{count(len(account.failed), 'host')} failed: {names}{more}"
        yield " "
        yield piece("span", text, class_="why")
