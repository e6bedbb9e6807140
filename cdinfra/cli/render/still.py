"""What is under way, as lines for a log in which nothing else has stood for a while."""

from collections.abc import Iterator

from cdinfra.cli.render.progress import Progress, ResourceProgress, StackProgress
from cdinfra.cli.render.style import strong
from cdinfra.cli.render.timing import sentence
from cdinfra.cli.render.words import NAME_WIDTH, printable

MOST_NAMES = 3
"""Most resources that a line names, those that have been under way longest."""


class StillProgress(Progress):
    """Where every stack of a plan stands, and what is under way of it as lines.

    Args:
        plan: What is being done.
    """

    def still(self, now: float) -> Iterator[str]:
        """Return one line for each stack that is being worked on."""
        return still_lines(self, now)


def still_lines(progress: Progress, now: float) -> Iterator[str]:
    """Return one line for each stack that is being worked on.

    Args:
        progress: Where every stack stands.
        now: The time, in seconds since 1970.
    """
    for stack in progress.stacks:
        elapsed = stack.elapsed(now)
        if stack.is_under_way and elapsed is not None:
            name = strong(f"{printable(stack.stack):<{NAME_WIDTH}}")
            times = sentence(elapsed, stack.expected)
            yield f"{name} still {stack.doing}, {times}{_names(stack, now)}"


def _names(stack: StackProgress, now: float) -> str:
    active = tuple(stack.active.values())
    named = [_name(each, now) for each in active[:MOST_NAMES]]
    if len(active) > MOST_NAMES:
        named.append(f"{len(active) - MOST_NAMES} more")
    return f": {', '.join(named)}" if named else ""


def _name(resource: ResourceProgress, now: float) -> str:
    return f"{printable(resource.logical_id)} {sentence(resource.elapsed(now), resource.expected)}"
