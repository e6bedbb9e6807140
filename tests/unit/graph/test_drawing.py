"""What a reader of the drawings sees, and what one hears who cannot see them."""

import itertools
from pathlib import Path
from xml.etree import ElementTree as ET

from cdinfra.deploy.load import load_app
from cdinfra.graph.arrows import build_arrows
from cdinfra.graph.build import build_picture
from cdinfra.graph.layout import lay_out
from cdinfra.graph.mermaid import render_mermaid
from cdinfra.graph.picture import Box, Edge, Kind, Node, Picture, Relation
from cdinfra.graph.ranks import assign_columns
from cdinfra.graph.svg import render_svg

REPOSITORY = Path(__file__).parents[3]
SVG = "{http://www.w3.org/2000/svg}"


def shop() -> Picture:
    templates = load_app(REPOSITORY / "examples" / "shop" / "infra.py", "dev").build()
    return build_picture("shop dev", templates)


def parsed(picture: Picture) -> ET.Element:
    return ET.fromstring(render_svg(picture))  # noqa: S314 - our own text


def chain(*edges: tuple[str, str], kind: Kind = Kind.HOSTS) -> Picture:
    keys = dict.fromkeys(key for edge in edges for key in edge)
    nodes = tuple(Node(key=key, kind=kind) for key in keys)
    drawn = (
        Edge(source=source, target=target, relation=Relation.TRAFFIC, label="TCP 80")
        for source, target in edges
    )
    boxes = tuple(Box(stack=node.key, nodes=(node,)) for node in nodes)
    return Picture(title="x", outside=(), boxes=boxes, edges=tuple(drawn))


def test_the_pictures_in_the_docs_are_those_of_the_example() -> None:
    """Write them anew with: cdinfra graph -f examples/shop/infra.py --format svg --out …"""
    drawing = (REPOSITORY / "docs" / "shop.svg").read_text(encoding="utf-8")
    assert drawing == render_svg(shop())
    page = (REPOSITORY / "docs" / "graph.md").read_text(encoding="utf-8")
    assert f"```mermaid\n{render_mermaid(shop())}```\n" in page


def test_the_svg_has_a_title_and_says_in_words_who_talks_to_whom() -> None:
    root = parsed(shop())
    assert root.get("role") == "img"
    named = {each.get("id"): each.text for each in root if each.get("id")}
    assert set(str(root.get("aria-labelledby")).split()) == named.keys()
    assert named["picture-title"] == "shop dev"
    said = named["picture-description"] or ""
    assert "Internet may open connections to Load balancer of web: HTTP 80." in said
    assert "Hosts of worker uses Repository of registry: pulls." in said


def test_the_svg_is_readable_in_the_dark() -> None:
    style = parsed(shop()).findtext(f"{SVG}style") or ""
    light, dark = style.split("@media (prefers-color-scheme: dark)")
    for name in (".back", ".node", ".detail", ".traffic", ".label-text"):
        assert name in light
        assert name in dark


def test_a_long_text_is_cut_and_told_whole_to_who_points_at_it() -> None:
    name = "a-bucket-with-a-very-long-name-that-nobody-can-read"
    bucket = Node(key="a.B", kind=Kind.BUCKET, detail=name)
    picture = Picture(title="x", outside=(), boxes=(Box(stack="a", nodes=(bucket,)),), edges=())
    root = parsed(picture)
    texts = [each.text or "" for each in root.iter(f"{SVG}text")]
    assert f"{name[:35]}…" in texts
    assert f"Bucket: {name}" in [each.text for each in root.iter(f"{SVG}title")]


def test_who_uses_another_stands_left_of_it() -> None:
    columns = assign_columns(chain(("c", "d"), ("a", "b"), ("b", "c"), ("a", "d")))
    assert columns == {"a": 0, "b": 1, "c": 2, "d": 3}


def test_a_circle_has_an_end() -> None:
    columns = assign_columns(chain(("a", "b"), ("b", "c"), ("c", "a"), ("a", "a")))
    assert columns == {"a": 0, "b": 1, "c": 2}
    assert render_svg(chain(("a", "b"), ("b", "a"), ("a", "a")))


def test_an_arrow_over_a_column_passes_the_nodes_in_it() -> None:
    picture = chain(("a", "b"), ("b", "c"), ("a", "c"))
    layout = lay_out(picture)
    arrow = next(
        each
        for each in build_arrows(picture.edges, layout)
        if (each.edge.source, each.edge.target) == ("a", "c")
    )
    middle = layout.nodes["b"]
    assert len(arrow.curves) == 3
    height = arrow.curves[1][0][1]
    assert not middle.y <= height <= middle.y + middle.height


def test_labels_of_arrows_into_one_node_do_not_lie_over_one_another() -> None:
    many = [(f"n{number}", "target") for number in range(6)]
    picture = chain(*many)
    labels = [each.label for each in build_arrows(picture.edges, lay_out(picture))]
    heights = sorted(label.y for label in labels)
    gaps = [below - above for above, below in itertools.pairwise(heights)]
    assert min(gaps) >= labels[0].height


def test_an_app_without_stacks_is_an_empty_picture() -> None:
    picture = build_picture("empty dev", ())
    assert "empty dev" in render_svg(picture)
    assert render_mermaid(picture) == '---\ntitle: "empty dev"\n---\nflowchart LR\n'
