import json
from typing import Any

NO_CHANGES = (
    "The submitted information didn't contain changes. "
    "Submit different information to create a change set."
)


def propose(cfn: Any, resources: Any, name: str = "plan", **given: Any) -> Any:
    return cfn.start("CreateChangeSet", "one", resources, ChangeSetName=name, **given)


def described(cfn: Any, name: str = "plan", **given: Any) -> Any:
    return cfn.call("DescribeChangeSet", StackName="one", ChangeSetName=name, **given)


def execute(cfn: Any, name: str = "plan", **given: Any) -> Any:
    cfn.call("ExecuteChangeSet", StackName="one", ChangeSetName=name, **given)
    return cfn.settled("one")


def test_a_change_set_creates_a_stack(cfn: Any, topic: Any) -> None:
    answer = propose(cfn, {"A": topic(TopicName="a")}, ChangeSetType="CREATE")

    assert ":changeSet/plan/" in answer["Id"]
    stack = cfn.stack("one")
    assert (stack.status, stack.stack_id) == ("REVIEW_IN_PROGRESS", answer["StackId"])
    view = described(cfn, IncludePropertyValues=True)
    assert (view["Status"], view["ExecutionStatus"]) == ("CREATE_COMPLETE", "AVAILABLE")
    change = view["Changes"][0]["ResourceChange"]
    assert (change["Action"], change["LogicalResourceId"]) == ("Add", "A")
    assert json.loads(change["AfterContext"])["Properties"] == {"TopicName": "a"}

    assert execute(cfn).status == "CREATE_COMPLETE"
    assert described(cfn)["ExecutionStatus"] == "EXECUTE_COMPLETE"
    shown = cfn.call("DescribeStacks", StackName="one")["Stacks"][0]
    assert shown["ChangeSetId"] == answer["Id"]
    assert cfn.statuses("one") == [
        "REVIEW_IN_PROGRESS",
        "CREATE_IN_PROGRESS",
        "CREATE_COMPLETE",
    ]


def test_a_change_set_shows_values_before_and_after(cfn: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic(DisplayName="a", TopicName="t")})

    propose(cfn, {"A": topic(DisplayName="b", TopicName="t")})

    change = described(cfn, IncludePropertyValues=True)["Changes"][0]["ResourceChange"]
    assert (change["Action"], change["Replacement"]) == ("Modify", "False")
    assert change["Details"] == [
        {
            "Target": {
                "Attribute": "Properties",
                "Name": "DisplayName",
                "RequiresRecreation": "Never",
                "Path": "/Properties/DisplayName",
                "AttributeChangeType": "Modify",
                "BeforeValue": "a",
                "AfterValue": "b",
            },
            "Evaluation": "Static",
            "ChangeSource": "DirectModification",
        }
    ]
    target = described(cfn)["Changes"][0]["ResourceChange"]["Details"][0]["Target"]
    assert "BeforeValue" not in target


def test_a_replacement_is_shown_and_done(cfn: Any, cloud: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic(TopicName="old"), "B": topic(DisplayName={"Ref": "A"})})
    propose(cfn, {"A": topic(TopicName="new"), "B": topic(DisplayName={"Ref": "A"})})

    changes = {
        one["ResourceChange"]["LogicalResourceId"]: one["ResourceChange"]
        for one in described(cfn)["Changes"]
    }
    assert changes["A"]["Replacement"] == "True"
    assert changes["A"]["PolicyAction"] == "ReplaceAndDelete"
    assert changes["B"]["Action"] == "Modify"

    assert execute(cfn).status == "UPDATE_COMPLETE"
    assert "new" in cloud.existing


def test_a_removal_is_shown(cfn: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic(), "B": topic()})
    propose(cfn, {"A": topic()})

    change = described(cfn)["Changes"][0]["ResourceChange"]
    assert (change["Action"], change["LogicalResourceId"]) == ("Remove", "B")
    assert change["PolicyAction"] == "Delete"


