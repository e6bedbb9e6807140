"""The history of a deploy group, as a table with what went wrong below it."""

from collections.abc import Iterator, Sequence

from cdinfra.cli.render.hosts import short_release
from cdinfra.cli.render.style import faint, loud, strong
from cdinfra.cli.render.tables import table
from cdinfra.cli.render.words import count, duration, printable, stamp
from cdinfra.rollout.events import RolloutOutcome
from cdinfra.rollout.state.history import HistoryEntry

COMMIT_DIGITS = 12

_HEADINGS = ("#", "WHEN", "FOR", "FROM", "TO", "OUTCOME", "HOSTS", "TOOK", "BY", "COMMIT")
_CALM = frozenset({RolloutOutcome.DEPLOYED, RolloutOutcome.UNCHANGED})


def history_lines(entries: Sequence[HistoryEntry]) -> list[str]:
    """Return entries as a table; why one did not end well follows below it.

    The column of the pipelines' runs is there only where one of them has one.
    """
    if not entries:
        return []
    ran = any(each.account.author.run_url for each in entries)
    headings = (*_HEADINGS, *(("RUN",) if ran else ()))
    lines = table(headings, (_row(each, ran=ran) for each in entries))
    reasons = list(_reasons(entries))
    return [*lines, *(("", *reasons) if reasons else ())]


def _row(entry: HistoryEntry, *, ran: bool) -> tuple[str, ...]:
    account = entry.account
    author = account.author
    return (
        strong(str(entry.number)),
        stamp(account.began_at),
        account.purpose,
        short_release(account.from_release) if account.from_release else faint("none"),
        short_release(account.image),
        account.outcome if account.outcome in _CALM else loud(account.outcome),
        str(account.hosts),
        duration(account.seconds),
        printable(author.who),
        printable(author.commit[:COMMIT_DIGITS]),
        *((printable(author.run_url),) if ran else ()),
    )


def _reasons(entries: Sequence[HistoryEntry]) -> Iterator[str]:
    for entry in entries:
        account = entry.account
        failed = f" ({count(len(account.failed), 'host')} failed)" if account.failed else ""
        if account.reason or failed:
            yield f"{entry.number}: {printable(account.reason or account.outcome)}{failed}"
