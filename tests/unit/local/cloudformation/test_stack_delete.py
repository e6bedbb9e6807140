from typing import Any

VOLUME = "AWS::EC2::Volume"


def test_resources_are_deleted_in_reverse_order(cfn: Any, cloud: Any, topic: Any) -> None:
    resources = {"A": topic(), "B": topic(DisplayName={"Ref": "A"}), "C": topic(DependsOn="B")}
    cfn.create("one", resources)
    cloud.calls.clear()

    stack = cfn.delete("one")

    assert stack.status == "DELETE_COMPLETE"
    assert cloud.calls == [("delete", "C"), ("delete", "B"), ("delete", "A")]
    assert stack.deleted_at is not None


def test_a_stack_that_is_gone_or_never_was_can_be_deleted(cfn: Any, topic: Any) -> None:
    stack = cfn.create("one", {"A": topic()})
    cfn.delete("one")

    assert cfn.call("DeleteStack", StackName="one") == {}
    assert cfn.call("DeleteStack", StackName=stack.stack_id) == {}
    assert cfn.call("DeleteStack", StackName="never") == {}


def test_a_deleted_stack_is_found_by_its_arn_alone(cfn: Any, topic: Any) -> None:
    stack = cfn.create("one", {"A": topic()})
    cfn.delete("one")

    described = cfn.call("DescribeStacks", StackName=stack.stack_id)["Stacks"]
    assert described[0]["StackStatus"] == "DELETE_COMPLETE"
    assert cfn.refused("DescribeStacks", StackName="one") == "Stack with id one does not exist"
    assert cfn.call("DescribeStacks")["Stacks"] == []


def test_what_cannot_be_deleted_fails_the_stack_and_the_rest_goes_on(
    cfn: Any, cloud: Any, topic: Any
) -> None:
    cfn.create("one", {"A": topic(), "B": topic(DependsOn="A"), "C": topic()})
    cloud.failing[("delete", "B")] = "in use"

    stack = cfn.delete("one")

    assert stack.status == "DELETE_FAILED"
    assert stack.reason == "The following resource(s) failed to delete: [B]. "
    assert stack.resources["B"].reason == "in use"
    assert stack.resources["C"].status == "DELETE_COMPLETE"
    assert stack.resources["A"].status == "CREATE_COMPLETE"


def test_a_failed_delete_can_retain_what_blocks_it(cfn: Any, cloud: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic(), "B": topic(DependsOn="A")})
    cloud.failing[("delete", "B")] = "in use"
    assert "DELETE_FAILED state" in cfn.refused(
        "DeleteStack", StackName="one", RetainResources=["B"]
    )
    cfn.delete("one")
    assert "does not have resources [X]" in cfn.refused(
        "DeleteStack", StackName="one", RetainResources=["X"]
    )

    stack = cfn.delete("one", RetainResources=["B"])

    assert stack.status == "DELETE_COMPLETE"
    assert stack.resources["B"].status == "DELETE_SKIPPED"
    assert stack.resources["A"].status == "DELETE_COMPLETE"


def test_a_failed_delete_can_be_forced(cfn: Any, cloud: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic(), "B": topic(DependsOn="A")})
    cloud.failing[("delete", "B")] = "in use"
    cfn.delete("one")

    stack = cfn.delete("one", DeletionMode="FORCE_DELETE_STACK")

    assert stack.status == "DELETE_COMPLETE"
    assert stack.resources["B"].status == "DELETE_SKIPPED"


def test_a_retain_policy_leaves_the_resource(cfn: Any, cloud: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic(TopicName="a", DeletionPolicy="Retain")})

    assert cfn.delete("one").status == "DELETE_COMPLETE"
    assert set(cloud.existing) == {"a"}
    assert ("A", "DELETE_SKIPPED", "") in cfn.told(next(iter(cfn.state.stacks)))


def test_a_snapshot_policy_takes_a_snapshot_first(cfn: Any, cloud: Any) -> None:
    volume = {
        "Type": VOLUME,
        "DeletionPolicy": "Snapshot",
        "Properties": {"AvailabilityZone": "eu-central-1a", "Size": 8},
    }
    physical_id = cfn.create("one", {"A": volume}).resources["A"].physical_id

    assert cfn.delete("one").status == "DELETE_COMPLETE"
    assert cloud.snapshots == [physical_id]


def test_a_snapshot_that_fails_keeps_the_resource(cfn: Any, cloud: Any) -> None:
    volume = {
        "Type": VOLUME,
        "DeletionPolicy": "Snapshot",
        "Properties": {"AvailabilityZone": "eu-central-1a", "Size": 8},
    }
    physical_id = cfn.create("one", {"A": volume}).resources["A"].physical_id
    cloud.failing_snapshots.add(physical_id)

    stack = cfn.delete("one")

    assert stack.status == "DELETE_FAILED"
    assert stack.resources["A"].reason.startswith("no snapshot could be taken")
    assert physical_id in cloud.existing


def test_termination_protection_protects(cfn: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic()}, EnableTerminationProtection=True)

    assert cfn.refused("DeleteStack", StackName="one") == (
        "Stack [one] cannot be deleted while TerminationProtection is enabled"
    )
    cfn.call("UpdateTerminationProtection", StackName="one", EnableTerminationProtection=False)
    assert cfn.delete("one").status == "DELETE_COMPLETE"


def test_an_export_that_is_in_use_keeps_its_stack(cfn: Any, cloud: Any, topic: Any) -> None:
    outputs = {"O": {"Value": "v", "Export": {"Name": "shared"}}}
    cfn.create("one", {"A": topic()}, Outputs=outputs)
    cfn.create("two", {"A": topic(DisplayName={"Fn::ImportValue": "shared"})})
    cloud.calls.clear()

    stack = cfn.delete("one")

    assert stack.status == "CREATE_COMPLETE"
    assert stack.reason == "Export shared cannot be deleted as it is in use by two"
    assert cloud.calls == []
    cfn.delete("two")
    assert cfn.delete("one").status == "DELETE_COMPLETE"


def test_a_create_under_way_is_stopped_and_deleted(cfn: Any, cloud: Any, topic: Any) -> None:
    gate = cloud.block("create", "A")
    stack_id = cfn.start("CreateStack", "one", {"A": topic(), "B": topic(DependsOn="A")})["StackId"]
    cloud.await_reached("create", "A")

    cfn.call("DeleteStack", StackName="one")
    gate.set()

    assert cfn.settled(stack_id).status == "DELETE_COMPLETE"
    assert cloud.existing == {}
    assert ("create", "B") not in cloud.calls


def test_an_update_under_way_cannot_be_deleted(cfn: Any, cloud: Any, topic: Any) -> None:
    stack = cfn.create("one", {"A": topic(DisplayName="a")})
    gate = cloud.block("update", "A")
    cfn.start("UpdateStack", "one", {"A": topic(DisplayName="b")})
    cloud.await_reached("update", "A")

    assert cfn.refused("DeleteStack", StackName="one") == (
        f"Stack [{stack.stack_id}] cannot be deleted while in status UPDATE_IN_PROGRESS"
    )
    gate.set()
