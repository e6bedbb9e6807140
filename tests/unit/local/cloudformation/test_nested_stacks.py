"""Stacks that are resources of other stacks."""

import io
import json
from collections.abc import Callable
from threading import Event
from typing import Any

import pytest

NESTED = "AWS::CloudFormation::Stack"
URL = "https://templates.s3.eu-central-1.amazonaws.com/inner.json"


class Again(io.BytesIO):
    """A body that can be read more than once, as each download of one can."""

    def read(self, size: int | None = -1, /) -> bytes:
        self.seek(0)
        return super().read(size)


def inner_template(*topics: str, **sections: Any) -> dict[str, Any]:
    resources = {
        name: {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name.lower()}}
        for name in topics
    }
    return {"Resources": resources, **sections}


@pytest.fixture
def store(cloud: Any) -> Callable[..., None]:
    """Puts a template where the outer one looks for it."""

    def put(document: dict[str, Any], key: str = "inner.json") -> None:
        cloud.objects[("templates", key)] = Again(json.dumps(document).encode())

    return put


@pytest.fixture
def outer(topic: Any) -> Callable[..., dict[str, Any]]:
    """Returns the resources of a stack with a nested one: ``outer(Parameters={…})``."""

    def build(**given: Any) -> dict[str, Any]:
        properties = {"TemplateURL": URL, **given}
        return {
            "Child": {"Type": NESTED, "Properties": properties},
            "After": topic(TopicName="after", DependsOn="Child"),
        }

    return build


def inner_of(cfn: Any, name: str = "web") -> Any:
    child = cfn.stack(name).resources["Child"]
    return cfn.state.find(child.physical_id)


def test_a_nested_stack_is_made_from_the_template_at_its_address(
    cfn: Any, store: Any, outer: Any
) -> None:
    store(inner_template("One"))
    stack = cfn.create("web", outer(), Tags=[{"Key": "team", "Value": "a"}])
    inner = inner_of(cfn)
    assert (stack.status, inner.status) == ("CREATE_COMPLETE", "CREATE_COMPLETE")
    assert inner.name.startswith("web-Child-")
    assert dict(inner.version.tags) == {"team": "a"}


def test_a_nested_stack_names_its_parent_and_its_root(cfn: Any, store: Any, outer: Any) -> None:
    store(inner_template("One"))
    store({"Resources": {"Child": {"Type": NESTED, "Properties": {"TemplateURL": URL}}}}, "mid")
    root = cfn.create("web", outer(TemplateURL=URL.replace("inner.json", "mid")))
    middle = inner_of(cfn)
    innermost = cfn.state.find(middle.resources["Child"].physical_id)
    (shown,) = cfn.call("DescribeStacks", StackName=innermost.stack_id)["Stacks"]
    assert (shown["ParentId"], shown["RootId"]) == (middle.stack_id, root.stack_id)
    (shown,) = cfn.call("DescribeStacks", StackName=root.stack_id)["Stacks"]
    assert "ParentId" not in shown


def test_parameters_go_in_and_outputs_come_out(cfn: Any, store: Any, topic: Any) -> None:
    store(
        {
            "Parameters": {"Name": {"Type": "String"}, "Zones": {"Type": "CommaDelimitedList"}},
            "Resources": {"One": topic(TopicName={"Ref": "Name"})},
            "Outputs": {"Topic": {"Value": {"Ref": "One"}}},
        }
    )
    child = {"TemplateURL": URL, "Parameters": {"Name": "news", "Zones": ["a", "b"]}}
    resources = {
        "Child": {"Type": NESTED, "Properties": child},
        "Copy": topic(TopicName={"Fn::Sub": "copy-of-${Child.Outputs.Topic}"}),
    }
    outputs = {"Found": {"Value": {"Fn::GetAtt": ["Child", "Outputs.Topic"]}}}
    stack = cfn.create("web", resources, Outputs=outputs)
    assert stack.resources["Copy"].physical_id == "copy-of-news"
    assert [output.value for output in stack.outputs] == ["news"]
    assert inner_of(cfn).version.parameters["Zones"].value == "a,b"


def test_the_events_name_the_inner_stack_from_the_beginning(
    cfn: Any, cloud: Any, store: Any, outer: Any
) -> None:
    store(inner_template("One"))
    gate = cloud.block("create", "One")
    cfn.start("CreateStack", "web", outer())
    cloud.await_reached("create", "One")
    assert inner_of(cfn).status == "CREATE_IN_PROGRESS"
    gate.set()
    assert cfn.settled("web").status == "CREATE_COMPLETE"


def test_a_nested_stack_that_fails_takes_its_parent_with_it(
    cfn: Any, cloud: Any, store: Any, outer: Any
) -> None:
    cloud.failing[("create", "Two")] = "Two is taken"
    store(inner_template("One", "Two"))
    stack = cfn.create("web", outer())
    told = cfn.told("web")
    (reason,) = [why for who, status, why in told if (who, status) == ("Child", "CREATE_FAILED")]
    assert stack.status == "ROLLBACK_COMPLETE"
    assert reason.startswith("Embedded stack arn:aws:cloudformation:")
    assert "was not successfully created: The following resource(s) failed to create: [" in reason
    assert "Two" in reason
    assert cloud.existing == {}
    inner = next(one for one in cfn.state.stacks.values() if one.parent_id)
    assert inner.status == "DELETE_COMPLETE"


