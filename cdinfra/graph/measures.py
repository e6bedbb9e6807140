"""How large everything in a drawing has to be for its texts and arrows; pure. In pixels."""

from collections.abc import Mapping

from cdinfra.graph.picture import Box, Picture
from cdinfra.graph.text_width import shortened, text_width

HEADING_SIZE = 15.0
TITLE_SIZE = 13.0
DETAIL_SIZE = 12.0
NODE_HEIGHT = 52.0
NODE_LEAST_WIDTH = 116.0
NODE_PAD = 16.0
PORT_STEP = 22.0
"""Between two arrows at one side of a node: a label is lower than that."""

BOX_PAD = 16.0
MARGIN = 24.0
HEADING = 34.0
LABEL_ROOM = 76.0
"""Beside a label in the gap between two columns: paddings of boxes and frames, arrow head."""

GAP = 104.0
"""Least width between two columns: the paddings of two boxes in two frames, and air."""


def box_heading(box: Box) -> str:
    """Return what stands above a stack."""
    return " · ".join(filter(None, (box.stack, box.detail)))


def node_height(key: str, picture: Picture) -> float:
    """Return the height of a node: its arrows lie side by side."""
    leaving = sum(edge.source == key for edge in picture.edges)
    entering = sum(edge.target == key for edge in picture.edges)
    return max(NODE_HEIGHT, PORT_STEP * max(leaving, entering) + NODE_PAD)


def column_widths(picture: Picture, columns: Mapping[str, int]) -> list[float]:
    """Return the width of each column.

    Args:
        picture: The picture.
        columns: The column of each node, by its key.
    """
    widths = [NODE_LEAST_WIDTH] * (max(columns.values(), default=-1) + 1)
    for node in picture.nodes:
        texts = (
            text_width(node.kind, TITLE_SIZE),
            text_width(shortened(node.detail), DETAIL_SIZE),
        )
        column = columns[node.key]
        widths[column] = max(widths[column], round(max(texts) + 2 * NODE_PAD))
    for box in picture.boxes:
        own = {columns[node.key] for node in box.nodes}
        if len(own) == 1:
            (column,) = own
            heading = text_width(shortened(box_heading(box)), TITLE_SIZE)
            widths[column] = max(widths[column], round(heading))
    return widths


def column_gaps(picture: Picture, columns: Mapping[str, int]) -> list[float]:
    """Return the width between each column and the next one.

    Args:
        picture: The picture.
        columns: The column of each node, by its key.
    """
    gaps = [GAP] * max(columns.values(), default=0)
    for edge in picture.edges:
        before = columns[edge.target] - 1
        if 0 <= before < len(gaps):
            room = text_width(shortened(edge.label), DETAIL_SIZE) + LABEL_ROOM
            gaps[before] = max(gaps[before], round(room))
    return gaps
