from typing import Any

import pytest

from cdinfra.local.hosts.balancer.actions import read_action
from cdinfra.local.hosts.balancer.model import FixedResponse, Forward, NotCarried, Redirect, Share

ONE, TWO = {"TargetGroupArn": "one"}, {"TargetGroupArn": "two", "Weight": 3}


def forward(**config: Any) -> dict[str, Any]:
    return {"Type": "forward", "ForwardConfig": config}


def test_a_forward_is_to_one_group_or_to_several_by_weight() -> None:
    plain = {"Type": "forward", "TargetGroupArn": "one"}
    assert read_action([plain]) == Forward(shares=(Share(group="one"),))
    weighted = Forward(shares=(Share(group="one"), Share(group="two", weight=3)))
    assert read_action([forward(TargetGroups=[ONE, TWO])]) == weighted


def test_a_redirect_keeps_what_it_does_not_name() -> None:
    given = {
        "Type": "redirect",
        "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"},
    }
    assert read_action([given]) == Redirect(status=301, protocol="HTTPS", port="443")


def test_a_fixed_response_has_status_type_and_body() -> None:
    config = {"StatusCode": "404", "ContentType": "text/html", "MessageBody": "<b>no</b>"}
    expected = FixedResponse(status=404, content_type="text/html", body="<b>no</b>")
    assert read_action([{"Type": "fixed-response", "FixedResponseConfig": config}]) == expected


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"Type": "authenticate-oidc"}, "an action of type authenticate-oidc"),
        (
            forward(TargetGroups=[ONE, TWO], TargetGroupStickinessConfig={"Enabled": "true"}),
            "the stickiness of a forward action",
        ),
        (forward(TargetGroups=[{**ONE, "Weight": 0}]), "weights are all 0"),
        (
            {"Type": "redirect", "RedirectConfig": {"Host": "a b", "StatusCode": "HTTP_301"}},
            "the host 'a b' of a redirect",
        ),
        (
            {"Type": "redirect", "RedirectConfig": {"Path": "/\n", "StatusCode": "HTTP_301"}},
            r"the path '/\n' of a redirect",
        ),
        (
            {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_307"}},
            "a redirect HTTP_307",
        ),
        (
            {"Type": "redirect", "RedirectConfig": {"Protocol": "x", "StatusCode": "HTTP_301"}},
            "to 'x'",
        ),
        (
            {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200 }"}},
            "a fixed response '200 }'",
        ),
        (
            {
                "Type": "fixed-response",
                "FixedResponseConfig": {"StatusCode": "200", "ContentType": "a\nb"},
            },
            r"of type 'a\nb'",
        ),
    ],
)
def test_what_is_not_carried_is_named(given: dict[str, Any], what: str) -> None:
    action = read_action([given])
    assert isinstance(action, NotCarried)
    assert what in action.what


def test_an_action_before_the_forward_is_not_skipped() -> None:
    login = {"Type": "authenticate-cognito", "Order": 1}
    action = read_action([{"Type": "forward", "TargetGroupArn": "one", "Order": 2}, login])
    assert action == NotCarried(what="an action of type authenticate-cognito")
    assert read_action([]) == NotCarried(what="a rule without an action")
