"""How the arrows of a drawing run, and where their labels stand; pure.

An arrow runs from the right side of a node to the left side of one further right, and
through the columns between them where no node is in its way.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from cdinfra.graph.layout import Area, Layout
from cdinfra.graph.measures import DETAIL_SIZE, PORT_STEP
from cdinfra.graph.picture import Edge
from cdinfra.graph.text_width import shortened, text_width

Point = tuple[float, float]
Curve = tuple[Point, Point, Point, Point]
"""Start, two control points and end of a cubic curve."""

STEPS = 64
"""Into how many pieces a curve is cut to find a place on it."""

CLEARANCE = 12.0
"""Between an arrow and a node that it passes, in pixels."""

HEAD = 12.0
"""Room that the head of an arrow takes, in pixels."""

LABEL_PLACES = (0.5, 0.35, 0.65, 0.25, 0.75)
"""Where in the gap before its target a label may stand, the best place first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """An arrow as it is drawn.

    Attributes:
        edge: What it says.
        curves: The curves that it is made of, each from where the one before ends.
        label: Where the label is.
    """

    edge: Edge
    curves: tuple[Curve, ...]
    label: Area


def build_arrows(edges: Iterable[Edge], layout: Layout) -> tuple[Arrow, ...]:
    """Return the arrows: their ends lie beside one another, and so do their labels."""
    every = tuple(edges)
    leaving = _ports(every, layout, of="source")
    entering = _ports(every, layout, of="target")
    arrows: list[Arrow] = []
    for each in every:
        curves = tuple(_curves(each, layout, leaving[each], entering[each]))
        taken = [arrow.label for arrow in arrows]
        places = tuple(_label_places(each, curves[-1]))
        free = [place for place in places if not any(_overlap(place, other) for other in taken)]
        arrows.append(Arrow(edge=each, curves=curves, label=(free or places)[0]))
    return tuple(arrows)


def _ports(edges: tuple[Edge, ...], layout: Layout, *, of: str) -> Mapping[Edge, float]:
    """Return at what height each arrow meets its node, in the order of the other ends."""
    ends: dict[str, list[Edge]] = {}
    for each in edges:
        ends.setdefault(each.source if of == "source" else each.target, []).append(each)
    ports = {}
    for key, those in ends.items():
        those.sort(key=lambda edge: _other_height(edge, key, layout))
        for number, each in enumerate(those):
            offset = (number - (len(those) - 1) / 2) * PORT_STEP
            ports[each] = layout.nodes[key].middle + offset
    return ports


def _other_height(edge: Edge, key: str, layout: Layout) -> float:
    return layout.nodes[edge.target if edge.source == key else edge.source].middle


def _curves(edge: Edge, layout: Layout, leaving: float, entering: float) -> Iterator[Curve]:
    source, target = layout.nodes[edge.source], layout.nodes[edge.target]
    right = source.x + source.width
    if target.x > source.x:
        start, end = (right, leaving), (target.x, entering)
        points = [start, *_way(start, end, layout), end]
        # Between two columns it bends, through a column it runs straight.
        for first, second in pairwise(points):
            bend = (second[0] - first[0]) / 2
            yield first, (first[0] + bend, first[1]), (second[0] - bend, second[1]), second
        return
    start = (source.x if target.x < source.x else right, leaving)
    end = (target.x + target.width, entering)
    bend = 36.0 + abs(end[0] - start[0]) / 2
    outwards = -bend if target.x < source.x else bend
    yield start, (start[0] + outwards, leaving), (end[0] + bend, entering), end


def _way(start: Point, end: Point, layout: Layout) -> Iterator[Point]:
    """Yield where an arrow enters and leaves each column between its ends."""
    for left, right in layout.columns:
        if start[0] < left and right < end[0]:
            part = ((left + right) / 2 - start[0]) / (end[0] - start[0])
            y = _free_height(start[1] + part * (end[1] - start[1]), left, layout)
            yield left, y
            yield right, y


def _free_height(wanted: float, left: float, layout: Layout) -> float:
    """Return the height nearest to a wanted one at which a column has no node."""
    taken = [
        (area.y - CLEARANCE, area.y + area.height + CLEARANCE)
        for area in layout.nodes.values()
        if area.x == left
    ]
    heights = (wanted, *(height for each in taken for height in each))
    free = (y for y in heights if not any(top < y < bottom for top, bottom in taken))
    return min(free, key=lambda y: abs(y - wanted))


def _label_places(edge: Edge, curve: Curve) -> Iterator[Area]:
    width = text_width(shortened(edge.label), DETAIL_SIZE) + 8
    start, end = curve[0], curve[-1]
    if end[0] > start[0]:
        xs = [start[0] + part * (end[0] - start[0]) for part in LABEL_PLACES]
    else:
        xs = [end[0] + HEAD + width / 2]
    height = DETAIL_SIZE + 6
    for x in xs:
        middle = _at(curve, x)
        yield Area(x=middle[0] - width / 2, y=middle[1] - height / 2, width=width, height=height)


def _overlap(one: Area, other: Area) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


def _at(curve: Curve, x: float) -> Point:
    """Return the point of a curve that is nearest to a place, the last of equal ones."""
    on_curve = [_point(curve, step / STEPS) for step in range(STEPS + 1)]
    return min(reversed(on_curve), key=lambda point: abs(point[0] - x))


def _point(curve: Curve, t: float) -> Point:
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
    pairs = tuple(zip(weights, curve, strict=True))
    return sum(w * p[0] for w, p in pairs), sum(w * p[1] for w, p in pairs)
