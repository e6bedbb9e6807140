from typing import Any

import pytest

from cdinfra.local.hosts.balancer.conditions import read_conditions
from cdinfra.local.hosts.balancer.model import Condition


def test_the_conditions_of_a_rule_must_all_hold() -> None:
    conditions, not_carried = read_conditions(
        [
            {"Field": "path-pattern", "Values": ["/a"]},
            {"Field": "host-header", "HostHeaderConfig": {"Values": ["a.org", "b.org"]}},
        ]
    )
    assert not_carried is None
    assert conditions == (
        Condition(fetch="path", patterns=("/a",)),
        Condition(fetch="req.hdr(host),host_only", patterns=("a.org", "b.org"), ignore_case=True),
    )


@pytest.mark.parametrize(
    ("given", "fetch", "patterns"),
    [
        (
            {
                "Field": "http-header",
                "HttpHeaderConfig": {"HttpHeaderName": "X-A", "Values": ["b*"]},
            },
            "req.fhdr(X-A)",
            ("b*",),
        ),
        (
            {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["PUT"]}},
            "method",
            ("PUT",),
        ),
        (
            {
                "Field": "query-string",
                "QueryStringConfig": {
                    "Values": [{"Key": "v", "Value": "1"}, {"Key": "v", "Value": "2"}]
                },
            },
            "url_param(v)",
            ("1", "2"),
        ),
    ],
)
def test_headers_methods_and_queries_are_carried(
    given: dict[str, Any], fetch: str, patterns: tuple[str, ...]
) -> None:
    (condition,), not_carried = read_conditions([given])
    assert not_carried is None
    assert (condition.fetch, condition.patterns) == (fetch, patterns)


@pytest.mark.parametrize(
    "given",
    [
        {"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8"]}},
        {"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["^/a"]}},
        {"Field": "path-pattern", "Values": ["/a\n"]},
        {
            "Field": "http-header",
            "HttpHeaderConfig": {"HttpHeaderName": "a) -m found }", "Values": ["b"]},
        },
        {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["G T"]}},
        {"Field": "query-string", "QueryStringConfig": {"Values": [{"Value": "1"}]}},
        {
            "Field": "query-string",
            "QueryStringConfig": {"Values": [{"Key": "a)", "Value": "1"}]},
        },
    ],
)
def test_a_condition_that_is_not_carried_is_answered_where_the_others_hold(
    given: dict[str, Any],
) -> None:
    conditions, not_carried = read_conditions([given, {"Field": "path-pattern", "Values": ["/"]}])
    assert not_carried is not None
    assert not_carried.what.startswith("the condition {'Field': ")
    assert conditions == (Condition(fetch="path", patterns=("/",)),)