def test_no_changes_fail_the_change_set_with_the_exact_words(cfn: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic()})

    propose(cfn, {"A": topic()})

    view = described(cfn)
    assert (view["Status"], view["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert view["StatusReason"] == NO_CHANGES
    assert view["Changes"] == []
    refusal = cfn.refused("ExecuteChangeSet", StackName="one", ChangeSetName="plan")
    assert "cannot be executed in its current status of [FAILED]" in refusal


def test_an_outputs_only_change_has_no_resource_changes_and_can_be_executed(
    cfn: Any, topic: Any
) -> None:
    cfn.create("one", {"A": topic()})

    propose(cfn, {"A": topic()}, Outputs={"O": {"Value": "v"}})

    view = described(cfn)
    assert (view["Status"], view["Changes"]) == ("CREATE_COMPLETE", [])
    assert [output.value for output in execute(cfn).outputs] == ["v"]


def test_a_tags_only_change_is_seen(cfn: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic()}, Tags=[{"Key": "team", "Value": "x"}])

    propose(cfn, {"A": topic()}, Tags=[{"Key": "team", "Value": "y"}])

    change = described(cfn)["Changes"][0]["ResourceChange"]
    assert change["Scope"] == ["Tags"]
    assert execute(cfn).version.tags == {"team": "y"}


def test_a_parameter_only_change_is_seen(cfn: Any, cloud: Any, topic: Any) -> None:
    declared = {"Word": {"Type": "String"}}
    resources = {"A": topic(DisplayName={"Ref": "Word"})}
    given = [{"ParameterKey": "Word", "ParameterValue": "x"}]
    cfn.create("one", resources, Declared=declared, Parameters=given)

    cfn.call(
        "CreateChangeSet",
        StackName="one",
        ChangeSetName="plan",
        UsePreviousTemplate=True,
        Parameters=[{"ParameterKey": "Word", "ParameterValue": "y"}],
    )

    details = described(cfn)["Changes"][0]["ResourceChange"]["Details"]
    assert {detail.get("CausingEntity") for detail in details} >= {"Word"}
    execute(cfn)
    assert cloud.calls[-1] == ("update", "A")


def test_another_execution_makes_a_change_set_obsolete(cfn: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic(DisplayName="a")})
    propose(cfn, {"A": topic(DisplayName="b")}, name="first")
    propose(cfn, {"A": topic(DisplayName="c")}, name="second")

    execute(cfn, "first")

    assert described(cfn, "second")["ExecutionStatus"] == "OBSOLETE"
    assert "execution status of [OBSOLETE]" in cfn.refused(
        "ExecuteChangeSet", StackName="one", ChangeSetName="second"
    )
    summaries = cfn.call("ListChangeSets", StackName="one")["Summaries"]
    assert [one["ChangeSetName"] for one in summaries] == ["first", "second"]


def test_a_failed_execution_is_told(cfn: Any, cloud: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic()})
    propose(cfn, {"A": topic(), "B": topic()})
    cloud.failing[("create", "B")] = "broken"

    assert execute(cfn).status == "UPDATE_ROLLBACK_COMPLETE"
    assert described(cfn)["ExecutionStatus"] == "EXECUTE_FAILED"


def test_a_failed_update_without_rollback_can_be_proposed_again(
    cfn: Any, cloud: Any, topic: Any
) -> None:
    cfn.create("one", {"A": topic(DisplayName="a")})
    cloud.failing[("update", "A")] = "broken"
    propose(cfn, {"A": topic(DisplayName="b")}, name="first")
    assert execute(cfn, "first", DisableRollback=True).status == "UPDATE_FAILED"

    cloud.failing.clear()
    propose(cfn, {"A": topic(DisplayName="b")}, name="second")

    stack = execute(cfn, "second")
    assert stack.status == "UPDATE_COMPLETE"
    assert stack.resources["A"].properties == {"DisplayName": "b"}


def test_an_execution_without_rollback_leaves_the_stack_failed(
    cfn: Any, cloud: Any, topic: Any
) -> None:
    propose(cfn, {"A": topic()}, ChangeSetType="CREATE")
    cloud.failing[("create", "A")] = "broken"

    assert execute(cfn, DisableRollback=True).status == "CREATE_FAILED"


