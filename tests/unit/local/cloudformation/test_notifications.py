from __future__ import annotations

import re
from typing import Any


def test_every_event_of_an_operation_is_told_once_and_in_order(
    cfn: Any, cloud: Any, topic: Any
) -> None:
    cloud.topics |= {"arn:one": [], "arn:two": []}
    cfn.create("web", {"A": topic()}, NotificationARNs=["arn:one", "arn:two"])
    told = [
        re.findall(r"LogicalResourceId='(.*)'|ResourceStatus='(.*)'", each)
        for each in cloud.topics["arn:one"]
    ]
    assert [(first[0], second[1]) for first, second in told] == [
        (who, status) for who, status, _ in cfn.told("web")
    ]
    assert cloud.topics["arn:one"] == cloud.topics["arn:two"]


def test_a_message_has_the_members_of_the_event(cfn: Any, cloud: Any, topic: Any) -> None:
    cloud.topics["arn:one"] = []
    cfn.create("web", {"A": topic()}, NotificationARNs=["arn:one"], ClientRequestToken="mine")
    first = dict(re.findall(r"^(\w+)='(.*)'$", cloud.topics["arn:one"][0], re.MULTILINE))
    assert first["StackId"] == cfn.stack("web").stack_id
    assert re.fullmatch(r"2030-01-01T00:00:00\.\d{3}Z", first["Timestamp"])
    assert (first["StackName"], first["Namespace"]) == ("web", "123456789012")
    assert (first["ResourceStatus"], first["ClientRequestToken"]) == ("CREATE_IN_PROGRESS", "mine")


def test_a_topic_that_has_gone_does_not_disturb_the_operation(
    cfn: Any, cloud: Any, topic: Any
) -> None:
    cloud.topics["arn:one"] = []
    cfn.create("web", {"A": topic()}, NotificationARNs=["arn:one"])
    cloud.gone_topics.add("arn:one")
    assert cfn.delete("web").status == "DELETE_COMPLETE"
