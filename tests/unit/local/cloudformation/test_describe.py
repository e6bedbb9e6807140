import json
from typing import Any


def test_stacks_are_paged(cfn: Any, topic: Any) -> None:
    for number in range(103):
        cfn.start("CreateStack", f"stack{number}", {"A": topic()})
    assert cfn.engine.wait_idle(30)

    first = cfn.call("DescribeStacks")
    second = cfn.call("DescribeStacks", NextToken=first["NextToken"])

    assert (len(first["Stacks"]), len(second["Stacks"])) == (100, 3)
    assert "NextToken" not in second
    names = {one["StackName"] for one in first["Stacks"] + second["Stacks"]}
    assert len(names) == 103
    assert cfn.refused("DescribeStacks", NextToken="?") == "Invalid NextToken"


def test_events_are_paged_newest_first_and_new_ones_shift_nothing(cfn: Any, topic: Any) -> None:
    cfn.create("one", {f"A{number}": topic() for number in range(50)})
    total = len(cfn.stack("one").events)

    first = cfn.call("DescribeStackEvents", StackName="one")
    cfn.delete("one")
    stack_id = next(iter(cfn.state.stacks))
    second = cfn.call("DescribeStackEvents", StackName=stack_id, NextToken=first["NextToken"])

    assert total == 152
    assert first["StackEvents"][0]["ResourceStatus"] == "CREATE_COMPLETE"
    assert len(second["StackEvents"]) == 52
    ids = [one["EventId"] for one in first["StackEvents"] + second["StackEvents"]]
    assert len(set(ids)) == total


def test_stacks_are_listed_by_status_deleted_ones_too(cfn: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic()})
    cfn.delete("one")
    cfn.create("two", {"A": topic()})

    def names(**given: Any) -> list[str]:
        return [one["StackName"] for one in cfn.call("ListStacks", **given)["StackSummaries"]]

    assert names() == ["two", "one"]
    assert names(StackStatusFilter=["DELETE_COMPLETE"]) == ["one"]
    assert names(StackStatusFilter=["UPDATE_COMPLETE"]) == []


def test_resources_are_described_in_three_ways(cfn: Any, topic: Any) -> None:
    cfn.create("one", {"B": topic(TopicName="b"), "A": topic(TopicName="a")})

    many = cfn.call("DescribeStackResources", StackName="one")["StackResources"]
    assert [one["LogicalResourceId"] for one in many] == ["A", "B"]
    owner = cfn.call("DescribeStackResources", PhysicalResourceId="b")["StackResources"]
    assert [(one["StackName"], one["LogicalResourceId"]) for one in owner] == [("one", "B")]
    listed = cfn.call("ListStackResources", StackName="one")["StackResourceSummaries"]
    assert [one["PhysicalResourceId"] for one in listed] == ["a", "b"]
    single = cfn.call("DescribeStackResource", StackName="one", LogicalResourceId="A")
    assert single["StackResourceDetail"]["ResourceStatus"] == "CREATE_COMPLETE"


def test_metadata_of_a_resource_is_shown_resolved(cfn: Any, topic: Any) -> None:
    metadata = {"who": {"Ref": "AWS::StackName"}}
    cfn.create("one", {"A": topic(Metadata=metadata)})

    single = cfn.call("DescribeStackResource", StackName="one", LogicalResourceId="A")
    assert json.loads(single["StackResourceDetail"]["Metadata"]) == {"who": "one"}


def test_what_does_not_exist_is_refused_in_the_services_words(cfn: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic()})

    assert cfn.refused("DescribeStackEvents", StackName="no") == "Stack [no] does not exist"
    assert cfn.refused("ListStackResources", StackName="no") == "Stack with id no does not exist"
    assert (
        cfn.refused("DescribeStackResource", StackName="one", LogicalResourceId="X")
        == "Resource X does not exist for stack one"
    )
    assert (
        cfn.refused("DescribeStackResources", PhysicalResourceId="x")
        == "Stack for x does not exist"
    )
    assert "must be specified" in cfn.refused("DescribeStackResources")


def test_events_can_be_had_by_operation(cfn: Any, cloud: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic(DisplayName="a")})
    cloud.failing[("update", "A")] = "broken"
    operation = cfn.start("UpdateStack", "one", {"A": topic(DisplayName="b")})["OperationId"]
    cfn.settled("one")

    events = cfn.call("DescribeEvents", OperationId=operation)["OperationEvents"]
    assert {one["OperationId"] for one in events} == {operation}
    failed = cfn.call("DescribeEvents", StackName="one", Filters={"FailedEvents": True})
    assert {one["ResourceStatus"] for one in failed["OperationEvents"]} >= {"UPDATE_FAILED"}
    assert failed["OperationEvents"][-1]["EventType"] == "PROVISIONING_ERROR"


def test_templates_are_given_back(cfn: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic()})
    body = cfn.stack("one").version.template.body
    changed = cfn.start("CreateChangeSet", "one", {"B": topic()}, ChangeSetName="plan")["Id"]

    assert cfn.call("GetTemplate", StackName="one")["TemplateBody"] == body
    proposed = cfn.call("GetTemplate", ChangeSetName=changed)["TemplateBody"]
    assert tuple(json.loads(proposed)["Resources"]) == ("B",)
    assert cfn.refused("GetTemplate") == "StackName is required if ChangeSetName is not specified."
    assert cfn.refused("GetTemplate", ChangeSetName="plan") == "StackName is a required parameter."
    assert cfn.refused("GetTemplate", StackName="no") == "Stack with id no does not exist"


def test_a_template_is_summed_up(cfn: Any, topic: Any) -> None:
    body = json.dumps(
        {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": "words",
            "Parameters": {"P": {"Type": "String", "Default": "d", "AllowedValues": ["d", "e"]}},
            "Resources": {"A": topic(), "B": topic()},
        }
    )

    summary = cfn.call("GetTemplateSummary", TemplateBody=body)

    assert summary["ResourceTypes"] == ["AWS::SNS::Topic"]
    assert summary["ResourceIdentifierSummaries"][0]["LogicalResourceIds"] == ["A", "B"]
    assert summary["Parameters"][0]["ParameterConstraints"] == {"AllowedValues": ["d", "e"]}
    assert (summary["Version"], summary["Description"]) == ("2010-09-09", "words")
    cfn.create("one", {"A": topic()})
    assert cfn.call("GetTemplateSummary", StackName="one")["ResourceTypes"] == ["AWS::SNS::Topic"]


def test_a_stack_in_review_has_no_summary(cfn: Any, topic: Any) -> None:
    cfn.start("CreateChangeSet", "one", {"A": topic()}, ChangeSetName="p", ChangeSetType="CREATE")

    assert (
        cfn.refused("GetTemplateSummary", StackName="one")
        == "GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks."
    )


def test_a_template_is_validated(cfn: Any) -> None:
    body = json.dumps(
        {
            "Parameters": {"P": {"Type": "String", "NoEcho": True, "Description": "why"}},
            "Resources": {
                "R": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}
            },
        }
    )

    answer = cfn.call("ValidateTemplate", TemplateBody=body)

    assert answer["Capabilities"] == ["CAPABILITY_IAM"]
    assert answer["Parameters"] == [{"ParameterKey": "P", "NoEcho": True, "Description": "why"}]
    assert "Template format error" in cfn.refused("ValidateTemplate", TemplateBody="{")
