"""What is under way of a rollout, as a line for a log in which nothing else has stood for long."""

from collections.abc import Iterator
from itertools import islice

from cdinfra.cli.render.fleet_progress import FleetProgress
from cdinfra.cli.render.rollout_words import phase_words
from cdinfra.cli.render.style import strong
from cdinfra.cli.render.words import NAME_WIDTH, duration, printable

MOST_NAMES = 3
"""Most hosts that the line names, those that have been at work longest."""


class StillFleet(FleetProgress):
    """Where the hosts of a rollout stand, and what is under way as a line."""

    def still(self, now: float) -> Iterator[str]:
        """Return one line, as long as the rollout has not ended."""
        if self.finished is not None:
            return
        name = strong(f"{printable(self.plan.group.stack):<{NAME_WIDTH}}")
        yield f"{name} still {self._doing()}{self._waits(now)}{self._names(now)}"

    def _doing(self) -> str:
        if self.back is not None:
            return "going back"
        return phase_words(self.phase, self.plan) if self.phase else "at the beginning"

    def _waits(self, now: float) -> str:
        if self.waits_for is None:
            return ""
        return f", waiting {duration(now - self.waits_since)} for {printable(self.waits_for.what)}"

    def _names(self, now: float) -> str:
        named = [
            f"{each.instance_id} {each.state} {duration(each.elapsed(now) or 0)}"
            for each in islice(self.active.values(), MOST_NAMES)
        ]
        if len(self.active) > MOST_NAMES:
            named.append(f"{len(self.active) - MOST_NAMES} more")
        return f": {', '.join(named)}" if named else ""
