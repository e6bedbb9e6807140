"""Where everything of a picture is drawn: columns from left to right, stacks as boxes; pure.

A box takes the columns that its nodes stand in, and lies as high as these columns have room.
A network is a frame, packed the same way inside. All measures are pixels.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cdinfra.graph.measures import (
    BOX_PAD,
    HEADING,
    HEADING_SIZE,
    MARGIN,
    column_gaps,
    column_widths,
    node_height,
)
from cdinfra.graph.picture import Box, Node, Picture
from cdinfra.graph.ranks import assign_columns
from cdinfra.graph.text_width import text_width

ROW_GAP = 16.0
BOX_HEAD = 32.0
ITEM_GAP = 22.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """Height of its middle."""
        return self.y + self.height / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A picture with a place for everything.

    Attributes:
        width: Width of the drawing.
        height: Height of the drawing.
        nodes: Where each node is, by its key.
        boxes: Where each stack is, by its name, frames before what is in them.
        columns: Left and right side of each column.
    """

    width: float
    height: float
    nodes: Mapping[str, Area]
    boxes: Mapping[str, Area]
    columns: tuple[tuple[float, float], ...]


@dataclass(slots=True, kw_only=True)
class _Item:
    """A box, a frame or a single node, laid out by itself with its top at 0."""

    first: int
    last: int
    height: float = 0.0
    pad: float = 0.0
    nodes: dict[str, float] = field(default_factory=dict)
    boxes: dict[str, "_Extent"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Extent:
    first: int
    last: int
    top: float
    height: float
    pad: float


def lay_out(picture: Picture) -> Layout:
    """Return a place for everything in a picture."""
    return _Layouter(picture).run()


class _Layouter:
    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._columns = assign_columns(picture)
        self._heights = {node.key: node_height(node.key, picture) for node in picture.nodes}
        self._linked: dict[str, list[str]] = {key: [] for key in self._heights}
        for edge in picture.edges:
            self._linked[edge.source].append(edge.target)
            self._linked[edge.target].append(edge.source)

    def run(self) -> Layout:
        frames = {box.inside for box in self._picture.boxes}
        top = [box for box in self._picture.boxes if not box.inside]
        # What hangs together first: the rest fills the room that is left.
        top.sort(key=lambda box: (box.stack not in frames, not self._is_linked(box)))
        items = [self._box_item(box) for box in top]
        items += [self._node_item(node) for node in self._picture.outside]
        whole = self._packed(items, follow=True)
        return self._placed(whole)

    def _is_linked(self, box: Box) -> bool:
        return any(self._linked[node.key] for node in box.nodes)

    def _node_item(self, node: Node) -> _Item:
        column = self._columns[node.key]
        height = self._heights[node.key]
        return _Item(first=column, last=column, height=height, nodes={node.key: 0.0})

    def _box_item(self, box: Box) -> _Item:
        within = [self._box_item(each) for each in self._picture.boxes if each.inside == box.stack]
        own = self._own_nodes(box)
        if within:
            item = self._packed([*within, *([own] if own else [])])
        else:
            item = own or _Item(first=0, last=0, height=0.0)
        return self._boxed(box.stack, item, pad=2 * BOX_PAD if within else BOX_PAD)

    def _own_nodes(self, box: Box) -> _Item | None:
        columns: dict[int, list[Node]] = {}
        for node in box.nodes:
            columns.setdefault(self._columns[node.key], []).append(node)
        if not columns:
            return None
        heights = {
            column: sum(self._heights[node.key] for node in nodes) + ROW_GAP * (len(nodes) - 1)
            for column, nodes in columns.items()
        }
        item = _Item(first=min(columns), last=max(columns), height=max(heights.values()))
        for column, nodes in columns.items():
            y = (item.height - heights[column]) / 2
            for node in nodes:
                item.nodes[node.key] = y
                y += self._heights[node.key] + ROW_GAP
        return item

    def _boxed(self, stack: str, item: _Item, *, pad: float) -> _Item:
        height = BOX_HEAD + item.height + BOX_PAD
        own = _Extent(first=item.first, last=item.last, top=0.0, height=height, pad=pad)
        moved = _moved(item, BOX_HEAD)
        return _Item(
            first=item.first,
            last=item.last,
            height=height,
            pad=pad,
            nodes=moved.nodes,
            boxes={stack: own, **moved.boxes},
        )

    def _packed(self, items: Iterable[_Item], *, follow: bool = False) -> _Item:
        """Put items as high as their columns have room, or beside what they are linked with."""
        every = list(items)
        free: dict[int, float] = {}
        whole = _Item(
            first=min((item.first for item in every), default=0),
            last=max((item.last for item in every), default=0),
        )
        for item in every:
            span = range(item.first, item.last + 1)
            y = max(free.get(column, 0.0) for column in span)
            if follow:
                y = max(y, self._wanted(item, whole))
            moved = _moved(item, y)
            whole.nodes |= moved.nodes
            whole.boxes |= moved.boxes
            free |= dict.fromkeys(span, y + item.height + ITEM_GAP)
            whole.height = max(whole.height, y + item.height)
        return whole

    def _wanted(self, item: _Item, whole: _Item) -> float:
        """Return the top at which an item is level with what it is linked with."""
        tops = [
            whole.nodes[other] + self._heights[other] / 2 - own - self._heights[key] / 2
            for key, own in item.nodes.items()
            for other in self._linked[key]
            if other in whole.nodes
        ]
        return sum(tops) / len(tops) if tops else 0.0

    def _placed(self, whole: _Item) -> Layout:
        widths = column_widths(self._picture, self._columns)
        gaps = column_gaps(self._picture, self._columns)
        last = len(widths) - 1
        pads_left = [each.pad for each in whole.boxes.values() if each.first == 0]
        pads_right = [each.pad for each in whole.boxes.values() if each.last == last]
        lefts = [MARGIN + max(pads_left, default=0.0)]
        for width, gap in zip(widths, gaps, strict=False):
            lefts.append(lefts[-1] + width + gap)
        nodes = {
            key: Area(
                x=lefts[self._columns[key]],
                y=round(HEADING + MARGIN + y, 1),
                width=widths[self._columns[key]],
                height=self._heights[key],
            )
            for key, y in whole.nodes.items()
        }
        heading = MARGIN + text_width(self._picture.title, HEADING_SIZE)
        right = lefts[-1] + sum(widths[-1:]) + max(pads_right, default=0.0)
        boxes = {
            stack: Area(
                x=lefts[each.first] - each.pad,
                y=round(HEADING + MARGIN + each.top, 1),
                width=lefts[each.last] + widths[each.last] - lefts[each.first] + 2 * each.pad,
                height=round(each.height, 1),
            )
            for stack, each in whole.boxes.items()
        }
        return Layout(
            width=round(max(right, heading) + MARGIN, 1),
            height=round(HEADING + whole.height + 2 * MARGIN, 1),
            nodes=nodes,
            boxes=boxes,
            columns=tuple((x, x + width) for x, width in zip(lefts, widths, strict=False)),
        )


def _moved(item: _Item, by: float) -> _Item:
    return _Item(
        first=item.first,
        last=item.last,
        height=item.height,
        pad=item.pad,
        nodes={key: y + by for key, y in item.nodes.items()},
        boxes={
            stack: _Extent(
                first=each.first,
                last=each.last,
                top=each.top + by,
                height=each.height,
                pad=each.pad,
            )
            for stack, each in item.boxes.items()
        },
    )
