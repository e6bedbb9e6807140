from threading import Event
from typing import Any

import pytest

PARAMETER = "AWS::SSM::Parameter"


def test_a_stack_is_created_with_two_events_of_itself_and_three_of_each_resource(
    cfn: Any, topic: Any
) -> None:
    cfn.create("one", {"A": topic()}, ClientRequestToken="tok")

    assert cfn.told("one") == [
        ("one", "CREATE_IN_PROGRESS", "User Initiated"),
        ("A", "CREATE_IN_PROGRESS", ""),
        ("A", "CREATE_IN_PROGRESS", "Resource creation Initiated"),
        ("A", "CREATE_COMPLETE", ""),
        ("one", "CREATE_COMPLETE", ""),
    ]
    events = cfn.stack("one").events
    assert {event.token for event in events} == {"tok"}
    assert len({event.operation_id for event in events}) == 1
    assert [event.physical_id for event in events if event.logical_id == "A"][1:] == [
        cfn.stack("one").resources["A"].physical_id
    ] * 2


def test_a_resource_waits_for_those_that_it_refers_to(cfn: Any, cloud: Any, topic: Any) -> None:
    gate = cloud.block("create", "A")
    cfn.start(
        "CreateStack",
        "one",
        {
            "C": topic(DependsOn="B"),
            "B": topic(DisplayName={"Fn::GetAtt": ["A", "Arn"]}),
            "A": topic(TopicName="a"),
        },
    )
    cloud.await_reached("create", "A")
    assert cloud.calls == [("create", "A")]
    gate.set()

    cfn.settled("one")
    assert cloud.calls == [("create", "A"), ("create", "B"), ("create", "C")]
    assert cfn.stack("one").resources["B"].properties == {"DisplayName": "arn:a"}


def test_independent_resources_are_made_at_once(cfn: Any, cloud: Any, topic: Any) -> None:
    gates = [cloud.block("create", name) for name in ("A", "B")]
    cfn.start("CreateStack", "one", {"A": topic(), "B": topic()})

    cloud.await_reached("create", "A")
    cloud.await_reached("create", "B")
    for gate in gates:
        gate.set()
    assert cfn.settled("one").status == "CREATE_COMPLETE"


def test_a_failed_create_is_rolled_back_in_reverse_order(cfn: Any, cloud: Any, topic: Any) -> None:
    cloud.failing[("create", "C")] = "no more of these"
    resources = {"A": topic(), "B": topic(DependsOn="A"), "C": topic(DependsOn="B")}

    stack = cfn.create("one", resources)

    assert stack.status == "ROLLBACK_COMPLETE"
    assert cloud.existing == {}
    assert cloud.calls[-2:] == [("delete", "B"), ("delete", "A")]
    assert ("C", "CREATE_FAILED", "no more of these") in cfn.told("one")
    assert (
        "one",
        "ROLLBACK_IN_PROGRESS",
        "The following resource(s) failed to create: [C]. Rollback requested by user.",
    ) in cfn.told("one")


def test_others_are_cancelled_after_a_first_failure(cfn: Any, cloud: Any, topic: Any) -> None:
    gate = cloud.block("create", "B")
    cloud.failing[("create", "A")] = "broken"
    resources = {"A": topic(), "B": topic(), "C": topic(DependsOn="B")}
    cfn.start("CreateStack", "one", resources, OnFailure="DO_NOTHING")
    cloud.await_reached("create", "B")
    stop, stopped = cfn.stack("one").operation.stop, Event()
    with stop.listening(stopped.set):
        assert stop.is_set() or stopped.wait(10)
    gate.set()

    stack = cfn.settled("one")
    assert stack.status == "CREATE_FAILED"
    assert stack.resources["B"].reason == "Resource creation cancelled"
    assert stack.resources["B"].exists
    assert "C" not in stack.resources
    assert stack.reason == "The following resource(s) failed to create: [A, B]. "


def test_what_a_failed_resource_has_half_made_is_deleted(cfn: Any, cloud: Any, topic: Any) -> None:
    cloud.failing[("create", "A")] = "timed out"
    cloud.half_made.add("A")

    assert cfn.create("one", {"A": topic()}).status == "ROLLBACK_COMPLETE"
    assert ("delete", "A") in cloud.calls
    assert cloud.existing == {}


