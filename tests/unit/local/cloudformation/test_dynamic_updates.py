import json
from typing import Any

import pytest


def test_a_dynamic_reference_that_leads_elsewhere_by_now_is_no_change(
    cfn: Any, cloud: Any, topic: Any
) -> None:
    cloud.parameters["/name"] = "old"
    resources = {"A": topic(DisplayName="{{resolve:ssm:/name}}"), "B": topic(DisplayName="b")}
    cfn.create("one", resources)
    cloud.parameters["/name"] = "new"

    assert cfn.refused(
        "UpdateStack", StackName="one", TemplateBody=json.dumps({"Resources": resources})
    ) == ("No updates are to be performed.")
    stack = cfn.update("one", {**resources, "B": topic(DisplayName="c")})

    assert stack.status == "UPDATE_COMPLETE"
    assert stack.resources["A"].properties == {"DisplayName": "old"}
    assert ("update", "A") not in cloud.calls


@pytest.mark.parametrize("touched", [{"Metadata": {"at": 1}}, {"TopicName": "A"}])
def test_a_resource_that_changes_gets_what_its_dynamic_references_lead_to(
    cfn: Any, cloud: Any, topic: Any, touched: Any
) -> None:
    cloud.parameters["/name"] = "old"
    cfn.create("one", {"A": topic(DisplayName="{{resolve:ssm:/name}}")})
    cloud.parameters["/name"] = "new"

    stack = cfn.update("one", {"A": topic(DisplayName="{{resolve:ssm:/name}}", **touched)})

    assert stack.status == "UPDATE_COMPLETE"
    assert stack.resources["A"].properties["DisplayName"] == "new"


def test_a_failed_update_brings_back_the_value_and_the_reference(
    cfn: Any, cloud: Any, topic: Any
) -> None:
    cloud.parameters["/name"] = "old"
    cfn.create("one", {"A": topic(DisplayName="{{resolve:ssm:/name}}")})
    cloud.parameters["/name"] = "new"
    cloud.failing[("create", "B")] = "broken"

    changed = topic(DisplayName="{{resolve:ssm:/name}} shop")
    stack = cfn.update("one", {"A": changed, "B": topic(DependsOn="A")})

    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert ("update", "A") in cloud.calls
    assert stack.resources["A"].properties == {"DisplayName": "old"}
    assert stack.resources["A"].literal == {"DisplayName": "{{resolve:ssm:/name}}"}


def test_a_secret_that_an_attribute_repeats_is_not_shown(cfn: Any, cloud: Any, topic: Any) -> None:
    cloud.secrets["db"] = "hunter2"
    value = {"Type": "String", "Value": "{{resolve:secretsmanager:db}}"}
    resources = {
        "A": {"Type": "AWS::SSM::Parameter", "Properties": value},
        "B": topic(DisplayName={"Fn::GetAtt": ["A", "Value"]}),
    }
    stack = cfn.create("one", resources)
    assert stack.resources["B"].properties == {"DisplayName": "hunter2"}
    assert "hunter2" not in "".join(event.properties for event in stack.events)

    body = json.dumps({"Resources": {**resources, "B": topic(DisplayName="plain")}})
    cfn.call("CreateChangeSet", StackName="one", ChangeSetName="c", TemplateBody=body)
    change_set = cfn.call(
        "DescribeChangeSet", StackName="one", ChangeSetName="c", IncludePropertyValues=True
    )
    assert "hunter2" not in json.dumps(change_set, default=str)
