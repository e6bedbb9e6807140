from typing import Any

import pytest

INSTANCE = "AWS::EC2::Instance"
PARAMETER = "AWS::SSM::Parameter"


def value(text: Any, **attributes: Any) -> dict[str, Any]:
    return {"Type": PARAMETER, "Properties": {"Type": "String", "Value": text}, **attributes}


def test_an_update_in_place_touches_only_what_changes(cfn: Any, cloud: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic(DisplayName="a"), "B": topic()})
    cloud.calls.clear()

    stack = cfn.update("one", {"A": topic(DisplayName="b"), "B": topic()})

    assert cloud.calls == [("update", "A")]
    assert stack.resources["A"].properties == {"DisplayName": "b"}
    assert cfn.told("one")[-5:] == [
        ("one", "UPDATE_IN_PROGRESS", "User Initiated"),
        ("A", "UPDATE_IN_PROGRESS", ""),
        ("A", "UPDATE_COMPLETE", ""),
        ("one", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", ""),
        ("one", "UPDATE_COMPLETE", ""),
    ]


def test_no_changes_are_refused(cfn: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic()})

    body = cfn.stack("one").version.template.body
    refusal = cfn.refused("UpdateStack", StackName="one", TemplateBody=body)
    assert refusal == "No updates are to be performed."
    assert cfn.stack("one").status == "CREATE_COMPLETE"


def test_a_replacement_is_made_first_and_the_old_one_deleted_in_the_cleanup(
    cfn: Any, cloud: Any, topic: Any
) -> None:
    cfn.create("one", {"A": topic(TopicName="old"), "B": topic(DisplayName={"Ref": "A"})})
    cloud.calls.clear()

    stack = cfn.update("one", {"A": topic(TopicName="new"), "B": topic(DisplayName={"Ref": "A"})})

    assert cloud.calls == [("create", "A"), ("update", "B"), ("delete", "A")]
    assert stack.resources["A"].physical_id == "new"
    assert stack.resources["B"].properties == {"DisplayName": "new"}
    assert "old" not in cloud.existing
    of_a = [(status, reason) for who, status, reason in cfn.told("one")[-9:] if who == "A"]
    assert of_a == [
        (
            "UPDATE_IN_PROGRESS",
            (
                "Requested update requires the creation of a new physical resource; "
                "hence creating one."
            ),
        ),
        ("UPDATE_IN_PROGRESS", "Resource creation Initiated"),
        ("UPDATE_COMPLETE", ""),
        ("DELETE_IN_PROGRESS", ""),
        ("DELETE_COMPLETE", ""),
    ]


def test_a_type_decides_where_a_change_may_mean_replacement(cfn: Any, cloud: Any) -> None:
    def instance(size: str) -> dict[str, Any]:
        return {"Type": INSTANCE, "Properties": {"ImageId": "ami-1", "InstanceType": size}}

    first = cfn.create("one", {"A": instance("t3.micro")}).resources["A"].physical_id
    cloud.calls.clear()

    second = cfn.update("one", {"A": instance("m7g.large")}).resources["A"].physical_id

    assert first != second
    assert cloud.calls == [("create", "A"), ("delete", "A")]


def test_an_update_replace_policy_keeps_the_replaced_one(cfn: Any, cloud: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic(TopicName="old", UpdateReplacePolicy="Retain")})

    cfn.update("one", {"A": topic(TopicName="new", UpdateReplacePolicy="Retain")})

    assert set(cloud.existing) == {"old", "new"}
    assert ("A", "DELETE_SKIPPED", "") in cfn.told("one")


