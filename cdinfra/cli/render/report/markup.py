"""How the page is written: as a tree of elements, so that no text can break out of its place."""

from collections.abc import Iterable, Sequence
from math import isfinite
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from cdinfra.cli.render.hosts import short_release
from cdinfra.cli.render.words import duration, printable
from cdinfra.model.xml_text import xml_text

LONGEST_TEXT = 600
"""Characters of one foreign text at most: a reason may hold a whole log."""

LONGEST_TIME = 1e9
"""Seconds; what is said to take longer was not measured."""

_INLINE = frozenset({"a", "code", "span", "small", "strong", "text", "title"})


def add(parent: ET.Element, tag: str, text: str = "", **attributes: str) -> ET.Element:
    """Add an element below another, with a text that anybody may have written.

    Args:
        parent: Where to.
        tag: The element.
        text: Its text.
        attributes: Its attributes; ``aria_label`` stands for ``aria-label``, and ``class_``
            for ``class``.
    """
    named = {key.strip("_").replace("_", "-"): clean(each) for key, each in attributes.items()}
    element = ET.SubElement(parent, tag, named)
    element.text = clean(text)
    element.tail = None if tag in _INLINE else "\n"
    return element


def add_mixed(parent: ET.Element, tag: str, *parts: "ET.Element | str") -> ET.Element:
    """Add an element of texts and elements, in their order."""
    element = add(parent, tag)
    append(element, *parts)
    return element


def append(element: ET.Element, *parts: "ET.Element | str") -> None:
    """Add texts and elements at the end of an element, in their order."""
    for part in parts:
        if isinstance(part, ET.Element):
            element.append(part)
        elif len(element):
            element[-1].tail = (element[-1].tail or "") + clean(part)
        else:
            element.text = (element.text or "") + clean(part)


def piece(tag: str, text: str = "", **attributes: str) -> ET.Element:
    """Return an element that stands within a line."""
    return add(ET.Element("span"), tag, text, **attributes)


def clean(text: str) -> str:
    """Return a text as one line that HTML can hold, and that is not too long."""
    line = xml_text(printable(text))
    return line if len(line) <= LONGEST_TEXT else f"{line[: LONGEST_TEXT - 1]}…"


def release_code(release: str) -> ET.Element:
    """Return a release in short, with all of it as its title."""
    if not release:
        return piece("span", "none", class_="faint")
    return piece("code", short_release(release), title=release)


def link(address: str, text: str) -> ET.Element:
    """Return a link to an address of the web; one of another kind is shown as it is."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return piece("span", address)
    is_web = parts.scheme in {"http", "https"} and bool(parts.netloc)
    if not is_web or clean(address) != address:
        return piece("span", address)
    return piece("a", text, href=address, rel="noreferrer noopener")


def seconds_text(seconds: float) -> str:
    """Return a duration for people, or that nobody knows it."""
    return duration(seconds) if isfinite(seconds) and 0 <= seconds <= LONGEST_TIME else "?"


Cell = ET.Element | str | tuple[ET.Element | str, ...]
"""What stands in one cell of a table."""


def add_table(
    parent: ET.Element, caption: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]]
) -> None:
    """Add a table whose rows are named by their first cell; it scrolls where it is too wide."""
    region = add(parent, "div", class_="scroll", role="region", aria_label=caption, tabindex="0")
    table = add(region, "table")
    add(table, "caption", caption)
    head = add(add(table, "thead"), "tr")
    for each in headings:
        add(head, "th", each, scope="col")
    body = add(table, "tbody")
    for row in rows:
        line = add(body, "tr")
        for number, cell in enumerate(row):
            element = add(line, "td") if number else add(line, "th", scope="row")
            append(element, *(cell if isinstance(cell, tuple) else (cell,)))