def test_a_failed_create_can_delete_the_stack(cfn: Any, cloud: Any, topic: Any) -> None:
    cloud.failing[("create", "A")] = "broken"
    resources = {"A": topic(DependsOn="B"), "B": topic()}
    stack_id = cfn.start("CreateStack", "one", resources, OnFailure="DELETE")["StackId"]

    assert cfn.settled(stack_id).status == "DELETE_COMPLETE"
    assert cfn.state.find("one") is None
    assert (
        "one",
        "DELETE_IN_PROGRESS",
        "The following resource(s) failed to create: [A]. Delete requested by user.",
    ) in cfn.told(stack_id)


def test_a_rollback_that_cannot_delete_says_so(cfn: Any, cloud: Any, topic: Any) -> None:
    cloud.failing[("create", "B")] = "broken"
    cloud.failing[("delete", "A")] = "in use"

    stack = cfn.create("one", {"A": topic(), "B": topic(DependsOn="A")})

    assert stack.status == "ROLLBACK_FAILED"
    assert stack.reason == "The following resource(s) failed to delete: [A]. "
    del cloud.failing[("delete", "A")]
    assert cfn.delete("one").status == "DELETE_COMPLETE"


@pytest.mark.parametrize(
    ("policy", "kept"), [("Retain", True), ("RetainExceptOnCreate", False), ("Delete", False)]
)
def test_a_rolled_back_create_keeps_what_its_policy_retains(
    cfn: Any, cloud: Any, topic: Any, policy: str, kept: bool
) -> None:
    cloud.failing[("create", "B")] = "broken"

    cfn.create("one", {"A": topic(DeletionPolicy=policy), "B": topic(DependsOn="A")})

    assert bool(cloud.existing) is kept
    assert cfn.stack("one").status == "ROLLBACK_COMPLETE"


def test_retain_except_on_create_of_the_call_deletes_retained_ones_too(
    cfn: Any, cloud: Any, topic: Any
) -> None:
    cloud.failing[("create", "B")] = "broken"
    resources = {"A": topic(DeletionPolicy="Retain"), "B": topic(DependsOn="A")}

    cfn.create("one", resources, RetainExceptOnCreate=True)

    assert cloud.existing == {}


def test_a_create_that_takes_too_long_is_rolled_back(cfn: Any, cloud: Any, topic: Any) -> None:
    gate = cloud.block("create", "A")
    cfn.start("CreateStack", "one", {"A": topic()}, TimeoutInMinutes=5)
    cloud.await_reached("create", "A")
    cfn.clock.advance(5 * 60)
    gate.set()

    assert cfn.settled("one").status == "ROLLBACK_COMPLETE"
    assert ("A", "CREATE_FAILED", "Resource creation cancelled") in cfn.told("one")
    assert (
        "one",
        "ROLLBACK_IN_PROGRESS",
        "Stack creation time exceeded the specified timeout. Rollback requested by user.",
    ) in cfn.told("one")


def test_a_type_that_is_not_carried_fails_before_anything_is_made(
    cfn: Any, cloud: Any, topic: Any
) -> None:
    resources = {
        "A": topic(),
        "B": {"Type": "AWS::SQS::Queue"},
        "C": topic(FifoTopic=True),
    }

    stack = cfn.create("one", resources)

    assert stack.status == "ROLLBACK_COMPLETE"
    assert cloud.calls == []
    told = cfn.told("one")
    assert ("B", "CREATE_FAILED", "the local cloud does not carry AWS::SQS::Queue") in told
    assert (
        "C",
        "CREATE_FAILED",
        "the local cloud does not carry the property FifoTopic of AWS::SNS::Topic",
    ) in told


def test_wrong_properties_fail_the_resource(cfn: Any, cloud: Any) -> None:
    cfn.create("one", {"A": {"Type": PARAMETER, "Properties": {"Colour": "red"}}})

    reason = next(reason for _, status, reason in cfn.told("one") if status == "CREATE_FAILED")
    assert "Colour" in reason
    assert cloud.calls == []


