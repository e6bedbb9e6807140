from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdinfra.local.resources.contract import ResourceError
from cdinfra.local.resources.security_rules import (
    PEERS,
    Direction,
    parse_rule,
    rule_of,
)


@st.composite
def properties(draw: st.DrawFn, direction: Direction) -> dict[str, Any]:
    peer = draw(st.sampled_from(PEERS[direction]))
    rule: dict[str, Any] = {
        "IpProtocol": draw(st.sampled_from(["tcp", "udp", "icmp", "-1"])),
        peer: draw(st.sampled_from(["10.0.0.0/8", "sg-1", "pl-1"])),
    }
    if rule["IpProtocol"] != "-1":
        rule |= {
            "FromPort": draw(st.integers(-1, 65535)),
            "ToPort": draw(st.integers(-1, 65535)),
        }
    if draw(st.booleans()):
        rule["Description"] = draw(st.text(min_size=1))
    return rule


@given(st.data(), st.sampled_from(Direction))
def test_a_rule_is_shown_as_it_was_written(data: st.DataObject, direction: Direction) -> None:
    given_properties = data.draw(properties(direction))
    rule = parse_rule(direction, given_properties)
    assert rule.properties(direction) == given_properties
    permission = rule.permission()
    assert permission["IpProtocol"] == rule.protocol
    assert ("FromPort" in permission) is (rule.protocol != "-1")


@pytest.mark.parametrize(
    "peer",
    [
        {"CidrIpv4": "10.0.0.0/8"},
        {"CidrIpv6": "::/0"},
        {"ReferencedGroupInfo": {"GroupId": "sg-1"}},
        {"PrefixListId": "pl-1"},
    ],
)
def test_a_listed_rule_is_the_one_that_was_written(peer: dict[str, Any]) -> None:
    listed = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 81, "Description": "d", **peer}
    rule = rule_of(listed)
    assert parse_rule(Direction.INGRESS, rule.properties(Direction.INGRESS)) == rule
    everything = rule_of({"IpProtocol": "-1", "FromPort": -1, "ToPort": -1, **peer})
    assert everything.from_port is None


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"IpProtocol": "tcp"}, "exactly one of"),
        ({"IpProtocol": "tcp", "CidrIp": "::", "CidrIpv6": "::"}, "exactly one of"),
        ({"IpProtocol": "tcp", "CidrIp": "10.0.0.0/8"}, "port range"),
        ({"IpProtocol": "-1", "CidrIp": "10.0.0.0/8", "Sid": "x"}, "does not carry Sid"),
    ],
)
def test_a_wrong_rule_is_refused(rule: dict[str, Any], message: str) -> None:
    with pytest.raises(ResourceError, match=message):
        parse_rule(Direction.INGRESS, rule)


def test_ports_mean_nothing_where_all_protocols_may_pass() -> None:
    rule = {"IpProtocol": "all", "FromPort": 0, "ToPort": 65535, "CidrIp": "10.0.0.0/8"}
    assert parse_rule(Direction.EGRESS, rule).properties(Direction.EGRESS) == {
        "IpProtocol": "-1",
        "CidrIp": "10.0.0.0/8",
    }
