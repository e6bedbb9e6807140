import json
from typing import Any


def detect(cfn: Any, **given: Any) -> Any:
    answer = cfn.call("DetectStackDrift", StackName="one", **given)
    cfn.settled("one")
    return cfn.call("DescribeStackDriftDetectionStatus", **answer)


def drifts(cfn: Any, **given: Any) -> Any:
    return cfn.call("DescribeStackResourceDrifts", StackName="one", **given)["StackResourceDrifts"]


def test_a_stack_as_it_was_made_is_in_sync(cfn: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic(DisplayName="a")})

    found = detect(cfn)

    assert found["DetectionStatus"] == "DETECTION_COMPLETE"
    assert (found["StackDriftStatus"], found["DriftedStackResourceCount"]) == ("IN_SYNC", 0)
    assert [one["StackResourceDriftStatus"] for one in drifts(cfn)] == ["IN_SYNC"]


def test_a_changed_and_a_deleted_resource_are_found(cfn: Any, cloud: Any, topic: Any) -> None:
    resources = {name: topic(TopicName=name, DisplayName="a") for name in ("A", "B", "C")}
    cfn.create("one", resources)
    cloud.existing["A"] = {"TopicName": "A", "DisplayName": "z"}
    del cloud.existing["B"]

    found = detect(cfn)

    assert (found["StackDriftStatus"], found["DriftedStackResourceCount"]) == ("DRIFTED", 2)
    shown = {one["LogicalResourceId"]: one for one in drifts(cfn)}
    assert {name: one["StackResourceDriftStatus"] for name, one in shown.items()} == {
        "A": "MODIFIED",
        "B": "DELETED",
        "C": "IN_SYNC",
    }
    assert shown["A"]["PropertyDifferences"] == [
        {
            "PropertyPath": "/DisplayName",
            "ExpectedValue": "a",
            "ActualValue": "z",
            "DifferenceType": "NOT_EQUAL",
        }
    ]
    assert json.loads(shown["A"]["ActualProperties"])["DisplayName"] == "z"
    assert "ActualProperties" not in shown["B"]
    assert len(drifts(cfn, StackResourceDriftStatusFilters=["MODIFIED"])) == 1
    stack = cfn.call("DescribeStacks", StackName="one")["Stacks"][0]
    assert stack["DriftInformation"]["StackDriftStatus"] == "DRIFTED"


def test_one_resource_can_be_looked_at(cfn: Any, cloud: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic(TopicName="A"), "B": topic(TopicName="B")})
    cloud.existing.clear()

    detect(cfn, LogicalResourceIds=["B"])
    assert [one["LogicalResourceId"] for one in drifts(cfn)] == ["B"]
    one = cfn.call("DetectStackResourceDrift", StackName="one", LogicalResourceId="A")
    assert one["StackResourceDrift"]["StackResourceDriftStatus"] == "DELETED"


def test_a_resource_that_cannot_be_read_fails_the_detection(cfn: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic(TopicName="unreadable")})

    found = detect(cfn)

    assert found["DetectionStatus"] == "DETECTION_FAILED"
    assert found["DetectionStatusReason"] == "A: Access denied"
    assert cfn.refused("DetectStackResourceDrift", StackName="one", LogicalResourceId="A") == (
        "Access denied"
    )


def test_what_was_not_checked_says_so(cfn: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic()})

    resource = cfn.call("DescribeStackResource", StackName="one", LogicalResourceId="A")
    drift = resource["StackResourceDetail"]["DriftInformation"]
    assert drift == {"StackResourceDriftStatus": "NOT_CHECKED"}
    assert drifts(cfn) == []


def test_only_what_is_there_can_be_looked_at(cfn: Any, cloud: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic()})
    assert "Resource X does not exist" in cfn.refused(
        "DetectStackDrift", StackName="one", LogicalResourceIds=["X"]
    )
    assert "does not exist" in cfn.refused(
        "DetectStackResourceDrift", StackName="one", LogicalResourceId="X"
    )
    assert "does not exist" in cfn.refused(
        "DescribeStackDriftDetectionStatus", StackDriftDetectionId="none"
    )
    cloud.failing[("create", "A")] = "broken"
    cfn.create("two", {"A": topic()})
    assert "while it is in ROLLBACK_COMPLETE state" in cfn.refused(
        "DetectStackDrift", StackName="two"
    )


SECRET = "{{resolve:secretsmanager:db}}"


def test_a_dynamic_reference_never_drifts_and_its_value_is_not_shown(
    cfn: Any, cloud: Any, topic: Any
) -> None:
    cloud.secrets["db"] = "hunter2"
    cfn.create("one", {"A": topic(TopicName="A", DisplayName=SECRET)})
    cloud.existing["A"] = {"TopicName": "A", "DisplayName": "hunter3"}

    assert detect(cfn)["StackDriftStatus"] == "IN_SYNC"

    (drift,) = drifts(cfn)
    assert json.loads(drift["ExpectedProperties"]) == {"TopicName": "A", "DisplayName": SECRET}
    assert json.loads(drift["ActualProperties"]) == {"TopicName": "A", "DisplayName": "****"}


def test_a_secret_parameter_drifts_and_neither_value_is_shown(
    cfn: Any, cloud: Any, topic: Any
) -> None:
    cfn.create(
        "one",
        {"A": topic(TopicName="A", DisplayName={"Fn::Sub": "at ${Word}"})},
        Declared={"Word": {"Type": "String", "NoEcho": True}},
        Parameters=[{"ParameterKey": "Word", "ParameterValue": "hunter2"}],
    )
    cloud.existing["A"] = {"TopicName": "A", "DisplayName": "at hunter3"}

    assert detect(cfn)["StackDriftStatus"] == "DRIFTED"

    (drift,) = drifts(cfn)
    assert "hunter" not in json.dumps(drift, default=str)
    assert drift["PropertyDifferences"] == [
        {
            "PropertyPath": "/DisplayName",
            "ExpectedValue": "****",
            "ActualValue": "****",
            "DifferenceType": "NOT_EQUAL",
        }
    ]
