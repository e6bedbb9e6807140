"""A picture as SVG: readable in light and dark, and by those who cannot see it.

The elements are made as a tree and written by the library, so that no label can break out
of its place.
"""

from xml.etree import ElementTree as ET

from cdinfra.graph.arrows import Arrow, Point, build_arrows
from cdinfra.graph.layout import Area, Layout, lay_out
from cdinfra.graph.measures import HEADING, MARGIN, NODE_PAD, box_heading
from cdinfra.graph.picture import Box, Edge, Kind, Node, Picture, Relation
from cdinfra.graph.text_width import shortened
from cdinfra.model.xml_text import xml_text

_STYLE = """
text { font-family: system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
.back { fill: #ffffff; }
.heading { font-size: 15px; font-weight: 600; fill: #1f2328; }
.frame { fill: #f0f6ff; stroke: #8fb8ee; stroke-dasharray: 6 4; }
.box { fill: #f6f8fa; stroke: #c5ced8; }
.stack { font-size: 13px; font-weight: 600; fill: #424a53; }
.node { fill: #ffffff; stroke: #8c959f; }
.kind { font-size: 13px; font-weight: 600; fill: #1f2328; }
.detail { font-size: 12px; fill: #59636e; }
.traffic { fill: none; stroke: #0969da; stroke-width: 1.8; }
.use { fill: none; stroke: #6e7781; stroke-width: 1.4; stroke-dasharray: 5 4; }
.traffic-head { fill: #0969da; }
.use-head { fill: #6e7781; }
.label { fill: #ffffff; fill-opacity: 0.92; }
.label-text { font-size: 12px; fill: #1f2328; }
.hosts { fill: #0969da; }
.entry { fill: #8250df; }
.store { fill: #1a7f37; }
.outer { fill: #6e7781; }
@media (prefers-color-scheme: dark) {
  .back { fill: #0d1117; }
  .heading, .kind, .label-text { fill: #f0f6fc; }
  .frame { fill: #0c1a2e; stroke: #2f5f9e; }
  .box { fill: #151b23; stroke: #3d444d; }
  .stack { fill: #c9d1d9; }
  .node { fill: #0d1117; stroke: #656c76; }
  .detail { fill: #9198a1; }
  .traffic { stroke: #58a6ff; }
  .use { stroke: #9198a1; }
  .traffic-head { fill: #58a6ff; }
  .use-head { fill: #9198a1; }
  .label { fill: #0d1117; }
  .hosts { fill: #58a6ff; }
  .entry { fill: #ab7df8; }
  .store { fill: #3fb950; }
  .outer { fill: #9198a1; }
}
"""

_ACCENTS = {
    Kind.INTERNET: "outer",
    Kind.ADDRESSES: "outer",
    Kind.NETWORK: "outer",
    Kind.RESOURCES: "outer",
    Kind.LOAD_BALANCER: "entry",
    Kind.HOSTS: "hosts",
    Kind.FUNCTION: "hosts",
}
_CLASSES = {Relation.TRAFFIC: "traffic", Relation.USE: "use"}


def render_svg(picture: Picture) -> str:
    """Return a picture as an SVG document, ending with a line break."""
    layout = lay_out(picture)
    root = _root(picture, layout)
    _add(root, "rect", "back", width=layout.width, height=layout.height, rx=8)
    _text(root, "heading", picture.title, MARGIN, HEADING)
    boxes = {box.stack: box for box in picture.boxes}
    frames = {box.inside for box in picture.boxes}
    for stack, area in layout.boxes.items():
        _draw_box(root, boxes[stack], area, is_frame=stack in frames)
    arrows = build_arrows(picture.edges, layout)
    for arrow in arrows:
        _draw_arrow(root, arrow)
    for node in picture.nodes:
        _draw_node(root, node, layout.nodes[node.key])
    for arrow in arrows:
        _draw_label(root, arrow)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + "\n"


