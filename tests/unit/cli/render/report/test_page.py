"""The page of an app's deploy groups: what it says, and that nobody can make it say more."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.aws.hosts import Host
from cdinfra.aws.scaling_groups import LaunchVersion
from cdinfra.aws.target_groups import TargetHealth
from cdinfra.cli.render.report.markup import clean
from cdinfra.cli.render.report.page import build_page
from cdinfra.deploy.host_answers import Answer, Asked
from cdinfra.deploy.host_report import HostHealth, HostReport
from cdinfra.deploy.host_survey import SeenHost
from cdinfra.rollout.events import HostState, RolloutOutcome
from cdinfra.rollout.fake_group import GROUP
from cdinfra.rollout.group_status import Configuration, GroupStatus, HostStatus
from cdinfra.rollout.plan import Purpose
from cdinfra.rollout.record import Account, Author, Record
from cdinfra.rollout.report import AppReport, GroupReport
from cdinfra.rollout.state.history import HistoryEntry
from cdinfra.rollout.timeline import HostTimes

ReportOf = Callable[..., AppReport]

BEGAN = datetime(2026, 1, 31, 9, tzinfo=UTC)
EVIL = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><b>",
    "</title></svg>",
    "<!--",
    "]]>",
    "&lt;b&gt;&amp;",
    "javascript:alert(1)",
    "\x1b[2J\x00\u202e\ud800\ufffe",
    "\r\n",
)


class Reader(HTMLParser):
    """Reads a page as a browser would: its elements, attributes and texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        return [(tag, tuple(attributes)) for tag, attributes in self.elements]

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def page_of(report: AppReport) -> str:
    return build_page(report, cloud="the local cloud", version="1.0")


def account_by(text: str, run_url: str = "", seconds: tuple[float, ...] = (1.0,)) -> Account:
    states = (HostState.PULLING, HostState.FAILED, HostState.DONE)[: len(seconds)]
    return Account(
        generation=1,
        purpose=Purpose.DEPLOY,
        author=Author(who=text, run_url=run_url, commit=text),
        image=text,
        from_release=text,
        release="",
        outcome=RolloutOutcome.ROLLED_BACK,
        began_at=BEGAN,
        seconds=seconds[0],
        hosts=3,
        failed=(text,),
        reason=text,
        times=(HostTimes(instance_id=text, batch=1, states=states, since=seconds),),
    )


def host_by(text: str) -> HostStatus:
    host = Host(
        instance_id=text,
        state=text,
        instance_type=text,
        private_address=text,
        public_address=text,
        zone=text,
        deploy_group=text,
        release=text,
        stack_name=text,
        launched_at=BEGAN,
    )
    report = HostReport(running=(text,), health=HostHealth.DOWN, problem=text, agent=text)
    target = TargetHealth(target_id=text, target_group=text, port=80, state=text)
    return HostStatus(
        seen=SeenHost(
            host=host,
            answer=Answer(asked=Asked.ANSWERED, problem=text, report=report),
            targets=(target,),
        ),
        configuration=Configuration.OUTDATED,
        launched_with=LaunchVersion(),
        drift=(text,),
    )


def report_by(text: str, account: Account | None = None) -> AppReport:
    """Return a report in which everything that others choose is one text."""
    group = replace(GROUP, stack=text, name=text)
    status = GroupStatus(
        group=group, release=text, agent=text, hosts=(host_by(text),), drift=(text,), notes=(text,)
    )
    entry = HistoryEntry(number=1, previous="", account=account or account_by(text))
    unfinished = Record(
        generation=2,
        purpose=Purpose.DEPLOY,
        author=Author(who=text),
        image=text,
        from_release=text,
        began_at=BEGAN,
    )
    report = GroupReport(
        stack=text, status=status, entries=(entry,), unfinished=unfinished, problems=(text,)
    )
    return AppReport(app=text, env=text, read_at=BEGAN, groups=(report,))


@given(st.text(min_size=1) | st.sampled_from(EVIL))
def test_whatever_hosts_and_histories_say_adds_no_element_and_no_attribute(text: str) -> None:
    found = Reader(page_of(report_by(text)))
    assert found.shape == Reader(page_of(report_by("x"))).shape
    assert found.text.count(clean(text)) >= 15


@given(st.text() | st.sampled_from(EVIL) | st.from_regex(r"https?://\S*"))
def test_only_addresses_of_the_web_are_links(address: str) -> None:
    found = Reader(page_of(report_by("x", account_by("x", run_url=address))))
    for each in found.all("a"):
        assert re.match(r"(?:https?://|#group-\d+$)", each["href"] or "")


def test_the_run_of_a_rollout_is_linked(report_of: ReportOf) -> None:
    hrefs = [each["href"] for each in Reader(page_of(report_of())).all("a")]
    assert hrefs.count("https://ci.example/job/web/7/?a=1&b=2") == 2