def test_a_removed_resource_is_deleted_in_the_cleanup(cfn: Any, cloud: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic(), "B": topic()})

    stack = cfn.update("one", {"A": topic()})

    assert ("delete", "B") in cloud.calls
    assert tuple(stack.resources) == ("A",)
    told = [(who, status) for who, status, _ in cfn.told("one")]
    assert told.index(("one", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")) < told.index(
        ("B", "DELETE_IN_PROGRESS")
    )


def test_a_removed_resource_with_a_retain_policy_stays(cfn: Any, cloud: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic(), "B": topic(TopicName="b", DeletionPolicy="Retain")})

    cfn.update("one", {"A": topic()})

    assert "b" in cloud.existing


def test_a_cleanup_that_fails_does_not_fail_the_update(cfn: Any, cloud: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic(), "B": topic()})
    cloud.failing[("delete", "B")] = "in use"

    stack = cfn.update("one", {"A": topic()})

    assert stack.status == "UPDATE_COMPLETE"
    assert stack.reason == "Update successful. One or more resources could not be deleted."
    assert tuple(stack.resources) == ("A",)
    told = [(who, status) for who, status, _ in cfn.told("one")]
    assert told.count(("B", "DELETE_FAILED")) == 3


def test_a_cleanup_goes_on_after_what_it_cannot_delete(cfn: Any, cloud: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic(), "B": topic(), "C": topic(DependsOn="B")})
    cloud.failing[("delete", "C")] = "in use"

    cfn.update("one", {"A": topic()})

    told = [(who, status) for who, status, _ in cfn.told("one")]
    assert told.index(("C", "DELETE_FAILED")) < told.index(("B", "DELETE_COMPLETE"))


def test_a_failed_update_goes_back_to_what_was(cfn: Any, cloud: Any, topic: Any) -> None:
    old = {
        "A": topic(DisplayName="a"),
        "R": topic(TopicName="old"),
        "Z": topic(DisplayName="z", DependsOn=["A", "R"]),
        "Gone": topic(TopicName="gone"),
    }
    cfn.create("one", old, Outputs={"O": {"Value": {"Ref": "R"}}})
    cloud.failing[("update", "Z")] = "broken"

    stack = cfn.update(
        "one",
        {
            "A": topic(DisplayName="b"),
            "R": topic(TopicName="new"),
            "N": topic(TopicName="fresh"),
            "Z": topic(DisplayName="y", DependsOn=["A", "R", "N"]),
        },
        Outputs={"O": {"Value": {"Ref": "R"}}, "P": {"Value": "p"}},
    )

    # The fake fails every update of Z, also the one that goes back.
    assert stack.status == "UPDATE_ROLLBACK_FAILED"
    assert stack.reason == "The following resource(s) failed to update: [Z]. "
    del cloud.failing[("update", "Z")]
    cfn.call("ContinueUpdateRollback", StackName="one")
    stack = cfn.settled("one")
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert set(cloud.existing) >= {"old", "gone"}
    assert not {"new", "fresh"} & set(cloud.existing)
    assert stack.resources["A"].properties == {"DisplayName": "a"}
    assert stack.resources["Z"].properties == {"DisplayName": "z"}
    assert [output.value for output in stack.outputs] == ["old"]
    assert '"y"' not in stack.version.template.body
    assert cfn.refused(
        "UpdateStack", StackName="one", TemplateBody=stack.version.template.body
    ) == ("No updates are to be performed.")


def test_a_failed_create_within_an_update_is_rolled_back(cfn: Any, cloud: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic(DisplayName="a")})
    cloud.failing[("create", "B")] = "no more"

    resources = {"A": topic(DisplayName="b"), "B": topic(DependsOn="A")}
    stack = cfn.update("one", resources)

    assert cfn.statuses("one")[2:] == [
        "UPDATE_IN_PROGRESS",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE",
    ]
    assert (
        "one",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "The following resource(s) failed to create: [B]. ",
    ) in cfn.told("one")
    assert stack.resources["A"].properties == {"DisplayName": "a"}
    assert tuple(stack.resources) == ("A",)