def test_a_change_set_can_delete_the_stack_that_it_fails_to_create(
    cfn: Any, cloud: Any, topic: Any
) -> None:
    answer = propose(cfn, {"A": topic()}, ChangeSetType="CREATE", OnStackFailure="DELETE")
    cloud.failing[("create", "A")] = "broken"
    cfn.call("ExecuteChangeSet", ChangeSetName=answer["Id"])

    assert cfn.settled(answer["StackId"]).status == "DELETE_COMPLETE"


def test_a_deleted_change_set_leaves_its_stack_in_review(cfn: Any, topic: Any) -> None:
    answer = propose(cfn, {"A": topic()}, ChangeSetType="CREATE")

    cfn.call("DeleteChangeSet", ChangeSetName=answer["Id"])
    cfn.call("DeleteChangeSet", ChangeSetName=answer["Id"])

    assert cfn.stack("one").status == "REVIEW_IN_PROGRESS"
    assert (
        cfn.refused("DescribeChangeSet", ChangeSetName=answer["Id"])
        == f"ChangeSet [{answer['Id']}] does not exist"
    )
    assert cfn.delete("one").status == "DELETE_COMPLETE"


def test_several_change_sets_can_be_made_for_a_stack_in_review(cfn: Any, topic: Any) -> None:
    propose(cfn, {"A": topic()}, ChangeSetType="CREATE", name="first")
    propose(cfn, {"A": topic()}, ChangeSetType="CREATE", name="second")

    assert (
        cfn.refused(
            "CreateChangeSet",
            StackName="one",
            ChangeSetName="first",
            ChangeSetType="CREATE",
            TemplateBody=json.dumps({"Resources": {"A": topic()}}),
        )
        == "ChangeSet [first] already exists"
    )


def test_a_stack_that_exists_cannot_be_created_again(cfn: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic()})

    assert cfn.refused(
        "CreateChangeSet", StackName="one", ChangeSetName="plan", ChangeSetType="CREATE"
    ) == ("Stack [one] already exists and cannot be created again with the changeSet [plan].")


def test_a_broken_template_leaves_no_stack_in_review(cfn: Any) -> None:
    given = {"StackName": "one", "ChangeSetName": "plan", "ChangeSetType": "CREATE"}

    assert "Template format error" in cfn.refused("CreateChangeSet", TemplateBody="[]", **given)
    assert cfn.state.find("one") is None


def test_a_change_set_is_named_by_arn_or_by_stack_and_name(cfn: Any) -> None:
    assert cfn.refused("DescribeChangeSet", ChangeSetName="plan") == (
        "StackName must be specified if ChangeSetName is not specified as an ARN."
    )
    assert (
        cfn.refused("DescribeChangeSet", ChangeSetName="plan", StackName="one")
        == "Stack [one] does not exist"
    )


def test_an_import_of_whatever_exists_is_honestly_refused(cfn: Any) -> None:
    assert "does not carry ImportExistingResources" in cfn.refused(
        "CreateChangeSet", StackName="one", ChangeSetName="plan", ImportExistingResources=True
    )


def test_a_forbidden_name_is_refused(cfn: Any) -> None:
    for name in ("1st", "a b", "x" * 129):
        assert "'changeSetName' failed to satisfy constraint" in cfn.refused(
            "CreateChangeSet", StackName="one", ChangeSetName=name
        )


def test_the_same_token_makes_one_change_set(cfn: Any, topic: Any) -> None:
    first = propose(cfn, {"A": topic()}, ChangeSetType="CREATE", ClientToken="tok")
    second = propose(cfn, {"A": topic()}, ChangeSetType="CREATE", ClientToken="tok")

    assert first == second


def test_a_delete_of_the_stack_takes_its_change_sets_along(cfn: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic()})
    answer = propose(cfn, {"A": topic(DisplayName="b")})

    cfn.delete("one")

    assert "does not exist" in cfn.refused("DescribeChangeSet", ChangeSetName=answer["Id"])


def test_a_type_change_fails_the_change_set(cfn: Any, topic: Any) -> None:
    cfn.create("one", {"A": topic()})

    properties = {"Type": "String", "Value": "x"}
    propose(cfn, {"A": {"Type": "AWS::SSM::Parameter", "Properties": properties}})

    view = described(cfn)
    assert view["Status"] == "FAILED"
    assert "Update of resource type is not permitted" in view["StatusReason"]