@given(st.lists(st.floats(), min_size=1, max_size=3))
def test_every_bar_lies_within_the_picture_whatever_times_are_kept(seconds: list[float]) -> None:
    account = account_by("x", seconds=tuple(seconds))
    bars = [each for each in Reader(page_of(report_by("x", account))).all("rect") if "x" in each]
    assert bars
    for each in bars:
        begin = float((each["x"] or "").removesuffix("%"))
        width = each["width"] or ""
        assert 0 <= begin <= 100
        if width.endswith("%"):
            assert 0 <= begin + float(width.removesuffix("%")) <= 100.01


def test_the_page_needs_nothing_from_anywhere(report_of: ReportOf) -> None:
    page = page_of(report_of())
    found = Reader(page)
    assert not [tag for tag, _ in found.elements if tag in {"script", "img", "iframe", "base"}]
    assert [each["href"] for each in found.all("link")] == ["data:,"]
    assert not re.findall(r"(?:url\((?!#)|@import|src=)", page)
    policies = [each for each in found.all("meta") if "http-equiv" in each]
    assert [(each["content"] or "").partition(";")[0] for each in policies] == [
        "default-src 'none'"
    ]


def test_headings_descend_by_one_and_tables_name_their_columns_and_rows(
    report_of: ReportOf,
) -> None:
    found = Reader(page_of(report_of()))
    levels = [int(tag[1]) for tag, _ in found.elements if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert len(found.all("table")) == len(found.all("caption")) == 4
    assert {each.get("scope") for each in found.all("th")} == {"col", "row"}
    assert all(each.get("aria-label") for each in found.all("svg") if "aria-hidden" not in each)
    assert found.all("html") == [{"lang": "en"}]


def test_ids_are_unique_and_every_pattern_is_there(report_of: ReportOf) -> None:
    report = report_of()
    page = page_of(replace(report, groups=(*report.groups, *report.groups)))
    ids = re.findall(r' id="([^"]*)"', page)
    assert len(ids) == len(set(ids))
    used = set(re.findall(r"url\(#([^)]*)\)", page)) | set(re.findall(r'href="#([^"]*)"', page))
    assert used <= set(ids)


def test_the_page_says_what_a_group_runs_how_it_drifted_and_what_was_done(
    report_of: ReportOf,
) -> None:
    text = Reader(page_of(report_of())).text
    for words in (
        "Deploy groups in the local cloud, read 2026-01-31 09:30:00Z by cdinfra 1.0.",
        "1 host of 5",
        "i-00000000000000004: it is unhealthy: GET /health answered 503",
        "rolled back i-00000000000000003 failed: GET /health answered 503",
        " 1 host failed: i-00000000000000003",
        "Note: what load balancers think of hosts is not known: access denied",
        "5 hosts in 1 min 53 s.",
        "i-00000000000000003, batch 3",
        "↩ back at",
        "✗ failed",
        "Not told: its stack shop-dev-worker is not deployed",
    ):
        assert words in text


def test_a_group_without_hosts_and_history_says_so() -> None:
    status = GroupStatus(group=GROUP, release="", agent="", hosts=())
    report = AppReport(
        app="shop", env="dev", read_at=BEGAN, groups=(GroupReport(stack="web", status=status),)
    )
    text = Reader(page_of(report)).text
    for words in (
        "It has no release yet.",
        "None: every host is as its group says.",
        "It has no hosts.",
        "Nothing was rolled out to it yet.",
    ):
        assert words in text
    assert "in time" not in text


def test_an_app_without_groups_says_so() -> None:
    text = Reader(page_of(AppReport(app="shop", env="dev", read_at=BEGAN))).text
    assert "The app has no deploy groups" in text


def test_an_entry_from_before_times_were_kept_says_that_they_are_not(report_of: ReportOf) -> None:
    report = report_of()
    (web, *_) = report.groups
    old = replace(web.entries[0], account=replace(web.entries[0].account, times=()))
    found = Reader(page_of(replace(report, groups=(replace(web, entries=(old,)),))))
    assert "When each host was in which state is not kept of it." in found.text
    assert not found.all("svg")


def test_hosts_that_are_left_out_of_the_picture_are_counted(report_of: ReportOf) -> None:
    text = Reader(page_of(report_of(203))).text
    assert "200 hosts in" in text
    assert "; 3 more are left out." in text


def test_a_rollout_that_is_not_finished_is_named() -> None:
    text = Reader(page_of(report_by("x"))).text
    assert "A rollout is not finished: the deploy of x, begun 2026-01-31 09:00:00Z by x" in text


@pytest.mark.parametrize("asked", [Asked.OFFLINE, Asked.NO_AGENT])
def test_a_host_that_does_not_answer_says_why_in_place_of_its_health(asked: Asked) -> None:
    report = report_by("x")
    (group,) = report.groups
    assert group.status is not None
    (host,) = group.status.hosts
    silent = replace(host, seen=replace(host.seen, answer=Answer(asked=asked)))
    status = replace(group.status, hosts=(silent,))
    text = Reader(page_of(replace(report, groups=(replace(group, status=status),)))).text
    assert str(asked) in text