def test_a_failed_replacement_keeps_the_old_one(cfn: Any, cloud: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic(TopicName="old")})
    cloud.failing[("create", "A")] = "name taken"
    cloud.half_made.add("A")

    stack = cfn.update("one", {"A": topic(TopicName="new")})

    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert stack.resources["A"].physical_id == "old"
    assert set(cloud.existing) == {"old"}


def test_skipping_a_resource_ends_a_stuck_rollback(cfn: Any, cloud: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic(DisplayName="a"), "B": topic(DisplayName="a")})
    cloud.failing[("update", "A")] = "broken"
    cfn.update("one", {"A": topic(DisplayName="b"), "B": topic(DisplayName="a")})
    assert cfn.stack("one").status == "UPDATE_ROLLBACK_FAILED"

    assert "cannot be skipped" in cfn.refused(
        "ContinueUpdateRollback", StackName="one", ResourcesToSkip=["B"]
    )
    cfn.call("ContinueUpdateRollback", StackName="one", ResourcesToSkip=["A"])

    assert cfn.settled("one").status == "UPDATE_ROLLBACK_COMPLETE"


def test_without_rollback_a_failed_update_stays_and_can_be_repaired(
    cfn: Any, cloud: Any, topic: Any
) -> None:
    cfn.create("one", {"A": topic(DisplayName="a"), "B": topic(DisplayName="a")})
    cloud.failing[("update", "A")] = "broken"
    wanted = {"A": topic(DisplayName="b"), "B": topic(DisplayName="a")}
    stack = cfn.update("one", wanted, DisableRollback=True)
    assert stack.status == "UPDATE_FAILED"
    assert stack.reason == "The following resource(s) failed to update: [A]. "

    del cloud.failing[("update", "A")]
    stack = cfn.update("one", wanted)

    assert stack.status == "UPDATE_COMPLETE"
    assert stack.resources["A"].properties == {"DisplayName": "b"}


def test_without_rollback_a_failed_update_can_be_rolled_back_later(
    cfn: Any, cloud: Any, topic: Any
) -> None:
    cfn.create("one", {"A": topic(DisplayName="a")})
    cloud.failing[("create", "B")] = "broken"
    wanted = {"A": topic(DisplayName="b"), "B": topic(DependsOn="A")}
    assert cfn.update("one", wanted, DisableRollback=True).status == "UPDATE_FAILED"

    cfn.call("RollbackStack", StackName="one")

    stack = cfn.settled("one")
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert stack.resources["A"].properties == {"DisplayName": "a"}


def test_without_rollback_a_failed_create_can_be_repaired_by_an_update(
    cfn: Any, cloud: Any, topic: Any
) -> None:
    cloud.failing[("create", "B")] = "broken"
    cloud.half_made.add("B")
    resources = {"A": topic(TopicName="a"), "B": topic(TopicName="b", DependsOn="A")}
    assert cfn.create("one", resources, DisableRollback=True).status == "CREATE_FAILED"

    cloud.failing.clear()
    stack = cfn.update("one", resources)

    assert stack.status == "UPDATE_COMPLETE"
    assert set(cloud.existing) == {"a", "b"}


def test_without_rollback_a_failed_create_can_be_rolled_back_later(
    cfn: Any, cloud: Any, topic: Any
) -> None:
    cloud.failing[("create", "B")] = "broken"
    resources = {"A": topic(), "B": topic(DependsOn="A")}
    cfn.create("one", resources, OnFailure="DO_NOTHING")

    cfn.call("RollbackStack", StackName="one")

    assert cfn.settled("one").status == "ROLLBACK_COMPLETE"
    assert cloud.existing == {}


