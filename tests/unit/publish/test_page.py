"""The page of a version: everything is on it, links lead to its files, and no text is markup."""

from collections.abc import Callable
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from cdinfra import App
from cdinfra.publish.manifest import Manifest, PublishedStack
from cdinfra.publish.page import build_page
from cdinfra.publish.publish import build_manifest

VOID = {"meta"}


class Reader(HTMLParser):
    """Collects tags, links and text; an element that is not closed is an error."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text.append(data)


def test_the_page_tells_of_every_stack_what_it_takes_and_gives(app: App) -> None:
    page = Reader(build_page(build_manifest(app, version="1.0", revision="3f2c1ab")))
    text = " ".join(page.text)
    for word in ("shop 1.0", "dev", "3f2c1ab", "shop-dev-web", "Whom to tell", "Its ARN", "blue"):
        assert word in text
    assert "output TopicArn of base" in " ".join(text.split())
    assert page.links == ["manifest.json", "#base", "#web", "base.json", "web.json"]


def test_the_page_needs_no_other_file(app: App) -> None:
    page = Reader(build_page(build_manifest(app, version="1.0")))
    assert page.tags.isdisjoint({"script", "link", "img", "iframe"})


def test_a_stack_in_a_bucket_has_a_link_to_the_console(app: App) -> None:
    addresses = {"web": "https://console.example/?a=1&b=2"}
    page = Reader(build_page(build_manifest(app, version="1.0", addresses=addresses)))
    assert "https://console.example/?a=1&b=2" in page.links


@given(text=st.text(max_size=30))
def test_no_text_of_a_template_becomes_markup(text: str) -> None:
    plain = PublishedStack(name="web", stack_name="x", file="web.json", sha256="0", size=1)
    stack = PublishedStack(
        name="web",
        stack_name=text,
        file="web.json",
        sha256="0",
        size=1,
        description=text,
        declared={text: {"Type": text, "Default": text, "Description": text}},
        outputs={text: text},
    )
    expected = Reader(build_page(manifest(plain))).tags | {"code", "span", "td", "th", "tr"}
    assert Reader(build_page(manifest(stack))).tags <= expected


def manifest(*stacks: PublishedStack) -> Manifest:
    return Manifest(app="shop", env="dev", version="1.0", stacks=stacks)


def test_the_same_app_gives_the_same_page(app: App, make: Callable[..., App]) -> None:
    pages = {build_page(build_manifest(each, version="1.0")) for each in (app, make())}
    assert len(pages) == 1
