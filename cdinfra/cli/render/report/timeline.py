"""The last rollout in time: a row for each host, as a picture that grows with the page.

Places along the axis are shares of the width, so that text keeps its size on a phone.
"""

from xml.etree import ElementTree as ET

from cdinfra.cli.render.report.looks import LOOKS, define_patterns, fill
from cdinfra.cli.render.report.markup import add, add_table, seconds_text
from cdinfra.cli.render.report.spans import FAILING, Span, spans, ticks, whole_seconds
from cdinfra.cli.render.words import count
from cdinfra.rollout.events import HostState
from cdinfra.rollout.record import Account
from cdinfra.rollout.timeline import HostTimes

AXIS = 20
ROW = 42
"""Heights in pixels."""

_BAR, _THICK, _THIN = 22, 14, 5
_LABEL = "States of each host over time; the same follows in numbers"
_SPECK, _SPECK_SHARE = "5", 0.015
"""Pixels of a failure that is shorter than this share of the rollout."""

_LAST_LABEL = 0.88
"""A label beyond this share of the width ends at its mark, not to be cut off."""


def add_timeline(parent: ET.Element, account: Account, key: str) -> None:
    """Add the picture of a rollout, and the same as a table.

    Args:
        parent: Where to.
        account: What the rollout did.
        key: What ids begin with, unique in the page.
    """
    if not account.times:
        add(parent, "p", "When each host was in which state is not kept of it.", class_="faint")
        return
    whole = whole_seconds(account)
    rows = [(each, tuple(spans(each, whole))) for each in account.times]
    states = {each.state for _, row in rows for each in row}
    figure = add(parent, "figure")
    caption = f"{count(len(rows), 'host')} in {seconds_text(whole)}"
    if account.hosts > len(rows):
        caption += f"; {account.hosts - len(rows)} more are left out"
    add(figure, "figcaption", f"{caption}.")
    _draw(figure, rows, states, whole, key)
    _add_legend(figure, states, key)
    details = add(parent, "details")
    add(details, "summary", "The same in numbers")
    cells = (cells for host, row in rows for cells in _cells(host, row))
    headings = ("Host", "Batch", "State", "From", "To", "For")
    add_table(details, "States of each host since the rollout began", headings, cells)


Rows = list[tuple[HostTimes, tuple[Span, ...]]]


def _draw(figure: ET.Element, rows: Rows, states: set[HostState], whole: float, key: str) -> None:
    height = AXIS + ROW * len(rows)
    size = {"width": "100%", "height": str(height)}
    svg = add(figure, "svg", **size, role="img", aria_label=_LABEL)
    define_patterns(svg, key, states)
    for moment in ticks(whole):
        _tick(svg, moment, whole, height)
    for number, (host, row) in enumerate(rows):
        _row(svg, host, row, top=AXIS + ROW * number, whole=whole, key=key)


def _tick(svg: ET.Element, moment: float, whole: float, height: int) -> None:
    share = moment / whole
    x = _percent(share)
    add(svg, "line", x1=x, x2=x, y1=str(AXIS - 4), y2=str(height))
    anchor = "end" if share > _LAST_LABEL else "middle" if moment else "start"
    label = seconds_text(moment) if moment else "0 s"
    add(svg, "text", label, class_="tick", x=x, y="11", text_anchor=anchor)


def _row(
    svg: ET.Element, host: HostTimes, row: tuple[Span, ...], *, top: int, whole: float, key: str
) -> None:
    group = add(svg, "g")
    batch = f", batch {host.batch}" if host.batch else ""
    add(group, "text", f"{host.instance_id}{batch}", x="0", y=str(top + 16))
    if row:
        last = row[-1]
        words = f"{LOOKS[last.state].sign} {last.state} at {seconds_text(last.begin)}".strip()
        add(group, "text", words, x="100%", y=str(top + 16), text_anchor="end")
    for each in sorted(row, key=lambda span: span.state in FAILING):
        _bar(group, each, top, whole, key)


def _bar(group: ET.Element, span: Span, top: int, whole: float, key: str) -> None:
    look = LOOKS[span.state]
    height = _THIN if look.is_thin else _THICK
    y = top + _BAR + (_THICK - height) / 2
    share = (span.end - span.begin) / whole
    is_speck = span.state in FAILING and share < _SPECK_SHARE
    bar = add(
        group,
        "rect",
        x=_percent(span.begin / whole),
        width=_SPECK if is_speck else _percent(share),
        y=f"{y:g}",
        height=str(height),
        **fill(key, look),
    )
    add(bar, "title", f"{span.state} for {seconds_text(span.end - span.begin)}")


def _add_legend(figure: ET.Element, states: set[HostState], key: str) -> None:
    legend = add(figure, "ul", class_="legend", aria_label="How states are drawn")
    for state in HostState:
        if state not in states:
            continue
        look = LOOKS[state]
        item = add(legend, "li")
        svg = add(item, "svg", width="28", height=str(_THICK), aria_hidden="true")
        svg.tail = str(state)
        height = _THIN if look.is_thin else _THICK
        y = f"{(_THICK - height) / 2:g}"
        add(svg, "rect", width="28", y=y, height=str(height), **fill(key, look))


def _cells(host: HostTimes, row: tuple[Span, ...]) -> list[tuple[str, ...]]:
    return [
        (
            host.instance_id,
            str(host.batch or ""),
            f"{LOOKS[each.state].sign} {each.state}".strip(),
            seconds_text(each.begin),
            seconds_text(each.end),
            seconds_text(each.end - each.begin),
        )
        for each in row
    ]


def _percent(share: float) -> str:
    return f"{100 * share:.3f}%"