def test_a_broken_resource_type_fails_its_resource_and_not_the_stack(cfn: Any, topic: Any) -> None:
    def explode(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    object.__setattr__(cfn.engine.services, "before_resource", explode)

    assert cfn.create("one", {"A": topic()}).status == "ROLLBACK_COMPLETE"
    assert ("A", "CREATE_FAILED", "Internal Failure: ZeroDivisionError: a bug") in cfn.told("one")


def test_a_condition_that_does_not_hold_leaves_a_resource_out(cfn: Any, topic: Any) -> None:
    cfn.create(
        "one",
        {"A": topic(Condition="Never"), "B": topic()},
        Conditions={"Never": {"Fn::Equals": ["a", "b"]}},
    )

    assert tuple(cfn.stack("one").resources) == ("B",)


def test_the_stacks_tags_and_its_own_come_to_every_resource(
    cfn: Any, cloud: Any, topic: Any
) -> None:
    stack = cfn.create("one", {"A": topic()}, Tags=[{"Key": "team", "Value": "x"}])

    assert dict(cloud.requests[0].tags) == {
        "team": "x",
        "aws:cloudformation:stack-name": "one",
        "aws:cloudformation:stack-id": stack.stack_id,
        "aws:cloudformation:logical-id": "A",
    }


def test_a_made_up_name_ends_with_a_random_part(cfn: Any, topic: Any) -> None:
    physical_id = cfn.create("one", {"A": topic()}).resources["A"].physical_id

    head, _, token = physical_id.rpartition("-")
    assert head == "one-A"
    assert len(token) == 12


def test_a_taken_name_is_refused(cfn: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic()})

    assert (
        cfn.refused("CreateStack", StackName="one", TemplateBody="{}")
        == "Stack [one] already exists"
    )


def test_a_name_is_free_again_after_the_delete(cfn: Any, topic: Any) -> None:
    first = cfn.create("one", {"A": topic()}).stack_id
    cfn.delete("one")
    second = cfn.create("one", {"A": topic()}).stack_id

    assert first != second
    assert cfn.stack(first).status == "DELETE_COMPLETE"


def test_the_same_token_creates_once(cfn: Any, cloud: Any, topic: Any) -> None:
    first = cfn.start("CreateStack", "one", {"A": topic()}, ClientRequestToken="tok")
    second = cfn.start("CreateStack", "one", {"A": topic()}, ClientRequestToken="tok")

    cfn.settled("one")
    assert first == second
    assert cloud.calls == [("create", "A")]


def test_a_token_of_another_call_is_refused(cfn: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic()}, ClientRequestToken="tok")

    assert "has already been used for this stack" in cfn.refused(
        "DeleteStack", StackName="one", ClientRequestToken="tok"
    )


def test_a_secret_parameter_is_masked_in_events(cfn: Any, cloud: Any, topic: Any) -> None:
    cfn.create(
        "one",
        {"A": topic(DisplayName={"Ref": "Word"})},
        Declared={"Word": {"Type": "String", "NoEcho": True}},
        Parameters=[{"ParameterKey": "Word", "ParameterValue": "hunter2"}],
    )

    assert cloud.requests[0].properties == {"DisplayName": "hunter2"}
    assert all("hunter2" not in event.properties for event in cfn.stack("one").events)
    described = cfn.call("DescribeStacks", StackName="one")["Stacks"][0]
    assert described["Parameters"] == [{"ParameterKey": "Word", "ParameterValue": "****"}]


def test_an_unknown_export_rolls_the_creation_back(cfn: Any, topic: Any) -> None:
    stack = cfn.create("one", {"A": topic(DisplayName={"Fn::ImportValue": "nowhere"})})

    assert stack.status == "ROLLBACK_COMPLETE"
    assert any("No export named nowhere found" in reason for *_, reason in cfn.told("one"))


def test_both_on_failure_and_disable_rollback_are_refused(cfn: Any) -> None:
    assert (
        cfn.refused("CreateStack", StackName="one", OnFailure="DELETE", DisableRollback=True)
        == "You cannot specify both OnFailure and DisableRollback"
    )
