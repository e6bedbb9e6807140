"""What each service of the hosts adds to the local cloud."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cdinfra.local.api_handlers import ApiHandlers, CallName, Handler
from cdinfra.local.front import Respond


def nothing() -> None:
    """Do nothing: what a part does that has nothing to begin or to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One service: registries, commands, load balancers.

    Attributes:
        handlers: The calls that it answers in place of moto.
        replaced: Calls that moto answers truly since it has been put right.
        own: What answers at the local cloud's own addresses, by the beginning of the path.
        correct: Puts moto right.
        start: Begins what works in the background.
        close: Ends it.
    """

    handlers: Mapping[CallName, Handler] = field(default_factory=dict)
    replaced: frozenset[CallName] = frozenset()
    own: Mapping[str, Respond] = field(default_factory=dict)
    correct: Callable[[], None] = nothing
    start: Callable[[], None] = nothing
    close: Callable[[], None] = nothing


def joined(*parts: Part) -> Part:
    """Return parts as one: they begin in this order and end in the other.

    Args:
        parts: The parts.
    """

    def in_turn(steps: list[Callable[[], None]]) -> Callable[[], None]:
        def each() -> None:
            for step in steps:
                step()

        return each

    return Part(
        handlers={name: each for part in parts for name, each in part.handlers.items()},
        replaced=frozenset(name for part in parts for name in part.replaced),
        own={path: each for part in parts for path, each in part.own.items()},
        correct=in_turn([part.correct for part in parts]),
        start=in_turn([part.start for part in parts]),
        close=in_turn([part.close for part in reversed(parts)]),
    )


def handlers_of(part: Part) -> ApiHandlers:
    """Return the calls that a part answers, as the front takes them."""
    return ApiHandlers(handlers=part.handlers, replaced=part.replaced)
