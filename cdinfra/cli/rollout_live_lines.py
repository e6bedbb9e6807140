"""The lines of a rollout's live view: columns that fit the width of the terminal."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from rich.text import Text

from cdinfra.cli.live_lines import SPINNER, TURNS_PER_SECOND
from cdinfra.cli.render.fleet_progress import (
    AT_REST,
    AT_WORK,
    BAD,
    FleetProgress,
    HostProgress,
)
from cdinfra.cli.render.rollout_words import (
    OUTCOME_COLOURS,
    STATE_COLOURS,
    batch_words,
    mark,
    phase_words,
    short,
    waiting_words,
)
from cdinfra.cli.render.words import count, duration, printable
from cdinfra.rollout.events import HostState, RolloutOutcome

MOST_HOSTS = 30
"""Most hosts that have a line each; of more, those at work and those that failed have one."""

STOPPING = "Ctrl-C: asks when the hosts at work are done; once more leaves at once"

LOW_HEIGHT = 6
"""Lines below which a terminal is low."""

_GAP = "  "

_OUTCOME_MARKS = {
    RolloutOutcome.DEPLOYED: "✓",
    RolloutOutcome.UNCHANGED: "=",
    RolloutOutcome.ROLLED_BACK: "↩",
    RolloutOutcome.INTERRUPTED: "·",
}

_Cells = tuple[Text, ...]
"""Mark, instance id, state, elapsed time, batch, reason."""

_ELAPSED, _REASON = 3, 5


class RolloutLines:
    """Draws where every host stands, again and again; columns only grow, so that all stays calm.

    Args:
        progress: Where they stand.
    """

    def __init__(self, progress: FleetProgress) -> None:
        self._progress = progress
        self._widths: tuple[int, ...] = (0,) * _REASON

    def draw(self, now: float, *, width: int, height: int) -> Iterator[Text]:
        """Return the lines of the live view.

        Args:
            now: The time, in seconds since 1970.
            width: Characters of a line.
            height: Most lines, at least 3.
        """
        # A terminal of very few lines has room for one below the hosts.
        below = list(self._foot(now))[-1 if height < LOW_HEIGHT else 0 :]
        rows = list(self._hosts(now, height - len(below) - 1))
        for line in (self._head(now), *self._aligned(rows), *below):
            line.rstrip()
            line.truncate(width, overflow="ellipsis")
            yield line

    def _head(self, now: float) -> Text:
        fleet = self._progress
        line = Text(_GAP).join(
            (
                self._head_mark(now),
                Text(printable(fleet.plan.group.stack), style="bold"),
                Text(self._doing(), style="yellow" if fleet.back and not fleet.finished else ""),
            )
        )
        if fleet.began is not None:
            seconds = fleet.finished.seconds if fleet.finished else now - fleet.began
            line.append(f"{_GAP}{duration(seconds)}")
            line.append(f"{_GAP}{self._amount()}", style="dim")
        return line

    def _amount(self) -> str:
        fleet = self._progress
        counts, total = fleet.counts, count(len(fleet.hosts), "host")
        if fleet.back is None and not counts[HostState.BACK]:
            return f"{counts[HostState.DONE]} of {total} done"
        return f"{count(counts[HostState.BACK], 'host')} back"

    def _head_mark(self, now: float) -> Text:
        if (end := self._progress.finished) is None:
            return _spinner(now)
        return Text(_OUTCOME_MARKS.get(end.outcome, "✗"), style=OUTCOME_COLOURS[end.outcome])

    def _doing(self) -> str:
        fleet = self._progress
        if fleet.finished is not None:
            return fleet.finished.outcome
        if fleet.back is not None:
            return f"going back to {short(fleet.back.release)}"
        release = short(fleet.plan.image.release)
        if fleet.phase is None:
            return f"{fleet.plan.purpose} {release}"
        return f"{release}: {phase_words(fleet.phase, fleet.plan)}"

    def _foot(self, now: float) -> Iterator[Text]:
        waits = self._progress.waits_for
        if waits is not None:
            text = waiting_words(waits.what, self._progress.waits_at_most(now))
            yield Text(f" {_GAP}{text}", style="dim")
        if self._progress.is_stopping:
            yield Text(f" {_GAP}{STOPPING}", style="yellow")

    def _aligned(self, rows: Sequence[_Cells | Text]) -> Iterator[Text]:
        """Return rows as lines; text alone stands across the columns."""
        for each in rows:
            if not isinstance(each, Text):
                lengths = (cell.cell_len for cell in each)
                self._widths = tuple(map(max, self._widths, lengths))
        for each in rows:
            yield each if isinstance(each, Text) else _line(each, self._widths)

    def _hosts(self, now: float, room: int) -> Iterator[_Cells | Text]:
        hosts = self._progress.hosts
        if len(hosts) <= min(room, MOST_HOSTS):
            yield from (self._host(each, now) for each in hosts.values())
        else:
            yield from self._folded(now, room)

    def _folded(self, now: float, room: int) -> Iterator[_Cells | Text]:
        fleet = self._progress
        ended = set(HostState) - AT_WORK - AT_REST - BAD
        above, below = list(self._counted("✓", ended)), list(self._counted("·", AT_REST))
        room = max(0, room - len(above) - len(below))
        for_bad = min(len(fleet.bad), max(room // 2, room - len(fleet.active)))
        yield from above
        yield from self._some(fleet.bad.values(), BAD, now, for_bad)
        yield from self._some(fleet.active.values(), AT_WORK, now, room - for_bad)
        yield from below

    def _some(
        self, hosts: Iterable[HostProgress], states: Iterable[HostState], now: float, room: int
    ) -> Iterator[_Cells | Text]:
        """Return as many of the hosts as there is room for, and how many more there are."""
        total = sum(self._progress.counts[each] for each in states)
        room = min(room, MOST_HOSTS)
        shown = total if total <= room else max(0, room - 1)
        yield from (self._host(each, now) for each in islice(hosts, shown))
        if shown < total and room:
            more = f"and {total - shown} more; in all " if shown else ""
            yield Text(f" {_GAP}{more}{self._by_state(states)}", style="dim")

    def _counted(self, sign: str, states: Iterable[HostState]) -> Iterator[Text]:
        words = self._by_state(states)
        if words:
            yield Text(f"{sign}{_GAP}{words}", style="dim")

    def _by_state(self, states: Iterable[HostState]) -> str:
        counts = self._progress.counts
        known = set(states)
        return ", ".join(
            f"{counts[each]} {each}" for each in HostState if each in known and counts[each]
        )

    def _host(self, host: HostProgress, now: float) -> _Cells:
        elapsed, sign = host.elapsed(now), mark(host.state)
        style = _style(host.state)
        return (
            Text(sign, style=style) if sign else _spinner(now),
            Text(host.instance_id),
            Text(host.state, style=style),
            Text("" if elapsed is None else duration(elapsed)),
            Text(self._batch(host), style="dim"),
            Text(printable(host.reason), style="red") if host.state in BAD else Text(),
        )

    def _batch(self, host: HostProgress) -> str:
        if not host.batch:
            return ""
        return "canary" if host.is_canary else batch_words(host.batch, self._progress.plan)


def _spinner(now: float) -> Text:
    return Text(SPINNER[int(now * TURNS_PER_SECOND) % len(SPINNER)])


def _style(state: HostState) -> str:
    if state in AT_REST:
        return "dim"
    return STATE_COLOURS.get(state, "" if state not in AT_WORK else "yellow")


def _line(row: _Cells, widths: Sequence[int]) -> Text:
    """Return cells as a line, times at the right of their column."""
    shown = []
    for column, (cell, width) in enumerate(zip(row, widths, strict=False)):
        padded = cell.copy()
        pad = padded.pad_left if column == _ELAPSED else padded.pad_right
        pad(width - cell.cell_len)
        shown += [padded] if width else []
    return Text(_GAP).join((*shown, row[_REASON]))