def test_without_rollback_a_nested_stack_stays_as_it_failed(
    cfn: Any, cloud: Any, store: Any, outer: Any
) -> None:
    cloud.failing[("create", "Two")] = "Two is taken"
    store(inner_template("One", "Two"))
    stack = cfn.create("web", outer(), DisableRollback=True)
    assert (stack.status, inner_of(cfn).status) == ("CREATE_FAILED", "CREATE_FAILED")


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        ({"TemplateURL": "https://templates.s3.amazonaws.com/none"}, "S3 error: "),
        ({"TemplateURL": "https://example.com/inner.json"}, "must be a supported URL"),
        ({"Parameters": {"Unknown": "1"}}, "does not require them"),
    ],
)
def test_a_nested_stack_that_cannot_begin_says_why(
    cfn: Any, store: Any, outer: Any, properties: dict[str, Any], words: str
) -> None:
    store(inner_template("One"))
    cfn.create("web", outer(**properties))
    reasons = [why for who, status, why in cfn.told("web") if status == "CREATE_FAILED"]
    assert words in reasons[0]
    assert cfn.stack("web").status == "ROLLBACK_COMPLETE"


def test_a_nested_stack_needs_the_capabilities_of_its_parent(
    cfn: Any, store: Any, outer: Any
) -> None:
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}
    store({"Resources": {"Role": role}})
    cfn.create("web", outer())
    reasons = [why for who, status, why in cfn.told("web") if status == "CREATE_FAILED"]
    assert reasons[0] == "Requires capabilities : [CAPABILITY_IAM]"


def test_a_sibling_that_fails_stops_a_nested_stack(
    cfn: Any, cloud: Any, store: Any, topic: Any, outer: Any
) -> None:
    cloud.failing[("create", "Sibling")] = "no"
    store(inner_template("One"))
    gate = cloud.block("create", "One")
    sibling = cloud.block("create", "Sibling")
    cfn.start("CreateStack", "web", {**outer(), "Sibling": topic(TopicName="s")})
    cloud.await_reached("create", "One")
    cloud.await_reached("create", "Sibling")
    stopped = Event()
    with cfn.stack("web").operation.stop.listening(stopped.set):
        sibling.set()
        assert stopped.wait(10)
    gate.set()
    assert cfn.settled("web").status == "ROLLBACK_COMPLETE"
    assert ("Child", "CREATE_FAILED", "Resource creation cancelled") in cfn.told("web")
    assert cloud.existing == {}


def test_deleting_a_stack_deletes_what_is_nested_in_it_last_made_first(
    cfn: Any, cloud: Any, store: Any, outer: Any
) -> None:
    store(inner_template("One"))
    cfn.create("web", outer())
    inner = inner_of(cfn)
    cfn.delete("web")
    deleted = [name for action, name in cloud.calls if action == "delete"]
    assert deleted == ["After", "One"]
    assert inner.status == "DELETE_COMPLETE"


def test_a_nested_stack_that_cannot_be_deleted_holds_its_parent(
    cfn: Any, cloud: Any, store: Any, outer: Any
) -> None:
    store(inner_template("One"))
    cfn.create("web", outer())
    cloud.failing[("delete", "One")] = "in use"
    stack = cfn.delete("web")
    assert stack.status == "DELETE_FAILED"
    assert stack.resources["Child"].reason.endswith(
        "was not successfully deleted: The following resource(s) failed to delete: [One]. "
    )
    del cloud.failing[("delete", "One")]
    assert cfn.delete("web").status == "DELETE_COMPLETE"


def test_a_nested_stack_that_somebody_has_deleted_is_no_obstacle(
    cfn: Any, store: Any, outer: Any
) -> None:
    store(inner_template("One"))
    cfn.create("web", outer())
    cfn.delete(inner_of(cfn).stack_id)
    assert cfn.delete("web").status == "DELETE_COMPLETE"


def test_an_update_takes_what_stands_at_the_address_now(cfn: Any, store: Any, outer: Any) -> None:
    store(inner_template("One"))
    cfn.create("web", outer())
    store(inner_template("One", "Two", Outputs={"Name": {"Value": "new"}}))
    stack = cfn.update("web", outer())
    assert stack.status == "UPDATE_COMPLETE"
    assert inner_of(cfn).resources.keys() == {"One", "Two"}
    assert stack.resources["Child"].attributes == {"Outputs.Name": "new"}


def test_an_update_that_changes_nothing_inside_leaves_the_nested_stack_alone(
    cfn: Any, store: Any, outer: Any
) -> None:
    store(inner_template("One"))
    cfn.create("web", outer())
    assert cfn.update("web", outer()).status == "UPDATE_COMPLETE"
    assert inner_of(cfn).status == "CREATE_COMPLETE"


