"""A picture as mermaid text, which code hosts and wikis draw."""

import json
import re
from collections.abc import Iterator

from cdinfra.graph.picture import Box, Edge, Kind, Node, Picture, Relation

_SAFE = re.compile(r"[A-Za-z0-9 .,:/()*_–×-]")  # noqa: RUF001 - as details have them
_ROUND = frozenset({Kind.INTERNET, Kind.ADDRESSES})
_STORES = frozenset({Kind.BUCKET, Kind.VOLUME, Kind.DATABASE, Kind.REPOSITORY})
_ARROWS = {Relation.TRAFFIC: "-->", Relation.USE: "-.->"}


def render_mermaid(picture: Picture) -> str:
    """Return a picture as a mermaid flowchart, ending with a line break."""
    return "\n".join(_lines(picture)) + "\n"


def _lines(picture: Picture) -> Iterator[str]:
    names = _Names(picture)
    yield "---"
    yield f"title: {json.dumps(picture.title)}"
    yield "---"
    yield "flowchart LR"
    for node in picture.outside:
        yield f"  {_node(node, names)}"
    for box in picture.boxes:
        if not box.inside:
            yield from _box(box, picture, names, "  ")
    for edge in picture.edges:
        yield f"  {_edge(edge, names)}"


class _Names:
    """Short names for keys and stacks: no word of mermaid's own can be among them."""

    def __init__(self, picture: Picture) -> None:
        self.nodes = {node.key: f"n{number}" for number, node in enumerate(picture.nodes, start=1)}
        self.boxes = {box.stack: f"s{number}" for number, box in enumerate(picture.boxes, start=1)}


def _box(box: Box, picture: Picture, names: _Names, indent: str) -> Iterator[str]:
    label = ": ".join(filter(None, (box.stack, box.detail)))
    yield f"{indent}subgraph {names.boxes[box.stack]}[{_quoted(label)}]"
    for node in box.nodes:
        yield f"{indent}  {_node(node, names)}"
    for each in picture.boxes:
        if each.inside == box.stack:
            yield from _box(each, picture, names, f"{indent}  ")
    yield f"{indent}end"


def _node(node: Node, names: _Names) -> str:
    text = _quoted(node.kind, node.detail)
    name = names.nodes[node.key]
    if node.kind in _ROUND:
        return f"{name}([{text}])"
    return f"{name}[({text})]" if node.kind in _STORES else f"{name}[{text}]"


def _edge(edge: Edge, names: _Names) -> str:
    source, target = names.nodes[edge.source], names.nodes[edge.target]
    return f"{source} {_ARROWS[edge.relation]}|{_quoted(edge.label)}| {target}"


def _quoted(*lines: str) -> str:
    """Return lines as one quoted label: whatever is not surely plain goes in by its number."""
    escaped = (
        "".join(each if _SAFE.fullmatch(each) else f"#{ord(each)};" for each in line)
        for line in lines
        if line
    )
    return f'"{"<br/>".join(escaped)}"'
