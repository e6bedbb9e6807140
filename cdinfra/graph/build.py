"""Makes the picture of an app from its templates; pure."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from cdinfra.graph.nodes import SUBNET, VPC, describe_node
from cdinfra.graph.picture import Box, Edge, Kind, Node, Picture, Relation
from cdinfra.graph.resources import Key, Resources
from cdinfra.graph.traffic import Traffic
from cdinfra.model import StackTemplate

_USERS = frozenset({Kind.HOSTS, Kind.FUNCTION})
_USED = {
    Kind.REPOSITORY: "pulls",
    Kind.BUCKET: "uses",
    Kind.VOLUME: "mounts",
    Kind.DATABASE: "uses",
    Kind.MESSAGES: "uses",
}


def build_picture(
    title: str, templates: tuple[StackTemplate, ...], *, only: Collection[str] = ()
) -> Picture:
    """Return the picture of an app.

    Args:
        title: Its name.
        templates: The app's stacks.
        only: Names of stacks, which the picture then shows with what is in their network
            and what they touch; none means all.
    """
    resources = Resources(templates)
    shown = {key: node for key, node in _nodes(resources, templates) if node is not None}
    traffic = Traffic(resources, shown)
    edges = (*traffic.edges(), *_uses(resources, shown))
    boxes = tuple(_box(resources, each, shown) for each in templates)
    picture = Picture(
        title=title, outside=tuple(traffic.outside.values()), boxes=boxes, edges=edges
    )
    return _with_frames(_narrowed(picture, only) if only else picture)


def _nodes(
    resources: Resources, templates: Iterable[StackTemplate]
) -> Iterator[tuple[Key, Node | None]]:
    for template in templates:
        for logical_id in template.document.get("Resources", {}):
            key = Key(template.name, logical_id)
            yield key, describe_node(resources, key)


def _uses(resources: Resources, shown: dict[Key, Node]) -> Iterator[Edge]:
    for key, node in shown.items():
        for other in resources.reachable(key) if node.kind in _USERS else ():
            target = shown.get(other)
            if target is not None and target.kind in _USED:
                yield Edge(
                    source=node.key,
                    target=target.key,
                    relation=Relation.USE,
                    label=_USED[target.kind],
                )


def _box(resources: Resources, template: StackTemplate, shown: dict[Key, Node]) -> Box:
    own = [key for key in shown if key.stack == template.name]
    nodes = tuple(shown[key] for key in own)
    networks = {
        each.stack: None
        for key in own
        for each in resources.reachable(key)
        if resources.type_of(each) in {VPC, SUBNET} and each.stack != template.name
    }
    if not nodes:
        number = len(template.document.get("Resources", {}))
        detail = f"{number} of other types" if number else "none"
        nodes = (Node(key=f"{template.name}.", kind=Kind.RESOURCES, detail=detail),)
    return Box(stack=template.name, nodes=nodes, inside=next(iter(networks), ""))


def _narrowed(picture: Picture, only: Collection[str]) -> Picture:
    within = [box for box in picture.boxes if {box.stack, box.inside} & {*only}]
    chosen = {node.key for box in within for node in box.nodes}
    edges = tuple(each for each in picture.edges if {each.source, each.target} & chosen)
    kept = chosen | {key for each in edges for key in (each.source, each.target)}
    around = {box.inside for box in picture.boxes if box.stack in only}
    boxes = (
        replace(box, nodes=tuple(node for node in box.nodes if node.key in kept))
        if box.stack not in around
        else box
        for box in picture.boxes
    )
    return replace(
        picture,
        outside=tuple(node for node in picture.outside if node.key in kept),
        boxes=tuple(box for box in boxes if box.nodes),
        edges=edges,
    )


def _with_frames(picture: Picture) -> Picture:
    """Let a network be the frame around the stacks in it, instead of a node beside them."""
    there = {box.stack for box in picture.boxes}
    ends = {key for edge in picture.edges for key in (edge.source, edge.target)}
    around = {box.inside for box in picture.boxes}
    boxes = []
    for each in picture.boxes:
        box = each if each.inside in there else replace(each, inside="")
        if box.stack in around:
            networks = [node for node in box.nodes if node.kind is Kind.NETWORK]
            framed = [node.key for node in networks if node.key not in ends]
            box = replace(
                box,
                detail=", ".join(node.detail for node in networks if node.detail),
                nodes=tuple(node for node in box.nodes if node.key not in framed),
                inside="",
            )
        boxes.append(box)
    return replace(picture, boxes=tuple(boxes))