def test_an_inner_update_that_fails_rolls_both_back(
    cfn: Any, cloud: Any, store: Any, outer: Any
) -> None:
    store(inner_template("One"))
    cfn.create("web", outer())
    cloud.failing[("create", "Two")] = "Two is taken"
    store(inner_template("One", "Two"))
    stack = cfn.update("web", outer())
    assert (stack.status, inner_of(cfn).status) == ("UPDATE_ROLLBACK_COMPLETE",) * 2
    reasons = [why for who, status, why in cfn.told("web") if status == "UPDATE_FAILED"]
    assert "was not successfully updated. Currently in UPDATE_ROLLBACK_COMPLETE" in reasons[0]
    assert "The following resource(s) failed to create: [Two]" in reasons[0]


def test_an_outer_update_that_fails_takes_the_nested_stack_back_to_its_old_template(
    cfn: Any, cloud: Any, store: Any, outer: Any, topic: Any
) -> None:
    store(inner_template("One"))
    cfn.create("web", outer())
    store(inner_template("One", "Two"))
    cloud.failing[("create", "Late")] = "no"
    late = topic(TopicName="late", DependsOn="Child")
    stack = cfn.update("web", {**outer(), "Late": late})
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert inner_of(cfn).resources.keys() == {"One"}
    assert set(cloud.existing) == {"one", "after"}


def test_an_inner_rollback_that_failed_is_continued_through_the_parent(
    cfn: Any, cloud: Any, store: Any, outer: Any, topic: Any
) -> None:
    store({"Resources": {"One": topic(TopicName="one", DisplayName="a")}})
    cfn.create("web", outer())
    cloud.failing |= {("update", "One"): "stuck", ("create", "Two"): "no"}
    two = topic(TopicName="two", DependsOn="One")
    store({"Resources": {"One": topic(TopicName="one", DisplayName="b"), "Two": two}})
    assert cfn.update("web", outer()).status == "UPDATE_ROLLBACK_FAILED"
    assert inner_of(cfn).status == "UPDATE_ROLLBACK_FAILED"
    cloud.failing.clear()
    cfn.call("ContinueUpdateRollback", StackName="web")
    assert cfn.settled("web").status == "UPDATE_ROLLBACK_COMPLETE"
    assert inner_of(cfn).status == "UPDATE_ROLLBACK_COMPLETE"


def test_a_change_set_always_shows_a_nested_stack(cfn: Any, store: Any, outer: Any) -> None:
    store(inner_template("One"))
    cfn.create("web", outer())
    cfn.start("CreateChangeSet", "web", outer(), ChangeSetName="same")
    assert cfn.engine.wait_idle(10)
    said = cfn.call("DescribeChangeSet", StackName="web", ChangeSetName="same")
    (change,) = said["Changes"]
    assert change["ResourceChange"]["LogicalResourceId"] == "Child"
    assert change["ResourceChange"]["Replacement"] == "False"
    assert change["ResourceChange"]["Details"][0]["ChangeSource"] == "Automatic"


def test_a_nested_stack_does_not_drift_by_itself(cfn: Any, store: Any, outer: Any) -> None:
    store(inner_template("One"))
    stack = cfn.create("web", outer(), Tags=[{"Key": "team", "Value": "a"}])
    request = {"StackName": "web", "LogicalResourceId": "Child"}
    drift = cfn.call("DetectStackResourceDrift", **request)["StackResourceDrift"]
    assert drift["StackResourceDriftStatus"] == "IN_SYNC"
    cfn.delete(stack.resources["Child"].physical_id)
    drift = cfn.call("DetectStackResourceDrift", **request)["StackResourceDrift"]
    assert drift["StackResourceDriftStatus"] == "DELETED"


def test_a_nested_stack_has_a_time_limit_of_its_own(
    cfn: Any, cloud: Any, store: Any, outer: Any
) -> None:
    store(inner_template("One"))
    gate = cloud.block("create", "One")
    cfn.start("CreateStack", "web", outer(TimeoutInMinutes=5))
    cloud.await_reached("create", "One")
    cfn.clock.advance(301)
    gate.set()
    assert cfn.settled("web").status == "ROLLBACK_COMPLETE"
    reasons = [why for who, status, why in cfn.told("web") if status == "CREATE_FAILED"]
    assert "Stack creation time exceeded the specified timeout." in reasons[0]


def test_a_nested_stack_has_no_termination_protection_of_its_own(
    cfn: Any, store: Any, outer: Any
) -> None:
    store(inner_template("One"))
    stack = cfn.create("web", outer())
    said = cfn.refused(
        "UpdateTerminationProtection",
        StackName=stack.resources["Child"].physical_id,
        EnableTerminationProtection=True,
    )
    assert said.endswith(f"set it on the root stack [{stack.stack_id}]")


def test_what_would_change_inside_is_not_claimed_to_be_shown(
    cfn: Any, store: Any, outer: Any
) -> None:
    store(inner_template("One"))
    cfn.create("web", outer())
    body = json.dumps({"Resources": outer()})
    said = cfn.refused(
        "CreateChangeSet",
        StackName="web",
        ChangeSetName="inside",
        TemplateBody=body,
        IncludeNestedStacks=True,
    )
    assert said.endswith("nested stacks [Child]: what would change in them is not shown")
