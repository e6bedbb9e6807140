"""Whatever a picture says, what is written of it is well-formed, and nothing lies over another."""

import json
import re
from itertools import combinations
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from cdinfra.graph.arrows import build_arrows
from cdinfra.graph.layout import Area, lay_out
from cdinfra.graph.mermaid import render_mermaid
from cdinfra.graph.picture import Box, Edge, Kind, Node, Picture, Relation
from cdinfra.graph.svg import render_svg

LABEL = r'"(?:[A-Za-z0-9 .,:/()*_–×-]|#\d+;|<br/>)*"'  # noqa: RUF001 - as details have them
NODE = rf"n\d+(?:\(\[{LABEL}\]\)|\[\({LABEL}\)\]|\[{LABEL}\])"
EDGE = rf"n\d+ (?:-->|-\.->)\|{LABEL}\| n\d+"
LINE = re.compile(rf" +(?:{NODE}|{EDGE}|subgraph s\d+\[{LABEL}\]|end)")


@st.composite
def pictures(draw: st.DrawFn) -> Picture:
    """Any picture: every text anything, every arrow anywhere, back to its own node too."""
    texts = st.text(max_size=12) | st.sampled_from(['"', "end", "--> x", "<b>&", "]]>", "#quot;"])
    kinds = st.sampled_from(Kind)
    nodes = [
        Node(key=f"n{number}", kind=draw(kinds), detail=draw(texts))
        for number in range(draw(st.integers(2, 6)))
    ]
    cut = draw(st.integers(1, len(nodes) - 1))
    inner = draw(st.booleans())
    boxes = (
        Box(stack="a", detail=draw(texts), nodes=tuple(nodes[:cut])),
        Box(stack="b", nodes=tuple(nodes[cut:-1]), inside="a" if inner else ""),
    )
    keys = st.sampled_from([node.key for node in nodes])
    edges = st.builds(
        Edge, source=keys, target=keys, relation=st.sampled_from(Relation), label=texts
    )
    return Picture(
        title=draw(texts),
        outside=tuple(nodes[-1:]),
        boxes=tuple(box for box in boxes if box.nodes),
        edges=tuple(draw(st.lists(edges, max_size=6, unique=True))),
    )


@given(pictures())
def test_every_line_of_mermaid_is_one_that_mermaid_knows(picture: Picture) -> None:
    first, title, last, kind, *lines = render_mermaid(picture).splitlines()
    assert (first, last, kind) == ("---", "---", "flowchart LR")
    assert json.loads(title.removeprefix("title: ")) == picture.title
    for line in lines:
        assert LINE.fullmatch(line), line


@given(pictures())
def test_the_svg_is_well_formed_and_says_every_label(picture: Picture) -> None:
    root = ET.fromstring(render_svg(picture))  # noqa: S314 - our own text
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    labels = [each for each in root.iter() if each.get("class") == "label-text"]
    assert len(labels) == len(picture.edges)
    numbers = [
        float(value)
        for each in root.iter()
        for name, value in each.items()
        if name in {"x", "y", "width", "height"}
    ]
    assert all(number >= 0 for number in numbers)


@given(pictures())
def test_the_same_picture_is_written_in_the_same_bytes(picture: Picture) -> None:
    assert render_svg(picture) == render_svg(picture)
    assert render_mermaid(picture) == render_mermaid(picture)


@given(pictures())
def test_no_node_lies_over_another_and_each_lies_in_its_stack(picture: Picture) -> None:
    layout = lay_out(picture)
    for one, other in combinations(layout.nodes.values(), 2):
        assert not overlap(one, other)
    for box in picture.boxes:
        for node in box.nodes:
            assert contains(layout.boxes[box.stack], layout.nodes[node.key])
        if box.inside in layout.boxes:
            assert contains(layout.boxes[box.inside], layout.boxes[box.stack])
    whole = Area(x=0, y=0, width=layout.width, height=layout.height)
    assert all(contains(whole, area) for area in layout.boxes.values())


@given(pictures())
def test_stacks_that_are_not_in_one_another_do_not_overlap(picture: Picture) -> None:
    layout = lay_out(picture)
    for one, other in combinations(picture.boxes, 2):
        if one.stack != other.inside and other.stack != one.inside:
            assert not overlap(layout.boxes[one.stack], layout.boxes[other.stack])
    own = {node.key for box in picture.boxes for node in box.nodes}
    for key in layout.nodes.keys() - own:
        for box in picture.boxes:
            if not box.inside:
                assert not overlap(layout.nodes[key], layout.boxes[box.stack])


@given(pictures())
def test_every_arrow_goes_from_its_source_to_its_target(picture: Picture) -> None:
    layout = lay_out(picture)
    for arrow in build_arrows(picture.edges, layout):
        source, target = layout.nodes[arrow.edge.source], layout.nodes[arrow.edge.target]
        assert on_side(arrow.curves[0][0], source)
        assert on_side(arrow.curves[-1][-1], target)
        for one, other in zip(arrow.curves, arrow.curves[1:], strict=False):
            assert one[-1] == other[0]


def overlap(one: Area, other: Area) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


def contains(outer: Area, inner: Area) -> bool:
    slack = 0.2
    return (
        outer.x <= inner.x + slack
        and outer.y <= inner.y + slack
        and inner.x + inner.width <= outer.x + outer.width + slack
        and inner.y + inner.height <= outer.y + outer.height + slack
    )


def on_side(point: tuple[float, float], area: Area) -> bool:
    return point[0] in {area.x, area.x + area.width} and (
        area.y <= point[1] <= area.y + area.height
    )