def _root(picture: Picture, layout: Layout) -> ET.Element:
    size = {"width": _number(layout.width), "height": _number(layout.height)}
    root = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            **size,
            "viewBox": f"0 0 {size['width']} {size['height']}",
            "role": "img",
            "aria-labelledby": "picture-title picture-description",
        },
    )
    ET.SubElement(root, "title", {"id": "picture-title"}).text = xml_text(picture.title)
    description = ET.SubElement(root, "desc", {"id": "picture-description"})
    description.text = xml_text(" ".join(_sentence(each, picture) for each in picture.edges))
    ET.SubElement(root, "style").text = _STYLE
    definitions = ET.SubElement(root, "defs")
    for name in _CLASSES.values():
        _define_head(definitions, name)
    return root


def _define_head(definitions: ET.Element, name: str) -> None:
    marker = ET.SubElement(
        definitions,
        "marker",
        {
            "id": f"{name}-head",
            "viewBox": "0 0 8 8",
            "refX": "7",
            "refY": "4",
            "markerWidth": "9",
            "markerHeight": "9",
            "markerUnits": "userSpaceOnUse",
            "orient": "auto",
        },
    )
    ET.SubElement(marker, "path", {"class": f"{name}-head", "d": "M0 0L8 4L0 8Z"})


def _sentence(edge: Edge, picture: Picture) -> str:
    names = {node.key: str(node.kind) for node in picture.outside}
    for box in picture.boxes:
        names |= {node.key: f"{node.kind} of {box.stack}" for node in box.nodes}
    return f"{names[edge.source]} {edge.relation} {names[edge.target]}: {edge.label}."


def _draw_box(root: ET.Element, box: Box, area: Area, *, is_frame: bool) -> None:
    group = ET.SubElement(root, "g")
    _rectangle(group, "frame" if is_frame else "box", area, rx=10)
    _text(group, "stack", box_heading(box), area.x + NODE_PAD, area.y + 21)


def _draw_node(root: ET.Element, node: Node, area: Area) -> None:
    group = ET.SubElement(root, "g")
    whole = ": ".join(filter(None, (node.kind, node.detail)))
    ET.SubElement(group, "title").text = xml_text(whole)
    _rectangle(group, "node", area, rx=6)
    accent = Area(x=area.x, y=area.y + 8, width=4, height=area.height - 16)
    _rectangle(group, _ACCENTS.get(node.kind, "store"), accent, rx=2)
    left = area.x + NODE_PAD
    if not node.detail:
        _text(group, "kind", node.kind, left, area.middle + 4.5)
        return
    _text(group, "kind", node.kind, left, area.middle - 5)
    _text(group, "detail", node.detail, left, area.middle + 13)


def _draw_arrow(root: ET.Element, arrow: Arrow) -> None:
    name = _CLASSES[arrow.edge.relation]
    line = f"M{_pair(arrow.curves[0][0])}"
    for _, *rest in arrow.curves:
        line += "C" + " ".join(map(_pair, rest))
    head = {"marker-end": f"url(#{name}-head)"}
    ET.SubElement(root, "path", {"class": name, "d": line, **head})


def _pair(point: Point) -> str:
    return f"{_number(point[0])} {_number(point[1])}"


def _draw_label(root: ET.Element, arrow: Arrow) -> None:
    _rectangle(root, "label", arrow.label, rx=4)
    middle = arrow.label.x + arrow.label.width / 2
    text = _text(root, "label-text", arrow.edge.label, middle, arrow.label.middle + 4.3)
    text.set("text-anchor", "middle")


def _rectangle(parent: ET.Element, name: str, area: Area, *, rx: int) -> None:
    values = {"x": area.x, "y": area.y, "width": area.width, "height": area.height}
    _add(parent, "rect", name, **values, rx=rx)


def _text(parent: ET.Element, name: str, text: str, x: float, y: float) -> ET.Element:
    element = _add(parent, "text", name, x=x, y=y)
    element.text = xml_text(shortened(text))
    return element


def _add(parent: ET.Element, tag: str, name: str, **values: float) -> ET.Element:
    numbers = {key: _number(value) for key, value in values.items()}
    return ET.SubElement(parent, tag, {"class": name, **numbers})


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