def test_a_cancelled_update_is_rolled_back(cfn: Any, cloud: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic(DisplayName="a")})
    gate = cloud.block("update", "A")
    cfn.start("UpdateStack", "one", {"A": topic(DisplayName="b")}, DisableRollback=True)
    cloud.await_reached("update", "A")

    cfn.call("CancelUpdateStack", StackName="one")
    gate.set()

    stack = cfn.settled("one")
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert ("A", "UPDATE_FAILED", "Resource update cancelled") in cfn.told("one")
    assert stack.resources["A"].properties == {"DisplayName": "a"}
    assert (
        cfn.refused("CancelUpdateStack", StackName="one")
        == "CancelUpdateStack cannot be called from current stack status"
    )


def test_a_change_of_a_type_is_refused(cfn: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic()})

    with pytest.raises(Exception, match="Update of resource type is not permitted"):
        cfn.start("UpdateStack", "one", {"A": value("x")})


def test_a_change_of_the_stacks_tags_alone_updates_what_has_tags(
    cfn: Any, cloud: Any, topic: Any
) -> None:
    cfn.create("one", {"A": topic()}, Tags=[{"Key": "team", "Value": "x"}])
    cloud.requests.clear()

    stack = cfn.update("one", {"A": topic()}, Tags=[{"Key": "team", "Value": "y"}])

    assert [request.tags["team"] for request in cloud.requests] == ["y"]
    assert stack.version.tags == {"team": "y"}


def test_tags_that_are_not_given_are_kept(cfn: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic()}, Tags=[{"Key": "team", "Value": "x"}])

    stack = cfn.update("one", {"A": topic(DisplayName="b")})

    assert stack.version.tags == {"team": "x"}


def test_a_change_of_an_output_alone_is_an_update(cfn: Any, cloud: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic()}, Outputs={"O": {"Value": "a"}})
    cloud.calls.clear()

    stack = cfn.update("one", {"A": topic()}, Outputs={"O": {"Value": "b"}})

    assert stack.status == "UPDATE_COMPLETE"
    assert [output.value for output in stack.outputs] == ["b"]
    assert cloud.calls == []


def test_a_change_of_a_parameter_reaches_what_uses_it(cfn: Any, cloud: Any) -> None:
    declared = {"Word": {"Type": "String"}}
    resources = {"A": value({"Ref": "Word"}), "B": value({"Fn::GetAtt": ["A", "Value"]})}
    cfn.create(
        "one",
        resources,
        Declared=declared,
        Parameters=[{"ParameterKey": "Word", "ParameterValue": "x"}],
    )
    cloud.calls.clear()

    cfn.call(
        "UpdateStack",
        StackName="one",
        UsePreviousTemplate=True,
        Parameters=[{"ParameterKey": "Word", "ParameterValue": "y"}],
    )

    stack = cfn.settled("one")
    assert cloud.calls == [("update", "A"), ("update", "B")]
    assert stack.resources["B"].properties["Value"] == "y"


def test_a_metadata_change_is_told_without_a_call(cfn: Any, cloud: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic(Metadata={"a": 1})})
    cloud.calls.clear()

    cfn.update("one", {"A": topic(Metadata={"a": 2})})

    assert cloud.calls == []
    assert ("A", "UPDATE_COMPLETE", "") in cfn.told("one")


def test_a_stack_that_does_not_exist_cannot_be_updated(cfn: Any) -> None:
    assert cfn.refused("UpdateStack", StackName="none") == "Stack [none] does not exist"


def test_a_rolled_back_stack_cannot_be_updated(cfn: Any, cloud: Any, topic: Any) -> None:
    cloud.failing[("create", "A")] = "broken"
    stack = cfn.create("one", {"A": topic()})

    assert cfn.refused("UpdateStack", StackName="one", UsePreviousTemplate=True) == (
        f"Stack:{stack.stack_id} is in ROLLBACK_COMPLETE state and can not be updated."
    )


def test_only_a_failed_stack_can_be_rolled_back(cfn: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic()})

    assert "can not be rolled back" in cfn.refused("RollbackStack", StackName="one")
    assert "can not continue rollback" in cfn.refused("ContinueUpdateRollback", StackName="one")
