"""How each state of a host is drawn: states at work are thick, and each has a pattern of its own.

Colour only says again what thickness, pattern and words say, so the picture can be printed.
"""

from dataclasses import dataclass
from enum import StrEnum
from xml.etree import ElementTree as ET

from cdinfra.cli.render.report.markup import add
from cdinfra.rollout.events import HostState


class Pattern(StrEnum):
    """What a bar is filled with."""

    SOLID = "solid"
    RISING = "rising"
    FALLING = "falling"
    DOTS = "dots"
    ROWS = "rows"
    COLUMNS = "columns"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a state is drawn.

    Attributes:
        mark: The colour, as a class of the style sheet.
        pattern: What it is filled with.
        is_thin: Whether it is a line: nothing moves.
        sign: A sign in front of its word; empty for none.
        is_alarm: Whether the bar is framed: something is wrong.
    """

    mark: str
    pattern: Pattern = Pattern.SOLID
    is_thin: bool = False
    sign: str = ""
    is_alarm: bool = False


LOOKS = {
    HostState.WAITING: Look(mark="rest-mark", pattern=Pattern.COLUMNS, is_thin=True),
    HostState.PULLING: Look(mark="work-mark", pattern=Pattern.RISING),
    HostState.PULLED: Look(mark="rest-mark", is_thin=True),
    HostState.DRAINING: Look(mark="turn-mark", pattern=Pattern.ROWS),
    HostState.SWAPPING: Look(mark="work-mark"),
    HostState.CHECKING: Look(mark="work-mark", pattern=Pattern.DOTS),
    HostState.REGISTERING: Look(mark="turn-mark", pattern=Pattern.COLUMNS),
    HostState.DONE: Look(mark="calm-mark", is_thin=True, sign="✓"),
    HostState.FAILED: Look(mark="loud-mark", sign="✗", is_alarm=True),
    HostState.GONE: Look(mark="rest-mark", pattern=Pattern.COLUMNS, is_thin=True, sign="-"),
    HostState.GOING_BACK: Look(mark="undo-mark", pattern=Pattern.FALLING),
    HostState.BACK: Look(mark="undo-mark", is_thin=True, sign="↩"),
    HostState.NOT_BACK: Look(mark="loud-mark", pattern=Pattern.DOTS, sign="✗", is_alarm=True),
}

_TURNS = {Pattern.RISING: "rotate(45)", Pattern.FALLING: "rotate(-45)"}


def define_patterns(svg: ET.Element, prefix: str, states: set[HostState]) -> None:
    """Add the patterns that states need.

    Args:
        svg: The picture.
        prefix: What the ids begin with, unique in the page.
        states: The states that are in the picture.
    """
    definitions = add(svg, "defs")
    looks = [LOOKS[each] for each in HostState if each in states]
    for look in dict.fromkeys(each for each in looks if each.pattern is not Pattern.SOLID):
        _define(definitions, prefix, look)


def _define(definitions: ET.Element, prefix: str, look: Look) -> None:
    size = {"width": "6", "height": "6", "patternUnits": "userSpaceOnUse"}
    turn = {"patternTransform": _TURNS[look.pattern]} if look.pattern in _TURNS else {}
    pattern = add(definitions, "pattern", id=_key(prefix, look), **size, **turn)
    match look.pattern:
        case Pattern.DOTS:
            add(pattern, "circle", class_=look.mark, cx="3", cy="3", r="2")
        case Pattern.ROWS:
            add(pattern, "rect", class_=look.mark, width="6", height="3")
        case _:
            add(pattern, "rect", class_=look.mark, width="3", height="6")


def fill(prefix: str, look: Look) -> dict[str, str]:
    """Return the attributes that fill a bar: its class, and its pattern where it has one."""
    frame = "alarm" if look.is_alarm else ""
    if look.pattern is Pattern.SOLID:
        return {"class_": f"{look.mark} {frame}".strip()}
    named = {"class_": frame} if frame else {}
    return {**named, "fill": f"url(#{_key(prefix, look)})"}


def _key(prefix: str, look: Look) -> str:
    return f"{prefix}-{look.pattern}-{look.mark}"
