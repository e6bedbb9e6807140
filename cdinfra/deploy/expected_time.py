"""How long a stack and its resources may take, from what they took before; pure.

Nothing is guessed: what has no past of its own gets no expected time.
"""

from collections.abc import Iterable

from cdinfra.aws.stacks import StackEvent
from cdinfra.events import ExpectedTime

MOST_EVENTS = 100
"""Events that are looked at: about what CloudFormation puts into one answer.

That answer is read anyway, to know where the events of an operation begin.
"""


def expected_times(newest_first: Iterable[StackEvent]) -> tuple[ExpectedTime, ...]:
    """Return how long the stack and each of its resources took the last time that went well.

    Creation, update and deletion each have a time of their own. What a rollback takes does
    not count, nor what began before the first of the events.

    Args:
        newest_first: The stack's latest events.
    """
    begun: dict[tuple[str, str], StackEvent] = {}
    known: dict[tuple[str, str], float] = {}
    rolls_back = False
    for event in reversed(tuple(newest_first)):
        verb = event.status.partition("_")[0]
        key = (event.logical_id, f"{verb}_IN_PROGRESS")
        if event.is_of_stack:
            rolls_back = "ROLLBACK" in event.status
            if event.status == key[1]:
                # What the operation before left unfinished is not finished by this one.
                begun.clear()
        if rolls_back or event.status.endswith("_FAILED"):
            begun.pop(key, None)
        elif event.status == key[1]:
            # A replacement, or a host that signals, tells more than once that it is under way.
            begun.setdefault(key, event)
        elif event.status == f"{verb}_COMPLETE" and key in begun:
            known[key] = (event.timestamp - begun.pop(key).timestamp).total_seconds()
    return tuple(
        ExpectedTime(logical_id=logical_id, status=status, seconds=seconds)
        for (logical_id, status), seconds in known.items()
    )
