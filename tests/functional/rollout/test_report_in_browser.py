"""The page in a browser: nothing is asked of anybody, nothing is complained of, and all fits."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from cdinfra.cli.render.report.page import build_page
from cdinfra.rollout.fake_group import GROUP, FakeGroup
from cdinfra.rollout.group_status import GroupStatus
from cdinfra.rollout.report import AppReport, GroupReport
from cdinfra.rollout.state.history import HistoryEntry
from cdinfra.rollout.strategy import Strategy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

NO_PAGE = "not an origin"
"""The initiator of what the browser asks for by itself, or a person."""

FRAME = """<!doctype html><title>frame</title><link rel="icon" href="data:,">
<iframe src="/page" style="border:0;width:WIDTHpx;height:900px"></iframe>
<script>
onload = () => {
  const page = document.querySelector("iframe").contentDocument.documentElement;
  document.title = "measured " + page.clientWidth + " of " + page.scrollWidth;
};
</script>
"""


@dataclass(kw_only=True)
class Site:
    """A server that gives pages by path, and stands in for every other server, too."""

    pages: dict[str, str]
    address: str = ""


@contextmanager
def serving(pages: dict[str, str]) -> Iterator[Site]:
    site = Site(pages=pages)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.removeprefix(site.address)
            body = site.pages.get(path, "").encode()
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_CONNECT(self) -> None:
            self.send_error(502)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What became of a page in the browser.

    Attributes:
        asked: The addresses that the page asked for; the browser's own requests are not here.
        console: What stands in the console.
        document: The document as it is in the end.
    """

    asked: tuple[str, ...]
    console: tuple[str, ...]
    document: str


def look_at(path: str, pages: dict[str, str], folder: Path) -> Seen:
    """Open a page; every request of the browser goes through the server."""
    with serving(pages) as site:
        words = [
            *(str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
            *("--enable-logging=stderr", f"--user-data-dir={folder}", "--window-size=1600,1000"),
            f"--log-net-log={folder / 'net.json'}",
            *(f"--proxy-server={site.address}", "--proxy-bypass-list=<-loopback>"),
            *("--dump-dom", f"{site.address}{path}"),
        ]
        run = subprocess.run(words, capture_output=True, text=True, timeout=120, check=True)
    console = tuple(line for line in run.stderr.splitlines() if "CONSOLE" in line)
    return Seen(asked=asked_in(folder / "net.json"), console=console, document=run.stdout)


def asked_in(log: Path) -> tuple[str, ...]:
    """Return what pages asked for: a request has an initiator where a page made it."""
    events = json.loads(log.read_text(encoding="utf-8"))["events"]
    starts = [each["params"] for each in events if "initiator" in each.get("params", {})]
    assert starts, "the log has no request at all, not even that of the page"
    asked = (each["url"] for each in starts if each["initiator"] != NO_PAGE)
    return tuple(dict.fromkeys(asked))


@pytest.fixture(scope="module")
def page() -> str:
    """The page of a group whose rollout has just ended, with a hostile name in it."""
    group = FakeGroup(4, is_balanced=True)
    rollouts = group.rollouts()
    rollouts.carry_out(rollouts.plan_deploy(":v2", Strategy(drains=True)))
    (account,) = group.histories.entries
    entry = HistoryEntry(number=1, previous="", account=account)
    evil = '<img src="http://elsewhere.example/x.png" onerror="alert(1)"><script>nope()</script>'
    status = GroupStatus(
        group=GROUP, release=group.tagger.release, agent="", hosts=(), notes=(evil, "x" * 5000)
    )
    web = GroupReport(stack="web", status=status, entries=(entry,), problems=(evil,))
    read_at = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
    report = AppReport(app="shop", env="dev", read_at=read_at, groups=(web,))
    return build_page(report, cloud="the local cloud", version="1.0")


def test_the_page_asks_nothing_of_anybody_and_the_console_stays_empty(
    page: str, tmp_path: Path
) -> None:
    seen = look_at("/page", {"/page": page}, tmp_path)
    assert seen.asked == ()
    assert seen.console == ()
    assert "<h1>shop <small>dev</small></h1>" in seen.document


def test_what_a_page_asks_for_and_complains_of_would_be_seen(tmp_path: Path) -> None:
    bad = '<title>x</title><img src="http://elsewhere.example/x.png"><script>nope()</script>'
    seen = look_at("/page", {"/page": bad}, tmp_path)
    # Whether the browser still asks for an icon before it ends is chance.
    asked = [each for each in seen.asked if not each.endswith("/favicon.ico")]
    assert asked == ["http://elsewhere.example/x.png"]
    assert any("nope is not defined" in line for line in seen.console)


def test_what_gets_into_the_page_all_the_same_is_not_loaded_and_not_run(
    page: str, tmp_path: Path
) -> None:
    bad = '<img src="http://elsewhere.example/x.png"><script>document.title = "run"</script>'
    seen = look_at("/page", {"/page": page.replace("<main>", f"<main>{bad}")}, tmp_path)
    assert seen.asked == ()
    assert len(seen.console) == 2
    assert "<title>run</title>" not in seen.document


@pytest.mark.parametrize("width", [400, 1400])
def test_the_page_does_not_scroll_sideways(width: int, page: str, tmp_path: Path) -> None:
    frame = FRAME.replace("WIDTH", str(width))
    seen = look_at("/frame", {"/frame": frame, "/page": page}, tmp_path)
    found = re.search(r"<title>measured (\d+) of (\d+)</title>", seen.document)
    assert found is not None, seen
    client, scroll = map(int, found.groups())
    assert client == scroll
    assert width - 20 <= client <= width
